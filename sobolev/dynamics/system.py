"""What moves: a right-hand side, where it starts, and the parameters of both."""

from abc import abstractmethod

import equinox as eqx
from jaxtyping import Array, Float

from sobolev._base.arrays import clean_names, clean_units
from sobolev.box import Box


class System(eqx.Module):
    """dx/dt = f(t, x, p) with x(0) = x₀(p), of named states x `[s]` and parameters p `[d]`.

    An own one says `box` (names, bounds and units of the parameters), `states`, and writes `start`
    and `rate` in `jax.numpy`. Numbers that are no parameters are fields: arrays among them may
    change without a new compilation.

    ```python
    class Decay(System):
        box: Box = Box(("k",), (0.1,), (2.0,), ("1/s",))
        states: tuple[str, ...] = ("x",)

        def start(self, p):
            return jnp.ones(1)

        def rate(self, t, x, p):
            return -p[0] * x
    ```
    """

    box: eqx.AbstractVar[Box]
    states: eqx.AbstractVar[tuple[str, ...]]

    @property
    def state_units(self) -> tuple[str, ...]:
        """One for each state; none where they are not said."""
        return ("",) * len(self.states)

    @abstractmethod
    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """x₀: the state at t = 0."""

    @abstractmethod
    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """f: the states' rates, a smooth function of x and p."""


def checked(system: System) -> None:
    """Refuse a system whose states have bad names; `ConfigError`."""
    clean_names("states", system.states, len(system.states), "x")
    clean_units("state_units", system.state_units, len(system.states))
