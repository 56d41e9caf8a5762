"""Errors of the same initialisations compared pair by pair: one test for studies and reports."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import numpy as np

Name = TypeVar("Name", bound=Hashable)
LEVEL = 0.05


def signed_rank(errors: np.ndarray, base: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test of log(errors / base); both `[seeds]`.

    Failed trainings are infinite and count as the largest loss that can be ranked; two that failed
    are a tie.
    """
    from scipy.stats import wilcoxon

    with np.errstate(invalid="ignore"):
        difference = np.log(errors) - np.log(base)
    difference = np.nan_to_num(difference, nan=0.0, posinf=1e9, neginf=-1e9)
    if not difference.any():
        return 1.0
    tested: Any = wilcoxon(difference)  # its type does not say what it has
    return float(tested.pvalue)


def ratio(errors: np.ndarray, base: np.ndarray) -> float:
    """Median of errors / base `[seeds]`; two failures are a tie."""
    with np.errstate(invalid="ignore"):
        each = np.asarray(errors) / np.asarray(base)
    return float(np.median(np.where(np.isinf(errors) & np.isinf(base), 1.0, each)))


def says(ratio: float, p: float) -> str:
    """`better`, `worse` or `not told apart`, of a ratio of errors and its corrected p."""
    if not p < LEVEL:
        return "not told apart"
    return "better" if ratio < 1 else "worse"


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
