"""Along a path, equilibrium by equilibrium, steps halved where they fail; and its limit point."""

from collections.abc import Iterator

from sobolev._base.errors import Diverged
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.responses.response import Asks
from sobolev.fem.steps.limit import LimitSearch, beyond
from sobolev.fem.steps.newton import StepFailed
from sobolev.fem.steps.path import Kind, Route, Start, Step


def follow(route: Route) -> Iterator[Step]:
    """Every equilibrium on the path, those of halved steps as well; raises `Diverged`.

    Where a limit load is asked for, the limit point comes before the step that has passed it.
    """
    start, now, least_step = route.start(), 0.0, route.solving.settings.least_step
    asked = {response.asks for response in route.statics.course.statement.responses}
    search = LimitSearch(route) if Asks.LIMIT in asked else None
    for time in route.path.times:
        whole = time - now
        length = whole
        while now < time:
            # the last part ends at the given time to the last bit
            then = time if now + length >= time - 1e-12 * whole else now + length
            try:
                step = route.step(start, Kind(Clock(then, then - now), then == time))
            except StepFailed as failure:
                length /= 2
                if length < least_step * whole:
                    raise _ended(route, start, now, failure) from failure
                continue
            if search is not None:
                found = search.between(start, step)
                if found is not None:
                    yield found
            yield step
            start, now = step.end, then
    if search is not None and not search.done:
        raise Diverged(
            f"no limit point was passed up to the time {now:g}, load factor {start.factor:g}: "
            "there is no limit load yet. Let the path go further."
        )


def _ended(route: Route, start: Start, now: float, failure: StepFailed) -> Diverged:
    """Where the path ends and why, with the limit point if that is what stops it."""
    where = f"no equilibrium was found beyond the time {now:g}, load factor {start.factor:g}"
    if route.path.control.finds_load:
        return Diverged(
            f"{where}: {failure}, even with small steps. The path may bifurcate there, or what is "
            "prescribed turns back: take another node, or control=fem.ArcLength(...)."
        )
    clock = Clock(now if now else route.path.times[0], 0.0)
    at = start.u, start.factor
    why = beyond(route.solving, route.whole(clock), start.memory.points, at, clock, failure)
    return Diverged(f"{where}: {why}")
