"""States of a trajectory, or quantities of them, at given times."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev.dynamics.integrator import Integrator, Sense
from sobolev.dynamics.observation import Observation, Observed, Quantity
from sobolev.dynamics.system import System


class Sampled(Observation):
    """The states, or some quantities of them, at given times: y(t_1), then y(t_2), and so on.

    **Arguments:** `times [k]`, rising and positive, in the unit of time of the system;
    `quantity(t, x, p)` of the time, the state `[s]` and the parameters `[d]`, an array `[m]`, with
    the `names` (m) and `units` of what it says; by default the states themselves. Raises
    `ConfigError`.

    ```python
    Sampled([0.5, 1.0], lambda t, x, p: x[:1] ** 2, ("energy",), ("J",))
    ```
    """

    times: np.ndarray = eqx.field(converter=lambda times: np.asarray(times, float))
    quantity: Quantity | None = eqx.field(default=None, static=True)
    names: tuple[str, ...] = eqx.field(default=(), static=True, converter=tuple)
    units: tuple[str, ...] = eqx.field(default=(), static=True, converter=tuple)

    def __check_init__(self):
        t = self.times
        if t.ndim != 1 or not len(t) or not np.isfinite(t).all() or (np.diff(t) <= 0).any():
            raise ConfigError(f"times must be finite and rising, one at least: got {t.tolist()}.")
        if t[0] <= 0:
            raise ConfigError(f"times begin after the start, which is at 0: got {t[0]:g}.")
        if self.quantity is not None and not self.names:
            raise ConfigError("a quantity needs names, one for each of its numbers: got none.")

    def outputs(self, system: System) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Each name with its time in brackets."""
        names = self.names or system.states
        units = self.units or (system.state_units if self.quantity is None else ("",) * len(names))
        if len(units) != len(names):
            raise ConfigError(f"{len(names)} quantities need as many units: got {len(units)}.")
        if len(self.times) > 1:
            names = tuple(f"{name}({t:g})" for t in self.times for name in names)
        return names, tuple(units) * len(self.times)

    def observe(
        self, system: System, integrator: Integrator, p: Float[Array, " d"], sense: Sense
    ) -> Observed:
        """One run through all of the times."""
        run = integrator.run(system, p, jnp.asarray(self.times), sense)
        states, ended = run.states, run.ended
        if self.quantity is not None:
            states = jax.vmap(self.quantity, (0, 0, None))(jnp.asarray(self.times), states, p)
        return Observed(states.reshape(-1), run.reached, ended, ended)

    @property
    def end(self) -> float:
        """The last of the times."""
        return float(self.times[-1])
