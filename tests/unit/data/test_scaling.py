from dataclasses import replace

import numpy as np
import pytest

from sobolev import Box
from sobolev.data import Dataset, Scaling
from sobolev.data.running_statistics import RunningScaling, RunningSizes, RunningSlopes
from sobolev.data.variation import jacobian_sizes
from sobolev.errors import DataError


def _function(x):
    """Two responses of two inputs of very different sizes, with exact derivatives."""
    a, E = x.T
    zero = 0 * a
    y = np.stack([a**3 / E, np.sin(a) + 1e-9 * E**2], axis=1)
    first = np.stack([[3 * a**2 / E, -(a**3) / E**2], [np.cos(a), 2e-9 * E]]).transpose(2, 0, 1)
    second = np.array(
        [
            [[6 * a / E, -3 * a**2 / E**2], [-3 * a**2 / E**2, 2 * a**3 / E**3]],
            [[-np.sin(a), zero], [zero, zero + 2e-9]],
        ]
    ).transpose(3, 0, 1, 2)
    return y, first, second


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    x = np.stack([rng.uniform(1, 5, 30), rng.uniform(1e3, 3e3, 30)], axis=1)
    return Dataset(x, *_function(x))


def test_inputs_fill_the_unit_cube_and_responses_are_standardised(data):
    scaled = Scaling.of(data).scaled(data)
    np.testing.assert_allclose(scaled["x"].min(axis=0), -1, atol=1e-14)
    np.testing.assert_allclose(scaled["x"].max(axis=0), 1, atol=1e-14)
    np.testing.assert_allclose(scaled["y"].mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(scaled["y"].std(axis=0), 1, atol=1e-14)


def test_derivatives_follow_the_chain_rule(data):
    """Against central differences of the scaled function in the scaled inputs."""
    scaling = Scaling.of(data)
    scaled, step = scaling.scaled(data), 1e-4

    def at(x_scaled):
        x = x_scaled * scaling.x_scale + scaling.x_shift
        return scaling.scaled(Dataset(x, *_function(x)))

    for i in range(2):
        shift = step * np.eye(2)[i]
        plus, minus = at(scaled["x"] + shift), at(scaled["x"] - shift)
        for low, high in [("y", "jacobian"), ("jacobian", "hessian")]:
            difference = (plus[low] - minus[low]) / (2 * step)
            np.testing.assert_allclose(scaled[high][..., i], difference, atol=3e-7)


def test_scaled_data_do_not_depend_on_the_units(data):
    by, of = np.array([1e-3, 1e6]), np.array([1e3, 2.54e-9])
    shift_by, shift_of = np.array([0.4, 1e8]), np.array([-3.0, 7e-9])
    other = replace(
        data,
        x=data.x * by + shift_by,
        y=data.y * of + shift_of,
        jacobian=data.jacobian * of[:, None] / by,
        hessian=data.hessian * of[:, None, None] / by[:, None] / by,
    )
    ours, theirs = Scaling.of(data).scaled(data), Scaling.of(other).scaled(other)
    for name in ours:
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-12, atol=1e-12)


def test_absent_labels_stay_absent_and_do_not_count(data):
    y = data.y.copy()
    y[3, 0] = np.nan
    whole, part = Scaling.of(data.rows(np.arange(30) != 3)), Scaling.of(replace(data, y=y))
    assert part.y_scale[0] == whole.y_scale[0]
    assert np.isnan(Scaling.of(data).scaled(replace(data, y=y))["y"]).sum() == 1


def test_slopes_alone_set_the_scale(data):
    slopes = Dataset(data.x, np.full_like(data.y, np.nan), data.jacobian)
    scaled = Scaling.of(slopes).scaled(slopes)
    np.testing.assert_allclose(np.sqrt((scaled["jacobian"] ** 2).mean(axis=(0, 2))), 1, rtol=1e-14)


@pytest.mark.parametrize("size", [1e-200, 1e200, 1e307])
def test_extreme_numbers_are_scaled_as_others(data, size):
    other = replace(data, y=data.y / np.abs(data.y).max() * size, jacobian=None, hessian=None)
    scaled = Scaling.of(other).scaled(other)["y"]
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-12)
    wide = replace(data, x=data.x / data.x.max(axis=0) * size, jacobian=None, hessian=None)
    np.testing.assert_allclose(np.ptp(Scaling.of(wide).scaled(wide)["x"], axis=0), 2, rtol=1e-12)


def _constant(data, field, column, value):
    array = getattr(data, field).copy()
    array[:, column] = value
    return replace(data, **{field: array})


@pytest.mark.parametrize("value", [0.0, 0.1, -3e8])
@pytest.mark.parametrize("unit", [1.0, 1e-6])
def test_a_constant_input_gets_the_length_that_makes_its_slopes_usual(data, value, unit):
    """Its slopes are then as large as those by the other input, whatever its unit."""
    flat = _constant(data, "x", 1, value * unit)
    flat = replace(flat, jacobian=flat.jacobian / [1, unit], hessian=None)
    scaling = Scaling.of(flat)
    assert scaling.constant == (1,)
    by_each = np.sqrt((scaling.scaled(flat)["jacobian"] ** 2).mean(axis=(0, 1)))
    assert by_each[1] == pytest.approx(by_each[0], rel=1e-12)
    np.testing.assert_array_equal(scaling.scaled(flat)["x"][:, 1], 0)
    box = scaling.box(flat.inputs, flat.input_units)
    assert box.upper[1] - box.lower[1] < 1e-11 * max(abs(value * unit), 1)


def test_a_constant_input_without_slopes_has_the_length_of_its_value_or_1(data):
    for value, length in ((0.0, 1.0), (-3e8, 3e8)):
        flat = _constant(data, "x", 1, value)
        none = replace(flat, jacobian=None, hessian=None)
        noise = replace(flat, jacobian=flat.jacobian * [1, 1e-25], hessian=None)
        for each in (none, noise):
            assert Scaling.of(each).x_scale[1] == length


def test_slopes_alone_give_a_constant_input_its_length_too(data):
    flat = _constant(data, "x", 1, 2.0)
    flat = Dataset(flat.x, jacobian=flat.jacobian[:, :1])
    scaling = Scaling.of(flat)
    size = np.sqrt((scaling.scaled(flat)["jacobian"] ** 2).mean(axis=(0, 1)))
    assert size[1] == pytest.approx(size[0], rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e8])
def test_a_constant_response_is_scaled_by_its_size(data, value):
    flat = _constant(replace(data, jacobian=None, hessian=None), "y", 0, value)
    scaling = Scaling.of(flat)
    assert scaling.y_scale[0] == (abs(value) or 1.0)
    np.testing.assert_allclose(scaling.scaled(flat)["y"][:, 0], 0, atol=1e-13)
    assert scaling.y_scale[1] == Scaling.of(data).y_scale[1]


def test_where_nothing_varies_it_is_refused(data):
    alone = Dataset(data.x, np.ones((30, 1)))
    with pytest.raises(DataError, match=r"response 'y1' is constant.*Leave the column out"):
        Scaling.of(alone)
    with pytest.raises(DataError, match=r"every input is constant \(x1 = .*Give rows in which"):
        Scaling.of(data.rows([2] * 5))


def test_values_that_are_all_the_same_and_slopes_that_are_not_contradict(data):
    with pytest.raises(DataError, match=r"values and slopes of 'y2' contradict.* 7 in every row"):
        Scaling.of(_constant(data, "y", 1, 7.0))


def test_round_off_is_not_variation(data):
    flat = _constant(data, "x", 0, 0.3)
    flat.x[::2, 0] = 0.1 + 0.2
    assert Scaling.of(flat).constant == (0,)


def test_a_box_says_over_what_range_the_inputs_go(data):
    """The initial values of an equation: one input is the same in all rows, the response too."""
    start = Dataset(np.c_[data.x[:, 0], np.zeros(30)], np.zeros((30, 1)), inputs=("x", "t"))
    scaling = Scaling.of(start, Box(("x", "t"), (0.0, 0.0), (6.0, 10.0)))
    np.testing.assert_array_equal(scaling.x_shift, [3, 5])
    np.testing.assert_array_equal(scaling.x_scale, [3, 5])
    assert scaling.constant == () and (scaling.y_shift[0], scaling.y_scale[0]) == (0, 1)
    with pytest.raises(DataError, match="the box has the sides t, x, the data the inputs x, t"):
        Scaling.of(start, Box(("t", "x"), (0.0, 0.0), (6.0, 10.0)))


def test_an_absent_response_without_slopes_is_refused(data):
    with pytest.raises(DataError, match="response 'y2' is constant or absent"):
        Scaling.of(replace(_constant(data, "y", 1, np.nan), jacobian=None, hessian=None))


def test_one_row_is_refused(data):
    with pytest.raises(DataError, match=r"there is one row.*Give more"):
        Scaling.of(data.rows([0]))


def test_a_label_that_cannot_be_scaled_is_named(data):
    jacobian = data.jacobian.copy()
    jacobian[7, 1, 1] = 1e306
    wide = replace(data, jacobian=jacobian)
    message = r"row 7 of jacobian \(output 'y2', input 'x2'\) is 1e\+306, too large"
    with pytest.raises(DataError, match=message):
        Scaling.of(wide).scaled(wide)


def test_units_of_scaled_numbers_are_those_of_the_chain_rule():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(9, 2)) * [1e3, 1e-2] + [5, 1]
    data = Dataset(x, rng.normal(size=(9, 2)) * [7, 1e-3], rng.normal(size=(9, 2, 2)))
    scaling = Scaling.of(data)
    scaled = scaling.scaled(data)
    value, jacobian = scaling.unscaled([scaled["y"], scaled["jacobian"]])
    np.testing.assert_allclose(value, data.y, rtol=1e-12)
    np.testing.assert_allclose(jacobian, data.jacobian, rtol=1e-12)
    np.testing.assert_allclose(scaling.unscale_x(scaling.scale_x(x)), x, rtol=1e-12)
    assert [unit.shape for unit in scaling.units(2)] == [(2,), (2, 2), (2, 2, 2)]


@pytest.mark.parametrize("size", [1.0, 1e200, 1e-200])
def test_rows_that_arrive_in_parts_are_scaled_as_all_at_once(data, size):
    """Of very different numbers, so that the largest one changes from part to part."""
    y = np.stack([10.0 ** np.linspace(-2, 2, 30) + 3, np.full(30, np.nan)], axis=1) * size
    y[4, 0] = np.nan
    data = replace(data, y=y, hessian=None)
    running = RunningScaling(data.inputs, data.outputs)
    parts = [data.rows(np.arange(start, min(start + 7, 30))) for start in range(0, 30, 7)]
    for part in parts:
        running.add(part)
    assert running.without_values() == [1] and not running.needs_slopes
    sizes = RunningSizes(2, 2)
    for part in parts:
        sizes.add(part)
    np.testing.assert_allclose(sizes.sizes(), jacobian_sizes(data), rtol=1e-12)
    x_scale = running.x_scale(sizes.sizes())
    slopes = RunningSlopes([1], x_scale)
    for part in parts:
        slopes.add(part)
    found, known = running.scaling(x_scale, slopes), Scaling.of(data)
    for name in ("x_shift", "x_scale", "y_shift", "y_scale"):
        np.testing.assert_allclose(getattr(found, name), getattr(known, name), rtol=1e-12)


def test_one_value_sets_the_shift_and_the_slopes_the_scale(data):
    y = np.full_like(data.y, np.nan)
    y[5] = 7.0, -2.0
    found = Scaling.of(replace(data, y=y))
    alone = Scaling.of(replace(data, y=np.full_like(y, np.nan)))
    np.testing.assert_array_equal(found.y_shift, [7, -2])
    np.testing.assert_array_equal(found.y_scale, alone.y_scale)


def test_the_length_of_adjoint_weights_does_not_set_the_scale(data):
    w = np.random.default_rng(0).uniform(1, 2, (30, 1, 2))
    scales = []
    for length in (1.0, 1e3):
        vjp = np.einsum("nlq,nqd->nld", length * w, data.jacobian)
        none = np.full_like(data.y, np.nan)
        scales.append(Scaling.of(Dataset(data.x, none, vjp=vjp, cotangents=length * w)).y_scale)
    np.testing.assert_allclose(*scales, rtol=1e-13)
