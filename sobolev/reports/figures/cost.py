"""Accuracy against computing time."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sobolev.records.over_seeds import quantile, summarise
from sobolev.reports.figures.canvas import Picture, head, log_axis
from sobolev.reports.figures.palette import look
from sobolev.reports.read.study import Cell, Contender, Results


def cost_figures(results: Results) -> list[Picture]:
    """One picture a network: median relative H1 error against median CPU seconds, log-log."""
    pictures = []
    for index, network in enumerate(results.networks):
        cells = [cell for cell in results.cells if cell.network == network]
        points = [_points(results, cell) for cell in cells]
        if any(points):
            pictures.append(_picture(results, network, cells, points, f"cost-{index + 1}"))
    return pictures


def _points(results: Results, cell: Cell) -> list[tuple[Contender, float, float]]:
    found = []
    for scheme in results.schemes.values():
        if results.has(cell, scheme.name):
            seconds = results.cost(cell, scheme.name)
            seconds = quantile(seconds[~np.isnan(seconds)], 0.5)
            error = summarise(results.errors(cell, scheme.name)).median
            if seconds > 0 and error > 0 and math.isfinite(error):
                found.append((scheme, seconds, error))
    return found


def _picture(results: Results, network: str, cells: list[Cell], points: list, name: str):
    columns = min(len(cells), 2)
    rows = -(-len(cells) // columns)
    figure = Figure(figsize=(4.0 * columns + 0.4, 3.3 * rows + 0.9), layout="constrained")
    head(figure, f"Network {network}")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, cell, found in zip(panels, cells, points, strict=False):
        for scheme, seconds, error in found:
            _mark(axes, scheme, seconds, error)
        axes.margins(0.1)
        axes.set_title(f"{cell.budget} epochs", loc="left")
        axes.set_xlabel("median CPU time in s")
        axes.set_ylabel("median relative H1 error")
        if found:
            log_axis(axes, "x")
            log_axis(axes, "y")
    for axes in panels[len(cells) :]:
        axes.set_axis_off()
    drawn = {scheme.label: scheme for found in points for scheme, *_ in found}
    named = [scheme for scheme in drawn.values() if scheme.kind != "control"]
    for scheme in named:
        _mark(panels[0], scheme, math.nan, math.nan, label=scheme.label)
    figure.legend(loc="outside lower center", ncols=3)
    return Picture(
        name,
        figure,
        f"Median error against median CPU seconds for every scheme, network {network}.",
        f"Network {network}. Lower left is better: accurate and cheap. Filled: baselines and "
        "adaptive schemes; hollow, in the colour of their scheme: controls.",
    )


def _mark(axes: Axes, scheme: Contender, seconds: float, error: float, label: str = "") -> None:
    style = look(scheme)
    if scheme.kind == "control":
        axes.plot(seconds, error, style.marker, ms=4, mfc="none", mec=style.colour, alpha=0.55)
    else:
        axes.plot(seconds, error, style.marker, ms=6.5, color=style.colour, mew=0, label=label)
