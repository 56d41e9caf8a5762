"""Every gate keeps to what its class says of its estimates, and chooses by them."""

import inspect
import pkgutil
from importlib import import_module

import jax
import numpy as np
import pytest

from sobolev.descent import discrete
from sobolev.descent.discrete import (
    Catalogue,
    Gate,
    GumbelSoftmax,
    MuProp,
    ScoreFunction,
    StraightThrough,
    Task,
    choose,
    enumerated,
    estimates,
    exact_gradient,
)
from sobolev.errors import ConfigError
from sobolev.function import Function

GATES = {
    "straight-through": StraightThrough(),
    "Gumbel": GumbelSoftmax(0.5, end=0.2),
    "Gumbel, hard": GumbelSoftmax(0.5, hard=True),
    "score": ScoreFunction(),
    "score, no baseline": ScoreFunction("none"),
    "score, antithetic": ScoreFunction(antithetic=True),
    "MuProp": MuProp(),
}
EACH = pytest.mark.parametrize("name", GATES)
CATALOGUE = Catalogue(((0.0, 1.0), (-1.0, 0.5, 2.0), (3.0, 1.0, 2.0)))  # one list is shorter
LOGITS = np.random.default_rng(1).standard_normal((3, 3))
DRAWS = 8000


class Bowl(Function):
    """(x − a)ᵀH(x − a) + slope·x, and a second output, |x|²."""

    inputs, input_units, box = ("a", "b", "c"), ("", "", ""), None
    outputs, output_units, order = ("y", "size"), ("", ""), 1
    H = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.7], [0.0, -0.7, 1.5]])

    def __init__(self, bend=1.0, outputs=("y",), order=1):
        self.bend, self.outputs, self.order = bend, outputs, order
        self.output_units = ("",) * len(outputs)

    def compute(self, rows, order):
        off = rows - np.array([0.4, 0.3, 1.6])
        y = self.bend * np.einsum("ni,ij,nj->n", off, self.H, off) + rows @ [0.3, -0.2, 0.1]
        dy = 2 * self.bend * off @ self.H + [0.3, -0.2, 0.1]
        found = (
            np.stack([y, (rows**2).sum(axis=1)], axis=1), np.stack([dy, 2 * rows], axis=1)
        )  # fmt: skip
        return tuple(each[:, : len(self.outputs)] for each in found)[: order + 1]


def measured(function, gate):
    """Mean estimate, and how many standard errors it lies off the gradient, entry by entry."""
    found = estimates(function, CATALOGUE, LOGITS, gate, DRAWS, jax.random.key(0))
    exact = exact_gradient(function, CATALOGUE, LOGITS)
    error = found.std(axis=0)[CATALOGUE.present] / np.sqrt(DRAWS)
    return found, exact, (found.mean(axis=0) - exact)[CATALOGUE.present] / error


def test_every_gate_of_the_house_is_a_sample():
    """One more is a line here."""
    kinds = set()
    for module in pkgutil.walk_packages(discrete.__path__, "sobolev.descent.discrete."):
        for _, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(kind, Gate) and not inspect.isabstract(kind):
                kinds.add(kind)
    assert {type(gate) for gate in GATES.values()} == kinds


@EACH
def test_who_says_that_he_is_unbiased_is(name):
    gate = GATES[name]
    found, exact, z = measured(Bowl(), gate)
    assert np.sum(found.mean(axis=0) * exact) > 0.9 * np.linalg.norm(exact) ** 2 / 2
    if gate.unbiased:
        assert np.abs(z).max() < 3.5 and np.sqrt(np.mean(z**2)) < 1.6
    else:
        assert np.abs(z).max() > 6


def test_straight_through_is_right_where_the_function_is_linear():
    """And without noise: every estimate is the gradient."""
    found, exact, _ = measured(Bowl(bend=0.0), StraightThrough())
    np.testing.assert_allclose(found, np.broadcast_to(exact, found.shape), atol=1e-12)


@EACH
def test_probabilities_that_are_shifted_are_the_same(name):
    """Estimates sum to none over the entries, and entries that are none have none."""
    found = estimates(Bowl(), CATALOGUE, LOGITS, GATES[name], DRAWS, jax.random.key(1))
    np.testing.assert_allclose(found.sum(axis=-1), 0.0, atol=1e-9)
    assert not found[:, ~CATALOGUE.present].any() and np.isfinite(found).all()


@EACH
def test_points_are_where_it_says(name):
    gate = GATES[name]
    values, logits = np.array(CATALOGUE.values), np.where(CATALOGUE.present, LOGITS, -np.inf)
    draw = gate.draw(jax.random.key(2), logits, values, 64)
    points = np.asarray(draw.points)[:64]
    designs = CATALOGUE.at(CATALOGUE.nearest(points))
    assert np.allclose(points, designs, atol=1e-12) == gate.among_designs
    assert (points >= values.min(axis=1)).all() and (points <= values.max(axis=1)).all()


@EACH
def test_who_needs_no_derivatives_asks_for_none(name):
    gate, without = GATES[name], Bowl(order=0)
    if gate.needs_derivatives:
        with pytest.raises(ConfigError, match="needs derivatives, which this Bowl does not know"):
            estimates(without, CATALOGUE, LOGITS, gate, DRAWS, jax.random.key(0))
    else:
        found = estimates(without, CATALOGUE, LOGITS, gate, DRAWS, jax.random.key(0))
        other = estimates(Bowl(), CATALOGUE, LOGITS, gate, DRAWS, jax.random.key(0))
        np.testing.assert_array_equal(found, other)
    if gate.least > 1:
        with pytest.raises(ConfigError, match=f"needs {gate.least} or more samples"):
            estimates(Bowl(), CATALOGUE, LOGITS, gate, 1, jax.random.key(0))


@EACH
def test_the_best_of_a_few_designs_is_found(name):
    task = Task(Bowl(outputs=("y", "size")), CATALOGUE, "y", {"size": 3.0})
    best = enumerated(task)
    found = choose(task, GATES[name], steps=60, starts=4, rate=0.2)
    assert found.feasible and found.result.startswith("the best of ")
    np.testing.assert_array_equal(found.design, best.design)
    y, size = task.function.value(found.x)
    assert (found.objective, found.y[1]) == (y, size) == (best.objective, best.y[1])
    free = enumerated(Task(task.function, CATALOGUE, "y"))
    assert free.objective < best.objective and size <= 3 < free.y[1]  # the limit decides
