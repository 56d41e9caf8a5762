"""Any inner product of a few hundred functions: its Gram matrix."""

from typing import Any

import jax
import jax.scipy.linalg
import numpy as np
import scipy.linalg
from jaxtyping import Float

from sobolev._base.arguments import any_array, shown
from sobolev._base.errors import ConfigError
from sobolev.inner_products.inner_product import InnerProduct


class Dense(InnerProduct):
    """(u, v) = uᵀG v with a full matrix, by Cholesky's factor G = LLᵀ.

    **Arguments:** `matrix` G `[n, n]`, symmetric and positive definite; `points [n, d]`, where the
    coefficients are values, if they are. Raises `ConfigError`.

    ```python
    tests = inner_products.Dense(np.diag(eps * (np.pi / 2 * np.arange(1, 51)) ** 2)).dual
    ```
    """

    lower: Float[Any, "n n"]
    places: Float[Any, "n d"] | None

    def __init__(
        self, matrix: Float[np.ndarray, "n n"], points: Float[np.ndarray, "n d"] | None = None
    ):
        G = square(matrix)
        try:
            self.lower = np.linalg.cholesky(G)
        except np.linalg.LinAlgError:
            raise not_positive(len(G), float(np.linalg.eigvalsh(G)[0])) from None
        self.places = None if points is None else places_of(points, len(G))

    @property
    def size(self) -> int:
        """The rows of the matrix."""
        return len(self.lower)

    @property
    def points(self) -> Float[Any, "n d"] | None:
        """As they were given."""
        return self.places

    def _gram(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self.lower @ (self.lower.T @ v)

    def _riesz(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return _solved(self.lower, _solved(self.lower, g), transposed=True)

    def _root(self, v: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return self.lower.T @ v

    def _dual_root(self, g: Float[Any, "n *k"]) -> Float[Any, "n *k"]:
        return _solved(self.lower, g)


def square(matrix: Any) -> Float[np.ndarray, "n n"]:
    """A symmetric matrix of finite numbers. Raises `ConfigError`."""
    G = any_array(matrix)
    if G.ndim != 2 or G.shape[0] != G.shape[1] or not G.size or G.dtype.kind not in "fiu":
        got = f"shape {G.shape}" if G.dtype.kind in "fiu" else shown(matrix)
        raise ConfigError(f"an inner product is a matrix [n, n] of real numbers: got {got}.")
    check_symmetric(float(np.abs(G).max()), float(np.abs(G - G.T).max()))
    return G.astype(float)


def check_symmetric(largest: float, apart: float) -> None:
    """Refuse a matrix with numbers that are not finite, or that is another than its transpose."""
    if not np.isfinite(largest):
        raise ConfigError("the matrix of an inner product has numbers that are not finite.")
    if apart > 1e-10 * largest:
        raise ConfigError(
            "the matrix of an inner product is symmetric: got entries that differ from their "
            f"mirror image by up to {apart:.3g}."
        )


def not_positive(n: int, least: float) -> ConfigError:
    """What is said of a matrix in which a function other than zero has no length."""
    return ConfigError(
        f"the matrix [{n}, {n}] of an inner product must be positive definite: its least pivot or "
        f"eigenvalue is {least:.3g}. Fix some of its functions, or add a share of the mass."
    )


def places_of(points: Any, n: int) -> Float[np.ndarray, "n d"]:
    """A point for each coefficient. Raises `ConfigError`."""
    found = any_array(points)
    good = found.ndim == 2 and len(found) == n and found.dtype.kind in "fiu"
    if not good or not np.isfinite(found).all():
        raise ConfigError(
            f"the points of {n} coefficients are finite numbers [{n}, d]: got shape {found.shape}."
        )
    return found.astype(float)


def _solved(lower: Any, b: Any, transposed: bool = False) -> Any:
    """L⁻¹b, or L⁻ᵀb."""
    if isinstance(b, np.ndarray) and isinstance(lower, np.ndarray):
        return scipy.linalg.solve_triangular(lower, b, lower=True, trans=int(transposed))
    return jax.scipy.linalg.solve_triangular(lower, b, lower=True, trans=int(transposed))
