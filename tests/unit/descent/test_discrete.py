"""Catalogues, tasks, and searches over them, with what they refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.descent.discrete import (
    Catalogue,
    Outcome,
    ScoreFunction,
    Task,
    choose,
    enumerated,
    estimates,
    exact_gradient,
    local_search,
    random_search,
)
from sobolev.descent.discrete.score_function import others
from sobolev.errors import ConfigError, DataError
from sobolev.function import Function

CATALOGUE = Catalogue(((0.0, 1.0), (3.0, -1.0, 0.5)))

KEY = jax.random.key(0)


class Hill(Function):
    """ "cost" = a + b² and "room" = a b, with their slopes."""

    inputs, input_units, box, order = ("a", "b"), ("", ""), None, 1
    outputs, output_units = ("cost", "room"), ("", "")

    def compute(self, rows, order):
        a, b = rows.T
        y = np.stack([a + b**2, a * b], axis=1)
        dy = np.stack([np.stack([np.ones_like(a), 2 * b], 1), np.stack([b, a], 1)], axis=1)
        return (y, dy)[: order + 1]


TASK = Task(Hill(), CATALOGUE, "cost", {"room": (0.4, np.inf)})


def test_a_catalogue_counts_its_designs():
    assert (CATALOGUE.sizes, CATALOGUE.designs) == ((2, 3), 6)
    np.testing.assert_array_equal(CATALOGUE.values, [[0, 1, 1], [3, -1, 0.5]])
    np.testing.assert_array_equal(CATALOGUE.present, [[1, 1, 0], [1, 1, 1]])
    blocks = list(CATALOGUE.every(4))
    assert [len(block) for block in blocks] == [4, 2]
    every = np.concatenate(blocks)
    assert every.tolist() == [[0, 0], [1, 0], [0, 1], [1, 1], [0, 2], [1, 2]]
    np.testing.assert_array_equal(CATALOGUE.nearest(CATALOGUE.at(every)), every)
    np.testing.assert_array_equal(CATALOGUE.nearest(np.array([[9.0, -0.3]])), [[1, 1]])
    assert Catalogue.same([1, 2], 3).entries == ((1.0, 2.0),) * 3


def test_answers_are_rated_and_penalised():
    y, dy = TASK.function.derivatives(np.array([[1.0, 3.0], [1.0, -1.0], [1.0, 0.2]]))
    rated = TASK.rated(y)
    np.testing.assert_allclose(rated.objective, [10, 2, 1.04])
    np.testing.assert_allclose(rated.excess, [(0.4 - 3) / 0.4, 1.4 / 0.4, 0.5])
    assert rated.feasible.tolist() == [True, False, False] and rated.best == 0
    f, slopes = TASK.merit(y, dy, 2.0, np.array([1.0, 3.0, 3.0]))
    np.testing.assert_allclose(f, [5, 1 + 3 * 3.5, 0.52 + 3 * 0.5])
    np.testing.assert_allclose(slopes, [[0.5, 3], [0.5 + 7.5, -1 - 7.5], [0.5 - 1.5, 0.2 - 7.5]])
    merit, x, h = TASK.judged(3.0, 2.0), np.array([[1.0, -1.0], [0.7, 0.2]]), 1e-6
    for k, step in enumerate(h * np.eye(2)):
        change = (merit.value(x + step) - merit.value(x - step)) / (2 * h)
        np.testing.assert_allclose(change, merit.jacobian(x)[..., k], atol=1e-7)


def test_an_upper_limit_counts_as_well():
    both = Task(Hill(), CATALOGUE, "cost", {"room": 2.0})
    y = np.array([[0.0, 3.0], [0.0, -2.5], [0.0, 1.0]])
    np.testing.assert_allclose(both.rated(y).excess, [0.5, 0.25, -0.5])
    jacobian = np.broadcast_to([[1.0, 0.0], [0.0, 1.0]], (3, 2, 2))
    _, slopes = both.merit(y, jacobian, 1.0, np.ones(3))
    np.testing.assert_allclose(slopes[:, 1], [0.5, -0.5, 0.0])


def test_the_exact_gradient_is_the_difference_of_exact_means():
    logits = np.array([[0.3, -0.2, 9.0], [0.1, 0.5, -0.4]])  # 9 belongs to no entry
    merit, h = TASK.judged(), 1e-6

    def mean(logits):
        p = np.where(CATALOGUE.present, np.exp(logits), 0)
        p = p / p.sum(axis=1, keepdims=True)
        every = next(CATALOGUE.every())
        shares = p[0, every[:, 0]] * p[1, every[:, 1]]
        return shares @ merit.value(CATALOGUE.at(every))[:, 0]

    found = exact_gradient(merit, CATALOGUE, logits)
    for place in np.ndindex(2, 3):
        step = np.zeros((2, 3))
        step[place] = h
        assert found[place] == pytest.approx((mean(logits + step) - mean(logits - step)) / 2 / h)
    assert found[0, 2] == 0


def test_a_baseline_leaves_out_what_a_sample_depends_on():
    """Itself; of a pair of opposite samples both."""
    np.testing.assert_allclose(others(jnp.array([1.0, 2.0, 4.0])), [3.0, 2.5, 1.5])
    np.testing.assert_allclose(others(jnp.array([1.0, 2.0, 3.0, 4.0]), 2), [3.0, 2.0, 3.0, 2.0])
    even, values = jnp.zeros((3, 2)), jnp.array([[0.0, 1.0]] * 3)
    points = ScoreFunction(antithetic=True).draw(KEY, even, values, 8).points
    np.testing.assert_array_equal(points[:4] + points[4:], np.ones((4, 3)))
    assert len(np.unique(points, axis=0)) > 2


@pytest.mark.parametrize("search", [local_search, random_search, enumerated, choose])
def test_every_search_says_what_it_found(search):
    how = {} if search is enumerated else {"evaluations": 64}
    how = {"steps": 20, "starts": 2, "samples": 2, "rate": 0.3} if search is choose else how
    found = search(TASK, **how)
    assert found.feasible and found.objective == 1.25 and found.x.tolist() == [1.0, 0.5]
    whole = search is enumerated
    assert found.outcome is (Outcome.BEST_OF_ALL if whole else Outcome.FEASIBLE)
    assert str(found).startswith("the best of all 6" if whole else "the best of ")
    assert found.bests[-1] == found.objective and len(found.bests) == len(found.evaluations)
    asked = {enumerated: 6, choose: 20 * 2 * 3, local_search: 80}.get(search, 64)
    assert found.evaluations[-1] == asked  # a local search ends its turn
    none = search(Task(Hill(), CATALOGUE, "cost", {"room": (4.0, np.inf)}), **how)
    assert none.outcome is Outcome.NOTHING_FEASIBLE and not none.feasible
    assert "none of " in none.result and "exceeds one by 25.00%" in none.result
    assert none.x.tolist() == [1.0, 3.0] and np.isnan(none.bests).all()


def test_a_local_search_starts_where_it_is_told():
    found = local_search(TASK, np.array([1, 0]), starts=1, evaluations=5)
    assert found.evaluations.tolist() in ([2, 5], [3, 5]) and found.x.tolist() == [1.0, 0.5]
    for wrong in ([0, 3], [0, -1], [0, 1, 0]):
        with pytest.raises(ConfigError, match="entries"):
            local_search(TASK, np.array(wrong))


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: Catalogue(()), "a list for each variable: got none"),
        (lambda: Catalogue(((1.0, 2.0), (1.0, 1.0))), "different finite numbers .* variable 1"),
        (lambda: Catalogue(((1.0, np.nan),)), "different finite numbers"),
        (lambda: Catalogue(((1.0,),)), "two or more"),
        (lambda: Task(Hill(), CATALOGUE, "weight"), "unknown objective 'weight'"),
        (lambda: Task(Hill(), CATALOGUE, "cost", {"x": 1.0}), "unknown output with a limit 'x'"),
        (lambda: Task(Hill(), CATALOGUE, "cost", {"room": -1.0}), "a limit is a positive number"),
        (lambda: Task(Hill(), CATALOGUE, "cost", {"room": (2, 1)}), "a limit is a positive number"),
        (lambda: Task(Hill(), CATALOGUE, "cost", {"room": "no"}),  # pyright: ignore
         "a limit is a positive number"),
        (lambda: Task(Hill(), Catalogue.same((1, 2), 3), "cost"), "2 inputs, the catalogue .* 3"),
        (lambda: ScoreFunction("mean"), "unknown baseline 'mean'"),
        (lambda: choose(TASK, "st"),  # pyright: ignore
         "a gate is StraightThrough"),
        (lambda: choose(TASK, steps=0), "number of steps"),
        (lambda: choose(TASK, ScoreFunction(antithetic=True), samples=5), "come in pairs: 5"),
        (lambda: local_search(TASK, evaluations=0), "number of evaluations"),
        (lambda: estimates(Hill(), CATALOGUE, np.zeros((2, 3)), ScoreFunction(), 4, KEY),
         "one output: got 2"),
        (lambda: estimates(TASK.judged(), CATALOGUE, np.zeros((2, 2)), ScoreFunction(), 4, KEY),
         r"a row for each variable .* \(2, 3\): got \(2, 2\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_from_is_told(made, sentence):
    with pytest.raises(ConfigError, match=sentence):
        made()


def test_what_is_no_function_is_told():
    with pytest.raises(DataError, match="function is of type"):
        Task(np.sin, CATALOGUE, "y")  # pyright: ignore
