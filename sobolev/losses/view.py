"""The network as a loss sees it: between its scalings, or in physical units."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.data.scaling import Scaling


class ScalingArrays(NamedTuple):
    """A `Scaling` as a loss sees it: x̂ = (x − x₀)/sₓ, ŷ = (y − y₀)/s_y, in arrays of JAX.

    Arrays, so that another scaling does not compile anew.
    """

    x_shift: Float[Array, " d"]
    x_scale: Float[Array, " d"]
    y_shift: Float[Array, " q"]
    y_scale: Float[Array, " q"]

    @classmethod
    def of(cls, scaling: Scaling) -> "ScalingArrays":
        """That of a surrogate's scaling."""
        return cls(*(jnp.asarray(getattr(scaling, name)) for name in cls._fields))


class Viewable(Protocol):
    """What a view can be made of: a `Surrogate`."""

    @property
    def network(self) -> Callable:
        """x̂ → ŷ."""
        ...

    @property
    def scaling(self) -> Scaling:
        """Between what it lies."""
        ...


class View(NamedTuple):
    """A network at some parameters: `scaled` x̂ `[d]` → ŷ `[q]`, and `physical` x → y.

    Without a scaling both are the same. A block takes the one in whose units its points are.

    ```python
    view = View.of(surrogate)
    u = view.physical(x)
    ```
    """

    scaled: Callable[[Float[Array, " d"]], Float[Array, " q"]]
    scaling: ScalingArrays | None = None

    @classmethod
    def of(cls, surrogate: Viewable) -> "View":
        """A surrogate with the parameters that it has."""
        return cls(surrogate.network, ScalingArrays.of(surrogate.scaling))

    def physical(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """y(x) of one point, both in physical units; to be differentiated like any function."""
        if self.scaling is None:
            return self.scaled(x)
        x_shift, x_scale, y_shift, y_scale = self.scaling
        return y_shift + y_scale * self.scaled((x - x_shift) / x_scale)
