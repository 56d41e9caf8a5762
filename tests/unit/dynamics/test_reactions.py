"""Source terms from rates of reactions: those of the mechanism, and what they keep."""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.box import Box
from sobolev.dynamics import Reactions, SourceTerm, following, integrate
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.function import of_callable, of_jax
from sobolev.sources import Kinetics, Progress

N = [[-1, 0, 1], [1, -1, -1], [0, 1, 0]]
LN_K = np.log([0.04, 3e7, 1e4])
SPECIES = ("A", "B", "C")
TOLERANCES = {"rtol": 1e-6, "atol": (1e-10, 1e-14, 1e-10)}


def by_mass_action(x):
    """Of Robertson's three reactions, in logarithms."""
    return jnp.asarray(LN_K) + jnp.stack([x[0], 2 * x[1], x[1] + x[2]])


LAWS = of_jax(by_mass_action, tuple(f"ln {name}" for name in SPECIES), ("p1", "p2", "p3"))


def test_robertson_by_its_reactions_is_robertson():
    source = Reactions(LAWS, N, SPECIES, floor=1e-18)
    run = integrate(source, [1, 0, 0], 40.0, **TOLERANCES)
    assert run.states[-1] == pytest.approx([0.7158270687, 9.1855348e-6, 0.2841637457], rel=1e-5)
    assert run.steps == pytest.approx(92, rel=0.05)
    assert np.abs(run.states.sum(axis=1) - 1).max() < 1e-12
    # And a thousand floors below zero, where an integrator may be, as straight as mass action.
    for x in (run.states[40], np.array([0.5, -1e-15, 0.5])):
        A, B, C = x
        exact = [
            [-0.04, 1e4 * C, 1e4 * B], [0.04, -1e4 * C - 6e7 * B, -1e4 * B], [0.0, 6e7 * B, 0.0],
        ]  # fmt: skip
        value, slopes = source.derivatives(x)
        assert slopes == pytest.approx(np.array(exact), rel=1e-9, abs=1e-7)
        q = 0.04 * A, 3e7 * B**2, 1e4 * B * C
        assert value == pytest.approx(np.array(N) @ q, rel=1e-9)


def test_below_zero_only_what_a_reaction_takes_counts():
    """An order that should be none, 0.1 of A in B + C → A + C, is no rate of the other sign."""
    off = of_jax(
        lambda x: by_mass_action(x) + jnp.array([0, 0, 0.1]) * x[0], LAWS.inputs, LAWS.outputs
    )
    source = Reactions(off, N, SPECIES, floor=1e-18)
    at, below = source.value([[0.0, 1e-5, 0.5], [-1e-15, 1e-5, 0.5]])
    assert below == pytest.approx(at, rel=1e-3)


def near(gas, state):
    """ln q about a state, to first order."""
    progress = Progress(gas)
    x = progress.logarithms(state)
    at, slopes = map(jnp.asarray, progress.derivatives(x))
    tangent = of_jax(lambda z: at + slopes @ (z - x), progress.inputs, progress.outputs)
    return SourceTerm(tangent, gas.numbers, gas.pressure, gas.density)


@pytest.mark.parametrize("held", [{"pressure": 101325.0}, {"density": 0.3}])
def test_a_source_term_is_that_of_the_mechanism_with_its_jacobian(held):
    """Where ln q and its slopes are exact, so is all that is made of them."""
    pytest.importorskip("cantera")
    gas = Kinetics("h2o2.yaml", **held)
    sizes = np.append(np.ones(10), 1000.0)
    fresh = gas.state("H2:2, O2:1, N2:3.76", 1200.0)
    atol = np.append(np.full(10, 1e-12), 1e-6)
    for state in integrate(gas, fresh, 6e-5, atol=atol).states[[0, 50, 90, 120]]:
        source = near(gas, state)
        f, J = source.derivatives(state)
        g, K = gas.derivatives(state)
        assert np.abs((f - g) / sizes).max() < 1e-5 * np.abs(g / sizes).max()
        off, size = np.abs(J - K) / sizes[:, None], np.abs(K) / sizes[:, None]
        assert (off.max(axis=0) < 1e-5 * size.max(axis=0)).all()
        assert np.abs(gas.elements() @ f).max() < 1e-13 * np.abs(f).max()


def test_a_system_follows_a_function_by_jax():
    falls = of_jax(lambda x: -2.0 * x, ("x",), ("dx/dt",))
    system = following(falls, Box(("p",), (1.0,), (2.0,)), lambda p: 3 * p)
    p = jnp.array([1.5])
    assert system.start(p) == 4.5 and system.rate(jnp.zeros(()), system.start(p), p) == -9.0
    assert system.states == ("x",) and system.state_units == ("",)
    with pytest.raises(ConfigError, match="a system follows a Function by JAX with a rate for ea"):
        following(of_callable(lambda x: x, ("x",), ("y",), order=1), system.box, lambda p: p)


def test_what_is_wrong_is_told_in_one_sentence():
    with pytest.raises(ConfigError, match=r"of 2 inputs, the logarithms of the species, and 3 out"):
        Reactions(LAWS, np.ones((2, 3)), ("A", "B"))
    plain = of_callable(lambda x: x, SPECIES, SPECIES, order=1)
    with pytest.raises(ConfigError, match=r"by JAX, .* one for each reaction: got a Callable"):
        Reactions(plain, N, SPECIES)
    with pytest.raises(ConfigError, match="the stoichiometry is a finite number for each"):
        Reactions(LAWS, [1.0], SPECIES)
    source = Reactions(LAWS, N, SPECIES)
    with pytest.raises(DataError, match=r"row 0 of x, .* is not finite: the state is too far"):
        source.value([1e300, 1e300, 1.0])
    with pytest.raises(Diverged, match=r"Radau gave up at t = .* of 40 after .*no more are allow"):
        integrate(source, [1, 0, 0], 40.0, most=50, **TOLERANCES)


def test_a_source_term_of_what_is_no_gas_is_told_in_one_sentence():
    pytest.importorskip("cantera")
    gas = Kinetics("h2o2.yaml", pressure=101325.0)
    source = near(gas, gas.state("H2:2, O2:1", 1200.0))
    with pytest.raises(ConfigError, match="give the pressure or the density"):
        SourceTerm(source.progress, gas.numbers)
    with pytest.raises(ConfigError, match=r"of 11 inputs, .* 1000/T, and 29 outputs"):
        SourceTerm(LAWS, gas.numbers, 1e5)
    with pytest.raises(DataError, match=r"is not finite: the state is no gas, or too far"):
        source.value(np.append(np.full(10, 0.1), -300.0))
