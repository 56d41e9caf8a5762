"""Residuals seen through a linear map: another norm of the same error."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.inner_products.inner_product import InnerProduct
from sobolev.losses.batch import At, Batch
from sobolev.losses.block import Block
from sobolev.losses.view import View

NEAR = 1e-6  # of the extent: points that were written to a file and read are the same points


class Mapped(Block):
    """L_k = ½ Σ_e ‖r_e‖² in the norm of an inner product, or of any linear map A: ½ Σ_e ‖A r_e‖².

    The residuals `[n]` of a block of least squares are the values of a function at points: of its
    mean square high frequencies are as large as they are, in H⁻¹ small by their wave number, in
    H^½ large by its root. The vector that is squared is the root of the inner product, so that all
    optimisers of least squares take it. A residual depends on all rows: no mini-batches and no
    weights of points. Fresh residuals are those on the finer grid of the norm, if it has one.

    **Arguments:** `block`; `map`: an inner product, whose `points` are those of the block (the
    `dual` for a negative norm of an equation, the inner product itself for values on a boundary);
    or a matrix A `[m, n]`, or a linear function `[n]` → `[m]` (a pytree that is called), of
    residuals that are divided by √n. The identity changes nothing. Raises `ConfigError`.

    Source: C. Uriarte, D. Pardo, J. M. Taylor, Comput. Methods Appl. Mech. Engrg. 405 (2023)
    115892, arXiv 2210.14129 (H⁻¹ by sines).

    ```python
    negative = inner_products.Sines(box, 127).dual
    Mapped(Equation("u″ = f", bent, points=negative.points), negative)
    ```
    """

    block: Block
    map: Array | Callable[[Float[Array, " n"]], Float[Array, " m"]] | InnerProduct
    finer: InnerProduct | None

    rowwise = False

    def __init__(self, block: Block, map: Array | np.ndarray | Callable | InnerProduct):
        if not isinstance(block, Block) or not block.least_squares:
            raise ConfigError(f"Mapped takes a block of least squares: got {block!r}.")
        self.names, self.order, self.block, self.finer = block.names, block.order, block, None
        if isinstance(map, InnerProduct):
            _check_points(block, map)
            finer = map.finer()
            self.finer = None if finer is None else _within_jax(finer)
            self.map = _within_jax(map)
            return
        matrix = None if callable(map) else np.asarray(map, float)
        if matrix is not None and matrix.ndim != 2:
            raise ConfigError(
                "the map is an inner product, a matrix or a function of a vector: got shape "
                f"{matrix.shape}."
            )
        self.map = map if callable(map) else jnp.asarray(matrix)

    @property
    def every(self) -> int:
        """That of the block."""
        return self.block.every

    @property
    def term_of(self) -> np.ndarray:
        """As in the block."""
        return self.block.term_of

    @property
    def rows(self) -> int:
        """As many as the block."""
        return self.block.rows

    @property
    def mapped(self) -> bool:
        """Where the block is so."""
        return self.block.mapped

    @property
    def innermost(self) -> Block:
        """That of the block."""
        return self.block.innermost

    @property
    def remedy(self) -> str:
        """A finer grid."""
        if isinstance(self.map, InnerProduct):
            return "Give the norm a finer grid, or take a smaller network."
        return self.block.remedy

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> Batch:
        """The points of the block."""
        return self.block.draw(key, view)

    def redraw(self, last: Any, key: PRNGKeyArray, view: View) -> Batch:
        """Those of the block."""
        return self.block.redraw(last, key, view)

    def elsewhere(self, key: PRNGKeyArray, view: View | None = None) -> Batch | None:
        """The finer grid, of an equation that holds anywhere."""
        del key, view
        return None if self.finer is None else self.block.at(self.finer.points)  # type: ignore[arg-type]

    def check(self, inputs: tuple[str, ...]) -> None:
        """What the block refuses."""
        self.block.check(inputs)

    def only(self, keep: np.ndarray) -> "Mapped":
        """These terms of the block."""
        return Mapped(self.block.only(keep), self.map)

    def raw_residuals(self, view: View, batch: Any) -> Float[Array, "E n"]:
        """Those of the block."""
        return self.block.raw_residuals(view, batch)

    def targets(self, batch: Any) -> Float[Array, "E n"]:
        """Those of the block."""
        return self.block.targets(batch)

    def vectors(self, raw: Float[Array, "E n"], batch: Any) -> Float[Array, "E m"]:
        """R r_e, or A r_e/√n."""
        if isinstance(self.map, InnerProduct):
            norm = self.map if raw.shape[1] == self.rows or not self.finer else self.finer
            return norm.root(norm.seen(raw.T)).T
        r = self.block.vectors(raw, batch)
        return jax.vmap(self.map)(r) if callable(self.map) else r @ self.map.T


def _within_jax(inner: InnerProduct) -> InnerProduct:
    return jax.tree.map(jnp.asarray, inner.within_jax())


def _check_points(block: Block, inner: InnerProduct) -> None:
    """Refuse residuals that are not those at the points of the norm."""
    name = ", ".join(block.names)
    if block.every:
        raise ConfigError(
            f"'{name}' draws its points anew, and those of a norm stay: give it points=norm.points."
        )
    batch, own = block.draw(), inner.points
    if own is None:
        if block.rows != inner.size:
            raise ConfigError(
                f"the norm is of {inner.size} numbers, and '{name}' has {block.rows} residuals."
            )
        return
    x = np.asarray(batch.x) if isinstance(batch, At) else np.zeros((block.rows, 0))
    here = own.astype(x.dtype)  # numbers of 32 bits, where those are all that JAX has
    same = x.shape == own.shape and np.abs(x - here).max() <= NEAR * max(np.ptp(own, axis=0))
    if not same:
        raise ConfigError(
            f"a norm is of functions looked at on its own grid, {len(own)} points of "
            f"{own.shape[1]} inputs, and the {len(x)} points of '{name}' are others: give it "
            "points=norm.points."
        )
