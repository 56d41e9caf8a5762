"""A path of load steps: an equilibrium after the other, the states of the points handed on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError, Diverged
from sobolev.fem.kernel.assembly import States, first_states
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.solvers.solver import Factorisation
from sobolev.fem.steps.newton import Solving, StepFailed, load_step, prepared_case
from sobolev.fem.steps.one_step import Statics, scaled_case, states_after


@dataclass(frozen=True)
class Path:
    """At which times there is an equilibrium, and which part of the loads acts then.

    Between two times the load factor is interpolated; where Newton's method fails the step is
    halved, and what was put in between is part of the path. **Arguments:** `times`, growing from
    t > 0; `factors` of all loads and prescribed values at them, by default t over the last time;
    `every`: responses are asked at each of the times, not at the last one only; `checkpoints`:
    derivatives backwards along a long path keep the state of every so many steps, and take the
    steps between again, to the same bits; by default all steps are kept with their factors. Raises
    `ConfigError`.

    ```python
    Path(times=(1.0, 2.0, 3.0), factors=(0.6, 1.0, 0.0))     # load, load on, unload
    ```
    """

    times: tuple[float, ...] = (1.0,)
    factors: tuple[float, ...] | None = None
    every: bool = False
    checkpoints: int | None = None

    def __post_init__(self):
        try:
            times = np.asarray(self.times, float)
            factors = np.asarray((0.0,) if self.factors is None else self.factors, float)
        except (TypeError, ValueError):
            raise ConfigError(
                f"a path has numbers for times and factors: got {self.times}, {self.factors}."
            ) from None
        if not np.isfinite(factors).all():
            raise ConfigError(f"the factors of a path are finite: got {self.factors}.")
        if times.ndim != 1 or not len(times) or not (np.diff(times, prepend=0.0) > 0).all():
            raise ConfigError(f"the times of a path grow from above zero: got {self.times}.")
        if self.factors is not None and len(self.factors) != len(times):
            raise ConfigError(
                f"a path has a factor for each of its {len(times)} times: got {len(self.factors)}."
            )
        if self.checkpoints is not None and self.checkpoints < 1:
            raise ConfigError(
                f"checkpoints=k keeps the state of every k-th step, k ≥ 1: got {self.checkpoints}."
            )

    def factor(self, time: float) -> float:
        """The load factor at a time."""
        factors = self.factors or tuple(t / self.times[-1] for t in self.times)
        return float(np.interp(time, (0.0, *self.times), (0.0, *factors)))


class Start(NamedTuple):
    """Where a step begins: the fields, the states of the points, the scale of the forces so far."""

    u: Float[np.ndarray, "n c"] | None
    states: States
    scale: float


class Step(NamedTuple):
    """One equilibrium of a path: when, at which load factor, the fields `u [n, c]`, the states
    before and after, the tangent; `asked`: it is one of the given times.
    """

    clock: Clock
    factor: float
    u: Float[np.ndarray, "n c"]
    before: States
    after: States
    tangent: Factorisation
    asked: bool
    scale: float

    @property
    def end(self) -> Start:
        """Where the next one begins."""
        return Start(self.u, self.after, self.scale)


class Route(NamedTuple):
    """All that decides a path: the problem, the parameters, the times."""

    solving: Solving
    statics: Statics
    p: Float[np.ndarray, " d"]
    path: Path

    def start(self) -> Start:
        """Nothing has happened."""
        return Start(None, first_states(self.solving.parts, self.solving.space), 0.0)

    def step(self, start: Start, clock: Clock, asked: bool) -> Step:
        """One step, from where the one before ended; raises `StepFailed`."""
        factor = self.path.factor(float(clock.time))
        case = scaled_case(*self.statics, self.p, clock.time, factor)
        case = prepared_case(case, self.solving)
        u = np.zeros_like(case.displacement) if start.u is None else start.u.copy()
        u, tangent, _, scale = load_step(self.solving, case, start.states, u, clock, start.scale)
        after = states_after(*self.statics, self.p, u, start.states, clock, factor)
        return Step(clock, factor, u, start.states, after, tangent, asked, scale)


def follow(route: Route) -> Iterator[Step]:
    """Every equilibrium on the path, those of halved steps as well; raises `Diverged`."""
    start, now, least_step = route.start(), 0.0, route.solving.settings.least_step
    for time in route.path.times:
        whole = time - now
        length = whole
        while now < time:
            # the last part ends at the given time to the last bit
            then = time if now + length >= time - 1e-12 * whole else now + length
            try:
                step = route.step(start, Clock(then, then - now), then == time)
            except StepFailed as failure:
                length /= 2
                if length < least_step * whole:
                    raise Diverged(
                        f"no equilibrium was found beyond the time {now:g}, load factor "
                        f"{route.path.factor(now):g}: {failure}, even with small steps. Reduce the "
                        "load or its steps, or move the parameters back into the range for which "
                        "the structure holds."
                    ) from failure
                continue
            yield step
            start, now = step.end, then
