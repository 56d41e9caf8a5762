"""Is a derivative wrong of a function that can be asked? Differences of its values, where we like.

A table has what it has, and its rows are far apart: 12 % of a slope is what that can tell. A
function is asked close by, which tells 0.2 %.
"""

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev._base.types import Jacobians, Points
from sobolev.checks.words.finding import Check, Finding, Judged
from sobolev.derivative_names import derivative_name
from sobolev.function import Function

STEP = 1e-2  # of the domain, to both sides
SEEN = 2e-3  # of the largest slope of an output: programs print few digits
DOUBT = 10.0  # times what the differences of two widths differ by
POINTS = 3


def check_function(function: Function) -> Check:
    """Compare the Jacobian of a function with differences of its values, at 3 points of its box.

    Costs 4 d values and one Jacobian at each. Central differences of 1 % of the domain, with
    Richardson's step; what they leave in doubt is said as not judged. Raises `ConfigError` for a
    function without a box or without first derivatives.
    """
    if function.box is None or function.order < 1:
        lacks = "box" if function.box is None else "first derivatives"
        raise ConfigError(
            f"this {type(function).__name__} has no {lacks}: nothing of it can be checked."
        )
    inner = 0.2 + 0.6 * np.random.default_rng(0).random((POINTS, function.box.dimension))
    rows = function.box.from_unit(inner)
    width = np.subtract(function.box.upper, function.box.lower)
    given = function.jacobian(rows) * width
    right, doubt = _differences(function, rows, width)
    turned = _turned(given, right, width)
    findings, judged = [], []
    for k in range(len(function.outputs)):
        said = _output(function, k, given, right, doubt, turned)
        findings += said[0]
        judged += said[1]
    return Check(tuple(findings), tuple(judged), POINTS, POINTS)


def _differences(
    function: Function, rows: Points, width: Float[np.ndarray, " d"]
) -> tuple[Jacobians, Jacobians]:
    """(8 (y₊½ − y₋½) − (y₊ − y₋)) / 6 h, and by how much that differs from one width alone."""
    slopes, doubts = [], []
    for direction in np.diag(STEP * width):
        near, far = (
            function.value(rows + s * direction) - function.value(rows - s * direction)
            for s in (0.5, 1.0)
        )
        slopes.append((8 * near - far) / (6 * STEP))
        doubts.append(np.abs(near / STEP - slopes[-1]))
    return np.stack(slopes, axis=-1), np.stack(doubts, axis=-1)


def _output(
    function: Function, k: int, given: Jacobians, right: Jacobians, doubt: Jacobians, turned: bool
) -> tuple[list[Finding], list[Judged]]:
    """Column by column, in units of the domain; then what would put the wrong ones right."""
    output, inputs = function.outputs[k], tuple(function.inputs)
    size = np.abs(right[:, k]).max()
    allowed = np.maximum(SEEN * size, DOUBT * doubt[:, k])
    wrong = np.any(np.abs(given[:, k] - right[:, k]) > allowed, axis=0)
    judged = []
    for i, name in enumerate(inputs):
        factor, spread = _factor(given[:, k, i], right[:, k, i])
        verdict = "wrong" if wrong[i] else "right"
        if not wrong[i] and allowed[:, i].max() > 0.1 * max(
            np.abs(right[:, k, i]).max(), SEEN * size
        ):
            verdict = "small beside others, or beside the doubt"
        judged.append(Judged(derivative_name(output, name), factor, spread, verdict))
    findings = []
    if wrong.any() and turned:
        findings.append(_finding("transposed", function, k, wrong, given, right))
    elif wrong.any():
        for i in np.flatnonzero(wrong):
            only = np.arange(len(inputs)) == i
            factor, spread = _factor(given[:, k, i], right[:, k, i])
            kind = "factor" if spread < 0.02 * abs(factor) else "unrelated"
            kind = "sign" if kind == "factor" and abs(factor + 1) < 0.02 else kind
            findings.append(_finding(kind, function, k, only, given, right, factor))
    return findings, judged


def _turned(given: Jacobians, right: Jacobians, width: Float[np.ndarray, " d"]) -> bool:
    """Whether the Jacobian is the transposed one, of every output at once."""
    if right.shape[1] != right.shape[2]:
        return False
    other = (right / width).swapaxes(1, 2) * width
    allowed = SEEN * np.abs(other).max(axis=(0, 2), keepdims=True)
    return bool(np.all(np.abs(given - other) <= allowed))


def _factor(given: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """The factor that makes a column right, and how much it differs from point to point."""
    there = np.abs(given) > 1e-9 * max(np.abs(given).max(), 1e-300)
    if not there.any():
        return np.nan, np.inf
    ratios = right[there] / given[there]
    return float(np.median(ratios)), float(np.ptp(ratios))


def _finding(kind, function, k, which, given, right, factor: float = 1.0) -> Finding:
    output = function.outputs[k]
    names = tuple(name for name, is_it in zip(function.inputs, which, strict=True) if is_it)
    who = ", ".join(derivative_name(output, name) for name in names)
    size = max(np.abs(right[:, k]).max(), 1e-300)
    before = float(np.abs(given[:, k] - right[:, k])[:, which].max() / size)
    said = {
        "sign": f"{who} has the wrong sign: multiply by −1.",
        "factor": f"{who} is {1 / factor if factor else np.inf:.4g} times the slope of its values: "
        f"multiply by {factor:.4g}.",
        "transposed": f"the derivatives of {output} are laid out inputs × outputs: transpose.",
        "unrelated": f"{who} is not the slope of its values: no factor helps.",
    }[kind]
    share = f" (off by {before:.1%} of the largest, by differences of its values)."
    return Finding(kind, output, names, (), before, 0.0, said[:-1] + share)
