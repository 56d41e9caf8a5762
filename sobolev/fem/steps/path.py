"""A path of load steps: an equilibrium after the other, the states of the points handed on."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError, Diverged
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.kernel.space import Case, part_of
from sobolev.fem.solvers.solver import Factorisation
from sobolev.fem.steps.bordered import Holding, controlled_step
from sobolev.fem.steps.control import Control, LoadControl
from sobolev.fem.steps.newton import Solving, StepFailed, load_step, prepared_case
from sobolev.fem.steps.one_step import (
    Memory,
    Statics,
    control_of,
    first_memory,
    memory_after,
    whole_case,
)


@dataclass(frozen=True)
class Path:
    """At which times there is an equilibrium, and which part of the loads acts then.

    Between two times the load factor is interpolated; where Newton's method fails the step is
    halved, and what was put in between is part of the path. **Arguments:** `times`, growing from
    t > 0; `factors` of all loads and prescribed values at them, by default t over the last time;
    `every`: responses are asked at each of the times, not at the last one only; `control`, what the
    factors are of: `LoadControl()`, or `DisplacementControl` and `ArcLength`, which find the load
    and go through limit points; `checkpoints`: derivatives backwards along a long path keep the
    state of every so many steps, and take the steps between again, to the same bits; by default all
    steps are kept with their factors. Raises `ConfigError`.

    ```python
    Path(times=(1.0, 2.0, 3.0), factors=(0.6, 1.0, 0.0))     # load, load on, unload
    ```
    """

    times: tuple[float, ...] = (1.0,)
    factors: tuple[float, ...] | None = None
    every: bool = False
    control: Control = field(default_factory=LoadControl)
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
        if not isinstance(self.control, Control):
            raise ConfigError(
                "the control of a path is LoadControl(), DisplacementControl(...) or "
                f"ArcLength(...): got {self.control!r}."
            )
        if self.control.remembers and not (np.diff(self._factors, prepend=0.0) > 0).all():
            raise ConfigError(
                "the factors of a path in arc length are parts of its length and grow from above "
                f"zero: got {self.factors}."
            )
        if self.checkpoints is not None and self.checkpoints < 1:
            raise ConfigError(
                f"checkpoints=k keeps the state of every k-th step, k ≥ 1: got {self.checkpoints}."
            )

    @property
    def _factors(self) -> tuple[float, ...]:
        return self.factors or tuple(t / self.times[-1] for t in self.times)

    def factor(self, time: float) -> float:
        """The factor at a time: of the loads, of the displacement or of the length."""
        return float(np.interp(time, (0.0, *self.times), (0.0, *self._factors)))

    def speed(self, time: float) -> float:
        """How fast the factor grows until a time."""
        times, factors = (0.0, *self.times), (0.0, *self._factors)
        k = int(np.clip(np.searchsorted(times, time), 1, len(times) - 1))
        return (factors[k] - factors[k - 1]) / (times[k] - times[k - 1])


class Start(NamedTuple):
    """Where a step begins: the fields, the load factor, what the step before hands on, the scale of
    the forces so far, the part of the path behind, the last increment of the free values.
    """

    u: Float[np.ndarray, "n c"]
    factor: float
    memory: Memory
    scale: float
    part: float
    direction: Float[np.ndarray, " nf"] | None


class Kind(NamedTuple):
    """What makes a step again: when it ends, whether that is one of the given times, and whether
    it is the limit point, from which the path does not go on.
    """

    clock: Clock
    asked: bool
    limit: bool = False


class Step(NamedTuple):
    """One equilibrium of a path: the part of the path, the load factor there, the unknowns x and
    the fields `u [n, c]`, the memory before and after, the tangent of the unknowns, how the
    residual fell.
    """

    kind: Kind
    part: float
    factor: float
    x: Float[np.ndarray, " nx"]
    u: Float[np.ndarray, "n c"]
    before: Memory
    after: Memory
    tangent: Factorisation
    residuals: tuple[float, ...]
    scale: float
    increment: Float[np.ndarray, " nf"]

    @property
    def clock(self) -> Clock:
        """When it ends, and how long it is."""
        return self.kind.clock

    @property
    def end(self) -> Start:
        """Where the next one begins."""
        return Start(self.u, self.factor, self.after, self.scale, self.part, self.increment)


class Route(NamedTuple):
    """All that decides a path: the problem, the parameters, the times."""

    solving: Solving
    statics: Statics
    p: Float[np.ndarray, " d"]
    path: Path

    def start(self) -> Start:
        """Nothing has happened."""
        statement, data = self.statics.course.statement, self.statics.data.data
        u = np.zeros((len(data.points), statement.components))
        return Start(u, 0.0, first_memory(*self.statics), 0.0, 0.0, None)

    def step(self, start: Start, kind: Kind) -> Step:
        """One step, from where the one before ended; raises `StepFailed`."""
        solving, clock = self.solving, kind.clock
        space, points = solving.space, start.memory.points
        part = self.path.factor(float(clock.time))
        whole = self.whole(clock)
        if not self.path.control.finds_load:
            case = part_of(solving.parts, whole, part)
            u, tangent, residuals, scale = load_step(
                solving, case, points, start.u.copy(), clock, start.scale
            )
            factor, x = part, u.reshape(-1)[space.free]
        else:
            u, factor, tangent, residuals, scale = controlled_step(
                solving, whole, points, start.u, start.factor, self.holding(start, clock, part),
                clock, start.scale,
            )  # fmt: skip
            x = np.append(u.reshape(-1)[space.free], factor)
        after = memory_after(*self.statics, self.p, x, start.memory, clock, part)
        increment = (u - start.u).reshape(-1)[space.free]
        if self.path.control.remembers and start.direction is not None:
            # a cylinder cuts the path behind as well
            if not increment @ start.direction > 0:
                raise StepFailed("the path has turned back on itself")
        return Step(
            kind, part, factor, x, u, start.memory, after, tangent, residuals, scale, increment
        )  # fmt: skip

    def whole(self, clock: Clock) -> Case:
        """The case with all of its loads and prescribed values, on the host."""
        return prepared_case(whole_case(*self.statics, self.p, clock.time), self.solving)

    @property
    def symmetric(self) -> bool:
        """Whether the tangent of the fields is."""
        parts = self.solving.parts
        laws = all(piece.law.traits().symmetric for piece in parts.pieces)
        return laws and all(follower.load.symmetric for follower in parts.followers)

    def holding(self, start: Start, clock: Clock, part: float) -> Holding:
        """The equation of the control for this step, on the host."""
        place, step = self.statics.data.place, part - start.part
        before = start.u.reshape(-1)[self.solving.space.free]
        control = control_of(*self.statics, self.p, clock.time)
        size = control.size(part, step)
        if not 0 < size < np.inf:
            raise Diverged(
                f"{type(control).__name__} of a size of {size:g} goes nowhere: give it a value "
                "that is finite and not zero."
            )
        return Holding(
            lambda z: float(control.gap(place, z, before, part, step)),
            lambda z: control.slopes(place, z, before),
            size,
            control.remembers,
            start.direction,
        )
