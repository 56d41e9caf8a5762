"""How a trajectory is stepped through, as values; the stepping itself is diffrax's."""

from abc import abstractmethod
from enum import Enum
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sobolev._base.arguments import positive, whole
from sobolev._base.optional import optional
from sobolev.dynamics.system import System


class Sense(Enum):
    """Which way derivatives of a trajectory are taken.

    Forwards beside the states, of any order; backwards from a few answers, with states kept at a
    few times and computed again between them; or either way, at the memory of all steps.
    """

    FORWARDS = "forwards"
    BACKWARDS = "backwards"
    EITHER = "either"


class Stepped(NamedTuple):
    """States `[k, s]` at the times that were asked for, the time that was `reached`, whether all
    of it `ended` well, and whether a condition was `met` on the way."""

    states: Float[Array, "k s"]
    reached: Float[Array, ""]
    steps: Int[Array, ""]
    ended: Bool[Array, ""]
    met: Bool[Array, ""]


class Integrator(eqx.Module):
    """A method of variable steps with tolerances, and the most steps that it may take.

    A step is as long as its estimated error allows: |error_i| ≤ `atol` + `rtol` |x_i| in the root
    mean square over the states. `atol` is in the units of the states: give one for each where their
    sizes differ. Derivatives are those of the steps that were taken; their own error is not
    estimated, and is about that of the states times how fast the derivatives grow.
    """

    rtol: float = eqx.field(default=1e-9, static=True)
    atol: float | tuple[float, ...] = eqx.field(default=1e-11, static=True)
    most: int = eqx.field(default=16384, static=True)

    def __check_init__(self):
        positive("rtol", self.rtol)
        for number in self.atol if isinstance(self.atol, tuple) else (self.atol,):
            positive("atol", number)
        whole("the most steps", self.most, 1)

    @abstractmethod
    def solver(self, diffrax: Any) -> Any:
        """The diffrax solver."""

    def run(
        self, system: System, p: Float[Array, " d"], times: Float[Array, " k"], sense: Sense,
        until: Any = None,
    ) -> Stepped:  # fmt: skip
        """Through the rising times, each the end of a step, or until a condition is met.

        The condition is a function of (t, x) that goes from below zero to above.
        """
        dx = diffrax()
        ways = {
            Sense.FORWARDS: dx.ForwardMode, Sense.EITHER: dx.DirectAdjoint,
            Sense.BACKWARDS: dx.RecursiveCheckpointAdjoint,
        }  # fmt: skip
        by_error = dx.PIDController(self.rtol, jnp.asarray(self.atol, float))
        met_at = until and dx.Event(
            lambda t, y, args, **_: until(t, y), self._root(), direction=True
        )
        asked = dx.SubSaveAt(t1=True) if until else dx.SubSaveAt(ts=times)
        found = dx.diffeqsolve(
            dx.ODETerm(system.rate), self.solver(dx), 0.0, times[-1], None, system.start(p), p,
            stepsize_controller=dx.ClipStepSizeController(by_error, step_ts=times),
            saveat=dx.SaveAt(subs=(dx.SubSaveAt(t1=True), asked)), event=met_at,
            adjoint=ways[sense](), max_steps=self.most, throw=False,
        )  # fmt: skip
        met = jnp.asarray(found.event_mask if until else False)
        ended = found.result == dx.RESULTS.successful
        if until:
            ended = met | ended
        (reached, _), (_, states) = found.ts, found.ys
        return Stepped(states, reached[0], found.stats["num_steps"], ended, met)

    def _root(self) -> Any:
        return optional("optimistix", "a condition on a trajectory", "dynamics").Newton(1e-8, 1e-8)


class Explicit(Integrator):
    """Dormand and Prince's method of order 8: for what is not stiff.

    Source: E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993).

    ```python
    Trajectory(system, Sampled(times), Explicit(rtol=1e-10))
    ```
    """

    def solver(self, diffrax: Any) -> Any:
        """DOP853's family."""
        return diffrax.Dopri8()


class Implicit(Integrator):
    """Kværnø's method of order 5 with a true Newton in each stage: for stiff systems.

    Its stages are solved with a tangent that is made anew in each iteration: with one that is kept
    the same method takes twenty times the steps on Robertson's problem. Source: A. Kværnø, BIT
    Numerical Mathematics 44 (2004) 489, 10.1023/B:BITN.0000046811.70614.38.

    ```python
    Trajectory(system, Sampled(times), Implicit(atol=(1e-10, 1e-14, 1e-10)))
    ```
    """

    def solver(self, diffrax: Any) -> Any:
        """Singly diagonally implicit, stiffly accurate."""
        optimistix = optional("optimistix", "an implicit integrator", "dynamics")
        least = min(self.atol) if isinstance(self.atol, tuple) else self.atol
        newton = optimistix.Newton(min(1e-10, self.rtol / 10), min(1e-14, least / 10))
        return diffrax.Kvaerno5(root_finder=newton)


def diffrax() -> Any:
    """The library; `DataError` with the line that installs it."""
    return optional("diffrax", "a trajectory", "dynamics")
