"""Is it better? Errors of the same initialisations compared pair by pair: the only test there is.

Every scheme starts from the same initialisations, so schemes are compared seed by seed. If scheme
and reference were equally good, swapping the two within a seed would change nothing: log(error /
reference) is then as often above zero as below, by the same sizes. Wilcoxon's signed-rank test is
exact for that, whatever the distribution of the errors. The plain sign test is, too, but it ignores
the sizes: with 12 initialisations and the 36 schemes of a comparison it calls a scheme better only
when all 12 agree. Neither can say anything with fewer than 6; with n pairs no p is below 2^(1 − n).

A run that failed has the error infinity: it is worse than any run that finished, never dropped. Of
many schemes tried on the same runs the best is flattered, so their p are corrected together (Holm).
How *large* a difference is, the median ratio says, with the interval of `records.intervals`.
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np

Name = TypeVar("Name", bound=Hashable)
LEVEL = 0.05


class Says(StrEnum):
    """What a comparison of errors says; smaller errors are better."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "not told apart"
    FEW = "too few"  # pairs for any other verdict, whatever the numbers


@dataclass(frozen=True)
class Paired:
    """Errors against those of a reference over `n` common initialisations.

    `ratio`: median of error / reference; `p`: two-sided, corrected over `of` schemes; `wins`,
    `ties`: initialisations with a smaller, with the same error.
    """

    ratio: float
    p: float
    n: int
    wins: int
    ties: int
    of: int = 1

    @property
    def enough(self) -> bool:
        """Whether the correction lets so few pairs say anything at all."""
        return enough(self.n, self.of)

    @property
    def says(self) -> Says:
        """The verdict."""
        return says(self.ratio, self.p) if self.enough else Says.FEW


def judged(pairs: Mapping[Name, tuple[np.ndarray, np.ndarray]]) -> dict[Name, Paired]:
    """Every (errors, reference errors), aligned over seeds, judged together.

    NaN is "not run": such a seed is no pair. Infinite is "failed".
    """
    common = {name: _common(*pair) for name, pair in pairs.items()}
    corrected = holm({name: signed_rank(a, b) for name, (a, b) in common.items()})
    return {name: _paired(a, b, corrected[name], len(pairs)) for name, (a, b) in common.items()}


def _paired(errors: np.ndarray, base: np.ndarray, p: float, of: int) -> Paired:
    logs = log_ratio(errors, base)
    wins, ties = int((logs < 0).sum()), int((logs == 0).sum())
    return Paired(ratio(errors, base), p, len(errors), wins, ties, of)


def _common(errors: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    both = ~(np.isnan(errors) | np.isnan(base))
    return np.asarray(errors, float)[both], np.asarray(base, float)[both]


def log_ratio(errors: np.ndarray, base: np.ndarray) -> np.ndarray:
    """log(errors / base) `[seeds]`; two failures, like two zeros, are a tie; NaN: no pair."""
    a, b = np.asarray(errors, float), np.asarray(base, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(a) - np.log(b)
    logs[(a == b) & ~np.isnan(a)] = 0.0
    return logs


def signed_rank(errors: np.ndarray, base: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test of log(errors / base); both `[seeds]`.

    Failed trainings are infinite and count as the largest loss that can be ranked; two that failed
    are a tie.
    """
    return signed_rank_of(log_ratio(errors, base))


def signed_rank_of(logs: np.ndarray) -> float:
    """The same of the logarithms themselves; 1 where there is nothing to rank."""
    from scipy.stats import wilcoxon

    difference = np.nan_to_num(logs, nan=0.0, posinf=1e9, neginf=-1e9)
    if not difference.any():
        return 1.0
    tested: Any = wilcoxon(difference)  # its type does not say what it has
    return float(tested.pvalue)


def ratio(errors: np.ndarray, base: np.ndarray) -> float:
    """Median of errors / base `[seeds]`; two failures are a tie."""
    if not len(errors):
        return math.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.asarray(errors) / np.asarray(base)
    return float(np.median(np.where(np.isinf(errors) & np.isinf(base), 1.0, each)))


def says(ratio: float, p: float) -> Says:
    """The verdict of a ratio of errors and its corrected p, whatever the number of pairs."""
    if not p < LEVEL:
        return Says.SAME
    return Says.BETTER if ratio < 1 else Says.WORSE


def holm(p: Mapping[Name, float]) -> dict[Name, float]:
    """Holm's correction: p-values that may be compared with one level all together."""
    corrected, largest = {}, 0.0
    for place, name in enumerate(sorted(p, key=p.__getitem__)):
        largest = max(largest, min(1.0, (len(p) - place) * p[name]))
        corrected[name] = largest
    return corrected


def smallest(initialisations: int) -> float:
    """The smallest p that so many pairs allow, when all differ to the same side: 2^(1 − n)."""
    return 2.0 ** (1 - initialisations)


def enough(initialisations: int, schemes: int = 1) -> bool:
    """Whether so many pairs can tell one of so many schemes apart."""
    return schemes * smallest(initialisations) < LEVEL


def fewest(schemes: int = 1) -> int:
    """The fewest pairs that can tell one of so many schemes apart: 6 for one, 11 for 40."""
    return 1 + math.floor(math.log2(max(schemes, 1) / LEVEL) + 1e-12) + 1
