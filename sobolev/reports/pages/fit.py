"""The page of a fit: what the surrogate is worth, in words, then in pictures."""

import shlex
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from sobolev import __version__
from sobolev.reports import words
from sobolev.reports.claims.fit.sentences import full
from sobolev.reports.drawing.colours import DASHES, LINES
from sobolev.reports.figures.fit.course import course, drawn_terms
from sobolev.reports.figures.fit.parity import parity
from sobolev.reports.figures.fit.shown import MOST_SLOPES, Drawn, Shown, left_out
from sobolev.reports.figures.fit.slices import slices
from sobolev.reports.html import document, text
from sobolev.reports.read.fit import Seen
from sobolev.reports.tables import fit as tables

if TYPE_CHECKING:
    from sobolev.checks import Check
    from sobolev.training import Fit

MADE_BY = "sobolev fit"  # a file without this mark is somebody else's


def fit_page(
    seen: Seen, fitted: "Fit", checked: "Check | None", said: Sequence[str], model: str, source: str
) -> str:
    """The whole page; `said` are its lines on top, `model` and `source` names of files."""
    shown = Shown.of(seen)
    sections = [
        ("worth", "What it is worth", _worth(said, seen, shown)),
        ("errors", "Error of each value and derivative", _errors(seen)),
        ("parity", "Given against computed", _parity(seen, shown)),
        ("slices", "Slices through the middle", _slices(seen, shown)),
        ("training", "Course of the training", _training(fitted)),
        ("check", "What the check of the derivatives saw", _check(checked, seen)),
        ("use", "How to use it", _use(seen, model)),
    ]
    title = f"Surrogate of {text(words.listed(_short(seen.data.outputs), 4))}"
    return document(title, text(_facts(seen, source)), sections, MADE_BY)


def _facts(seen: Seen, source: str) -> str:
    data = seen.data
    outputs, inputs = (_short(names) for names in (data.outputs, data.inputs))
    of = f"{words.listed(outputs)} as a function of {words.listed(inputs)}"
    rows = f"{seen.of[0]} training rows, {seen.of[1] or 'none'} held out"
    if seen.later:
        rows = f"{sum(seen.of)} training rows, {seen.of[1]} of them held out at first"
    return " · ".join(p for p in (source, of, rows, f"sobolev {__version__}") if p)


def _short(names: Sequence[str], most: int = 40) -> list[str]:
    return [name if len(name) <= most else f"{name[: most - 1]}…" for name in names]


def _worth(said: Sequence[str], seen: Seen, shown: Shown) -> str:
    lines = "".join(f"<p>{text(line)}</p>" for line in said)
    omitted = "".join(f'<p class="soft">{text(line)}</p>' for line in left_out(seen, shown))
    return f'<div class="claim said">{lines}</div>{omitted}'


def _errors(seen: Seen) -> str:
    intro = (
        "<p>Relative: of a value to its spread, of a derivative to its size; with its interval of "
        "90 %, from drawing the rows again. RMSE and largest error in the units of the row.</p>"
    )
    return intro + tables.error_table(seen) + tables.worst_table(seen)


def _parity(seen: Seen, shown: Shown) -> str:
    intro = (
        "<p>Each mark is a row: across what the data say, upwards what the surrogate says. On the "
        "dashed line it is right.</p>"
    )
    others = any(each.output is None for each in seen.compared)
    groups = [parity(seen, shown, k) for k in (*shown.outputs, *([None] if others else []))]
    if seen.data.dimension > MOST_SLOPES:
        intro += (
            f"<p>Of {seen.data.dimension} first derivatives of each output the {MOST_SLOPES} are "
            "drawn that matter most over the range of their input; the table has all.</p>"
        )
    return intro + _marks(seen) + "".join(map(_panels, groups))


def _marks(seen: Seen) -> str:
    """What dots and diamonds mean; diamonds are there when rows were held out."""
    said = "rows held out at first: what was said of them then" if seen.later else "rows held out"
    held_out = f'<span><i class="diamond"></i>{said}</span>' if seen.held_out.any() else ""
    dot = '<span><i class="dot"></i>rows trained on</span>' if not seen.held_out.all() else ""
    return f'<div class="key">{dot}{held_out}</div>'


def _slices(seen: Seen, shown: Shown) -> str:
    parts = [
        "<p>The line is the surrogate along one input, the other inputs in the middle of their "
        "range, with some of its tangents. Marks are the rows that are nearest, pale where they "
        "are far; their short strokes are the slopes that the data give. A row that does not lie "
        "on the slice is moved along with the surrogate: its distance from the line, and the angle "
        "between its stroke and the line, are the errors at that row.</p>"
    ]
    if len(seen.slices) < seen.data.dimension:
        names = [seen.data.inputs[cut.input] for cut in seen.slices]
        parts.append(
            f"<p>Of {seen.data.dimension} inputs those are drawn along which the outputs change "
            f"most: {text(words.joined(names))}.</p>"
        )
    return "".join(parts) + _marks(seen) + "".join(_panels(slices(seen, k)) for k in shown.outputs)


def _training(fitted: "Fit") -> str:
    history = fitted.history
    last = history.epoch[-1]
    best = "" if fitted.best_epoch == last else f", best at epoch {fitted.best_epoch}"
    how = f"trained by {fitted.optimiser.rstrip('.')}; " if fitted.optimiser else ""
    seconds = words.number(float(history.cpu_seconds[-1]), 2)
    said = f"{how}{fitted.result}, after {last} epochs{best}; {seconds} CPU seconds of steps."
    if fitted.fresh_residual == fitted.fresh_residual:
        fresh = words.number(fitted.fresh_residual, 2)
        said += f" Mean squared residual of the equations at points never trained on: {fresh}."
    terms = drawn_terms(history)
    items = "".join(
        f'<span><svg class="stroke" viewBox="0 0 28 4" aria-hidden="true"><path d="M0 2H28" '
        f'stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dash}"/></svg>'
        f"{text(history.terms[k])}</span>"
        for k, colour, dash in zip(terms, LINES, DASHES, strict=False)
    )
    cut = len(terms) < len(history.terms)
    drawn = f" Of {len(history.terms)} terms the {len(terms)} are drawn whose loss is the largest."
    more = drawn if cut else ""
    return (
        f'<p>{text(said[0].upper() + said[1:])}{text(more)}</p><div class="key">{items}</div>'
        + _panels(course(history))
    )


def _check(checked: "Check | None", seen: Seen) -> str:
    if checked is None:
        return "<p>The derivatives were not checked.</p>"
    findings = "".join(f"<li>{text(found.sentence)}</li>" for found in checked.findings)
    line = f"<ol>{findings}</ol>" if findings else f"<p>{text(full(checked.line))}</p>"
    if findings and seen.held_out.any() and not seen.later:
        line += '<p class="soft">Rows are counted from 0 among the training rows.</p>'
    return line + tables.check_table(checked)


def _use(seen: Seen, model: str) -> str:
    point = ", ".join(f"{middle:.4g}" for middle in _middle(seen))
    names = ", ".join(seen.data.inputs)
    template = files("sobolev.reports").joinpath("use.txt").read_text(encoding="utf-8")
    code = template.format(model=model, point=point, names=names).rstrip()
    command = f"sobolev predict {shlex.quote(model)} points.csv --out predicted.csv"
    return (
        "<p>In Python: values [rows, outputs] and slopes [rows, outputs, inputs], in the units of "
        f"the table.</p><pre>{text(code)}</pre><p>On the command line, for a table with the "
        f"columns {text(names)}:</p><pre>{text(command)}</pre><p>Outside the range of its "
        "training rows do not trust it: <code>model.inside(x)</code> says where that is.</p>"
    )


def _middle(seen: Seen) -> list[float]:
    low, high = seen.data.x.min(axis=0), seen.data.x.max(axis=0)
    return (low / 2 + high / 2).tolist()


def _panels(drawn: Sequence[Drawn]) -> str:
    figures = "".join(
        f"<figure><figcaption>{text(each.title)}</figcaption>{each.picture}</figure>"
        for each in drawn
    )
    return f'<div class="panels">{figures}</div>' if figures else ""
