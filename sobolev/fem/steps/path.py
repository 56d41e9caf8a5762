"""A path of load steps: an equilibrium after the other, the states of the points handed on."""

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
    `every`: responses are asked at each of the times, not at the last one only. Raises
    `ConfigError`.

    ```python
    Path(times=(1.0, 2.0, 3.0), factors=(0.6, 1.0, 0.0))     # load, load on, unload
    ```
    """

    times: tuple[float, ...] = (1.0,)
    factors: tuple[float, ...] | None = None
    every: bool = False

    def __post_init__(self):
        times = np.asarray(self.times, float)
        if times.ndim != 1 or not len(times) or not (np.diff(times, prepend=0.0) > 0).all():
            raise ConfigError(f"the times of a path grow from above zero: got {self.times}.")
        if self.factors is not None and len(self.factors) != len(times):
            raise ConfigError(
                f"a path has a factor for each of its {len(times)} times: got {len(self.factors)}."
            )

    def factor(self, time: float) -> float:
        """The load factor at a time."""
        factors = self.factors or tuple(t / self.times[-1] for t in self.times)
        return float(np.interp(time, (0.0, *self.times), (0.0, *factors)))


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


def follow(
    solving: Solving, statics: Statics, p: Float[np.ndarray, " d"], path: Path,
    least_step: float = 1 / 64,
) -> list[Step]:  # fmt: skip
    """Every equilibrium on the path, those of halved steps as well; raises `Diverged`."""
    states = first_states(solving.parts, solving.space)
    steps: list[Step] = []
    u, now, scale = None, 0.0, 0.0
    for time in path.times:
        whole = time - now
        length = whole
        while now < time:
            # the last part ends at the given time to the last bit
            then = time if now + length >= time - 1e-12 * whole else now + length
            clock, factor = Clock(then, then - now), path.factor(then)
            case = prepared_case(scaled_case(*statics, p, clock.time, factor), solving.space)
            start = np.zeros_like(case.displacement) if u is None else u
            try:
                new, tangent, _, scale = load_step(
                    solving, case, states, start.copy(), clock, scale
                )
            except StepFailed as failure:
                length /= 2
                if length < least_step * whole:
                    raise Diverged(
                        f"no equilibrium was found beyond the time {now:g}, load factor "
                        f"{path.factor(now):g}: {failure}, even with small steps. Reduce the load "
                        "or its steps, or move the parameters back into the range for which the "
                        "structure holds."
                    ) from failure
                continue
            after = states_after(*statics, p, new, states, clock, factor)
            steps.append(Step(clock, factor, new, states, after, tangent, then == time))
            u, states, now = new, after, then
    return steps
