"""Limit points: the largest load between two steps of a path, and whether one stops Newton."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.compiled import STEPS, jitted
from sobolev._base.errors import Diverged
from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.assembly import States
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.kernel.space import Case, part_of
from sobolev.fem.steps.bordered import Holding, controlled_step, stiffened
from sobolev.fem.steps.newton import Solving, StepFailed, linearised
from sobolev.fem.steps.one_step import Course, CourseData, Memory, residual_and_memory
from sobolev.fem.steps.path import Kind, Route, Start, Step
from sobolev.fem.steps.stability import negative_eigenvalues

# λ_t at the limit point, as a part of what it was before: what is left moves λ by its square, and
# the derivative of λ by itself.
FLAT = 1e-10
# Where its rounding does not let it be so flat, it is at the change of sign; a kink is not flat.
NEARLY_FLAT = 1e-6
ITERATIONS = 60


@jitted(STEPS)
def residual_over_time(
    course: Course, data: CourseData, p, x: Float[AnyArray, " nx"], before: Memory, clock: Clock,
    part, speed,
) -> Float[AnyArray, " nx"]:  # fmt: skip
    """∂R/∂t of a step that ends later: loads, laws and the part of the path go on."""

    def R(clock, part):
        return residual_and_memory(course, data, p, x, before, clock, part)[0]

    at = jax.tree.map(lambda a: jnp.asarray(a, float), (clock, part))
    return jax.jvp(R, at, (Clock(jnp.ones(()), jnp.ones(())), jnp.asarray(speed, float)))[1]


def slope_over_time(route: Route, step: Step) -> Float[np.ndarray, " nx"]:
    """dx/dt of the end of a step; the last of them is that of the load factor."""
    speed = route.path.speed(float(step.clock.time))
    along = residual_over_time(
        *route.statics, route.p, step.x, step.before, step.clock, step.part, speed
    )
    return -step.tangent.solve(np.asarray(along))


class LimitSearch:
    """Looks for the first step at which the load factor has passed its largest value."""

    def __init__(self, route: Route):
        self._route, self._slope, self._sign, self.done = route, 0.0, 0.0, False

    def between(self, start: Start, step: Step) -> Step | None:
        """The limit point, if it lies on this step. Raises `Diverged` for a bifurcation before."""
        if self.done:
            return None
        if not self._sign:
            self._sign = 1.0 if step.factor > 0 else -1.0
            # that of the path before its first step, which is not known better
            self._slope = abs(step.factor) / float(step.clock.step)
        slope = self._sign * float(slope_over_time(self._route, step)[-1])
        before, self._slope = self._slope, slope
        if slope > 0:
            return None
        self.done = True
        found = self._refined(start, step, before, slope)
        self._check_stable(found)
        return found

    def _refined(self, start: Start, step: Step, rise: float, fall: float) -> Step:
        """Where λ_t = 0 between the start and the end of a step, by false position (Illinois)."""
        end, flat = float(step.clock.time), FLAT * max(rise, -fall)
        first = low = end - float(step.clock.step)
        high, then, nearly = end, end, NEARLY_FLAT / FLAT * flat
        for _ in range(ITERATIONS):
            last, then = then, low + (high - low) * rise / (rise - fall)
            kind = Kind(Clock(then, then - first), False, limit=True)
            try:
                found = self._route.step(start, kind)
            except StepFailed as failure:
                raise Diverged(
                    f"the limit point between the times {first:g} and {end:g} was not found: "
                    f"{failure}. Take smaller steps there."
                ) from failure
            slope = self._sign * float(slope_over_time(self._route, found)[-1])
            still = abs(then - last) <= 1e-12 * end
            if abs(slope) <= flat or (still and abs(slope) <= nearly):
                return found
            if slope > 0:
                low, rise, fall = then, slope, fall / 2
            else:
                high, fall, rise = then, slope, rise / 2
        raise Diverged(
            f"the load factor has no smooth maximum between the times {first:g} and {end:g}, near "
            f"{start.factor:g}: it has a kink, as where points begin to flow, or a bifurcation."
        )

    def _check_stable(self, found: Step) -> None:
        """At the first limit point the tangent has one eigenvalue that is zero, and none below.

        Stiffened at the unknown that moves most it has as many negative ones as below zero before.
        """
        solving = self._route.solving
        if not self._route.symmetric:
            return
        case = part_of(solving.parts, self._route.whole(found.clock), found.factor)
        none, points, pattern = np.zeros_like(found.u), found.before.points, solving.space.pattern
        system = linearised(solving, case, points, found.u, none, found.clock)
        moves = slope_over_time(self._route, found)[:-1]
        values, _ = stiffened(pattern, np.asarray(system.values), int(np.argmax(np.abs(moves))))
        count = negative_eigenvalues(pattern, values)
        if count:
            raise Diverged(
                f"at the limit point, load factor {found.factor:g}, {count} eigenvalues of the "
                "tangent are negative: the path has passed a bifurcation, and the structure "
                "buckles before it snaps. Model its symmetric half, or add an imperfection that "
                "leads into the other branch."
            )


def beyond(
    solving: Solving, whole: Case, points: States, at: tuple[Float[np.ndarray, "n c"], float],
    clock: Clock, failure: Exception,
) -> str:  # fmt: skip
    """Why Newton's method stops under a given load, and what to do: the rest of a sentence."""
    limit = limit_ahead(solving, whole, points, *at, clock)
    if limit is None:
        return (
            f"{failure}, even with small steps. Reduce the load or its steps, or move the "
            "parameters back into the range for which the structure holds."
        )
    return (
        f"the load has a limit point at the factor {limit:.4g}, beyond which the structure snaps "
        "through. Give the Path a displacement that grows instead, "
        "control=fem.DisplacementControl(...); fem.LoadFactor() is the load then, and "
        "fem.LimitLoad() its largest value."
    )


def limit_ahead(
    solving: Solving, whole: Case, points: States, u: Float[np.ndarray, "n c"], factor: float,
    clock: Clock,
) -> float | None:  # fmt: skip
    """The largest load factor a little further on, by arc length from an equilibrium; or None."""
    free = solving.space.free
    z = u.reshape(-1)[free]
    length = 0.1 * float(np.sqrt(np.mean(z**2)))
    sign = 1.0 if factor >= 0 else -1.0
    seen, direction = [(0.0, sign * factor)], None
    for _ in range(16):
        before = u.reshape(-1)[free].copy()

        def gap(z, before=before, length=length):
            return float(np.mean((z - before) ** 2) - length**2)

        def slopes(z, before=before):
            return 2 * (z - before) / len(z)

        holding = Holding(gap, slopes, length**2, True, direction, sign)
        try:
            reached = controlled_step(solving, whole, points, u, factor, holding, clock)
        except (StepFailed, ZeroDivisionError):
            length /= 2
            continue
        u, factor = reached.u, reached.factor
        direction = u.reshape(-1)[free] - before
        seen.append((seen[-1][0] + length, sign * factor))
        if seen[-1][1] < seen[-2][1]:
            return sign * _vertex(seen[-3:])
    return None


def _vertex(seen) -> float:
    """The largest value of the parabola through three points."""
    s, factors = np.array(seen).T
    if len(s) < 3:
        return float(factors.max())
    a, b, c = np.polyfit(s - s[1], factors, 2)
    return float(c - b * b / (4 * a))
