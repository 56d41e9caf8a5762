"""Wrong values in words, with their remedies."""

import numpy as np

from sobolev.checks.words.finding import Finding

LISTED = 8
REMEDY = "run again, correct, or leave out (an empty cell, or without the row)"


def of_values(rows: np.ndarray, output: str, sloped: bool) -> Finding:
    """Values of `rows` that fit nothing around."""
    one = len(rows) == 1
    said = f"{listed(rows)}: the value{'' if one else 's'} of {output} "
    said += f"{'does' if one else 'do'} not fit {'its' if one else 'their'} neighbours"
    said += f"{' and slopes' if sloped else ''}: {REMEDY}."
    return Finding("value", output, (), tuple(map(int, rows)), 0.0, 0.0, said)


def of_stand_in(value: float, rows: np.ndarray, output: str, zero: bool) -> Finding:
    """The same value in several `rows`; `zero`: their slopes are all 0."""
    said = f"{listed(rows)} hold the same value {value:.6g} of {output}"
    said += f"{', with slopes of zero,' if zero else ','} which does not fit their neighbours: a "
    said += f"stand-in for a failed run? {REMEDY[0].upper()}{REMEDY[1:]}."
    return Finding("stand-in", output, (), tuple(map(int, rows)), 0.0, 0.0, said)


def listed(rows: np.ndarray) -> str:
    """`row 17`, `rows 3, 9, 17`, of many the first."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    more = f" and {len(rows) - LISTED} more" if len(rows) > LISTED else ""
    return "rows " + ", ".join(str(row) for row in rows[:LISTED]) + more


def of_constant(value: float, output: str) -> Finding:
    """All values equal, slopes that are not zero."""
    said = f"the values of {output} are {value:.6g} in every row, but its slopes are not zero: "
    said += "values and slopes contradict each other. Look which column holds the values."
    return Finding("constant", output, (), (), 0.0, 0.0, said)
