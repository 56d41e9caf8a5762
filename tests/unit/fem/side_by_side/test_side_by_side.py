"""Rows in one call are the rows one by one: values, derivatives, failures and their sentences."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import sobolev as sb
from sobolev import fem
from sobolev.errors import ConfigError, Diverged
from sobolev.fem.demands import all_broken
from sobolev.fem.laws.registry import LAWS
from sobolev.fem.side_by_side.rows import solve_rows
from sobolev.fem.side_by_side.side_by_side import SideBySide
from sobolev.fem.values import fill, split
from sobolev.problems import Cantilever

BOX = sb.Box(("load", "lean", "height", "E"), (-0.1, 0.0, 1.0, 0.5), (0.1, 0.2, 10.0, 2.0))
# a column under a push that is not quite along it
FINE, STEPS, SNAPS = [-0.003, 0.1, 8.0, 1.0], [-0.02, 0.1, 8.0, 1.0], [-0.05, 0.1, 8.0, 1.0]
INSIDE_OUT, NO_LAW = [-0.003, 0.1, -8.0, 1.0], [-0.003, 0.1, 8.0, -1.0]


def tall(X, p):
    return X * jnp.stack([1.0, p["height"]])[None]


def along(p):
    return p["load"]


def across(p):
    return p["lean"] * p["load"]


@functools.cache
def column(**more):
    law = fem.PlaneStress(fem.SaintVenantKirchhoff("E", 0.3))
    return fem.Model(
        fem.grid((1, 4)), [fem.Body(law)], [fem.Fixed("bottom")],
        [fem.Traction("top", (across, along))],
        responses={"down": fem.BoundaryMean("top", 1), "side": fem.BoundaryMean("top", 0)},
        parameters=BOX, geometry=tall, **more,
    )  # fmt: skip


def rows(n):
    x = BOX.from_unit(np.random.default_rng(1).random((n, 4)))
    return x * [0.02, 1.0, 1.0, 1.0]


def taken_together(model, x, lanes=4, order=2):
    """Which rows need no help of the model."""
    beside = SideBySide(model, lanes)
    filled = np.concatenate([x, np.repeat(x[-1:], beside.at_once - len(x), 0)])
    return np.asarray(solve_rows(beside._plan(order), beside._data, filled, len(x)).there)[: len(x)]


def close(found, wanted, tolerance=1e-10):
    return all(
        np.abs(a - b).max() <= tolerance * np.abs(b).max()
        for a, b in zip(found, wanted, strict=True)
    )


def test_values_jacobians_and_hessians_are_those_of_the_model():
    x = rows(7)
    assert taken_together(column(), x).all()
    wanted = column().derivatives(x, 2)
    found = SideBySide(column(), 4).derivatives(x, 2)
    assert close(found, wanted)
    np.testing.assert_array_equal(found[2], found[2].swapaxes(2, 3))
    assert close(SideBySide(column(), 1).derivatives(x, 1), wanted[:2])


def test_any_number_of_rows_and_other_numbers_are_one_program():
    beside = SideBySide(column(), 4)
    x = rows(70)
    whole = beside.derivatives(x, 2)
    programs = solve_rows.programs()
    few = beside.derivatives(x[65:], 2)
    np.testing.assert_array_equal(few[2], whole[2][65:])
    finer = SideBySide(column(newton=fem.Newton(1e-13, 25)), 4)
    assert close(finer.derivatives(x[:3], 2), [part[:3] for part in whole])
    assert solve_rows.programs() == programs
    assert len(beside.value(np.zeros((0, 4)))) == 0


def test_rows_that_fail_say_why_and_leave_the_others_as_they_are():
    model, beside = column(), SideBySide(column(), 4)
    x = np.array([FINE, SNAPS, STEPS, INSIDE_OUT, NO_LAW, FINE])
    assert list(taken_together(model, x)) == [True, False, False, False, False, True]
    found = beside.outcomes(x, 2)
    for row, outcome in zip(x, found, strict=True):
        try:
            assert close(outcome, model.solve(row, 2))
        except Diverged as error:
            assert str(outcome) == str(error)
    assert "limit point" in str(found[1])
    assert "inside out" in str(found[3])
    assert "E of SaintVenantKirchhoff must be positive" in str(found[4])
    np.testing.assert_array_equal(found[0].hessian, found[5].hessian)
    np.testing.assert_array_equal(found[0].hessian, beside.hessian(x[0]))
    with pytest.raises(Diverged, match=r"row 1 of x, \[-0.05, 0.1, 8.0, 1.0\]: at load = -0.05"):
        beside.derivatives(x, 2)


def test_an_indefinite_tangent_is_left_to_the_model():
    """A straight column beyond Euler's load is in equilibrium, and would buckle."""
    model = column()
    x = np.array([[-0.001, 0.0, 8.0, 1.0], [-0.03, 0.0, 8.0, 1.0]])
    assert list(taken_together(model, x)) == [True, False]
    assert close(SideBySide(model, 4).derivatives(x, 2), model.derivatives(x, 2))


def carried(T, dT, x, k, wind):
    return k * dT, dT[:, 0] * wind


def unlike(T, dT, x, k):
    return k * dT, dT[:, 1]


def heat(form, names):
    return fem.Model(
        fem.grid((18, 3)), [fem.Body(form)], [fem.Prescribed("left", 0, 1.0)],
        [fem.Flux("right", 1.0)], {"right": fem.BoundaryMean("right", 0)},
        parameters=sb.Box(names, (1.0,) * len(names), (3.0,) * len(names)),
    )  # fmt: skip


def test_a_tangent_that_is_not_symmetric():
    model = heat(fem.Form(carried, 1, ("k", "wind")), ("k", "wind"))
    x = model.box.from_unit([[0.2, 0.1], [0.5, 0.9]])
    beside = SideBySide(model)
    assert taken_together(model, x, 16, 1).all()
    assert beside._layout.shape[0] > 1
    assert close(beside.derivatives(x, 1), model.derivatives(x, 1))


def test_a_tangent_that_is_said_to_be_symmetric_and_is_not_is_refused():
    model = heat(fem.Form(unlike, 1, ("k",), symmetric=True), ("k",))
    with pytest.raises(ConfigError, match="said to be symmetric and is not"):
        SideBySide(model).derivatives(np.array([1.5]), 1)


@pytest.mark.parametrize("name", list(LAWS))
def test_every_law_says_in_a_program_what_its_constants_must_be(name):
    skeleton, numbers = split(LAWS[name])
    assert not jax.jit(lambda constants: all_broken(fill(skeleton, constants)))(numbers)


def bent(law, load):
    return fem.Model(
        fem.grid((2, 2)), [fem.Body(law)], [fem.Fixed("left")], [load],
        {"u": fem.BoundaryMean("right", 1)}, parameters=sb.Box(("f",), (0.1,), (0.4,)),
    )  # fmt: skip


def test_a_load_that_follows():
    law = fem.PlaneStress(fem.SaintVenantKirchhoff(10.0, 0.3))
    model = bent(law, fem.FollowerPressure("top", "f"))
    x = model.box.from_unit([[0.0], [1.0]])
    assert taken_together(model, x, 2, 0).all()
    assert close(SideBySide(model, 2).derivatives(x, 0), model.derivatives(x, 0))


def test_what_is_not_covered_is_refused_by_name():
    law = fem.PlaneStrain(fem.J2(210e3, 0.3, 240.0, 1000.0))
    parts = dict(
        supports=[fem.Fixed("left")], responses={"u": fem.BoundaryMean("right", 0)},
        loads=[fem.Traction("right", ("f", 0.0))], parameters=sb.Box(("f",), (1.0,), (2.0,)),
    )  # fmt: skip
    elastic = fem.PlaneStrain(fem.LinearElastic(1.0, 0.3))
    cases = [
        ("the law PlaneStrain has a history", [fem.Body(law)], {}),
        ("it has a Path", [fem.Body(elastic)], {"path": fem.Path((1.0, 2.0))}),
        (
            "'f1' is a Frequency, which needs modes",
            [fem.Body(elastic, density=1.0)],
            {"responses": {"f1": fem.Frequency(1)}},
        ),
    ]
    for sentence, bodies, more in cases:
        with pytest.raises(ConfigError, match=sentence):
            SideBySide(fem.Model(fem.grid((2, 2)), bodies, **(parts | more)))
    with pytest.raises(ConfigError, match="a problem has its `model`"):
        SideBySide(Cantilever())
    with pytest.raises(ConfigError, match="lanes must be"):
        SideBySide(column(), 0)
    large = fem.Model(fem.grid((160, 160)), [fem.Body(elastic)], **parts)
    with pytest.raises(ConfigError, match="too many to be solved side by side"):
        SideBySide(large)


def test_a_generation_asks_many_rows_at_once_and_keeps_each(tmp_path):
    x = np.array([FINE, SNAPS, *rows(6)])
    beside, journal = SideBySide(column(), 4), tmp_path / "j"
    asked = []

    class Watched(SideBySide):
        def outcomes(self, rows, order):
            asked.append(len(rows))
            return super().outcomes(rows, order)

    data = sb.generate(Watched(column(), 4), x, order=2, on_diverged="absent")
    assert asked == [8]
    assert np.isnan(data.y[1]).all()
    one_by_one = sb.generate(column(), x, order=2, on_diverged="absent")
    there = [0, *range(2, 8)]
    assert close([data.y[there], data.hessian[there]],
                 [one_by_one.y[there], one_by_one.hessian[there]])  # fmt: skip
    with pytest.raises(Diverged, match=r"Row 1 says: at load = -0.05"):
        sb.generate(beside, x, order=2, journal=journal)
    # half of it, and the rest from there, to the same bits
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:4]))
    again = sb.generate(beside, x, order=2, journal=journal, on_diverged="absent")
    np.testing.assert_array_equal(again.hessian, data.hessian)
