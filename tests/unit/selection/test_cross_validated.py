"""The weight of a penalty by generalised cross-validation."""

from itertools import pairwise

import numpy as np
import pytest

import sobolev as sb
from sobolev.errors import ConfigError, DataError, EquationWarning
from sobolev.losses import Equation, Penalty, by_names
from sobolev.networks import MLP, tanh
from sobolev.selection.cross_validated import _trace, _vertex, cross_validated
from sobolev.training.loop import epochs

BOX = sb.Box(("x",), (0.0,), (1.0,))
RNG = np.random.default_rng(0)
X = np.sort(RNG.random(16))[:, None]
DATA = sb.Dataset(
    X, np.sin(5 * X) + 0.1 * RNG.standard_normal(X.shape), inputs=("x",), outputs=("u",)
)
bent = by_names(BOX, "u")(lambda u: u.xx)
PENALTY = Penalty("bent", bent, np.linspace(0, 1, 24)[:, None])
START = sb.Surrogate.new(DATA, MLP((6,), activation=tanh))


@pytest.mark.parametrize("parameters", [5, 40])
def test_the_trace_is_that_of_the_matrix_itself(parameters):
    rows = RNG.standard_normal((20, parameters))
    labels, ridge = np.arange(20) < 8, 1e-3
    largest = np.linalg.norm(rows, 2) ** 2
    J, H = rows[labels], rows.T @ rows + ridge * largest * np.eye(parameters)
    exact = np.trace(J @ np.linalg.solve(H, J.T))
    assert _trace(rows, labels, ridge) == pytest.approx(exact, rel=1e-9)


def test_a_parabola_is_least_at_its_vertex():
    at = np.array([0.0, 2.0, -1.0])
    assert _vertex(at, (at - 0.3) ** 2 + 1) == pytest.approx(0.3, rel=1e-12)
    assert np.isnan(_vertex(at, -(at**2))) and np.isnan(_vertex(at, np.array([0, 1, np.inf])))


def test_the_weight_is_the_best_of_those_tried_in_one_program():
    told = []
    found = cross_validated(
        START, DATA, PENALTY, (1e-2, 1e-4, 1e-5, 1e-7), epochs=15, refine=2, progress=told.append
    )
    programs = epochs.advance.programs()
    tried = found.tried
    assert [each.weight for each in tried] == sorted((t.weight for t in tried), reverse=True)
    assert found.best.score == min(each.score for each in tried) and not found.at_an_end
    assert found.weight == found.best.weight == float(found.penalty.weight)
    degrees = [each.degrees for each in tried]
    assert all(0 < a < b < 16 for a, b in pairwise(degrees))
    loss = found.best.fitted.history.loss[-1, 0]
    assert found.best.score == pytest.approx(loss / (1 - found.best.degrees / 16) ** 2, rel=1e-9)
    assert (told[0].done, told[-1].done, told[0].total) == (0, 6, 6)
    with pytest.warns(EquationWarning, match="'bent', 0.02, is an end of those tried: give small"):
        ended = cross_validated(START, DATA, PENALTY, (0.02, 3.0, 0.4), epochs=15)
    assert ended.at_an_end and epochs.advance.programs() == programs


def test_equations_beside_the_data_count_as_the_penalty_does():
    known = Equation("known", by_names(BOX, "u")(lambda u: u.xx + 25 * u), X, scale=25.0)
    found = cross_validated(START, [DATA, known], PENALTY, (1e-3, 1e-5, 1e-6), refine=0, epochs=15)
    assert all(each.degrees < 6 for each in found.tried)  # a sine, a cosine, and little more


def test_what_is_refused():
    with pytest.raises(ConfigError, match="the penalty is a Penalty"):
        cross_validated(START, DATA, Equation("bent", bent, X))  # type: ignore[arg-type]
    for weights in ((1.0, 2.0), (1.0, 2.0, -1.0), (1.0, 2.0, np.nan), (0.0, 1.0, 2.0)):
        with pytest.raises(ConfigError, match="three or more different positive numbers: got"):
            cross_validated(START, DATA, PENALTY, weights)
    with pytest.raises(DataError, match="cross-validation is by labels: give a data set"):
        cross_validated(START, Equation("e", bent, X, 1.0), PENALTY, (1.0, 2.0, 3.0))
