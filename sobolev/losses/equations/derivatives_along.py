"""Higher derivatives of a function along a direction, for operators of differential equations."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.experimental.jet import jet
from jaxtyping import Array, Float

OfOnePoint = Callable[[Float[Array, " d"]], Float[Array, " q"]]


def derivatives_along(
    u: OfOnePoint, x: Float[Array, " d"], direction: Float[Array, " d"], order: int
) -> Float[Array, "{order}+1 q"]:
    """d^k/ds^k u(x + s v) at s = 0 for k = 0 … order, in one pass.

    By Taylor arithmetic: the cost grows with order², that of nested differentiation as 2^order.
    Source: Griewank & Walther, Evaluating Derivatives, chapter 13, as in `jax.experimental.jet`.

    ```python
    u_xxxx = derivatives_along(u, x, jnp.array([1.0, 0.0]), 4)[4]
    ```
    """
    if order == 0:
        return u(x)[None]
    direction = jnp.asarray(direction, x.dtype)
    if order <= 2:
        return _nested(u, x, direction, order)
    straight = [direction, *[jnp.zeros_like(direction)] * (order - 1)]
    value, series = jet(u, (x,), (straight,))
    return jnp.stack([value, *series])


def _nested(u: OfOnePoint, x: Float[Array, " d"], direction: Float[Array, " d"], order: int):
    """By differentiation of differentiation: for low orders cheaper than Taylor arithmetic."""

    def along(f: OfOnePoint) -> OfOnePoint:
        return lambda p: jax.jvp(f, (p,), (direction,))[1]

    first = along(u)
    return jnp.stack([u(x), first(x), along(first)(x)][: order + 1])
