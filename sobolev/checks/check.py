"""Is this derivative wrong, or this value?"""

from dataclasses import replace

import numpy as np

from sobolev.checks.asked import check_function
from sobolev.checks.evidence.sample import Sample, sample_of
from sobolev.checks.judges.gradients import by_differences, judge_gradient, judged_columns, three_of
from sobolev.checks.judges.products import judge_adjoint, judge_directional
from sobolev.checks.judges.values import Values, judge_output
from sobolev.checks.judges.without_values import Said, judge_without_values, nothing_to_compare
from sobolev.checks.mistakes.columns import Step
from sobolev.checks.mistakes.symmetry import asymmetries
from sobolev.checks.words import sentences
from sobolev.checks.words.called import Names
from sobolev.checks.words.finding import Check, Finding, Judged
from sobolev.data.dataset import Dataset
from sobolev.derivative_names import derivative_name
from sobolev.function import Function


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # the square of 1e200 is no finding
def check(data: Dataset | Function) -> Check:
    """Compare the values of a table with those around, and its derivatives with the values.

    A `Function`, such as a source, is asked at points of its box: its first derivatives are held to
    differences of its values close by, which names a column that is wrong by 1 % (4 d values at
    each of 3 points).

    A value that its neighbours and their slopes contradict is named with its row, also where
    several hide each other; so is a number that stands in several rows for what was not computed.
    They count for nothing in what follows.

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
    check(sources.Program("python beam.py", box, ("tip",), order=1))
    ```
    """
    if isinstance(data, Function):
        return check_function(data)
    sample = sample_of(data)
    try:
        findings, judged = _looked_at(data, sample)
    except np.linalg.LinAlgError:  # such as one slope of 1e300 among slopes of 1
        findings, judged = [], [Judged("every derivative", np.nan, np.nan, _APART)]
    return Check(tuple(findings), tuple(judged), len(sample.centres), len(data), data.unused)


_APART = "the numbers lie too far apart, look for the largest ones"


def _looked_at(data: Dataset, sample: Sample) -> Said:
    shape = (len(sample.rows), len(data.outputs), data.dimension)
    good = np.full(shape, np.nan)  # the gradients of the sample, without what is wrong with them
    parts: list[Said] = []
    given = np.full((len(data), *shape[1:]), np.nan)
    if data.jacobian is not None:
        estimated = data.estimated.get("jacobian", False)  # they come from the values
        given = np.where(estimated, np.nan, data.jacobian)
    y = data.y.copy()
    for k in range(len(data.outputs)):
        said, y[sample.rows, k] = _output(data, given, k, sample, good)
        parts.append(said)
    data = replace(data, y=y)  # without values that are wrong
    if data.jvp is not None:
        parts.append(judge_directional(data, good, sample))
    if data.vjp is not None:
        parts.append(judge_adjoint(data, good, sample))
    if data.hessian is not None:
        parts.append(_hessians(data, data.hessian, sample))
    if data.hvp is not None:
        names = tuple(f"direction {j}" for j in range(data.hvp.shape[2]))
        called = [Names(o, names, data.outputs, _second_product) for o in data.outputs]
        parts += [
            ([], nothing_to_compare(each, "such products are not compared")) for each in called
        ]
    return [each for part in parts for each in part[0]], [
        each for part in parts for each in part[1]
    ]


def _output(
    data: Dataset, given: np.ndarray, k: int, sample: Sample, good: np.ndarray
) -> tuple[Said, np.ndarray]:
    """Values, then gradients of output `k`; its values without the wrong ones, `[n]`."""
    values = judge_output(data, k, given[sample.rows, k], sample)
    if not np.isfinite(given[:, k]).any():
        nothing = []
        if data.jacobian is not None:
            nothing = _gradient(data, given, k, values, sample, good)[1]
        return (list(values.findings), nothing), values.y
    findings, judged, gradient = _gradient(data, given, k, values, sample, good)
    if gradient is not None:  # what was said of values leant on slopes that are wrong
        values = judge_output(data, k, gradient, sample)
        findings, judged, _ = _gradient(data, given, k, values, sample, good)
    return ([*values.findings, *findings], judged), values.y


def _gradient(
    data: Dataset, given: np.ndarray, k: int, values: Values, sample: Sample, good: np.ndarray
) -> tuple[list[Finding], list[Judged], np.ndarray | None]:
    """Output `k`, in rows with values and without; what can be trusted is noted in `good`.

    Also the gradient as corrected, None where it is as given and NaN where nothing corrects it.
    """
    called = Names(data.outputs[k], data.inputs, data.outputs)
    three, y = three_of(given, sample.rows), values.y
    three[:, values.zeroed, k] = np.nan
    findings, judged, verdict = judge_gradient(three, k, y, sample, called, values.suspects)
    if any(step.kind == "unrelated" for step in verdict.steps):
        good[:, k] = np.nan
        return findings, judged, np.full_like(verdict.gradient, np.nan)
    good[:, k] = verdict.gradient
    beside = np.isfinite(y) & np.isfinite(given[sample.rows, k]).any(axis=1)
    if not verdict.steps:
        bare = given.copy()  # where a value was wrong there was one
        bare[sample.rows[np.isfinite(data.y[sample.rows, k])], k] = np.nan
        others = judge_without_values(bare, k, y, sample, called)
        if others[0]:
            good[~np.isfinite(y), k] = np.nan
        findings, judged = findings + others[0], (judged if beside.any() else []) + others[1]
        return findings, judged, None
    return findings, judged, verdict.gradient


def _gross(step: Step) -> bool:
    """Slopes vary faster than values: for second derivatives a factor up to 3 proves nothing."""
    factor = step.factor[step.factor != 1]
    mild = (factor > 1 / 3.1) & (factor < 3.1)
    return step.kind != "factor" or not mild.all()


def _hessians(data: Dataset, every: np.ndarray, sample: Sample) -> Said:
    findings, judged = [], []
    for k, output in enumerate(data.outputs):
        hessian = every[sample.rows, k]
        asymmetric = asymmetries(hessian, sample.unit)
        findings += [
            sentences.of_asymmetry(found, sample.rows, output, data.inputs) for found in asymmetric
        ]
        if data.jacobian is None or asymmetric:
            continue  # which of the two is wrong is for the user to find
        who = tuple(f"{output}/d{name}" for name in data.inputs)
        hessians = three_of(every[:, k], sample.rows)
        for i, by in enumerate(data.inputs):
            slopes = data.jacobian[sample.rows, k, i]
            verdict, seen, _ = by_differences(hessians, i, slopes, sample)
            called = Names(who[i], data.inputs, who)
            findings += [
                sentences.of_step(step, called, verdict.before)
                for step in filter(_gross, verdict.steps)
            ]
            names = [derivative_name(output, by, name) for name in data.inputs]
            judged += judged_columns(names, verdict, seen, sample.constant)
    return findings, judged


def _second_product(output: str, direction: str) -> str:
    return f"H·v of {output} along {direction}"
