"""Is this derivative wrong?"""

from dataclasses import replace

import numpy as np

from sobolev.check import words
from sobolev.check.columns import WEIGHT, Differences, Step, Verdict, judge, unrelated
from sobolev.check.corrections import scales
from sobolev.check.finding import Check, Finding, Judged
from sobolev.check.pairs import Pairs, near_pairs
from sobolev.check.planes import left_by_planes
from sobolev.check.regression import Regression
from sobolev.check.rows import judge_rows
from sobolev.check.sample import Sample, sample_of
from sobolev.check.symmetry import asymmetries
from sobolev.data.dataset import Dataset

PRECISE, RESOLVED = 0.25, 0.7
UNRELATED, SMOOTH = 0.9, 0.4  # what derivatives and what planes leave of the differences


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # the square of 1e200 is no finding
def check(data: Dataset) -> Check:
    """Compare the derivatives of a table with the values around them.

    Between neighbouring rows a and b the trapezoidal rule y_b − y_a ≈ ½ (J_a + J_b)·(x_b − x_a)
    holds to third order. A robust regression of the differences on the contributions of the inputs
    gives a factor for each column, 1 when it is right. Mistakes that people make (signs, units,
    swapped columns, shifted rows, derivatives of the scaled output, ...) are tried, and what makes
    the derivatives explain the values is named. Single rows are compared with what a local Gaussian
    process of their neighbours expects, Hessians with the gradients around them and with their own
    transpose. Gaps are fine. What the rows are too few, too far apart or too noisy to tell is
    listed as not judged; it is never a finding. Tables above 1000 rows are judged on 1000 of them.

    ```python
    checked = check(data)
    print(checked.line)      # derivatives agree with the values (3 columns, 60 rows)
    checked.good, checked.findings
    ```
    """
    sample = sample_of(data)
    try:
        findings, judged = _looked_at(data, sample)
    except np.linalg.LinAlgError:  # such as one slope of 1e300 among slopes of 1
        findings, judged = [], [Judged("every derivative", np.nan, np.nan, _APART)]
    return Check(tuple(findings), tuple(judged), len(sample.centres), len(data))


_APART = "the numbers lie too far apart, look for the largest ones"


def _looked_at(data: Dataset, sample: Sample) -> tuple[list[Finding], list[Judged]]:
    findings: list[Finding] = []
    judged: list[Judged] = []
    if data.jacobian is not None:
        estimated = data.estimated.get("jacobian", False)  # they come from the values
        given = np.where(estimated, np.nan, data.jacobian)
        _gradients(data, given, sample, findings, judged)
    if data.hessian is not None:
        _hessians(data, data.hessian, sample, findings, judged)
    return findings, judged


def _three(labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
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


def _gradients(data: Dataset, jacobian, sample: Sample, findings, judged) -> None:
    jacobians = _three(jacobian, sample.rows)
    for k, output in enumerate(data.outputs):
        y = data.y[sample.rows, k]
        names = [f"d{output}/d{name}" for name in data.inputs]
        verdict, seen, metric = _judge(jacobians, k, y, sample)
        for step in verdict.steps:
            findings.append(words.of_step(step, output, data.inputs, data.outputs, verdict.before))
        if seen is not None and not verdict.steps and verdict.after > UNRELATED:
            smooth = left_by_planes(sample.x, metric, y / np.nanstd(y), sample.centres)
            if smooth < SMOOTH:
                verdict = replace(verdict, steps=(unrelated(data.dimension, verdict.after),))
                findings.append(
                    words.of_step(verdict.steps[0], output, data.inputs, data.outputs, smooth)
                )
        judged += _columns(names, verdict, seen, sample)
        if seen is not None:
            _rows(data, k, y, sample, verdict, metric, findings)


def _judge(jacobians, k: int, y, sample: Sample) -> tuple[Verdict, Differences | None, np.ndarray]:
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


def _differences(gradient, y, sample: Sample, metric) -> Differences | None:
    """What the values ask of a gradient, None where there is nothing to compare."""
    d = sample.x.shape[1]
    there = np.isfinite(y)
    if there.sum() < 4:
        return None
    size = float(y[there].std())
    if not size > 1e-13 * np.abs(y[there]).max():
        return None
    y = y / size
    pairs: Pairs = near_pairs(sample.x, metric, sample.centres, 2 * d + 4)
    value = pairs.difference(y)
    some = np.isfinite(gradient).any(axis=1)
    pairs = pairs.where(np.isfinite(value) & (some[pairs.first] | some[pairs.second]))
    if len(pairs) < 4:
        return None
    return Differences(pairs, pairs.difference(y), sample.unit / size)


def _metric(slopes: np.ndarray) -> np.ndarray:
    """Inputs that matter more count more in the distance: √ of their typical slopes."""
    size = np.abs(np.where(np.isfinite(slopes), slopes, 0.0))
    size = np.quantile(size, 0.9, axis=0)
    return np.sqrt(np.maximum(size / (size.max() or 1.0), 0.05))


def _columns(names, verdict: Verdict, seen, sample: Sample) -> list[Judged]:
    wrong = {j for step in verdict.steps for j in step.inputs}
    fit = verdict.factors
    shares = np.zeros(len(names)) if seen is None else seen.shares(verdict.gradient)
    judged = []
    for j, name in enumerate(names):
        if j in wrong:
            word = "wrong"
        elif not np.isfinite(verdict.gradient[:, j]).any():
            continue  # none is given
        elif seen is None:
            word = "no values that vary beside it"
        elif sample.constant[j]:
            word = "its input is constant"
        elif verdict.after > RESOLVED:
            word = "the rows are too few or too far apart"
        elif not np.isfinite(fit.errors[j]):
            word = "it is zero, or the rows are too few"
        elif fit.errors[j] > PRECISE or 2 * shares[j] < WEIGHT * verdict.after:
            word = "its effect on the values is too small to be seen"
        else:
            word = "right"
        judged.append(Judged(name, float(fit.coefficients[j]), float(fit.errors[j]), word))
    return judged


def _rows(data, k, y, sample: Sample, verdict, metric, findings) -> None:
    if not verdict.after < RESOLVED:
        return
    d, size = sample.x.shape[1], np.nanstd(y)
    slopes = verdict.gradient * sample.unit / size
    for bad in judge_rows(sample.x, metric, y / size, slopes, sample.centres, 2 * d + 4):
        findings.append(words.of_row(bad, slopes[bad.row], data, k, int(sample.rows[bad.row])))


def _gross(step: Step) -> bool:
    """Slopes vary faster than values: for second derivatives a factor up to 3 proves nothing."""
    factor = step.factor[step.factor != 1]
    mild = (factor > 1 / 3.1) & (factor < 3.1)
    return step.kind != "factor" or not mild.all()


def _hessians(data: Dataset, every, sample: Sample, findings, judged) -> None:
    for k, output in enumerate(data.outputs):
        hessian = every[:, k]
        asymmetric = asymmetries(hessian, sample.unit)
        findings += [words.of_asymmetry(found, output, data.inputs) for found in asymmetric]
        if data.jacobian is None or asymmetric:
            continue  # which of the two is wrong is for the user to find
        hessians = _three(hessian, sample.rows)
        for i, by in enumerate(data.inputs):
            slopes = data.jacobian[sample.rows, k, i]
            verdict, seen, _ = _judge(hessians, i, slopes, sample)
            names = [f"d2{output}/d{by}d{name}" for name in data.inputs]
            who = [f"{output}/d{name}" for name in data.inputs]
            for step in filter(_gross, verdict.steps):
                findings.append(words.of_step(step, who[i], data.inputs, who, verdict.before))
            judged += _columns(names, verdict, seen, sample)
