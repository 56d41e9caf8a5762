"""Accuracy against computing time."""

import math

import numpy as np
from matplotlib.figure import Figure

from sobolev.report import comparisons, statistics
from sobolev.report.figures.canvas import Picture, head, log_axis
from sobolev.report.figures.palette import look
from sobolev.report.results import Cell, Results, Scheme


def cost_figures(results: Results) -> list[Picture]:
    """One picture a network: median relative H1 error against median CPU seconds, log-log."""
    pictures = []
    for index, network in enumerate(results.networks):
        cells = [cell for cell in results.cells if cell.network == network]
        points = [_points(results, cell) for cell in cells]
        if any(points):
            pictures.append(_picture(results, network, cells, points, f"cost-{index + 1}"))
    return pictures


def _points(results: Results, cell: Cell) -> list[tuple[Scheme, float, float]]:
    found = []
    for scheme in results.schemes.values():
        if results.has(cell, scheme.name):
            seconds = results.cost(cell, scheme.name)
            seconds = statistics.quantile(seconds[~np.isnan(seconds)], 0.5)
            error = statistics.summarise(results.errors(cell, scheme.name)).median
            if seconds > 0 and error > 0 and math.isfinite(error):
                found.append((scheme, seconds, error))
    return found


def _picture(results: Results, network: str, cells: list[Cell], points: list, name: str):
    columns = min(len(cells), 2)
    rows = -(-len(cells) // columns)
    figure = Figure(figsize=(4.3 * columns + 0.6, 3.7 * rows), layout="constrained")
    head(figure, f"Network {network}")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, cell, found in zip(panels, cells, points, strict=False):
        for scheme, seconds, error in found:
            _mark(axes, scheme, seconds, error)
        axes.margins(x=0.22, y=0.12)
        axes.set_title(f"{cell.budget} epochs", loc="left")
        axes.set_xlabel("median CPU time in s")
        axes.set_ylabel("median relative H1 error")
        if found:
            log_axis(axes, "x")
            log_axis(axes, "y")
        named = set(comparisons.ranked(results, cell, "adaptive")[:2])
        _label(axes, [p for p in found if p[0].kind == "baseline" or p[0].name in named])
    for axes in panels[len(cells) :]:
        axes.set_axis_off()
    return Picture(
        name,
        figure,
        f"Median error against median CPU seconds for every scheme, network {network}.",
        f"Network {network}. Lower left is better. Filled: baselines and adaptive schemes (the "
        "baselines and the two best adaptive ones are named, colours as in the key); hollow: "
        "controls. LM is given the same wall time as SNN; it may use more cores.",
    )


def _mark(axes, scheme: Scheme, seconds: float, error: float) -> None:
    style = look(scheme)
    if scheme.kind == "control":
        axes.plot(seconds, error, style.marker, ms=4, mfc="none", mec=style.colour, alpha=0.55)
    else:
        axes.plot(seconds, error, style.marker, ms=6.5, color=style.colour, mew=0)


def _label(axes, points: list[tuple[Scheme, float, float]]) -> None:
    """Names beside the points, pushed apart where they would cover each other."""
    low, high = np.log(axes.get_ylim())
    gap, last = (high - low) / 19, math.inf
    for scheme, seconds, error in sorted(points, key=lambda p: -p[2]):
        height = min(math.log(error), last - gap)
        last = height
        axes.annotate(
            scheme.label,
            (seconds, error),
            xytext=(seconds * _width(axes) ** 0.03, math.exp(height)),
            fontsize=7.5,
            color=look(scheme).colour,
            va="center",
            annotation_clip=False,
        )


def _width(axes) -> float:
    low, high = axes.get_xlim()
    return high / low
