"""Networks of histories: what they do by construction, and two that are known."""

import equinox as eqx
import jax
import numpy as np
import pytest

from sobolev import Dataset, Surrogate
from sobolev.errors import ConfigError
from sobolev.networks import HistoryNetwork, predict

N, STEP = 12, 0.2
T = STEP * np.arange(1, N + 1)


@eqx.filter_jit
def asked(network, rows):
    """Values and slopes, in one program for all that have the same shapes."""
    return predict(network, rows, 1)


def built(inertia, states=2, knobs=2):
    """A network with weights that are not small."""
    network = HistoryNetwork(STEP, states, (4,), inertia).build(N + knobs, N, jax.random.key(1))
    return jax.tree.map(lambda a: np.asarray(a) + 0.2 if eqx.is_inexact_array(a) else a, network)


def known(inertia, *gains):
    """One whose memory is a line: s' = e' − s/τ, with the same gains for all parameters."""
    network = jax.tree.map(lambda a: np.zeros_like(a) if eqx.is_array(a) else a, built(inertia))
    network = eqx.tree_at(lambda n: n.push, network, np.ones(()))
    return eqx.tree_at(lambda n: n.gains[-1].bias, network, np.asarray(gains))


@pytest.mark.parametrize("inertia", [False, True])
def test_it_is_odd_starts_at_rest_and_sees_no_future(inertia):
    network, p = built(inertia), np.array([0.3, -0.7])
    u = np.random.default_rng(0).normal(size=N)
    found = asked(network, np.array([np.append(a, p) for a in (u, -u, 0 * u)]))
    y, slopes = np.asarray(found.y), np.asarray(found.jacobian)
    assert np.abs(y[0]).max() > 0.1
    np.testing.assert_allclose(y[1], -y[0], rtol=1e-12)
    assert not y[2].any()
    np.testing.assert_array_equal(np.triu(slopes[0, :, :N], 1), 0)
    assert np.abs(np.diag(slopes[0])).min() > 0 and np.abs(slopes[0, -1, N:]).min() > 1e-4


def test_with_a_memory_that_is_a_line_it_is_a_bar_of_springs_and_dashpots():
    """h(t + Δ) = e^{−Δ/τ} h + τ (1 − e^{−Δ/τ}) ε', along a ramp that is then held."""
    τ, stiff = np.array([0.5, 3.0]), np.array([2.0, 0.7])
    network = known(False, 1.5, 0.0, *stiff, *(-np.log(τ) / 2))
    strain = np.minimum(T, 5 * STEP)
    rising = τ * (1 - np.exp(-np.minimum(T, 5 * STEP)[:, None] / τ))
    h = rising * np.exp(-np.maximum(T - 5 * STEP, 0)[:, None] / τ)
    found = asked(network, np.tile(np.append(strain, [0.2, 0.1]), (3, 1))).y[0]
    np.testing.assert_allclose(found, 1.5 * strain + h @ stiff, rtol=2e-4)


def test_with_inertia_it_is_an_oscillator():
    """e'' = t − a e: e = t/a − sin(√a t)/a^{3/2}."""
    network = known(True, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    found = asked(network, np.tile(np.append(T, [0.2, 0.1]), (3, 1))).y[0]
    np.testing.assert_allclose(found, T / 2 - np.sin(np.sqrt(2) * T) / 2**1.5, atol=1e-4)


def test_in_a_surrogate_instants_share_one_length():
    """Rows that scale each instant by itself leave it odd, and at rest without a load."""
    rng = np.random.default_rng(2)
    x = np.concatenate([1 + rng.normal(size=(6, N)) * T, rng.random((6, 2))], axis=1)
    surrogate = Surrogate.new(
        Dataset(x, 3 + rng.normal(size=(6, N)) * T), built_as := made(), key=3
    )
    u = np.array([np.append(sign * T, [0.5, 0.5]) for sign in (1.0, -1.0, 0.0)])
    y = surrogate.value(u)
    np.testing.assert_allclose(y[0], -y[1], rtol=1e-10)
    np.testing.assert_allclose(y[2], 0, atol=1e-12)
    assert surrogate.architecture == built_as


def made():
    return HistoryNetwork(STEP, 2, (4,))


@pytest.mark.parametrize(
    "ask, said",
    [
        (lambda: HistoryNetwork(0.0), "the step must be"),
        (lambda: HistoryNetwork(states=0), "number of states must be a whole number ≥ 1: got 0"),
        (lambda: made().build(3, 4, jax.random.key(0)), "got 3 inputs and 4 outputs"),
    ],
)
def test_bad_input_in_one_sentence(ask, said):
    with pytest.raises(ConfigError, match=said):
        ask()
