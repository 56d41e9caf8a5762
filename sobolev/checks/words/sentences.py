"""Findings in words, with their remedies."""

import numpy as np

from sobolev.checks.mistakes.columns import Step
from sobolev.checks.mistakes.rows import BadRow
from sobolev.checks.words.called import Names
from sobolev.checks.words.finding import Finding
from sobolev.derivative_names import derivative_name

ANGLE = np.pi / 180


def of_step(step: Step, called: Names, before: float) -> Finding:
    """What is wrong with the columns of one output."""
    names = tuple(called.inputs[j] for j in step.inputs)
    each = [called.name(name) for name in names]
    who = called.every if 1 < len(names) == len(called.inputs) else _list(each)
    other, them = "" if step.other is None else called.outputs[step.other], called.all
    said = {
        "sign": f"{who} has the wrong sign: multiply by −1.",
        "factor": _factors(step, called, each, who),
        "scaled output": f"{who} is that of {called.output} divided by {step.detail}: multiply by "
        "it.",
        "scaled input": f"{who} is by the input divided by {step.detail}: divide by it.",
        "both scaled": f"{who} belongs to {called.output} and inputs divided by {step.detail}: "
        "undo it.",
        "swapped": f"{who if len(names) < len(called.inputs) else _list(each)} stand in each "
        "other's column: swap them.",
        "reversed": f"{them} stand in the reverse order of the inputs.",
        "rolled": f"{them} stand one column off: shift them back.",
        "transposed": f"{them} are laid out inputs × outputs: transpose.",
        "other output": f"{them} are those of {other}: exchange the two.",
        "rows shifted": f"{them} in each row are those of {step.detail}: shift them by one row.",
        "offset": f"{them} are off by the same number in every row ({step.detail}): subtract it.",
        "unrelated": f"{them} do not go with its values, although these are smooth: no simple "
        "correction helps.",
    }[step.kind]
    share = f" (unexplained {called.against}: {before:.0%} as given, {step.left:.1%} when "
    share += "corrected)"
    if step.kind == "unrelated":  # `before` is here what the values themselves leave
        share = f" (unexplained {called.against}: {step.left:.0%}; by the values alone "
        share += f"{before:.0%})"
    return Finding(step.kind, called.output, names, (), before, step.left, said[:-1] + share + ".")


def _factors(step: Step, called: Names, each: list[str], who: str) -> str:
    factor = step.factor[list(step.inputs)]
    if np.all(factor == -1):
        return f"{who} {'has' if len(each) == 1 else 'have'} the wrong sign: multiply by −1."
    if np.all(factor == factor[0]):
        return f"{who} {'is' if len(each) == 1 else 'are'} {_size(factor[0])}"
    by = [f"{name} by {f:.4g}" for name, f in zip(each, factor, strict=True)]
    return f"{called.all} do not fit its values: multiply {_list(by)}."


def _size(factor: float) -> str:
    if factor == 0:
        return "unrelated to the values: correct it, or leave it out."
    small = abs(factor) > 1
    times = abs(factor) if small else 1 / abs(factor)
    sign = "of the wrong sign and " if factor < 0 else ""
    if np.isclose(abs(factor), ANGLE) or np.isclose(1 / abs(factor), ANGLE):
        hint = " (degrees against radians?)"
    elif times >= 10 and np.isclose(np.log10(times) % 1, 0):
        hint = " (another unit, such as mm against m?)" if np.log10(times) % 3 == 0 else ""
    else:
        hint = ""
    way = "small" if small else "large"
    return f"{sign}{times:.4g} times too {way}: multiply by {factor:.4g}{hint}."


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def of_row(bad: BadRow, given: np.ndarray, per: np.ndarray, called: Names, row: int) -> Finding:
    """What is wrong with one row; `given [d]` scaled, `per [d]` takes it to physical units."""
    output = called.output
    off = np.abs(given - bad.expected)
    inputs = tuple(
        name for name, far in zip(called.inputs, off > 0.2 * np.nanmax(off), strict=True) if far
    )
    where = f"row {row}: "
    who = _list([called.name(name) for name in inputs])
    fit = np.nansum(given * bad.expected) / np.nansum(given**2 + 1e-300)
    rest = np.nansum((fit * given - bad.expected) ** 2) / np.nansum(bad.expected**2 + 1e-300)
    if np.isclose(fit, -1, atol=0.3) and rest < 0.1:
        said = "has the wrong sign" if len(inputs) == 1 else "have the wrong sign"
    elif rest < 0.1:
        said = f"should be about {fit:.3g} times as large"
    else:
        said = "does not fit" if len(inputs) == 1 else "do not fit"
        said += f" the rows around: expected about {_values(bad.expected * per, called, inputs)}"
    return Finding(
        "row", output, inputs, (row,), bad.error, bad.doubt,
        f"{where}{who} {said}: correct it, or leave it out (empty).",
    )  # fmt: skip


def _values(expected: np.ndarray, called: Names, inputs: tuple[str, ...]) -> str:
    values = dict(zip(called.inputs, expected, strict=True))
    return ", ".join(f"{values[name]:.3g}" for name in inputs)


def of_asymmetry(found, every: np.ndarray, output: str, inputs: tuple[str, ...]) -> Finding:
    """Two mixed derivatives that differ; `every [n]` row that was looked at."""
    a, b = inputs[found.i], inputs[found.j]
    rows = tuple(int(r) for r in every[found.rows])
    where = f"row {rows[0]}" if len(rows) == 1 else f"{len(rows)} rows, the first is {rows[0]}"
    said = (
        f"{derivative_name(output, a, b)} and {derivative_name(output, b, a)} differ "
        f"({where}), by up to "
        f"{found.error:.0%}: they must be equal, correct one or leave it out."
    )
    return Finding("asymmetric", output, (a, b), rows, found.error, 0.0, said)
