"""A path that is gone twice: forwards, and backwards for derivatives, with bounded memory."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sobolev.fem.kernel.cell import Clock
from sobolev.fem.steps.path import Route, Start, Step, follow


class _Taken(NamedTuple):
    """What makes a step again, with where it began."""

    clock: Clock
    asked: bool


class Trail:
    """The steps of a path: `forwards` once, then `backwards` in segments, the last one first.

    Without checkpoints there is one segment, whose steps are kept with their factors. With them a
    segment has so many steps; kept are the starts of all segments and the steps of one, which are
    taken again from its start, at the same times, halved steps included, and so to the same bits.
    """

    def __init__(self, route: Route):
        self._route, self._length = route, route.path.checkpoints
        self._starts: list[Start] = []
        self._taken: list[_Taken] = []
        self._kept: list[Step] = []

    def forwards(self) -> Iterator[Step]:
        """Every step in order; raises `Diverged`."""
        start = self._route.start()
        for n, step in enumerate(follow(self._route)):
            if self._length is None:
                self._kept.append(step)
            elif n % self._length == 0:
                self._starts.append(start)
            self._taken.append(_Taken(step.clock, step.asked))
            start = step.end
            yield step

    @property
    def first(self) -> Start:
        """Where the path begins."""
        return self._route.start()

    @property
    def asked(self) -> list[int]:
        """Numbers of the steps at which responses are asked."""
        if not self._route.path.every:
            return [len(self._taken) - 1]
        return [n for n, taken in enumerate(self._taken) if taken.asked]

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
            for taken in self._taken[first : first + self._length]:
                steps.append(self._route.step(start, *taken))
                start = steps[-1].end
            # derivatives of a path that is not the one of the values would be wrong in silence
            assert end is None or np.array_equal(end, steps[-1].u)
            end = self._starts[number].u
            yield first, steps
