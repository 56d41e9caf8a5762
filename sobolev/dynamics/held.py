"""A system of which some parameters have a fixed value."""

from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.arguments import finite
from sobolev._base.errors import ConfigError
from sobolev.box import Box
from sobolev.dynamics.system import System


class Held(System):
    """The same system as a function of fewer parameters; see `holding`."""

    system: System
    values: Float[np.ndarray, " all"]
    free: tuple[int, ...] = eqx.field(static=True)
    box: Box = eqx.field(static=True)
    states: tuple[str, ...] = eqx.field(static=True)

    @property
    def state_units(self) -> tuple[str, ...]:
        """Those of the system."""
        return self.system.state_units

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """As with all parameters."""
        return self.system.start(self._all(p))

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """As with all parameters."""
        return self.system.rate(t, x, self._all(p))

    def _all(self, p: Float[Array, " d"]) -> Float[Array, " all"]:
        return jnp.asarray(self.values).at[np.array(self.free)].set(p)


def holding(system: System, values: Mapping[str, float]) -> Held:
    """The system with some parameters at these values, by name; `ConfigError`.

    ```python
    free = holding(Duffing(), {"force": 0.0, "frequency": 1.0})
    ```
    """
    names = system.box.names
    for name in values:
        if name not in names:
            raise ConfigError(f"there is no parameter '{name}': choose among {', '.join(names)}.")
    free = tuple(i for i, name in enumerate(names) if name not in values)
    if not free:
        raise ConfigError("all parameters are held, and nothing is left to vary: leave one free.")
    at = [finite(name, values.get(name, 0.0)) for name in names]
    box = Box(
        tuple(names[i] for i in free), tuple(system.box.lower[i] for i in free),
        tuple(system.box.upper[i] for i in free), tuple(system.box.units[i] for i in free),
    )  # fmt: skip
    return Held(system=system, values=np.array(at), free=free, box=box, states=system.states)
