"""What every function that knows its derivatives keeps to: problems, models, surrogates, yours."""

import pickle
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from functions import BOX, MAKERS, made, some_points
from helpers import table

from sobolev import Box, Dataset, Ensemble, evaluate, problems
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.function import Derivatives, Function, conforms, of_callable, of_jax
from sobolev.function.pointwise import parts
from sobolev.generation import generate
from sobolev.work import Retries

NAMES = list(MAKERS)


@pytest.mark.parametrize("name", NAMES)
def test_every_function_conforms(name):
    found = conforms(made(name))
    assert found.good, str(found)
    assert len(found.results) >= 14


@pytest.mark.parametrize("name", NAMES)
def test_what_is_wrong_is_told_in_one_sentence(name):
    function = made(name)
    x = some_points(function)
    d, q = len(function.inputs), len(function.outputs)
    for ask, sentence in (
        (lambda: function.jvp(x, x[:3]), "direction has shape"),
        (lambda: function.hvp(x, np.ones(d + 1)), rf"direction has shape \({d + 1},\)"),
        (lambda: function.vjp(x[0], np.full(q, np.nan)), "cotangent is nan for output"),
        (lambda: function.value("text"), "real numbers"),
    ):
        with pytest.raises(DataError, match=sentence):
            ask()
    with pytest.raises(ConfigError, match=r"order must be 0, 1 or 2: got 1\.5"):
        function.derivatives(x, 1.5)


@pytest.mark.parametrize("name", NAMES)
def test_every_function_can_be_evaluated(name):
    """Verification at the true model is the same call with another object."""
    function = made(name)
    x = some_points(function, 6)
    labels = dict(zip(("y", "jacobian"), function.derivatives(x), strict=True))
    data = labelled(function, x, labels)
    assert evaluate(function, data).relative_h1 < 1e-12
    labels["y"] = labels["y"] + 1.0
    assert evaluate(function, labelled(function, x, labels)).terms[0].rmse == pytest.approx(1)


def labelled(function, x, labels):
    return Dataset(x, **labels, inputs=function.inputs, outputs=function.outputs)


class Wrong(Function):
    """A parabola of one input with one fault each."""

    inputs, outputs, input_units, output_units = ("a", "b"), ("y",), ("", ""), ("",)
    box = BOX

    def __init__(self, fault):
        self.fault = fault
        if fault == "names and units":
            self.output_units = ("", "")

    def compute(self, rows, order):
        fault = self.fault if len(rows) > 1 else None
        y = np.sum(rows**3, axis=1)[:, None]
        dy, d2y = 3 * rows[:, None] ** 2, 6 * rows[:, None, :, None] * np.eye(2)
        found = [y, dy, d2y]
        if fault == "jacobian by differences":
            found[1] = dy * 1.001
        if fault == "hessian by differences":
            found[2] = d2y * [[1.0, 1.0], [1.0, 1.001]]
        if fault == "symmetry":
            found[2] = d2y + 1e-6 * np.array([[0, 1], [0, 0]])
        if fault == "shapes of rows":
            found[0] = y[:, 0]
        if fault == "one point":
            found[0] = y + 1e-3
        return found[: order + 1]

    def compute_vjp(self, rows, w):
        y, product = super().compute_vjp(rows, w)
        return y, product * (2 if self.fault == "vjp" else 1)

    def inside(self, x):
        return np.logical_or(super().inside(x), self.fault == "inside")


@pytest.mark.parametrize(
    "fault",
    [
        "names and units", "shapes of rows", "one point", "jacobian by differences",
        "hessian by differences", "symmetry", "vjp", "inside",
    ],
)  # fmt: skip
def test_the_suite_finds(fault):
    assert conforms(Wrong(None)).good
    found = conforms(Wrong(fault))
    assert fault in [result.case for result in found.failures], str(found)


def test_an_output_that_is_constant_but_for_its_rounding_is_right():
    """As the reaction to a given load: its derivatives are noise, and so are differences."""

    def noisy(x):
        noise = np.random.default_rng(abs(hash(x.tobytes()))).normal(size=3) * 1e-15
        return (
            [7 + noise[0], x[0] ** 2], [[noise[1]], [2 * x[0]]], [[[noise[2]]], [[2.0]]],
        )  # fmt: skip

    function = of_callable(noisy, ("a",), ("R", "y"), order=2)
    found = conforms(function, [[1.0], [2.0]])
    assert found.good, str(found)


def test_a_function_without_a_domain_needs_points():
    function = of_callable(lambda x: (x[0] ** 2, [2 * x[0]]), ("a",), ("y",), order=1)
    with pytest.raises(ConfigError, match="no box: give conforms the points"):
        conforms(function)
    assert conforms(function, [[1.0], [2.0]]).good
    with pytest.raises(ConfigError, match="knows derivatives up to order 1: got order=2"):
        function.hessian([1.0])
    with pytest.raises(ConfigError, match="no domain: give it a Box"):
        function.inside([1.0])
    with pytest.raises(DataError, match=r"returned 2 of value, first and second.*needs 3"):
        of_callable(function.function, ("a",), ("y",)).hessian([1.0])


def test_a_row_without_a_solution_is_named():
    beam = problems.BeamDeflection()
    x = some_points(beam)
    x[2, 0] = -1.0
    with pytest.raises(Diverged, match=r"row 2 of x, \[-1.0, .*must be positive"):
        beam.jacobian(x)
    broken = of_callable(lambda x: (np.nan, [1.0]), ("a",), ("y",), order=1)
    with pytest.raises(DataError, match=r"row 0 of x, \[3.0\], is not finite: there is no deriv"):
        broken.value([3.0])


def test_what_is_no_function_is_told_so():
    for thing in ("text", np.sin, object()):
        with pytest.raises(DataError, match=r"surrogate is of type .*: give a Surr"):
            evaluate(thing, table())
    with pytest.raises(ConfigError, match=r"must return an array of shape \(2,\)"):
        of_jax(lambda x: x[0], BOX, ("u", "v"))
    with pytest.raises(ConfigError, match="needs names of its inputs"):
        of_callable(np.sin, (), ("y",))


def test_generated_data_have_what_the_problem_answers():
    problem = problems.Ishigami()
    x = some_points(problem)
    data = generate(problem, x, order=2)
    for ours, theirs in zip(problem.derivatives(x, 2), data.labels().values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", NAMES)
def test_every_function_with_a_box_makes_data(name):
    function = made(name)
    x = some_points(function, 2)
    data = generate(function, x)
    assert (data.inputs, data.outputs) == (tuple(function.inputs), tuple(function.outputs))
    for row, point in enumerate(x):  # asked by themselves, as rows together sum in another order
        for ours, theirs in zip(function.derivatives(point), data.labels().values(), strict=True):
            np.testing.assert_array_equal(theirs[row], ours)


def test_a_journal_knows_a_function_by_what_it_answers(tmp_path):
    one, two = made("ensemble").members
    x, path = some_points(one, 3), tmp_path / "journal"
    whole = generate(one, x, journal=path)
    np.testing.assert_array_equal(generate(one, x, journal=path).jacobian, whole.jacobian)
    with pytest.raises(DataError, match="value at the first point"):
        generate(two, x, journal=path)


def test_a_journal_whose_first_point_fails_is_continued(tmp_path):
    """Also by another reason, and when it succeeds at last: a licence was missing, say."""
    x, path, broken = np.array([[1.0], [2.0]]), tmp_path / "journal", ["at 11:00", "at 11:05"]

    def answer(point):
        if point[0] == 1 and broken:
            raise Diverged(f"no licence {broken[0]}")
        return point**2, 2 * point[None]

    function = of_callable(answer, Box(("a",), (0.0,), (3.0,)), ("y",))
    for _ in range(2):
        data = generate(function, x, journal=path, on_diverged="absent")
        assert np.isnan(data.y[0]) and data.y[1] == 4
        broken.pop(0)
    data = generate(function, x, journal=path, retries=Retries(again="all"))
    assert data.y.tolist() == [[1], [4]]


def test_a_function_that_cannot_make_data_says_why():
    without = of_callable(lambda x: (x, np.eye(1)), ("x",), ("y",))
    with pytest.raises(ConfigError, match="has no domain: give it a Box"):
        generate(without, [[1.0]])

    class Slopes(Function):
        inputs, outputs, input_units, output_units = BOX.names, ("u",), BOX.units, ("",)
        box, order = BOX, 1

        def compute(self, rows, order):
            raise AssertionError("it is not asked")

    with pytest.raises(ConfigError, match=r"Slopes knows derivatives up to order 1: got order=2"):
        generate(Slopes(), [[1.0, 0.5]], order=2)


def test_derivatives_are_as_many_as_were_asked_for():
    y, dy = found = Derivatives(np.ones(1), np.ones((1, 2)))
    assert found.order == 1 and found.value is y and found.jacobian is dy
    assert found.hessian is None and Derivatives(y).jacobian is None
    again = pickle.loads(pickle.dumps(found))
    assert type(again) is Derivatives and again.jacobian.shape == (1, 2)
    assert repr(Derivatives(np.ones(1))) == "Derivatives(value=array([1.]))"


def test_old_names_warn():
    with pytest.warns(DeprecationWarning, match="problems.Solution is sobolev.function.Deriv"):
        assert problems.Solution is Derivatives
    with pytest.warns(DeprecationWarning, match=r"GEK.spread\(x, 1\)"):
        y, _ = made("kriging").deviations([0.0, 0.5])
    np.testing.assert_array_equal(y, made("kriging").spread([0.0, 0.5])[0])


def test_the_domain_of_an_ensemble_is_that_of_all_members():
    one, two = made("ensemble").members
    shifted = replace(two, scaling=replace(two.scaling, x_shift=two.scaling.x_shift + 0.5))
    both = Ensemble((one, shifted), (0, 1))
    x = some_points(one, 40)
    np.testing.assert_array_equal(both.inside(x), one.inside(x) & shifted.inside(x))


def test_a_function_from_outside_the_package_conforms():
    place = Path(__file__).parents[2] / "examples" / "ex05_own_function.py"
    found = conforms(runpy.run_path(str(place))["Contact"]())
    assert found.good and len(found.results) == 15, str(found)


def test_a_single_response_may_come_without_its_axis():
    given = 3.0, [1.0, 2.0], [[1.0, 2.0], [2.0, 4.0]]
    for k, array in enumerate(parts(given, 2, 1, "f")):
        assert array.shape == (1, *(2,) * k)
        np.testing.assert_array_equal(array[0], given[k])
    two = np.ones(2), np.ones((2, 3))  # as it is: the axis of the responses is there
    assert [array.shape for array in parts(two, 1, 2, "f") if array is not None] == [(2,), (2, 3)]
    one = np.ones(1), np.ones((1, 3))
    assert [array.shape for array in parts(one, 1, 1, "f") if array is not None] == [(1,), (1, 3)]
