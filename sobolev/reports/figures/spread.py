"""Errors of all initialisations, scheme by scheme: how robust is the training?"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sobolev.records.over_seeds import quantile
from sobolev.reports.figures.canvas import Picture, dots, log_axis
from sobolev.reports.figures.palette import look
from sobolev.reports.figures.series import last_cell
from sobolev.reports.read.study import Cell, Contender, Results


def spread_figures(results: Results) -> list[Picture]:
    """One picture a cell: box and points of the relative H1 error, logarithmic."""
    pictures = []
    for index, cell in enumerate(results.cells):
        schemes = [s for s in results.of_kind("baseline", "adaptive") if results.has(cell, s.name)]
        if any(np.isfinite(results.errors(cell, s.name)).any() for s in schemes):
            pictures.append(_picture(results, cell, schemes, f"spread-{index + 1}"))
    return pictures


def _picture(results: Results, cell: Cell, schemes: list[Contender], name: str) -> Picture:
    figure = Figure(figsize=(7.6, 0.9 + 0.3 * len(schemes)), layout="constrained")
    axes = figure.subplots()
    labels = []
    for row, scheme in enumerate(schemes):
        errors = results.errors(cell, scheme.name)
        failed = int(np.isinf(errors).sum())
        labels.append(f"{scheme.label} ({failed} failed)" if failed else scheme.label)
        _row(axes, row, errors[~np.isnan(errors)], look(scheme))
    snn = results.errors(cell, "snn") if results.has(cell, "snn") else np.array([])
    snn = snn[np.isfinite(snn)]
    if len(snn):
        axes.axvline(quantile(snn, 0.5), color=look(results.schemes["snn"]).colour, lw=0.8, ls=":")
    axes.set_yticks(range(len(schemes)), labels)
    axes.set_ylim(len(schemes) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("relative H1 error on validation points (smaller is better)")
    axes.set_title(str(cell), loc="left")
    log_axis(axes, "x")
    return Picture(
        name,
        figure,
        f"Relative H1 error of every initialisation for each scheme; {cell}.",
        f"{cell}. Each point is one initialisation; box: middle half, bar: median; dotted: median "
        "of plain SNN; failed runs count, but are not drawn. A robust scheme has a short box and "
        "no stragglers on the right.",
        main=cell == last_cell(results, cell.network),
    )


def _row(axes: Axes, row: int, errors: np.ndarray, style) -> None:
    finite = errors[np.isfinite(errors) & (errors > 0)]
    if not len(finite):
        return
    # Failed runs count in the quartiles; a box that would reach to infinity ends at the last point.
    low, median, high = (min(quantile(errors, q), finite.max()) for q in (0.25, 0.5, 0.75))
    axes.barh(row, high - low, left=low, height=0.62, color=style.colour, alpha=0.22, lw=0)
    axes.plot([median, median], [row - 0.31, row + 0.31], color=style.colour, lw=2.2)
    # Points side by side by rank, not at random: the same study draws the same picture.
    shift = ((np.arange(len(finite)) * 0.618) % 1 - 0.5) * 0.42
    dots(axes, np.sort(finite), row + shift, style.colour, 2.6, 0.75)
