"""Differential operators of a network, in physical units: what an equation says about it."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.experimental.jet import jet
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev.data.scaling import Scaling

Function = Callable[[Float[Array, " d"]], Float[Array, " q"]]


@dataclass(frozen=True)
class Operator:
    """N[u](x)/scale, some numbers for each row, of the function u that a network is.

    `function(u, x)` takes u: `[d]` → `[q]` and one point x `[d]`, both in physical units, and
    returns a number for each of the `names`; `order` is that of its highest derivative; `frame`
    holds shift and scale of inputs and responses, between which the network lies. Two operators are
    the same, and compile once, when their functions are the same object.
    """

    names: tuple[str, ...]
    function: Callable[[Function, Float[Array, " d"]], Array]
    order: int
    scale: tuple[float, ...]
    frame: tuple[tuple[float, ...], ...]

    @classmethod
    def between(
        cls,
        scaling: Scaling,
        names: tuple[str, ...],
        function: Callable,
        order: int,
        scale: tuple[float, ...],
    ) -> "Operator":
        """The operator for networks that lie between these scalings."""
        parts = scaling.x_shift, scaling.x_scale, scaling.y_shift, scaling.y_scale
        frame = tuple(tuple(map(float, part)) for part in parts)
        return cls(names, function, order, scale, frame)

    def rows(self, network: Function, x: Float[Array, "n d"]) -> Float[Array, "n o"]:
        """N[u]/scale at each row of scaled inputs; `ConfigError` for a wrong number of them."""
        x0, sx, y0, sy = (jnp.asarray(part) for part in self.frame)

        def u(point):
            return y0 + sy * network((point - x0) / sx)

        found = jax.vmap(lambda row: self.function(u, x0 + sx * row))(x)
        one = len(self.names) == 1
        if found.shape not in ([x.shape[:1]] if one else []) + [(len(x), len(self.names))]:
            must = "a number, such as u(x)[0]" if one else f"an array of {len(self.names)} numbers"
            raise ConfigError(
                f"the function of the residual '{', '.join(self.names)}' returns shape "
                f"{found.shape[1:]} for one point: it must return {must}."
            )
        return found.reshape(len(x), len(self.names)) / jnp.asarray(self.scale)[None]


def derivatives_along(
    u: Function, x: Float[Array, " d"], direction: Float[Array, " d"], order: int
) -> Float[Array, "order+1 q"]:
    """d^k/ds^k u(x + s v) at s = 0 for k = 0 … order, in one pass.

    By Taylor arithmetic: the cost grows with order², that of nested differentiation as 2^order.
    Source: Griewank & Walther, Evaluating Derivatives, chapter 13, as in `jax.experimental.jet`.

    ```python
    u_xxxx = derivatives_along(u, x, jnp.array([1.0, 0.0]), 4)[4]
    ```
    """
    if order == 0:
        return u(x)[None]
    straight = [direction, *[jnp.zeros_like(direction)] * (order - 1)]
    value, series = jet(u, (x,), (straight,))
    return jnp.stack([value, *series])
