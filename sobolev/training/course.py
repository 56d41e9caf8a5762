"""The course of a training so far: everything that a checkpoint has to hold."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sobolev.optimisers.protocol import State
from sobolev.training.history import History
from sobolev.training.outcome import Ending


class Record(NamedTuple):
    """One row of the `History`, in the order of its fields."""

    epoch: int
    step: int
    loss: np.ndarray
    weight: np.ndarray
    weight_step: np.ndarray
    gradient_norm: np.ndarray
    cosine: np.ndarray
    smallest_cosine: np.ndarray
    share: np.ndarray
    alignment: np.ndarray
    valid_loss: np.ndarray
    valid_term_error: np.ndarray
    valid_error: np.ndarray
    rejected: int
    seconds: float
    cpu_seconds: float


class Kept(NamedTuple):
    """Parameters θ worth keeping, the epoch they are of, and their validation error."""

    θ: np.ndarray
    epoch: int
    error: float


@dataclass
class Course:
    """State, records, the best and the last finite parameters, the clocks; at last the `ending`."""

    state: State
    records: list[Record] = field(default_factory=list)
    best: Kept | None = None
    finite: Kept | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    ending: Ending | None = None

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return int(self.state.epoch)

    @contextmanager
    def clock(self) -> Iterator[None]:
        """The time of what is done inside is training time."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu

    def add(self, record: Record) -> None:
        """Append a record of the present state; keep its θ when they are finite or the best."""
        self.records.append(record)
        if not np.all(np.isfinite(record.loss)):
            return
        error = float(record.valid_error)
        self.finite = Kept(np.asarray(self.state.θ), record.epoch, error)
        if np.isfinite(error) and (self.best is None or error < self.best.error):
            self.best = self.finite

    def history(self, terms: tuple[str, ...]) -> History:
        """All records as arrays."""
        return History(terms, *(np.stack(column) for column in zip(*self.records, strict=True)))
