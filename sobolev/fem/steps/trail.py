"""A path that is gone twice: forwards, and backwards for derivatives, with bounded memory."""

from collections.abc import Iterator

import numpy as np

from sobolev.fem.responses.response import Asks
from sobolev.fem.steps.follow import follow
from sobolev.fem.steps.path import Kind, Route, Start, Step


class Trail:
    """The steps of a path: `forwards` once, then `backwards` in segments, the last one first.

    Without checkpoints there is one segment, whose steps are kept with their factors. With them a
    segment has so many steps; kept are the starts of all segments and the steps of one, which are
    taken again from its start, at the same times, halved steps included, and so to the same bits.
    """

    def __init__(self, route: Route):
        self._route, self._length = route, route.path.checkpoints
        self._starts: list[Start] = []
        self._taken: list[Kind] = []
        self._kept: list[Step] = []

    def forwards(self) -> Iterator[Step]:
        """Every step in order, up to the limit point where nothing else is asked; raises
        `Diverged`.
        """
        start, responses = self._route.start(), self._route.statics.course.statement.responses
        limit_alone = all(response.asks is Asks.LIMIT for response in responses)
        for n, step in enumerate(follow(self._route)):
            if self._length is None:
                self._kept.append(step)
            elif n % self._length == 0:
                self._starts.append(start)
            self._taken.append(step.kind)
            start = _next(start, step)
            yield step
            if step.kind.limit and limit_alone:
                return

    @property
    def asked(self) -> list[int]:
        """Numbers of the steps at which responses are asked, the limit point aside."""
        numbers = [n for n, kind in enumerate(self._taken) if kind.asked]
        return numbers if self._route.path.every else numbers[-1:]

    @property
    def limit(self) -> int | None:
        """The number of the limit point, where it was asked for."""
        return next((n for n, kind in enumerate(self._taken) if kind.limit), None)

    def starts_segment(self, n: int) -> bool:
        """Whether the step n is the first of a segment."""
        return n % self._length == 0 if self._length else n == 0

    def backwards(self) -> Iterator[tuple[int, list[Step]]]:
        """`(number of its first step, steps in order)` of each segment."""
        if self._length is None:
            yield 0, self._kept
            return
        end: np.ndarray | None = None
        for number in reversed(range(len(self._starts))):
            first, start = number * self._length, self._starts[number]
            steps: list[Step] = []
            for kind in self._taken[first : first + self._length]:
                steps.append(self._route.step(start, kind))
                start = _next(start, steps[-1])
            # derivatives of a path that is not the one of the values would be wrong in silence
            assert end is None or np.array_equal(end, start.u)
            end = self._starts[number].u
            yield first, steps


def _next(start: Start, step: Step) -> Start:
    """Where the step after this one begins: a limit point is beside the path."""
    return start if step.kind.limit else step.end
