"""The report's sentences and numbers as Markdown, for a README, a paper's draft, an issue."""

from collections.abc import Sequence

from sobolev.records.over_seeds import summarise
from sobolev.records.study import Contender
from sobolev.reports import words
from sobolev.reports.claims.study.conclusions import conclusions
from sobolev.reports.claims.study.contests import wall_ratio
from sobolev.reports.claims.study.decomposition import decomposition
from sobolev.reports.read.study import Results

KINDS = ("baseline", "adaptive")


def markdown(results: Results) -> str:
    """Conclusions, errors of every scheme, and where the gains come from."""
    parts = [
        f"# {results.content.study}",
        "## What to conclude",
        *(f"**{claim.question}** {claim.lead}" for claim in conclusions(results)),
        "## Relative H1 error",
        error_table(results, KINDS),
        "Median over initialisations [quartiles].",
        "## Where the gain over SNN comes from",
        gain_table(results),
        "Median of log(error of SNN / error): of the scheme; of the schedule of its mean weight "
        "alone (step size); of its weights divided by their mean (balance).",
        "## Levenberg–Marquardt: wall time over that of SNN",
        _rows(
            ["", *map(str, results.cells)],
            [["ratio", *(words.number(wall_ratio(results, c, "lm")) for c in results.cells)]],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def error_table(results: Results, kinds: Sequence[str]) -> str:
    """Rows are schemes, columns are cells."""
    schemes = [scheme for kind in kinds for scheme in results.of_kind(kind)]
    head = ["scheme", *map(str, results.cells)]
    return _rows(head, [[s.label, *_errors(results, s)] for s in schemes])


def gain_table(results: Results) -> str:
    """gain = step size + balance (+ what only the two together do), for each cell."""
    rows = []
    for scheme in results.of_kind("adaptive"):
        found = [decomposition(results, cell, scheme.name) for cell in results.cells]
        if any(found):
            cells = [
                "–" if d is None else " / ".join(_part(p) for p in (d.gain, d.size, d.balance))
                for d in found
            ]
            rows.append([scheme.label, *cells])
    return _rows(["scheme: gain / step size / balance", *map(str, results.cells)], rows)


def _errors(results: Results, scheme: Contender) -> list[str]:
    shown = []
    for cell in results.cells:
        if not results.has(cell, scheme.name):
            shown.append("–")
            continue
        found = summarise(results.errors(cell, scheme.name))
        middle, low, high = map(words.number, (found.median, found.low, found.high))
        failed = f", {found.failed} failed" if found.failed else ""
        shown.append(f"{middle} [{low}–{high}]{failed}")
    return shown


def _part(interval) -> str:
    if interval is None:
        return "–"
    return f"{interval.middle:+.2f}" if abs(interval.middle) < float("inf") else "fails"


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
