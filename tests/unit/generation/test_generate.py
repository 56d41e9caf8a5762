"""`generate`: values in the order of the design, and refusals."""

import os
from dataclasses import dataclass

import numpy as np
import pytest
from generate_problems import BOX, _again, _function, _Plate, _problem, _steep
from generate_problems import journal as journal

from sobolev import designs
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.function import Derivatives
from sobolev.generation import generate
from sobolev.problems import FunctionProblem, Problem
from sobolev.work.progress import Progress


@pytest.mark.parametrize("order", [0, 1, 2])
def test_values_and_derivatives_are_those_of_the_problem(order):
    problem = _problem(output_units=("mm", ""))
    data = generate(problem, designs.staggered_grid(5), order=order)
    assert list(data.labels()) == ["y", "jacobian", "hessian"][: order + 1]
    for row, x in enumerate(data.x):
        for array, part in zip(data.labels().values(), _function(x), strict=False):
            assert (array[row] == part).all()
    assert (data.inputs, data.outputs) == (("a", "b"), ("u", "v"))
    assert (data.input_units, data.output_units) == (("mm", ""), ("mm", ""))
    assert data.group.tolist().count("train") == 13


def test_points_may_be_given():
    points = np.array([[1.0, 2.0], [3.0, -4.0]])
    data = generate(_problem(), points)
    assert (data.x == points).all()
    assert data.group is None


def test_slopes_along_directions_instead_of_jacobians(tmp_path):
    points, problem = np.array([[1.0, 2.0], [3.0, -4.0], [0.5, 0.1]]), _problem()
    whole = generate(problem, points)
    data = generate(problem, points, directions=4, journal=tmp_path / "journal")
    assert list(data.labels()) == ["y", "jvp"]
    half = np.subtract(BOX.upper, BOX.lower) / 2
    np.testing.assert_allclose(np.abs(data.directions), np.broadcast_to(half, (3, 4, 2)))
    known = np.einsum("nqd,nkd->nqk", whole.jacobian, data.directions)
    np.testing.assert_allclose(data.jvp, known, rtol=1e-14)
    np.testing.assert_array_equal(data.y, whole.y)
    again = generate(problem, points, directions=data.directions)
    np.testing.assert_array_equal(again.jvp, data.jvp)
    kept = generate(problem, points, directions=4, journal=tmp_path / "journal")
    np.testing.assert_array_equal(kept.jvp, data.jvp)
    with pytest.raises(DataError, match="another task"):
        generate(problem, points, directions=3, journal=tmp_path / "journal")
    for wrong, said in ((0, "number of directions"), (np.ones((3, 2)), "3 axes|dimensions")):
        with pytest.raises((ConfigError, DataError), match=said):
            generate(problem, points, directions=wrong)
    with pytest.raises(DataError, match=r"shape \(2, 1, 2\): give a number of them, or an array"):
        generate(problem, points, directions=np.ones((2, 1, 2)))
    with pytest.raises(ConfigError, match="give order=1, not 2"):
        generate(problem, points, order=2, directions=4)


def test_one_response_may_be_returned_without_its_axis():
    problem = FunctionProblem(lambda x: (x[0] ** 2, 2 * x, 2 * np.eye(2)), BOX, ("y",))
    assert isinstance(problem, Problem)
    data = generate(problem, [[3.0, 0.0]], order=2)
    assert data.y.tolist() == [[9]]
    assert data.jacobian.tolist() == [[[6, 0]]]
    assert data.hessian.shape == (1, 1, 2, 2)


def test_a_problem_cannot_change_the_points():
    def function(x):
        x[:] = 0
        return x, np.eye(2)

    assert (generate(_problem(function), [[1.0, 2.0]]).x == [[1, 2]]).all()


def test_progress_is_told_after_each_row_is_synced(tmp_path, monkeypatch):
    """What `progress` was told is in the journal and handed to the disk, at that moment."""
    path, synced, told = tmp_path / "journal", [], []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (sync(file), synced.append(path.read_bytes())))

    def progress(now):
        told.append(now)
        assert path.read_bytes().count(b'"row": ') == now.done
        assert path.read_bytes() in synced

    generate(_problem(), designs.grid(3), journal=path, progress=progress)
    assert told == [Progress("rows", done, 9) for done in range(10)]
    told.clear()
    generate(_problem(), designs.grid(3), journal=path, progress=progress)
    assert told == [Progress("rows", 9, 9)]


def test_rows_without_a_solution_are_named(journal):
    message = (
        r"5 of 9 rows have no solution: row 2 \(a=0.5, b=3\).*row 8.*Row 2 says: the value "
        r"\(output 'u'\) is nan.*kept in .*journal.*on_diverged='absent'"
    )
    with pytest.raises(Diverged, match=message):
        generate(_problem(_steep), designs.grid(3), journal=journal)
    with pytest.raises(Diverged, match=r"Newton's method stopped.*lost without a journal"):
        generate(_problem(_steep), [[1.0, 0.0], [2.0, 0.0]])


def test_rows_without_a_solution_may_be_absent(journal):
    data = _again(journal)
    absent = (data.x[:, 0] > 1.5) | (data.x[:, 1] > 2)
    assert (np.isnan(data.y).all(axis=1) == absent).all()
    assert (np.isnan(data.jacobian).all(axis=(1, 2)) == absent).all()
    assert absent.sum() == 5
    with pytest.raises(Diverged, match="2 of 2 rows"):  # nothing at all is not a data set
        generate(_problem(_steep), [[2.0, 0.0], [1.9, 0.0]], on_diverged="absent")


BAD = {
    "not a problem": (_function, {}, ConfigError, "no 'name'.*FunctionProblem"),
    "order": (_problem(), dict(order=3), ConfigError, "unknown order 3: choose one of 0, 1, 2"),
    "workers": (_problem(), dict(workers=0), ConfigError, "workers must be a whole.* ≥ 1: got 0"),
    "half": (_problem(), dict(workers=1.5), ConfigError, "workers.*got 1.5"),
    "diverged": (_problem(), dict(on_diverged="skip"), ConfigError, "'skip'.*raise, absent"),
    "width": (_problem(), dict(design=np.ones((3, 1))), DataError, r"\(3, 1\).*2 inputs \(a, b\)"),
    "rank": (_problem(), dict(design=np.ones(2)), DataError, r"design has shape \(2,\)"),
    "text": (_problem(), dict(design=[["1", "2"]]), DataError, "design holds text"),
    "complex": (_problem(), dict(design=[[1j, 2]]), DataError, "design holds complex"),
    "nan": (_problem(), dict(design=[[1, np.nan]]), DataError, "row 0 of input 'b' is nan"),
    "no points": (_problem(), dict(design=np.ones((0, 2))), DataError, "x is empty"),
    "units": (_problem(output_units=("mm",)), {}, DataError, "output_units has 1 units for 2"),
    "names": (_problem(outputs=("u", "a")), {}, DataError, "'a' is both an input and an output"),
    "value": (_problem(lambda x: (x[:1], x)), {}, DataError, r"value.*shape \(1,\), but \(2,\)"),
    "slopes": (_problem(lambda x: (x, x)), {}, DataError, r"jacobian.*\(2,\), but \(2, 2\).*resh"),
    "transposed": (_problem(lambda x: (x[[0, 1, 0]], np.ones((2, 3))), outputs=tuple("uvw")), {},
                   DataError, r"jacobian.*\(2, 3\), but \(3, 2\) is needed \(3 responses, 2 inp"),
    "curvature": (_problem(lambda x: (x, np.eye(2), np.eye(2))), dict(order=2), DataError,
                  r"hessian.*\(2, 2\), but \(2, 2, 2\)"),
    "too few": (_problem(lambda x: (x, np.eye(2))), dict(order=2), DataError, "order=2 needs 3"),
    "no slopes": (_problem(lambda x: x), {}, DataError, "returned 1 of value.*order=1 needs 2"),
    "imaginary": (_problem(lambda x: (x + 0j, np.eye(2))), {}, DataError, "value.*complex128"),
    "words": (_problem(lambda x: (["a", "b"], np.eye(2))), {}, DataError, "value.*<U1"),
    "no array": (_problem(lambda x: (None, np.eye(2))), {}, DataError, "value.*holds object"),
    "no pickle": (_problem(lambda x: _function(x)), dict(workers=2), ConfigError,
                  "cannot be sent to another process.*top level of a module, or take workers=1"),
}  # fmt: skip


@pytest.mark.parametrize(("problem", "options", "kind", "message"), BAD.values(), ids=BAD)
def test_bad_arguments_and_bad_problems_are_refused(problem, options, kind, message):
    with pytest.raises(kind, match=f"(?s){message}"):
        generate(problem, **({"design": designs.grid(2)} | options))


@dataclass(frozen=True)
class _Careless(_Plate):
    def solve(self, x, order=1):
        return {0: None, 1: Derivatives(x), 2: Derivatives(x, [[1.0], [1.0, 2.0]])}[self.load]


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (0, "returned NoneType: return Derivatives"),
        (1, "jacobian that 'plate' returned is None"),
        (2, "different lengths"),
    ],
)
def test_careless_problems_are_refused(load, message):
    with pytest.raises(DataError, match=f"'plate' returned.*({message})|{message}"):
        generate(_Careless(load), designs.grid(2))
