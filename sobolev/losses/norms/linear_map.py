"""Residuals seen through a linear map: another norm of the same error."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.losses.batch import Batch
from sobolev.losses.block import Block
from sobolev.losses.view import View


class Mapped(Block):
    """L_k = ½ Σ_e ‖A r_e‖² with the residual vectors r_e `[n]` of a block of least squares.

    A norm ‖r‖_B with B = AᵀA instead of the mean square: H⁻¹ by a Poisson factor, H^½ on a loop by
    a Fourier transform. A residual then depends on all rows: no mini-batches and no weights of
    points.

    **Arguments:** `block`; `map`: a matrix A `[m, n]`, or a linear function `[n]` → `[m]` (a pytree
    that is called). The identity changes nothing. Raises `ConfigError`.

    ```python
    Mapped(Equation("u″ = f", curvature, points=grid), jnp.linalg.inv(root_of_stiffness))
    ```
    """

    block: Block
    map: Array | Callable[[Float[Array, " n"]], Float[Array, " m"]]

    rowwise = False

    def __init__(self, block: Block, map: Array | np.ndarray | Callable):
        if not isinstance(block, Block) or not block.least_squares:
            raise ConfigError(f"Mapped takes a block of least squares: got {block!r}.")
        matrix = None if callable(map) else np.asarray(map, float)
        if matrix is not None and matrix.ndim != 2:
            raise ConfigError(
                f"the map is a matrix or a function of a vector: got shape {matrix.shape}."
            )
        self.names, self.order, self.block = block.names, block.order, block
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

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> Batch:
        """The points of the block."""
        return self.block.draw(key, view)

    def redraw(self, last: Any, key: PRNGKeyArray, view: View) -> Batch:
        """Those of the block."""
        return self.block.redraw(last, key, view)

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
        """A r_e."""
        r = self.block.vectors(raw, batch)
        return jax.vmap(self.map)(r) if callable(self.map) else r @ self.map.T
