"""Findings in words, with their remedies."""

import numpy as np

from sobolev.check.columns import Step
from sobolev.check.finding import Finding

ANGLE = np.pi / 180


def of_step(step: Step, output: str, inputs: tuple[str, ...], outputs, before: float) -> Finding:
    """What is wrong with the columns of one output."""
    names = tuple(inputs[j] for j in step.inputs)
    every = len(names) == len(inputs)
    who = f"every derivative of {output}" if every else _list([f"d{output}/d{n}" for n in names])
    one = len(names) == 1
    other = "" if step.other is None else outputs[step.other]
    said = {
        "sign": f"{who} has the wrong sign: multiply by −1.",
        "factor": _factors(step, output, names, who),
        "scaled output": f"{who} is that of {output} divided by {step.detail}: multiply by it.",
        "scaled input": f"{who} is by the input divided by {step.detail}: divide by it.",
        "both scaled": f"{who} belongs to {output} and inputs divided by {step.detail}: undo it.",
        "swapped": f"{who} stand in each other's column: swap them.",
        "reversed": f"the derivatives of {output} stand in the reverse order of the inputs.",
        "rolled": f"the derivatives of {output} stand one column off: shift them back.",
        "transposed": f"the derivatives of {output} are laid out inputs × outputs: transpose.",
        "other output": f"the derivatives of {output} are those of {other}: exchange the two.",
        "rows shifted": f"the derivatives of {output} in each row are those of {step.detail}: "
        "shift them by one row.",
        "unrelated": f"the derivatives of {output} do not go with its values, although these are "
        "smooth: no simple correction helps.",
    }[step.kind]
    if one and every:
        said = said.replace(who, f"d{output}/d{names[0]}")
    share = f" (unexplained differences of neighbouring rows: {before:.0%} as given, "
    share += f"{step.left:.1%} when corrected)"
    if step.kind == "unrelated":  # `before` is here what planes leave
        share = f" (unexplained differences of neighbouring rows: {step.left:.0%}; by planes "
        share += f"through the values {before:.0%})"
    return Finding(step.kind, output, names, (), before, step.left, said[:-1] + share + ".")


def _factors(step: Step, output: str, names, who: str) -> str:
    factor = step.factor[list(step.inputs)]
    if np.all(factor == -1):
        return f"{who} {'has' if len(names) == 1 else 'have'} the wrong sign: multiply by −1."
    if np.all(factor == factor[0]):
        return f"{who} {'is' if len(names) == 1 else 'are'} {_size(factor[0])}"
    each = [f"d{output}/d{n} by {f:.4g}" for n, f in zip(names, factor, strict=True)]
    return f"the derivatives of {output} do not fit its values: multiply {_list(each)}."


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


def of_row(bad, given: np.ndarray, data, k: int, row: int) -> Finding:
    """What is wrong with one row; `given [d]` scaled."""
    output = data.outputs[k]
    off = np.abs(given - bad.expected)
    inputs = tuple(
        name for name, far in zip(data.inputs, off > 0.2 * np.nanmax(off), strict=True) if far
    )
    where = f"row {row}: "
    if bad.by_value:
        said = f"the value of {output} does not fit the values and derivatives around it: correct "
        said += "it, or leave the row out"
        return Finding("value", output, (), (row,), bad.error, bad.doubt, f"{where}{said}.")
    who = _list([f"d{output}/d{name}" for name in inputs])
    fit = np.nansum(given * bad.expected) / np.nansum(given**2 + 1e-300)
    rest = np.nansum((fit * given - bad.expected) ** 2) / np.nansum(bad.expected**2 + 1e-300)
    if np.isclose(fit, -1, atol=0.3) and rest < 0.1:
        said = "has the wrong sign" if len(inputs) == 1 else "have the wrong sign"
    elif rest < 0.1:
        said = f"should be about {fit:.3g} times as large"
    else:
        said = "does not fit" if len(inputs) == 1 else "do not fit"
        said += f" the rows around: expected about {_values(bad.expected, data, k, inputs)}"
    return Finding(
        "row", output, inputs, (row,), bad.error, bad.doubt,
        f"{where}{who} {said}: correct it, or leave it out (empty).",
    )  # fmt: skip


def _values(expected, data, k, inputs) -> str:
    size = np.nanstd(data.y[:, k]) / data.x.std(axis=0)
    values = dict(zip(data.inputs, expected * size, strict=True))
    return ", ".join(f"{values[name]:.3g}" for name in inputs)


def of_asymmetry(found, output: str, inputs: tuple[str, ...]) -> Finding:
    """Two mixed derivatives that differ."""
    a, b = inputs[found.i], inputs[found.j]
    rows = tuple(int(r) for r in found.rows)
    where = f"row {rows[0]}" if len(rows) == 1 else f"{len(rows)} rows, the first is {rows[0]}"
    said = (
        f"d2{output}/d{a}d{b} and d2{output}/d{b}d{a} differ ({where}), by up to "
        f"{found.error:.0%}: they must be equal, correct one or leave it out."
    )
    return Finding("asymmetric", output, (a, b), rows, found.error, 0.0, said)
