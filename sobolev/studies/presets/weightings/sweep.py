"""Which training comes next, from those that are done: first the rate, then what is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sobolev.studies.cells import Training

FACTOR = 10**0.5  # between rates that are added
FURTHER = 3  # at most so many on either side
Errors = Mapping[Training, float]


@dataclass(frozen=True)
class Sweep:
    """Learning rates tried on the `tuning` initialisations; with the best the `seeds` are trained.

    As long as the best rate is the smallest or the largest, a further one is tried beyond it.
    """

    rates: Sequence[float]
    tuning: Sequence[int]
    seeds: Sequence[int]
    epochs: int

    def following(self, done: Errors) -> Training | None:
        """The next training, None when all are done."""
        wanted = self._wanted(done)
        return next((training for training in wanted if training not in done), None)

    def asked(self, done: Errors) -> list[Training]:
        """Of the trainings that are done those that belong to this sweep and these seeds."""
        wanted = self._wanted(done)
        assert all(training in done for training in wanted)
        return wanted

    def _wanted(self, done: Errors) -> list[Training]:
        """Everything, as far as it can be told from what is done."""
        rates, tuned = sorted(self.rates), self._tuned(self.rates)
        low = rates[0] / FACTOR ** (FURTHER + 0.5)
        high = rates[-1] * FACTOR ** (FURTHER + 0.5)
        while all(training in done for training in tuned):
            best = best_rate({training: done[training] for training in tuned})
            beyond = {rates[0]: rates[0] / FACTOR, rates[-1]: rates[-1] * FACTOR}.get(best)
            if beyond is None or len(rates) == 1 or not low < beyond < high:
                return tuned + [Training(best, seed, self.epochs) for seed in self.seeds]
            rates = sorted([*rates, _round(beyond)])
            tuned = self._tuned(rates)
        return tuned

    def _tuned(self, rates: Sequence[float]) -> list[Training]:
        return [
            Training(rate, seed, self.epochs, tuning=True)
            for rate in sorted(rates)
            for seed in self.tuning
        ]


def best_rate(errors: Errors) -> float:
    """The rate with the smallest median error."""
    by_rate: dict[float, list[float]] = {}
    for training, error in errors.items():
        assert training.rate is not None
        by_rate.setdefault(training.rate, []).append(error)
    return min(sorted(by_rate), key=lambda rate: float(np.median(by_rate[rate])))


def _round(rate: float) -> float:
    """1 and 3 times powers of ten, as a person would choose them."""
    power, place = divmod(np.log10(rate), 1)
    digit = 1 if place < 0.24 else 3 if place < 0.74 else 10  # halfway on a logarithmic scale
    return float(f"{digit}e{power:.0f}")
