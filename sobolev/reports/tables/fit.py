"""Tables of the page of a fit: errors of every term, rows that fit worst, what the check saw."""

import math
from typing import TYPE_CHECKING

import numpy as np

from sobolev.reports.claims.fit.errors import error_of, percent
from sobolev.reports.claims.fit.sentences import outstanding
from sobolev.reports.html import fold, table, text
from sobolev.reports.read.fit import Compared, Seen
from sobolev.reports.words import number

if TYPE_CHECKING:
    from sobolev.checks import Check

MOST, ALL = 16, 300  # rows of a table, and with what is folded away


def error_table(seen: Seen) -> str:
    """A row for each value and derivative; bars are long where the error is large.

    Of many the ones with the largest errors come first, the others are folded away.
    """
    both = bool(seen.held_out.any())
    judged = seen.held_out if both else ~seen.held_out
    found = [(each, error_of([each], judged)) for each in seen.compared]
    large = [(each, error.relative if error else 0.0) for each, error in found]
    worst = max((share for _, share in large if math.isfinite(share)), default=0.0)
    who = "rows held out" if both else "training rows"
    if len(found) > MOST:
        found.sort(key=lambda row: -(row[1].relative if row[1] else 0.0))
        who += f": the {MOST} largest of {len(found)}"
    rows = [_errors(seen, each, error, judged, worst) for each, error in found[:ALL]]
    head = ["", "relative error", "90 %", "RMSE", "largest"]
    head += ["training", "rows"] if both else ["rows"]
    shown = table(head, rows[:MOST], f"Errors on the {who}")
    rest = f"{len(rows) - MOST} smaller ones" if len(found) <= ALL else f"down to number {ALL}"
    return shown + (fold(rest, table(head, rows[MOST:], rest)) if len(rows) > MOST else "")


def _errors(seen: Seen, each: Compared, error, judged: np.ndarray, worst: float) -> list[str]:
    unit = f" <small>in {text(each.unit)}</small>" if each.unit else ""
    cells = [text(each.name) + unit, _bar(error.relative, worst) if error else "–"]
    cells += [_interval(error), *_physical(each, judged)]
    if seen.held_out.any():
        trained = error_of([each], ~seen.held_out)
        cells.append(f"{percent(trained.relative)} %" if trained else "–")
    return [*cells, str(int(each.there[judged].sum()))]


def _bar(share: float, worst: float) -> str:
    width = 100 * share / worst if worst > 0 and math.isfinite(share) else 0
    bar = f'<span class="bar"><i style="width:{width:.0f}%"></i></span>'
    return f"{bar}<span>{percent(share)} %</span>"


def _interval(error) -> str:
    if error is None or not error.low < error.high:
        return "–"
    return f"{percent(error.low)} – {percent(error.high)} %"


def _physical(each: Compared, rows: np.ndarray) -> tuple[str, str]:
    error = (each.says - each.given)[rows]
    error = error[np.isfinite(error)]
    if not len(error):
        return "–", "–"
    largest = np.abs(error).max()
    scale = largest or 1.0  # squares of 1e-200 are 0
    return number(float(scale * np.sqrt(np.mean((error / scale) ** 2)))), number(float(largest))


def worst_table(seen: Seen, most: int = 5) -> str:
    """The rows that stand out, or else the ones that fit worst, with their points."""
    far = outstanding(seen)
    rows = far[:most] if len(far) else np.argsort(-seen.misfit, kind="stable")[:most]
    shown = list(range(min(seen.data.dimension, 6)))
    units = [f" <small>in {text(u)}</small>" if u else "" for u in seen.data.input_units]
    point = [text(seen.data.inputs[j]) + units[j] for j in shown]
    head = ["", *point, "worst label", "given", "surrogate"]
    cells = []
    for row in rows:
        each = max(seen.compared, key=lambda c: np.nan_to_num(abs(c.error[row])))
        who = "held out" if seen.held_out[row] else "in training"
        point = [_digits(seen.data.x[row, j]) for j in shown]
        given, says = _digits(float(each.given[row])), _digits(float(each.says[row]))
        cells.append([who, *point, text(each.name), given, says])
    # whether one stands out the sentences on top say, of rows held out or of all
    return table(head, cells, "Rows with the largest errors")


def _digits(value: float) -> str:
    """Six digits, enough to find it in the table."""
    return f"{value:.6g}".replace("-", "−")


def check_table(checked: "Check", most: int = 60) -> str:
    """What was seen of each derivative; nothing where none was looked at."""
    if not checked.judged:
        return ""
    rows = [
        [text(j.derivative), _factor(j.factor, j.error), text(j.verdict)]
        for j in checked.judged[:most]
    ]
    more = f", the first {most} of {len(checked.judged)}" if len(checked.judged) > most else ""
    return table(
        ["derivative", "factor that fits the values", "verdict"], rows, f"Derivatives judged{more}"
    )


def _factor(factor: float, error: float) -> str:
    if not error < 1e3 * max(1.0, abs(factor)):
        return "–"
    return f"{number(factor, 4)} ± {number(error, 1)}"
