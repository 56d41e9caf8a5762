"""Inputs that are seen only as waves: periodic with all derivatives, whatever the weights."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import in_units, table

from sobolev import Box, Surrogate, networks
from sobolev.errors import ConfigError
from sobolev.losses import derivatives_along
from sobolev.networks import MLP, Affine, Face, HardBoundary, Periodic

# In units in which nothing is of order 1, shifts included.
DATA = in_units(table(20, outputs=2), [1e3, 2e-2], [5.0, 1e-4], [2e3, 1.0], [40.0, 3e-4])
LENGTH = 700.0
MADE = Periodic(MLP((6,)), {"a": LENGTH}, harmonics=2)
BOX = Box(("x", "t"), (-1.0, 0.0), (1.0, 3.0))


def test_values_and_derivatives_are_periodic_in_physical_units():
    surrogate = Surrogate.new(DATA, MADE, key=3)
    x = np.array([[-300.0, 0.01], [120.0, 0.004], [901.0, 0.02]])
    for turns in (1, -2, 40):
        moved = x + np.array([turns * LENGTH, 0.0])
        pairs = zip(surrogate.derivatives(x, 2), surrogate.derivatives(moved, 2), strict=True)
        for here, there in pairs:
            np.testing.assert_allclose(there, here, rtol=1e-11, atol=1e-12 * np.abs(here).max())
    half = surrogate.value(x + np.array([LENGTH / 2, 0.0]))
    assert np.abs(half - surrogate.value(x)).max() > 1.0


def test_higher_derivatives_are_periodic_in_a_box():
    u = Surrogate.on(BOX, ("u",), Periodic(MLP((6,)), {"x": 2.0}), key=3).pure()
    along = jax.jit(lambda x: derivatives_along(u, x, jnp.array([1.0, 0.0]), 4))
    low, high = (along(np.array([x, 0.7])) for x in (-1.0, 1.0))
    np.testing.assert_allclose(high, low, rtol=1e-12)
    assert np.abs(low).min() > 0


def test_the_waves_are_those_of_the_formula():
    """N is linear here, so u is a sum of the waves with its weights."""
    frame = networks.Frame(("x",), ("u",), *(np.array([v]) for v in (3.0, 0.5, 0.0, 1.0)))
    waves = Periodic(MLP((1,)), {"x": 0.8}, harmonics=2).within(frame)
    network = waves.build(1, 1, jax.random.key(0))
    x = 3.2
    first, last = jax.tree.map(np.asarray, network.inner.layers)
    phase = 2 * np.pi * np.array([1, 1, 2, 2]) * x / 0.8
    z = first.weight[0] @ np.where([True, False] * 2, np.cos(phase), np.sin(phase))
    value = last.weight[0] * z / (1 + np.exp(-z)) + last.bias
    found = eqx.filter_jit(network)(np.array([(x - 3.0) / 0.5]))
    np.testing.assert_allclose(found, value, rtol=1e-13)


def test_wrappers_nest_both_ways_and_the_frame_inside_is_that_of_the_other_inputs(tmp_path):
    start = Face("t", 0.0)
    outer = HardBoundary(Periodic(MLP((6,)), {"x": 2.0}), (start,), Affine(0.25))
    inner = Periodic(HardBoundary(MLP((6,)), (start,), Affine(0.25)), {"x": 2.0})
    x = np.array([[-1.0, 0.0], [0.3, 0.0], [-0.7, 1.0], [1.3, 1.0]])
    for made in (outer, inner):
        surrogate = Surrogate.on(BOX, ("u",), made, key=1)
        y = surrogate.value(x)[:, 0]
        np.testing.assert_allclose(y[:2], 0.25, rtol=1e-14)
        assert y[2] == pytest.approx(y[3], rel=1e-12) and abs(y[2] - 0.25) > 1e-3
        loaded = Surrogate.load(surrogate.save(tmp_path / "s.npz"))
        assert loaded.architecture == made
        np.testing.assert_array_equal(loaded.value(x)[:, 0], y)


@pytest.mark.parametrize("period", [2.0, 1.0, 2.0 / 3.0, 4.0, 2.0000001])
def test_a_period_that_fits_the_box_is_taken(period):
    Surrogate.on(BOX, ("u",), Periodic(MLP((3,)), {"x": period}))


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: on({"x": 1.5}), "period 1.5 of 'x' does not fit the box, whose side is 2: give a"),
        (lambda: on({"x": 3.0}), "period 3 of 'x' does not fit"),
        (lambda: on({"y": 2.0}), "no input 'y': choose one of x, t"),
        (lambda: on({"x": 2.0, 0: 1.0}), "an input has one period"),
        (lambda: Periodic(MLP(), {"x": 0.0}), "period of the input 'x' is a number > 0.*got 0.0"),
        (lambda: Periodic(MLP(), {"x": np.nan}), "got nan"),
        (lambda: Periodic(MLP(), {"x": "long"}), r"like \{'x': 2.0\}: got \{'x': 'long'\}"),
        (lambda: Periodic(MLP()), r"periods give each input its period.*got \(\)"),
        (lambda: Periodic(MLP(), {"x": 1.0}, 0), "harmonics is a whole number ≥ 1: got 0"),
        (lambda: Periodic(None, {"x": 1.0}), "lies around an architecture: got None"),
    ],
)
def test_what_has_no_period_is_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()


def on(periods):
    return Surrogate.on(BOX, ("u",), Periodic(MLP((3,)), periods))


def test_rows_that_span_another_length_are_no_box():
    with pytest.raises(ConfigError, match="does not fit the box"):
        Surrogate.new(DATA, MADE, box=Box(("a", "b"), (-1e3, 0.0), (2010.0, 0.02)))
    Surrogate.new(DATA, MADE)
