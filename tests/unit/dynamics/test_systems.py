"""Systems with known answers."""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.dynamics import (
    BoucWen,
    Corners,
    Explicit,
    Sampled,
    Schroedinger,
    Trajectory,
    VanDerPol,
    Viscoelastic,
    Waves,
    holding,
)  # fmt: skip
from sobolev.errors import ConfigError


def test_a_viscoelastic_bar_relaxes_by_its_closed_form():
    bar = Viscoelastic(Corners([0.0, 1.0, 10.0], [0.0, 0.02, 0.02]))
    stress = Sampled([1.0, 10.0], lambda t, x, p: bar.stress(t, x, p)[None], ("stress",), ("MPa",))
    E, stiff, slow = 2.0, np.array([5.0, 10.0]), np.array([0.3, 2.0])
    held = slow * (1 - np.exp(-1 / slow)) * 0.02
    known = [E * 0.02 + stiff @ held, E * 0.02 + stiff @ (held * np.exp(-9 / slow))]
    found = Trajectory(bar, stress)
    assert found.outputs == ("stress(1)", "stress(10)") and found.output_units == ("MPa",) * 2
    assert found.value([E, *stiff, *slow]) == pytest.approx(known, rel=1e-8)


def test_hysteresis_is_bounded_and_turns_back():
    """Pulled slowly up and down, z runs into (β + γ)^(-1/n) on both sides."""
    system = BoucWen(Waves(np.array([40.0]), np.array([0.5]), np.array([0.0])), smooth=1e-4)
    z = Sampled(np.linspace(1.0, 14.0, 27), lambda t, x, p: x[2:], ("z",))
    found = Trajectory(system, z, Explicit(1e-7, 1e-9)).value([6.0, 0.05, 0.2, 2.0, 2.0])
    assert found.max() == pytest.approx(0.5, rel=1e-3)
    assert found.min() == pytest.approx(-0.5, rel=1e-3)


def test_a_soliton_moves_and_what_is_conserved_stays():
    L = 40.0
    v = 6 * 2 * np.pi / L

    def wave(x, p):
        return p[0] / jnp.cosh(p[0] * x) * jnp.exp(1j * v * x)

    ring = Schroedinger(Box(("A", "g"), (0.5, 0.5), (2.0, 1.5)), wave, length=L, points=256)
    A, t = 1.0, 1.0
    state = Trajectory(ring, Sampled([t]), Explicit(1e-8, 1e-10)).value([A, 1.0])
    x = ring.x - v * t
    known = A / np.cosh(A * x) * np.exp(1j * (v * x + v**2 * t + (A**2 - v**2) * t / 2))
    assert np.abs(state[:256] + 1j * state[256:] - known).max() < 1e-6
    before = ring.conserved(np.asarray(ring.start(jnp.array([A, 1.0]))))
    assert before == pytest.approx([2 * A, 2 * A * v, A * v**2 - A**3 / 3], rel=1e-6)
    assert ring.conserved(state) == pytest.approx(before, rel=1e-10)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Corners([0.0, 0.0], [1.0, 2.0]), "corners need rising times"),
        (lambda: Waves([1.0], [1.0, 2.0], [0.0]), "an amplitude, a frequency and a phase each"),
        (lambda: Schroedinger(Box(("g",), (0,), (1,)), None, points=7), "must be even: got 7"),
        (lambda: holding(VanDerPol(), {"mu": np.nan}), "mu must be a finite number: got nan"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
