"""Judge the gradient of one output by the values at the same rows."""

from dataclasses import replace

import numpy as np

from sobolev.checks.evidence.pairs import Pairs, near_pairs
from sobolev.checks.evidence.regression import Regression
from sobolev.checks.evidence.sample import Sample
from sobolev.checks.evidence.smoothness import left_by_planes
from sobolev.checks.mistakes.columns import (
    TOLERANCE,
    WEIGHT,
    Differences,
    Seen,
    Verdict,
    judge,
    unrelated,
)
from sobolev.checks.mistakes.corrections import scales
from sobolev.checks.mistakes.rows import Suspects, judge_rows
from sobolev.checks.words import sentences
from sobolev.checks.words.called import Names
from sobolev.checks.words.finding import Finding, Judged

PRECISE, RESOLVED = 0.25, 0.7
LEAST = 4  # values
NOTHING = "no values that vary beside it"
UNRELATED, SMOOTH = 0.9, 0.4  # what derivatives and what values alone leave unexplained


def three_of(labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`labels` at the rows, at the next ones and at the ones before, NaN beyond the ends."""
    n = len(labels)
    return np.stack(
        [
            np.where(
                ((rows + by >= 0) & (rows + by < n)).reshape(-1, *[1] * (labels.ndim - 1)),
                labels[np.clip(rows + by, 0, n - 1)],
                np.nan,
            )
            for by in (0, 1, -1)
        ]
    )


def judge_gradient(
    jacobians: np.ndarray,
    k: int,
    y: np.ndarray,
    sample: Sample,
    called: Names,
    suspects: Suspects | None = None,
) -> tuple[list[Finding], list[Judged], Verdict]:
    """Of output `k` with the values `y [n]`: `jacobians [3, n, q, d]` as `three_of` makes them.

    The columns are judged without the rows whose slopes are suspect.
    """
    suspects = Suspects.none(len(y)) if suspects is None else suspects
    turned = suspects.turned
    verdict, seen, metric = by_differences(_without(jacobians, k, turned), k, y, sample)
    if turned.any():
        if verdict.steps:  # what was suspect of those rows may be what is wrong with all
            suspects = Suspects.none(len(y))
            verdict, seen, metric = by_differences(jacobians, k, y, sample)
        else:
            verdict = replace(verdict, gradient=jacobians[0, :, k])
    findings = [sentences.of_step(step, called, verdict.before) for step in verdict.steps]
    if seen is not None and not verdict.steps and verdict.after > UNRELATED:
        smooth = left_by_planes(sample.x, metric, y / np.nanstd(y), sample.centres)
        if smooth < SMOOTH:
            verdict = replace(verdict, steps=(unrelated(len(called.inputs), verdict.after),))
            findings.append(sentences.of_step(verdict.steps[0], called, smooth))
    judged = judged_columns(called.names, verdict, seen, sample.constant, _few(y))
    if verdict.after < RESOLVED:
        findings += _rows(y, sample, verdict, metric, called, suspects)
    return findings, judged, verdict


def _without(jacobians: np.ndarray, k: int, rows: np.ndarray) -> np.ndarray:
    if not rows.any():
        return jacobians
    jacobians = jacobians.copy()
    jacobians[0, rows, k] = np.nan
    return jacobians


def by_differences(
    jacobians: np.ndarray, k: int, y: np.ndarray, sample: Sample
) -> tuple[Verdict, Differences | None, np.ndarray]:
    """First with plain distances, then with those that the sensitivities found suggest."""
    metric = np.ones(sample.x.shape[1])
    verdict, seen = None, None
    for _ in range(2):
        seen = _differences(jacobians[0, :, k], y, sample, metric)
        if seen is None:
            break
        verdict = judge(jacobians, k, seen, scales(sample.physical, y))
        metric = _metric(verdict.gradient * seen.unit)
    if verdict is None or seen is None:
        nothing = Regression.nothing(sample.x.shape[1])
        verdict = Verdict((), np.nan, np.nan, jacobians[0, :, k], nothing)
    return verdict, seen, metric


def _rows(
    y, sample: Sample, verdict: Verdict, metric, called: Names, suspects: Suspects
) -> list[Finding]:
    d, size = sample.x.shape[1], np.nanstd(y)
    slopes = verdict.gradient * sample.unit / size
    per = size / np.where(sample.unit == 0, np.nan, sample.unit)
    found = judge_rows(sample.x, metric, y / size, slopes, sample.centres, 2 * d + 4, suspects)
    return [
        sentences.of_row(bad, slopes[bad.row], per[bad.row], called, int(sample.rows[bad.row]))
        for bad in found
    ]


def _differences(gradient, y, sample: Sample, metric) -> Differences | None:
    """What the values ask of a gradient, None where there is nothing to compare."""
    d = sample.x.shape[1]
    there = np.isfinite(y)
    if there.sum() < LEAST:
        return None
    size = float(y[there].std())
    if not size > 1e-13 * np.abs(y[there]).max():
        return None
    y = y / size
    some = np.isfinite(gradient).any(axis=1)
    pairs = _pairs(sample, metric, np.flatnonzero(there), 2 * d + 4)
    pairs = pairs.where(some[pairs.first] | some[pairs.second])
    if len(pairs) < 4:
        return None
    middle = (sample.x[pairs.first] + sample.x[pairs.second]) / 2
    return Differences(pairs, pairs.difference(y), sample.unit / size, middle)


def _pairs(sample: Sample, metric, there: np.ndarray, count: int) -> Pairs:
    """Pairs among the rows `there`, which have values."""
    centres = np.flatnonzero(np.isin(there, sample.centres))
    pairs = near_pairs(sample.x[there], metric, centres, count)
    first, second = there[pairs.first], there[pairs.second]
    return Pairs(first, second, pairs.step, pairs.weight, len(sample.x))


def _metric(slopes: np.ndarray) -> np.ndarray:
    """Inputs that matter more count more in the distance: √ of their typical slopes."""
    size = np.abs(np.where(np.isfinite(slopes), slopes, 0.0))
    size = np.quantile(size, 0.9, axis=0)
    return np.sqrt(np.maximum(size / (size.max() or 1.0), 0.05))


def _near_one(factor: float, error: float, slack: float) -> bool:
    return abs(factor - 1) < error or (factor > 0 and abs(np.log(factor)) < slack)


def _few(y: np.ndarray) -> str:
    """Why values tell nothing."""
    count = int(np.isfinite(y).sum())
    if count == 1:
        return "one row has no neighbours to be compared with"
    return f"{count} values are too few" if 1 < count < LEAST else NOTHING


def judged_columns(
    names: list[str],
    verdict: Verdict,
    seen: Seen | None,
    constant: np.ndarray,
    nothing: str = NOTHING,
) -> list[Judged]:
    """What is said of each column, `nothing` where there is nothing to compare it with."""
    wrong = {j for step in verdict.steps for j in step.inputs}
    fit = verdict.factors
    shares = np.zeros(len(names)) if seen is None else seen.shares(verdict.gradient)
    rule = np.zeros(len(names)) if seen is None else seen.rule_errors(verdict.gradient, fit)
    judged = []
    for j, name in enumerate(names):
        if j in wrong:
            word = "wrong"
        elif not np.isfinite(verdict.gradient[:, j]).any():
            continue  # none is given
        elif seen is None:
            word = nothing
        elif constant[j]:
            word = "its input is constant"
        elif verdict.after > RESOLVED:
            word = "the rows are too few or too far apart"
        elif not np.isfinite(fit.errors[j]):
            word = "it is zero, or the rows are too few"
        elif fit.errors[j] > PRECISE or 2 * shares[j] < WEIGHT * verdict.after:
            word = "its effect on the values is too small to be seen"
        elif not _near_one(fit.coefficients[j], 3 * fit.errors[j], TOLERANCE + verdict.after):
            word = "it fits badly, but not so badly as to be sure"
        else:
            word = "right"
        error = float(np.hypot(fit.errors[j], rule[j]))
        judged.append(Judged(name, float(fit.coefficients[j]), error, word))
    return judged
