"""Every inner product, and one of a user's, held to the same contract."""

import inspect
import pkgutil
from importlib import import_module

import equinox as eqx
import jax
import numpy as np
import pytest
import scipy.sparse as sp

import sobolev as sb
from sobolev import Box, fem
from sobolev.errors import ConfigError
from sobolev.fem.inner_product import OfMesh
from sobolev.inner_products import (
    Circle,
    Cosines,
    Dense,
    Dual,
    InnerProduct,
    Sines,
    Sparse,
    conforms,
)  # fmt: skip

LINE, PLANE = Box(("x",), (0.5,), (2.5,)), Box(("x", "y"), (0.0, -1.0), (1.0, 1.0))
G = np.random.default_rng(0).standard_normal((7, 7))
CHAIN = sp.diags_array([-np.ones(8), 2 * np.ones(9), -np.ones(8)], offsets=[-1, 0, 1])
MESH = fem.grid((4, 3), "quad9").moved(fem.grid((4, 3), "quad9").points * [2.0, 1.0])
TRIANGLES = fem.grid((3, 3), "triangle")
SAMPLES = {
    "sines": Sines(LINE, 7),
    "sines, negative": Sines(PLANE, (5, 4), order=2).dual,
    "sines at midpoints": Sines(PLANE, 4, order=0.5, at="midpoints"),
    "cosines": Cosines(PLANE, (4, 5), mean=2.0),
    "cosines, negative": Cosines(LINE, 6).dual,
    "circle": Circle(8, radius=2.0, centre=(1.0, 0.0)),
    "circle, order 1": Circle(9, order=1.0),
    "dense": Dense(G @ G.T + np.eye(7), np.arange(14.0).reshape(7, 2)),
    "sparse": Sparse(CHAIN),
    "L2 of a mesh": fem.inner_product(TRIANGLES),
    "energy of a mesh, negative": fem.inner_product(MESH, 0.0, 1.0, ("boundary",)).dual,
    "smoothing of a vector field": fem.inner_product(
        TRIANGLES, 1.0, 0.2, ("left", fem.Fixed("top", 1)), components=2
    ),
    "loop": fem.harmonic_extension(MESH, "boundary"),
}


def test_every_inner_product_of_the_house_is_a_sample():
    """One more is a line here."""
    kinds = {OfMesh}
    for module in pkgutil.walk_packages(sb.inner_products.__path__, "sobolev.inner_products."):
        for _, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            final = issubclass(kind, InnerProduct) and not inspect.isabstract(kind)
            kinds |= {kind} if final and kind.__name__ != "Modal" else set()
    assert {type(each) for each in SAMPLES.values()} == kinds


@pytest.mark.parametrize("name", SAMPLES)
def test_an_inner_product_conforms(name):
    found = conforms(SAMPLES[name])
    assert found.good, str(found)


class Own(InnerProduct):
    """Weights on the diagonal, and one planted fault."""

    weights: jax.Array | np.ndarray
    fault: str = eqx.field(static=True, default="")

    @property
    def size(self):
        return len(self.weights)

    @property
    def points(self):
        return np.arange(1.0 * len(self.weights))[:, None]

    def finer(self):
        return Own(self.weights, self.fault) if self.fault == "finer" else None

    def _gram(self, v):
        if self.fault == "product":
            return self._along(v, self.weights) + 0.1 * v[::-1] * self._along(v**0, self.weights)
        return self._along(v, self.weights)

    def _riesz(self, g):
        return self._along(g, (2 if self.fault == "riesz" else 1) / self.weights)

    def _root(self, v):
        if self.fault == "columns" and v.ndim > 1:
            return self._along(v, self.weights)
        return self._along(v, self.weights ** (1 if self.fault == "roots" else 0.5))

    def _dual_root(self, g):
        g = np.asarray(g) if self.fault == "jax" else g
        return self._along(g, self.weights**-0.5)

    def _along(self, v, by):
        return v * by.reshape(-1, *[1] * (v.ndim - 1))


@pytest.mark.parametrize("fault", ["", "product", "riesz", "roots", "columns", "jax", "finer"])
def test_what_is_wrong_with_an_inner_product_is_found(fault):
    failed = {each.case for each in conforms(Own(np.linspace(1.0, 2.0, 6), fault)).failures}
    assert fault in failed if fault else not failed


def test_what_is_none_is_refused():
    with pytest.raises(ConfigError, match="conforms tries an inner product"):
        conforms(G)  # pyright: ignore


def test_the_dual_of_a_dual_is_no_wrapper_around_a_wrapper():
    assert isinstance(SAMPLES["sines"].dual, Dual)
    assert SAMPLES["sines"].dual.dual is SAMPLES["sines"]
