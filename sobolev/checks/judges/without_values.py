"""Derivatives that have no value beside them, judged by local fits of the values around."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from sobolev.checks.evidence.estimates import Estimates
from sobolev.checks.evidence.regression import Regression
from sobolev.checks.evidence.sample import Sample
from sobolev.checks.judges.gradients import (
    RESOLVED,
    SMOOTH,
    UNRELATED,
    judged_columns,
    three_of,
)
from sobolev.checks.mistakes.columns import TOLERANCE, Verdict, judge, unrelated
from sobolev.checks.mistakes.corrections import Correction, Scales, scales
from sobolev.checks.words import sentences
from sobolev.checks.words.called import Names
from sobolev.checks.words.finding import Finding, Judged
from sobolev.kriging.around_rows import gradients_of_values

LEAST = 4  # rows below which nothing is said
OFFSET = 0.5  # of the size of a column: less is no gross mistake
WITHOUT = " in rows without values"
FITS = "by local fits of the values"
Said = tuple[list[Finding], list[Judged]]


@dataclass(frozen=True)
class Fit:
    """Gradients that the values around suggest: `slopes`, `errors` `[rows, d]`, scaled.

    `common`: rows for each d + 1 values, at least 1, of which errors are not independent.
    """

    slopes: np.ndarray
    errors: np.ndarray
    common: float


def fit_at(rows: np.ndarray, y: np.ndarray, sample: Sample) -> Fit | None:
    """At some `rows` of the sample by its values `y [n]`; None where these do not tell."""
    d, there = sample.x.shape[1], np.isfinite(y)
    if there.sum() < d + LEAST or not len(rows) or sample.constant.any():
        return None
    if not y[there].std() > 1e-13 * np.abs(y[there]).max():
        return None
    try:
        found = gradients_of_values(sample.x, y, rows)
    except np.linalg.LinAlgError:  # such as many rows at one point
        return None
    if found.missed > RESOLVED:
        return None
    common = max(1.0, len(rows) * (d + 1) / there.sum())
    unseen = found.missed * y[there].std()  # what changes values by less is not told by them
    return Fit(found.slopes, np.hypot(found.errors, unseen), common)


def judge_without_values(
    jacobian: np.ndarray, k: int, y: np.ndarray, sample: Sample, called: Names
) -> Said:
    """The gradients of output `k` in rows that have no value, `jacobian [rows of table, q, d]`."""
    given = jacobian[sample.rows, k]
    alone = np.isfinite(given).any(axis=1) & ~np.isfinite(y)
    rows = sample.centres[alone[sample.centres]]
    if not len(rows):
        return [], []
    called = replace(called, where=WITHOUT, against=FITS)
    fit = fit_at(rows, y, sample)
    if fit is None or len(rows) < LEAST:
        return [], nothing_to_compare(called)
    size = np.nanstd(y)
    seen = Estimates(fit.slopes / size, fit.errors / size, sample.unit[rows] / size, fit.common)
    labelled = np.flatnonzero(np.isfinite(jacobian[:, k]).any(axis=1))  # the next is one of them
    three = three_of(jacobian[labelled], np.searchsorted(labelled, sample.rows[rows]))
    return judge_entries(three, k, seen, scales(sample.physical, y), called)


def judge_entries(
    labels: np.ndarray,
    output: int,
    seen: Estimates,
    sizes: Scales,
    called: Names,
    further: Iterable[Correction] = (),
) -> Said:
    """`labels [3, n, q, m]` of one output against what is expected of them."""
    given = labels[0, :, output]
    there = np.isfinite(given * seen.unit) & np.isfinite(seen.expected)
    doubt = seen.uncertain if there.any() else np.inf
    if there.any(axis=1).sum() < LEAST or doubt > RESOLVED:
        return [], nothing_to_compare(called)
    left = seen.left(given)
    if left > max(TOLERANCE, doubt):
        tried = [*offsets(given, output, seen, called), *further]
        verdict = judge(labels, output, seen, sizes, tried)
    else:  # as good as the fits themselves
        verdict = Verdict((), left, left, given, seen.factors(given))
    if not verdict.steps and verdict.after > UNRELATED and doubt < SMOOTH:
        verdict = replace(verdict, steps=(unrelated(given.shape[1], verdict.after),))
    before = doubt if verdict.steps and verdict.steps[0].kind == "unrelated" else verdict.before
    findings = [sentences.of_step(step, called, before) for step in verdict.steps]
    constant = np.zeros(given.shape[1], bool)
    return findings, judged_columns(called.names, verdict, seen, constant)


def offsets(given: np.ndarray, output: int, seen: Estimates, called: Names) -> Iterator[Correction]:
    """The same number added to every row of a column."""
    size = np.sqrt(np.nanmean(seen.expected**2, axis=0))
    with np.errstate(invalid="ignore"):
        off = np.nanmedian(given * seen.unit - seen.expected, axis=0)
        by = np.nanmedian(given - seen.expected / seen.unit, axis=0)
    by = np.where(np.abs(off) > OFFSET * size, by, 0.0)
    if by.any():
        inputs = tuple(int(j) for j in np.flatnonzero(by))
        said = ", ".join(f"{by[j]:.3g}" for j in inputs)
        yield Correction("offset", lambda labels: labels[:, output] - by, inputs, said)


def nothing_to_compare(called: Names, why: str = "no values around tell it") -> list[Judged]:
    """Each of them as not judged."""
    nothing = Regression.nothing(1)
    return [
        Judged(name, float(nothing.coefficients[0]), float(nothing.errors[0]), why)
        for name in called.names
    ]
