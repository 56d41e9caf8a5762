"""Which training comes next, from those that are done: first the rate, then what is compared."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

FACTOR = 10**0.5  # between rates that are added
FURTHER = 3  # at most so many on either side


class Training(NamedTuple):
    """One training of a cell: the learning rate, the initialisation, whether it only tunes."""

    rate: float
    seed: int
    tuning: bool


def following(
    budget: dict[str, Any], tuning: Sequence[int], seeds: Sequence[int], done: list[dict]
) -> Training | None:
    """The next training, None when all are done.

    Every rate is tried on the `tuning` initialisations; as long as the best one is the smallest or
    the largest, a further one is tried beyond it. With the best the `seeds` are trained.
    """
    there = {(r["rate"], r["seed"], r["tuning"]) for r in done}
    rates = sorted(budget["rates"])
    low, high = rates[0] / FACTOR ** (FURTHER + 0.5), rates[-1] * FACTOR ** (FURTHER + 0.5)
    while True:
        for rate in rates:
            for seed in tuning:
                if (rate, seed, True) not in there:
                    return Training(rate, seed, True)
        best = best_rate([r for r in done if r["tuning"] and r["rate"] in rates])
        beyond = {rates[0]: rates[0] / FACTOR, rates[-1]: rates[-1] * FACTOR}.get(best)
        if beyond is None or len(rates) == 1 or not low < beyond < high:
            break
        rates = sorted([*rates, _round(beyond)])
    missing = [seed for seed in seeds if (best, seed, False) not in there]
    return Training(best, missing[0], False) if missing else None


def asked(
    budget: dict[str, Any], tuning: Sequence[int], seeds: Sequence[int], done: list[dict]
) -> list[dict]:
    """Of the trainings that are done those that belong to this budget and these initialisations."""
    assert following(budget, tuning, seeds, done) is None
    tuned = [r for r in done if r["tuning"] and r["seed"] in tuning]
    best = best_rate(tuned)
    return tuned + [
        r
        for r in done
        if not r["tuning"] and (r["rate"], r["seed"]) in {(best, seed) for seed in seeds}
    ]


def best_rate(records: list[dict]) -> float:
    """The rate with the smallest median error in the tuning records."""
    rates = {r["rate"] for r in records}
    return min(
        sorted(rates),
        key=lambda rate: float(np.median([r["error"] for r in records if r["rate"] == rate])),
    )


def _round(rate: float) -> float:
    """1 and 3 times powers of ten, as a person would choose them."""
    power, place = divmod(np.log10(rate), 1)
    digit = 1 if place < 0.24 else 3 if place < 0.74 else 10  # halfway on a logarithmic scale
    return float(f"{digit}e{power:.0f}")
