"""Derivatives by one input, as equations are written."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.losses import derivatives_along
from sobolev.losses.equations.derivatives_along import OfOnePoint


def partials(
    u: OfOnePoint, x: Float[Array, " d"], place: int, order: int
) -> Float[Array, "{order}+1"]:
    """u, ∂u/∂x_i … ∂^k u/∂x_i^k of the first output by the input number `place`, in one pass.

    ```python
    value, slope, curvature = partials(u, x, 0, 2)
    ```
    """
    return derivatives_along(u, x, jnp.eye(len(x), dtype=x.dtype)[place], order)[:, 0]
