"""The moment at which something happens on a trajectory."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import positive
from sobolev._base.errors import ConfigError
from sobolev.dynamics.integrator import Integrator, Sense
from sobolev.dynamics.observation import Observation, Observed, Quantity
from sobolev.dynamics.system import System


class Crossing(Observation):
    """When a quantity of the states first rises through a level, and what is so then.

    t* with g(t*, x(t*), p) = 0, g rising. Where it is found decides no derivative: from a time t₀
    beside it, t* = t₀ + δ, with δ the root of g along x + δ f + δ²/2 df/dt by Newton's method,
    which has the first two derivatives of t* by the implicit function theorem:
    ∂t*/∂p = −(g_x x_p + g_p)/(g_x f + g_t).

    **Arguments:** `of(t, x, p)`, a number, negative before and positive after; `horizon`: the time
    until which it is looked for; `then(t, x, p)` an array `[m]` of what else is asked at that
    moment, with its `names` and `units`; `name` and `unit` of t*. A quantity that rises and falls
    within one step is not seen. Raises `ConfigError`; a row without a crossing is `Diverged`.

    ```python
    Crossing(lambda t, x, p: x[0] - 2 * jnp.pi, horizon=100.0, name="period")
    ```
    """

    of: Quantity = eqx.field(static=True)
    horizon: float = eqx.field(static=True)
    name: str = eqx.field(default="time", static=True)
    unit: str = eqx.field(default="", static=True)
    then: Quantity | None = eqx.field(default=None, static=True)
    names: tuple[str, ...] = eqx.field(default=(), static=True, converter=tuple)
    units: tuple[str, ...] = eqx.field(default=(), static=True, converter=tuple)

    def __check_init__(self):
        positive("the horizon", self.horizon)
        if (self.then is None) != (not self.names):
            raise ConfigError("what is asked then needs names, and names something that is asked.")

    def outputs(self, system: System) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The time, then the others."""
        units = self.units or ("",) * len(self.names)
        return (self.name, *self.names), (self.unit, *units)

    def observe(
        self, system: System, integrator: Integrator, p: Float[Array, " d"], sense: Sense
    ) -> Observed:
        """Look for the moment, go there, and correct it."""
        fixed = jax.lax.stop_gradient(p)
        still = jax.tree.map(lambda a: jax.lax.stop_gradient(a) if eqx.is_array(a) else a, system)
        looked = integrator.run(
            still, fixed, jnp.asarray([self.horizon]), Sense.FORWARDS,
            lambda t, x: self.of(t, x, fixed),
        )  # fmt: skip
        near = jax.lax.stop_gradient(looked.reached)
        run = integrator.run(system, p, near[None], sense)
        δ, x = _corrected(self.of, system, near, run.states[0], p)
        other = [] if self.then is None else [self.then(near + δ, x, p)]
        answers = jnp.concatenate([(near + δ)[None], *other])
        ended = looked.ended & run.ended
        return Observed(answers, looked.reached, ended, ended & looked.met)

    @property
    def end(self) -> float:
        """The horizon."""
        return self.horizon


def _corrected(
    of: Callable, system: System, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
) -> tuple[Float[Array, ""], Float[Array, " s"]]:
    """How much later than t the quantity is zero, and the state then.

    Along the parabola of the trajectory, which agrees with it and with its first two derivatives by
    p: δ is zero but for what the search left, so whatever has a factor δ³ has none. Three steps of
    Newton's method: the first has the first derivative right, the second the second.
    """
    f = system.rate(t, x, p)
    _, a = jax.jvp(lambda t, x: system.rate(t, x, p), (t, x), (jnp.ones_like(t), f))
    along = lambda δ: x + δ * f + δ**2 / 2 * a  # noqa: E731
    δ = jnp.zeros(())
    for _ in range(3):
        value, slope = jax.jvp(lambda δ: of(t + δ, along(δ), p), (δ,), (jnp.ones_like(δ),))
        δ = δ - value / slope
    return δ, along(δ)
