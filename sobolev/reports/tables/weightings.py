"""Tables of a comparison: verdicts, gains under control, rates, settings."""

from sobolev.records.paired import Says
from sobolev.reports import words
from sobolev.reports.claims.weightings import names
from sobolev.reports.claims.weightings.matches import edges, origins
from sobolev.reports.claims.weightings.step_length import KINDS
from sobolev.reports.html import fold, table, text
from sobolev.reports.read.weightings import Verdict, Weightings, number
from sobolev.reports.words import p_value, times

_CLASS = {Says.BETTER: "better", Says.WORSE: "worse", Says.SAME: "soft"}
_HEAD = ("scheme", "median", "lowest – highest", "ratio", "p", "verdict", "rate", "failed")


def verdict_tables(found: Weightings) -> str:
    """Every number of every scheme: one folded table a problem, variants below each other."""
    ends = {(e.problem, e.variant, e.scheme): e.end for e in edges(found)}
    shown = ""
    for problem in found.problems:
        rows = []
        for variant in found.variants:
            group = found.group(problem, variant)
            if group:
                rows.append([text(names.variant(variant))])
            rows += [_verdict(v, ends.get((problem, variant, v.scheme))) for v in group]
        caption = f"{names.problem(problem)}, baseline {found.baseline(problem)}"
        shown += fold(text(names.problem(problem)), table(_HEAD, rows, text(caption)))
    return shown


def gain_table(found: Weightings) -> str:
    """Every gain with Adam as it is, and its ratio under each control."""
    rows = []
    for problem in found.problems:
        gains = origins(found, problem)
        if gains:
            rows.append([text(names.problem(problem))])
        for gain in gains:
            ratios = [
                _ratio(gain.ratios[v], gain.said[v]) if v in gain.ratios else "–"
                for v in found.variants
            ]
            rows.append([text(gain.scheme), *ratios, KINDS[gain.kind]])
    head = ["scheme", *(text(names.variant(v)) for v in found.variants), "the gain is"]
    return table(head, rows, "Error over that of the baseline in the same variant") if rows else ""


def tuning_tables(found: Weightings) -> str:
    """Median error of the tuning runs for every rate, the chosen one marked."""
    shown = ""
    for problem, variant in found.groups():
        group = found.group(problem, variant)
        swept = {v.scheme: found.tuning(problem, variant, v.scheme) for v in group}
        rates = sorted({rate for errors in swept.values() for rate in errors})
        rows = []
        for v in group:
            errors = swept[v.scheme]
            cells = [
                _marked(words.number(errors[r]), r == v.rate) if r in errors else "–" for r in rates
            ]
            rows.append([text(v.scheme), *cells])
        head = ["scheme", *(text(f"{rate:g}") for rate in rates)]
        place = names.place(problem, variant)
        if rates:
            shown += fold(text(place), table(head, rows, "Median error of the tuning runs"))
    return shown


def _verdict(v: Verdict, end: str | None) -> list[str]:
    rate = f"{v.rate:g}" + (f" ({end})" if end else "")
    name = f"<b>{text(v.scheme)}</b>" if v.scheme == v.baseline else text(v.scheme)
    low, high = words.number(number(v.low)), words.number(number(v.high))
    shown = [name, f"<b>{words.number(number(v.median))}</b>", f"{low} – {high}"]
    if v.scheme == v.baseline:
        shown += ["×1", "", "baseline"]
    else:
        said = f'<span class="{_CLASS[v.says]}">{v.says}</span>'
        shown += [times(number(v.ratio)), p_value(v.p), said]
    failed = f'<span class="bad">{v.failed}</span>' if v.failed else "0"
    return [*shown, rate, failed]


def _ratio(ratio: float, says: Says) -> str:
    return f'<span class="{_CLASS[says]}">{times(ratio)}</span><small>{says}</small>'


def _marked(shown: str, chosen: bool) -> str:
    return f'<b class="best">{shown}</b>' if chosen else shown


def ratio_rows(found: Weightings, baseline: str) -> list[list[str]]:
    """Ratios of all schemes to a baseline as Markdown cells: bold is better, italic is worse."""
    groups = [group for group in found.groups() if found.baseline(group[0]) == baseline]
    rows = [["", *(names.place(*group) for group in groups)]]
    for scheme in found.schemes:
        verdicts = [found.verdict(*group, scheme) for group in groups]
        if any(verdicts):
            rows.append([scheme, *("–" if v is None else _markdown(v) for v in verdicts)])
    return rows


def _markdown(v: Verdict) -> str:
    if v.scheme == v.baseline:
        return f"baseline: {words.number(number(v.median))}"
    mark = {Says.BETTER: "**", Says.WORSE: "*", Says.SAME: ""}[v.says]
    return f"{mark}{times(number(v.ratio))}{mark}"
