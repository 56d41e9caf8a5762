"""Every method of descent sees functions through the inner product alone."""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest

import sobolev as sb
from sobolev.descent import (
    LBFGS,
    Armijo,
    ConjugateGradients,
    FixedStep,
    LineSearch,
    Method,
    SteepestDescent,
    Wolfe,
    minimise,
)
from sobolev.inner_products import Dense

METHODS = {
    "steepest": SteepestDescent(),
    "steepest, fixed": SteepestDescent(FixedStep(0.05)),
    "steepest, Wolfe": SteepestDescent(Wolfe()),
    "Polak–Ribière": ConjugateGradients(),
    "Hestenes–Stiefel": ConjugateGradients("hestenes-stiefel"),
    "L-BFGS": LBFGS(),
    "L-BFGS, 2 pairs, Armijo": LBFGS(2, Armijo()),
}
DRAWS = np.random.default_rng(0)
A = DRAWS.standard_normal((8, 8))
LOWER = np.linalg.cholesky(A @ A.T + np.eye(8))
TARGET = DRAWS.standard_normal(8)


def function(v):
    """Neither quadratic nor convex everywhere, with one minimum, at TARGET."""
    off = v - TARGET
    return np.log1p(off @ off) + off[0] ** 4 / 4 + off @ off / 10, (
        2 * off / (1 + off @ off) + off[0] ** 3 * np.eye(8)[0] + off / 5
    )


def test_every_method_and_search_of_the_house_is_a_sample():
    """One more is a line here."""
    kinds = set()
    for module in pkgutil.walk_packages(sb.descent.__path__, "sobolev.descent."):
        for _, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(kind, Method | LineSearch) and not inspect.isabstract(kind):
                kinds.add(kind)
    used = {type(m) for m in METHODS.values()} | {type(m.search) for m in METHODS.values()}
    assert used == kinds


@pytest.mark.parametrize("name", METHODS)
def test_the_way_is_that_of_coordinates_in_which_the_inner_product_is_euclidean(name):
    """With G = LLᵀ and w = Lᵀv: the same values, norms and steps, whatever the method."""

    def in_w(w):
        value, g = function(np.linalg.solve(LOWER.T, w))
        return value, np.linalg.solve(LOWER, g)

    settings = {"method": METHODS[name], "steps": 25, "tolerance": 1e-5}
    here = minimise(function, np.zeros(8), Dense(LOWER @ LOWER.T), **settings)
    there = minimise(in_w, np.zeros(8), Dense(np.eye(8)), **settings)
    assert here.steps == there.steps > 3
    for one, other in ((here.values, there.values), (here.sizes, there.sizes)):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    np.testing.assert_array_equal(here.evaluations, there.evaluations)


@pytest.mark.parametrize("name", METHODS)
def test_what_is_returned_as_converged_is(name):
    for tolerance in (1e-3, 1e-8):
        inner = Dense(LOWER @ LOWER.T)
        found = minimise(function, np.zeros(8), inner, METHODS[name], tolerance, steps=400)
        value, g = function(found.v)
        assert found.value == value and found.values[0] == function(np.zeros(8))[0]
        assert found.size == pytest.approx(inner.dual_norm(g), rel=1e-9)
        assert found.converged == (found.size <= tolerance * found.sizes[0])
        if not isinstance(METHODS[name].search, FixedStep):
            assert found.converged, found.result
            assert np.all(np.diff(found.values) <= 1e-10 * np.abs(found.values[:-1]))
