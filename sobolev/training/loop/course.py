"""The course of a training so far: everything that a checkpoint has to hold."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import jax
import numpy as np

from sobolev.optimisers.optimiser import State
from sobolev.training.outcome import Ending
from sobolev.training.recording.record import Record


class Kept(NamedTuple):
    """Parameters θ worth keeping, the epoch they are of, and what they are judged by."""

    θ: np.ndarray
    epoch: int
    error: float


@dataclass
class Track:
    """One training: its records, its best and its last finite parameters; at last the `ending`."""

    records: list[Record] = field(default_factory=list)
    best: Kept | None = None
    finite: Kept | None = None
    ending: Ending | None = None

    def add(self, record: Record, θ: np.ndarray, error: float) -> None:
        """Append a record of the parameters θ; keep these when they are finite or the best.

        `error`: what they are judged by, the less the better, NaN for nothing.
        """
        self.records.append(record)
        if not np.all(np.isfinite(record.loss)):
            return
        self.finite = Kept(θ, int(record.epoch), error)
        if np.isfinite(error) and (self.best is None or error < self.best.error):
            self.best = self.finite


@dataclass
class Course:
    """The state, the clocks, and the track of each member of the team, or of the one training.

    For a team the arrays of the state have an axis over the members in front.
    """

    state: State
    tracks: list[Track]
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def epoch(self) -> int:
        """Epochs done, as many by every member."""
        return int(np.ravel(self.state.epoch)[0])

    @property
    def recorded(self) -> int:
        """The epoch of the last record."""
        return max(int(track.records[-1].epoch) for track in self.tracks)

    @property
    def ended(self) -> bool:
        """Whether every member has."""
        return all(track.ending is not None for track in self.tracks)

    def of(self, array: jax.Array | np.ndarray, member: int) -> np.ndarray:
        """What an array of the state is for one member."""
        return np.asarray(array) if self.state.step.ndim == 0 else np.asarray(array)[member]

    @contextmanager
    def clock(self) -> Iterator[None]:
        """The time of what is done inside is training time."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu
