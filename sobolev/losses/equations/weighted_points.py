"""Points that count as much as their weight of quadrature."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import array_of
from sobolev._base.errors import DataError
from sobolev.losses.equations.points import Fixed


class WeightedPoints(Fixed):
    """Points `[m, d]` in every step, whose mean is Σ ω r²/Σ ω with weights ω `[m]` > 0.

    With the nodes and weights of Gauss on the cells where a model is a polynomial the integral is
    exact. Raises `DataError`.

    ```python
    Penalty("bent", bent, WeightedPoints(nodes, weights))
    ```
    """

    def __init__(self, x: Float[np.ndarray, "m d"], weights: Float[np.ndarray, " m"]):
        super().__init__(x)
        ω = array_of(weights)
        if ω.shape != (self.count,) or not ω.size or not (np.isfinite(ω).all() and ω.min() > 0):
            raise DataError(
                f"a quadrature of {self.count} points needs a positive weight for each: got shape "
                f"{ω.shape}" + (f" and as the least {ω.min():g}." if ω.size else ".")
            )
        # Of mean 1, as those of plain points are.
        self.at = self.at._replace(weight=jnp.asarray(ω / ω.mean()))
