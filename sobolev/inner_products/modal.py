"""Inner products of functions on a grid whose modes are known: what is orthogonal is diagonal."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from sobolev.inner_products.inner_product import InnerProduct


class Axis(NamedTuple):
    """One direction: places, the modes there, ∫ φ_k², λ_k of −φ″ = λφ, weights of integrals.

    The modes are orthogonal at the places, Σ_j φ_k(x_j) φ_l(x_j) = 0 for k ≠ l: so the coefficients
    of the interpolant are sums, not a system of equations.
    """

    places: Float[np.ndarray, " n"]
    modes: Float[np.ndarray, "n n"]
    squares: Float[np.ndarray, " n"]
    waves: Float[np.ndarray, " n"]
    weights: Float[np.ndarray, " n"]


class Modal(InnerProduct):
    """(u, v) = Σ_k c_k λ_k^s b_k(u) b_k(v), b_k the coefficients of the interpolant: abstract.

    G = AᵀW²A with b = A v and W² = c λ^s, so that R = W A. A is a product of one matrix for each
    direction, `modes` their transposes, `shares` the inverse squares of their columns.
    """

    modes: tuple[Float[Any, "n n"], ...]
    shares: tuple[Float[Any, " n"], ...]
    weights: Float[Any, "..."]
    places: Float[Any, "p d"]
    integrals: Float[Any, " p"]

    def _set(self, axes: Sequence[Axis], order: float, mean: float) -> None:
        self.modes = tuple(axis.modes for axis in axes)
        self.shares = tuple(1 / (axis.modes**2).sum(0) for axis in axes)
        waves = np.sum(_grid([a.waves for a in axes]), axis=0)
        c = np.prod(_grid([a.squares for a in axes]), axis=0)
        constant = waves == 0  # constants are of no order: they count by `mean`
        λ = np.where(constant, 1.0, waves) ** order
        least = np.min(λ[~constant], initial=np.inf) if constant.any() else 1.0
        self.weights = np.sqrt(c * np.where(constant, mean * least, λ))
        self.places = np.stack([p.ravel() for p in _grid([a.places for a in axes])], axis=1)
        self.integrals = np.prod(_grid([a.weights for a in axes]), axis=0).ravel()

    @property
    def size(self) -> int:
        """The number of points."""
        return len(self.integrals)

    @property
    def points(self) -> Float[Any, "p d"]:
        """The grid, its last direction fastest."""
        return self.places

    def acting(self, values: Float[Any, "p *k"]) -> Float[Any, "n *k"]:
        """ω_i r(x_i): the rule of the grid itself."""
        return self._along(values, self.integrals)

    def _gram(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self._analysis(self._along(self._root(v), self.weights.reshape(-1)), transposed=True)

    def _riesz(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        b = self._along(self._dual_root(g), 1 / self.weights.reshape(-1))
        return self._product(b, [Φ.T for Φ in self.modes])

    def _root(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self._along(self._analysis(v), self.weights.reshape(-1))

    def _dual_root(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self._along(self._product(g, self.modes), 1 / self.weights.reshape(-1))

    def _analysis(self, v: Float[Any, "n *k"], transposed: bool = False) -> Float[Any, "n *k"]:
        """A v, or Aᵀv."""
        pairs = zip(self.modes, self.shares, strict=True)
        each = [Φ * d[None] for Φ, d in pairs]
        return self._product(v, [A.T for A in each] if transposed else each)

    def _product(self, v: Float[Any, "n *k"], each: Sequence[Any]) -> Float[Any, "n *k"]:
        """v contracted with the rows of one matrix in each direction."""
        xp, shape = v.__array_namespace__(), v.shape
        v = v.reshape(*(len(matrix) for matrix in each), *shape[1:])
        for i, matrix in enumerate(each):
            v = xp.moveaxis(xp.tensordot(matrix, v, axes=((0,), (i,))), 0, i)
        return v.reshape(shape)

    def _along(self, v: Float[Any, "n *k"], by: Float[Any, " n"]) -> Float[Any, "n *k"]:
        return v * by.reshape(-1, *[1] * (v.ndim - 1))


def _grid(each: Sequence[Float[np.ndarray, " n"]]) -> list[np.ndarray]:
    return list(np.meshgrid(*each, indexing="ij"))
