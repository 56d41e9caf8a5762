"""The gain of each adaptive scheme, taken apart by its controls."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sobolev.records.over_seeds import Interval
from sobolev.reports.claims.study.contests import ranked
from sobolev.reports.claims.study.decomposition import Decomposition, decomposition
from sobolev.reports.figures.canvas import INK, Picture
from sobolev.reports.figures.series import last_cell
from sobolev.reports.read.study import Cell, Results

_FACTORS = (0.001, 0.01, 0.1, 0.2, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 1000, 10000)
_BARS = (
    ("gain", "gain over SNN", INK, -0.27),
    ("size", "step size alone (common growth replayed)", "#3182dd", 0.0),
    ("balance", "balance alone (weights normalised to mean 1)", "#e38c12", 0.27),
)


def decomposition_figures(results: Results) -> list[Picture]:
    """One picture a cell; empty without SNN or without adaptive schemes."""
    pictures = []
    for index, cell in enumerate(results.cells):
        rows = []
        for name in ranked(results, cell, "adaptive"):
            split = decomposition(results, cell, name)
            if split is not None and math.isfinite(split.gain.middle):
                rows.append((results.schemes[name].label, split))
        if rows:
            pictures.append(_picture(results, cell, rows, f"gain-{index + 1}"))
    return pictures


def _picture(
    results: Results, cell: Cell, rows: list[tuple[str, Decomposition]], name: str
) -> Picture:
    figure = Figure(figsize=(7.6, 1.5 + 0.5 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for key, label, colour, offset in _BARS:
        for row, (_, split) in enumerate(rows):
            _bar(axes, row + offset, getattr(split, key), colour)
        axes.barh([math.nan], [math.nan], color=colour, alpha=0.75, label=label)
    axes.axvline(0, color=INK, lw=1)
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    low, high = axes.get_xlim()
    round_numbers = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(math.exp(low), math.exp(high))
    factors = _FACTORS if high - low > 1.6 else round_numbers
    axes.set_xticks([math.log(f) for f in factors if f > 0 and low <= math.log(f) <= high])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"×{math.exp(v):.3g}"))
    axes.set_xlabel("error of SNN divided by error (right of ×1: better than SNN)")
    axes.set_title(str(cell), loc="left")
    figure.legend(loc="outside lower center", ncols=1)
    return Picture(
        name,
        figure,
        f"Gain of each adaptive scheme over SNN with its step-size and balance parts; {cell}.",
        f"{cell}. Bar: median over initialisations; line: 95 % interval. Where the blue bar is as "
        "long as the dark one, a larger step explains the gain; where the orange one is, the "
        "balance between the terms does.",
        main=cell == last_cell(results, cell.network),
    )


def _bar(axes: Axes, row: float, interval: Interval | None, colour: str) -> None:
    if interval is None or not math.isfinite(interval.middle):
        return
    axes.barh(row, interval.middle, height=0.24, color=colour, alpha=0.75, lw=0)
    if interval.known and math.isfinite(interval.low) and math.isfinite(interval.high):
        axes.plot([interval.low, interval.high], [row, row], color=colour, lw=1.3)
        axes.plot([interval.low, interval.high], [row, row], "|", color=colour, ms=5)
