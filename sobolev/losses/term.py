"""One entry of a Sobolev norm: a value, a first derivative, or a second derivative."""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sobolev.networks.derivatives import Prediction


@dataclass(frozen=True)
class Term:
    """The residual r = ∂^α ŷ_i − ∂^α y_i of one output and one derivative.

    `index` is (i,) for the value of output i, (i, j) for ∂y_i/∂x_j, (i, j, k) for ∂²y_i/∂x_j∂x_k;
    the order of the derivative is its length less one. `name` is what tables and figures call it.

    ```python
    Term("d eta/d a", (0, 0)).residual(prediction, labels)      # [n]
    ```
    """

    name: str
    index: tuple[int, ...]

    @property
    def order(self) -> int:
        """Order of the derivative."""
        return len(self.index) - 1

    def residual(self, prediction: Prediction, labels: Prediction) -> Float[Array, " n"]:
        """Prediction − label, exactly 0 where the label is absent (NaN)."""
        # Chosen, not multiplied by 0: NaN · 0 is NaN. The gradient of what is not chosen is 0.
        return jnp.where(self.present(labels), self._of(prediction) - self._of(labels), 0.0)

    def present(self, labels: Prediction) -> Bool[Array, " n"]:
        """Which rows have this label."""
        return ~jnp.isnan(self._of(labels))

    def _of(self, arrays: Prediction) -> Float[Array, " n"]:
        array = arrays[self.order]
        assert array is not None  # SobolevLoss asks for what its terms need
        return array[(slice(None), *self.index)]
