"""Tables as HTML; every text that comes from the data is escaped here."""

import json
import math
from collections.abc import Sequence

from sobolev.records.over_seeds import Interval, quantile, summarise
from sobolev.reports import words
from sobolev.reports.claims.study.contests import contest, pair, ranked, wall_ratio
from sobolev.reports.claims.study.decomposition import decomposition
from sobolev.reports.html import table, text
from sobolev.reports.read.study import Cell, Contender, Results

_GROUPS = {"baseline": "Baselines", "adaptive": "Adaptive", "control": "Controls"}


def error_table(results: Results, metric: str, kinds: Sequence[str], caption: str) -> str:
    """Median, quartiles, failed runs and CPU seconds of each scheme (rows) and cell (columns)."""
    schemes = results.of_kind(*kinds)
    best = {cell: _best(results, cell, metric, schemes) for cell in results.cells}
    rows, group = [], ""
    for scheme in schemes:
        if scheme.kind != group:
            group = scheme.kind
            rows.append([_GROUPS[group]])
        cells = [
            _error_cell(results, cell, scheme, metric, scheme.name == best[cell])
            for cell in results.cells
        ]
        rows.append([_scheme_name(scheme), *cells])
    head = ["scheme", *(_cell_head(cell) for cell in results.cells)]
    return table(head, rows, text(caption))


def gain_table(results: Results) -> str:
    """Gain, step-size part, balance part and remainder of each adaptive scheme and cell."""
    rows = []
    for cell in results.cells:
        rows.append([text(cell)])
        for name in ranked(results, cell, "adaptive"):
            split = decomposition(results, cell, name)
            if split is None:
                continue
            columns = [
                _part(split.gain, None),
                _part(split.size, split.size_share),
                _part(split.balance, split.balance_share),
                _part(split.remainder, None),
            ]
            rows.append([_scheme_name(results.schemes[name]), *columns])
    head = ["scheme", "gain", "step size", "balance", "remainder"]
    return table(head, rows, "Gain over SNN, log of error ratios")


def comparison_table(results: Results, baseline: str) -> str:
    """Every adaptive scheme against one baseline in every cell."""
    contests = [contest(results, cell, baseline) for cell in results.cells]
    found = {each.cell: each for each in contests if each is not None}
    rows = []
    for scheme in results.of_kind("adaptive"):
        cells = []
        for cell in found:
            result = found[cell].comparisons.get(scheme.name)
            if result is None or not result.n:
                cells.append("–")
                continue
            cells.append(
                f'<span class="{result.says.replace(" ", "-")}">'
                f"{text(words.factor_range(result.log_ratio))}</span>"
                f"<small>better in {result.paired.wins} of {result.n}</small>"
            )
        rows.append([_scheme_name(scheme), *cells])
    if not found:
        return ""
    first = next(iter(found.values()))
    caption = (
        f"Error divided by that of {first.baseline.label}; intervals at {words.level(first.level)}"
    )
    return table(["scheme", *(_cell_head(cell) for cell in found)], rows, text(caption))


def wall_table(results: Results) -> str:
    """Wall time and error of LM against plain SNN."""
    rows = []
    for cell in results.cells:
        found = pair(results, cell, "lm", "snn")
        if found is None:
            continue
        ratio = wall_ratio(results, cell, "lm")
        rows.append(
            [
                text(cell),
                "–" if math.isnan(ratio) else f"×{words.number(ratio)}",
                _numeric(words.factor_range(found.log_ratio)),
                f"{found.paired.wins} of {found.n}",
            ]
        )
    head = ["setting", "wall time LM / SNN", "error LM / SNN", "LM better in"]
    return table(head, rows, "Levenberg–Marquardt against plain SNN") if rows else ""


def tuning_table(results: Results) -> str:
    """The learning-rate sweep behind the tuned baseline, best rate of each cell marked."""
    tuning = results.content.tuning
    cells = list(dict.fromkeys((t.network, t.budget) for t in tuning))
    rates = sorted({t.learning_rate for t in tuning})
    found = {(t.network, t.budget, t.learning_rate): t.median_relative_h1 for t in tuning}
    rows = []
    for rate in rates:
        row = [text(f"{rate:g}")]
        for cell in cells:
            value = found.get((*cell, rate))
            here = [found.get((*cell, r)) for r in rates]
            best = min((v for v in here if v is not None and math.isfinite(v)), default=None)
            row.append("–" if value is None else _marked(words.number(value), value == best))
        rows.append(row)
    head = ["learning rate", *(_cell_head(Cell(*cell)) for cell in cells)]
    return table(head, rows, "Median relative H1 error of SNN") if rows else ""


def pairs_table(pairs: dict, caption: str) -> str:
    """Names and values, nested names joined by dots."""
    rows = [[text(name), f"<code>{text(value)}</code>"] for name, value in flat(pairs)]
    return table(["name", "value"], rows, text(caption)) if rows else ""


def flat(value: object, prefix: str = "") -> list[tuple[str, str]]:
    """Nested dictionaries as dotted names with JSON values."""
    if isinstance(value, dict) and value:
        return [
            item
            for key, inner in value.items()
            for item in flat(inner, f"{prefix}.{key}" if prefix else str(key))
        ]
    shown = value if isinstance(value, str) else json.dumps(value, default=str)
    return [(prefix, shown)]


def _cell_head(cell: Cell) -> str:
    return f"{text(cell.network)}<small>{cell.budget} epochs</small>"


def _scheme_name(scheme: Contender) -> str:
    return f'<span title="{text(scheme.description)}">{text(scheme.label)}</span>'


def _error_cell(results: Results, cell: Cell, scheme: Contender, metric: str, best: bool) -> str:
    if not results.has(cell, scheme.name):
        return "–"
    summary = summarise(results.errors(cell, scheme.name, metric))
    seconds = results.cost(cell, scheme.name)
    seconds = quantile(seconds[~(seconds != seconds)], 0.5)
    middle = f"{words.number(summary.low)}–{words.number(summary.high)}"
    line = _marked(words.number(summary.median), best)
    below = f"<small>{text(middle)}</small>"
    if metric == "relative_h1" and not math.isnan(seconds):
        below += f"<small>{words.number(seconds)} s</small>"
    if summary.failed:
        below += f'<small class="bad">{summary.failed} of {summary.runs} failed</small>'
    return line + below


def _best(results: Results, cell: Cell, metric: str, schemes: Sequence[Contender]) -> str | None:
    medians = {
        s.name: summarise(results.errors(cell, s.name, metric)).median
        for s in schemes
        if results.has(cell, s.name)
    }
    finite = {name: value for name, value in medians.items() if math.isfinite(value)}
    return min(finite, key=lambda name: finite[name]) if finite else None


def _marked(shown: str, best: bool) -> str:
    return f'<b class="best">{text(shown)}</b>' if best else f"<b>{text(shown)}</b>"


def _part(part: Interval | None, share: Interval | None) -> str:
    below = f"<small>{text(words.percent_range(share))} of the gain</small>" if share else ""
    return f"{text(words.log_range(part))}{below}"


def _numeric(shown: str) -> str:
    return f'<span class="nowrap">{text(shown)}</span>'
