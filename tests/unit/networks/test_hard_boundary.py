"""u = g + φ N: given values on a boundary, whatever the weights."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from helpers import in_units, table

from sobolev import Box, Surrogate, fit, fit_ensemble, networks
from sobolev.errors import ConfigError
from sobolev.networks import MLP, Affine, Between, Face, Frame, HardBoundary
from sobolev.optimisers import LevenbergMarquardt
from sobolev.weighting import Unweighted

# In units in which nothing is of order 1, shifts included.
DATA = replace(
    in_units(table(20, outputs=2), [1e3, 2e-2], [5.0, 1e-4], [2e3, 1.0], [40.0, 3e-4]),
    input_units=("mm", "K"),
)
LOW, HIGH = -1000.0, 2010.0  # of a, whose range in the data is smaller
VALUE = Affine((40.0, 3e-4), ((2e-3, -1.0), (0.0, 1e-3)))
SIDES = HardBoundary(MLP((6,)), (Between("a", LOW, HIGH), Face("b", 1e-4)), VALUE)
QUICK = {"optimiser": LevenbergMarquardt(), "epochs": 15, "check": False}


def on_the_sides(n=40):
    x = np.random.default_rng(1).uniform([LOW, 1e-4], [HIGH, 0.02], (n, 2))
    sides = np.arange(n) % 3
    x[sides == 0, 0], x[sides == 1, 0], x[sides == 2, 1] = LOW, HIGH, 1e-4
    return x, x @ np.transpose(VALUE.slope) + VALUE.constant


def test_the_values_are_given_in_physical_units_before_and_after_training():
    x, known = on_the_sides()
    start = Surrogate.new(DATA, SIDES, key=3)
    fitted = fit(start, DATA, weighting=Unweighted(), **QUICK)
    assert fitted.history.loss[-1].sum() < 0.9 * fitted.history.loss[0].sum()
    for surrogate in (start, fitted.surrogate):
        gap = np.abs(surrogate.value(x) - known).max(axis=0)
        assert np.all(gap <= 1e-12 * np.abs(known).max(axis=0)), gap
        inside = surrogate.value(x / 2 + np.array([100.0, 0.005]))
        assert np.all(np.abs(inside - known).max(axis=0) > 1e-3 * np.abs(known).max(axis=0))


def test_along_a_side_the_slope_is_that_of_the_given_values():
    x = np.array([[LOW, 0.01], [HIGH, 0.013]])
    slopes = Surrogate.new(DATA, SIDES, key=3).jacobian(x)[..., 1]
    np.testing.assert_allclose(slopes, np.array(VALUE.slope)[:, 1] + np.zeros((2, 1)), rtol=1e-9)


def test_it_is_kept_with_what_is_inside_and_in_physical_units(tmp_path):
    surrogate = Surrogate.new(DATA, SIDES, key=3)
    assert surrogate.architecture == SIDES
    loaded = Surrogate.load(surrogate.save(tmp_path / "s.npz"))
    assert loaded.architecture == SIDES
    for a, b in zip(loaded.derivatives(DATA.x, 2), surrogate.derivatives(DATA.x, 2), strict=True):
        np.testing.assert_array_equal(a, b)
    x, known = on_the_sides()
    np.testing.assert_allclose(loaded.redrawing()(8).value(x), known, rtol=1e-11, atol=1e-14)
    # The same walls in the frame of other data
    other = Surrogate.new(DATA.rows(np.arange(9)), loaded.architecture)
    np.testing.assert_allclose(other.value(x), known, rtol=1e-11, atol=1e-14)


def test_members_of_an_ensemble_share_the_boundary():
    ensemble = fit_ensemble(Surrogate.new(DATA, SIDES), DATA, members=2, **QUICK)
    x, known = on_the_sides()
    np.testing.assert_allclose(ensemble.value(x), known, rtol=1e-11, atol=1e-14)
    assert ensemble.members[0].value(DATA.x[0])[0] != ensemble.members[1].value(DATA.x[0])[0]


def test_only_the_named_outputs_are_bound_and_wrappers_nest():
    u = HardBoundary(MLP((6,)), (Face("a", LOW),), Affine(7.0), outputs=("u",))
    both = HardBoundary(u, (Face("b", 1e-4),), Affine(-2.0), outputs=("v",))
    surrogate, free = (Surrogate.new(DATA, made, key=3) for made in (both, MLP((6,))))
    x = np.array([[LOW, 0.015], [2000.0, 1e-4]])
    y = surrogate.value(x)
    np.testing.assert_allclose([y[0, 0], y[1, 1]], [7.0, -2.0], rtol=1e-12)
    alone = Surrogate.new(DATA, u, key=3).value(x)
    np.testing.assert_array_equal(alone[:, 1], free.value(x)[:, 1])


def test_the_distance_is_zero_on_the_boundary_and_at_most_1_in_the_range():
    frame = Frame(("a", "b"), ("u",), np.array([5.0, 0.0]), np.array([2.0, 1.0]), *np.eye(2)[:, :1])
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 41)] * 2), -1).reshape(-1, 2)
    for part in (Face("a", 3.0), Face("a", 6.0), Face("a", 20.0), Between("a", 3.0, 7.0)):
        scaled = part.within(frame)
        ends = [part.at] if isinstance(part, Face) else [part.lower, part.upper]
        places = [[(end - 5.0) / 2.0, 0.3] for end in ends]
        both = jax.jit(jax.vmap(jax.value_and_grad(scaled.distance)))
        φ, slopes = map(np.asarray, both(np.concatenate([grid, places])))
        assert np.abs(φ[: len(grid)]).max() == pytest.approx(1.0) and scaled.input == 0
        assert not φ[len(grid) :].any() and (np.abs(slopes[len(grid) :, 0]) > 0.05).all()


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: HardBoundary(MLP()), r"needs a tuple of boundaries.*got \(\)"),
        (lambda: HardBoundary(MLP(), (("a", 0.0),)), "needs a tuple of boundaries"),
        (lambda: HardBoundary(None, (Face("a", 0.0),)), "lies around an architecture.*got None"),
        (lambda: HardBoundary(MLP(), (Face("a", 0.0),), 0.0), "value as an Affine"),
        (lambda: Face("a", np.inf), "finite numbers: got Face"),
        (lambda: Between("a", 1.0, 1.0), r"lower must be less than upper: got Between\(input='a'"),
        (lambda: Affine(np.nan), "finite numbers"),
        (lambda: Affine(((1.0,),)), "finite numbers"),
        (lambda: new(Face("c", 0.0)), "no input 'c': choose one of a, b"),
        (lambda: new(Face(2, 0.0)), "no input 2: choose one of a, b"),
        (lambda: new(Face("a", 0.0), outputs=("w",)), "no output 'w': choose one of u, v"),
        (lambda: new(Face("a", 0.0), outputs=()), "outputs are those that are bound.*got none"),
        (lambda: twice("u", None), "would not hold: give one HardBoundary both"),
        (lambda: twice(("u",), ("u", "v")), "would not hold: give one HardBoundary both"),
        (lambda: on_a_box(Face("t", 60.0)), "range of 't', 0 to 1: give it in its unit"),
        (lambda: on_a_box(Between("t", -3.0, 9.0)), "outside of the range of 't'"),
        (lambda: new(Face("a", 0.0), value=Affine((1.0, 2.0, 3.0))), "does not fit 2 inputs and 2"),
        (lambda: new(Face("a", 0.0), value=Affine(0.0, ((1.0, 2.0),))), "a slope for each output"),
    ],
)
def test_what_is_no_boundary_is_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()


def new(part, **settings):
    return Surrogate.new(DATA, HardBoundary(MLP((3,)), (part,), **settings))


def twice(outer, inner):
    """Where a = 0 only the outer one would hold."""
    made = HardBoundary(MLP((3,)), (Face("b", 0.0),), Affine(1.0), outputs=inner)
    return Surrogate.new(DATA, HardBoundary(made, (Face("a", 0.0),), outputs=outer))


def on_a_box(part):
    return Surrogate.on(Box(("t",), (0.0,), (1.0,)), "u", HardBoundary(MLP((3,)), (part,)))


def test_an_activation_inside_is_judged():
    made = HardBoundary(MLP((3,), activation=networks.relu), (Face("a", 0.0),))
    with pytest.raises(ConfigError, match="'relu' cannot be trained on derivatives"):
        fit(Surrogate.new(DATA, made), DATA, epochs=1)
    with pytest.raises(ConfigError, match="'relu' cannot be trained on derivatives"):
        networks.check_activation(made, 1)
