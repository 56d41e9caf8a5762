"""What moves by a function that is there already: a source term, or a surrogate of one."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev.box import Box
from sobolev.dynamics.system import System
from sobolev.function.by_jax import ByJax


class Autonomous(System):
    """dx/dt = f(x) of a `Function` by JAX, from x(0) that parameters say; see `following`."""

    function: Callable
    begin: Callable = eqx.field(static=True)
    box: Box = eqx.field(static=True)
    states: tuple[str, ...] = eqx.field(static=True)
    units: tuple[str, ...] = eqx.field(static=True)

    @property
    def state_units(self) -> tuple[str, ...]:
        """Those of the function's inputs."""
        return self.units

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """As it was given."""
        return self.begin(p)

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """The function at x."""
        return self.function(x)


def following(
    function: ByJax, box: Box, start: Callable[[Float[Array, " d"]], Float[Array, " s"]]
) -> Autonomous:
    """The system whose states are the inputs of a function and whose rates are its outputs.

    **Arguments:** `function` by JAX, such as a `SourceTerm`; `box` of the parameters; `start`, x(0)
    as a JAX function of them. Raises `ConfigError`.

    ```python
    warm = Box(("T0",), (1000.0,), (1500.0,), ("K",))
    system = following(source, warm, lambda p: jnp.append(fractions, p))
    delay = Trajectory(system, Crossing(lambda t, x, p: x[-1] - p[0] - 400, 1e-3), Implicit())
    ```
    """
    if not isinstance(function, ByJax) or len(function.inputs) != len(function.outputs):
        raise ConfigError(
            "a system follows a Function by JAX with a rate for each state, such as a SourceTerm: "
            f"got a {type(function).__name__}."
        )
    return Autonomous(
        function=function.pure(), begin=lambda p: jnp.asarray(start(p), float), box=box,
        states=tuple(function.inputs), units=tuple(function.input_units),
    )  # fmt: skip
