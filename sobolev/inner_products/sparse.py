"""An inner product of many functions, most of them without each other: a sparse Gram matrix."""

import warnings
from typing import Any

import equinox as eqx
import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from jax.core import Tracer
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.inner_products.dense import Dense, check_symmetric, not_positive, places_of
from sobolev.inner_products.inner_product import InnerProduct

MOST = 3000  # rows of a factor that is stored in full, 72 MB


class Sparse(InnerProduct):
    """(u, v) = uᵀG v with a sparse matrix, factored once: P G Pᵀ = L D Lᵀ.

    For vectors of NumPy, of any number of functions. Within what JAX traces it is a full matrix
    (`within_jax`), of 3000 functions at most.

    **Arguments:** `matrix` of SciPy, symmetric and positive definite; `points [n, d]`, where the
    coefficients are values, if they are. Raises `ConfigError`.

    ```python
    smooth = inner_products.Sparse(mass + length**2 * stiffness)
    field = smooth.riesz(gradient)
    ```
    """

    factor: "Factor" = eqx.field(static=True)
    places: Float[Any, "n d"] | None

    def __init__(self, matrix: Any, points: Float[np.ndarray, "n d"] | None = None):
        if not sp.issparse(matrix) or len(set(matrix.shape)) != 1:
            raise ConfigError(f"Sparse takes a sparse matrix [n, n]: got {shown(matrix)}.")
        G = sp.csc_array(matrix, dtype=float)
        largest = float(abs(G).max())
        check_symmetric(largest, float(abs(G - G.T).max()))
        self.factor = Factor(G)
        self.places = None if points is None else places_of(points, self.size)

    @property
    def size(self) -> int:
        """The rows of the matrix."""
        return len(self.factor.sizes)

    @property
    def points(self) -> Float[Any, "n d"] | None:
        """As they were given."""
        return self.places

    def within_jax(self) -> InnerProduct:
        """As a full matrix."""
        if self.size > MOST:
            raise ConfigError(
                f"an inner product of {self.size} functions is a sparse matrix, and within JAX it "
                f"would be a full one, of {MOST} at most: take a coarser mesh for it."
            )
        return Dense(self.factor.matrix.toarray(), self.places)

    def _gram(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self.factor.matrix @ _on_host(v)

    def _riesz(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self.factor.lu.solve(_on_host(g))

    def _root(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self.factor.root(_on_host(v))

    def _dual_root(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self.factor.dual_root(_on_host(g))


class Factor:
    """P G Pᵀ = L D Lᵀ by SuperLU, which finds it as L U with U = D Lᵀ where nothing is exchanged.

    It is what it is: two of equal numbers are two.
    """

    def __init__(self, G: sp.csc_array):
        self.matrix, n = G, len(G.indptr) - 1
        how: dict[str, Any] = {"permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": 0.0}
        try:
            self.lu = spla.splu(G, options={"SymmetricMode": True}, **how)
        except RuntimeError:  # a pivot is exactly zero
            raise not_positive(n, 0.0) from None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the format of L and U is ours alone
            pivots = self.lu.U.diagonal()
        exchanged = not np.array_equal(self.lu.perm_r, self.lu.perm_c)
        if exchanged or pivots.min() <= 1e-14 * pivots.max():
            raise not_positive(n, float(pivots.min()))
        self.sizes = np.sqrt(pivots)
        self._order = np.argsort(self.lu.perm_r)

    def root(self, v: np.ndarray) -> np.ndarray:
        """√D Lᵀ P v."""
        L = sp.csr_array(self.lu.L)
        return _times(L.T @ v[self._order], self.sizes)

    def dual_root(self, g: np.ndarray) -> np.ndarray:
        """D^{−½} L⁻¹ P g."""
        found = spla.spsolve_triangular(sp.csr_array(self.lu.L), g[self._order], lower=True)
        return _times(found, 1 / self.sizes)


def _times(v: np.ndarray, by: np.ndarray) -> np.ndarray:
    return v * by.reshape(-1, *[1] * (v.ndim - 1))


def _on_host(v: Any) -> np.ndarray:
    if isinstance(v, Tracer):
        raise ConfigError(
            "this inner product is a sparse matrix that is factored outside of JAX: take its "
            "within_jax(), a full matrix."
        )
    return np.asarray(v, float)
