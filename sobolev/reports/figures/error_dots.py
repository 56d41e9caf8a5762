"""Every training of every scheme on one problem, variants side by side, coloured by verdict."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from sobolev.reports.claims.weightings import names
from sobolev.reports.figures.canvas import Picture, dots, head, log_axis, safe_name
from sobolev.reports.figures.verdict_colours import COLOURS, LABELS
from sobolev.reports.read.weightings import Verdict, Weightings, number


def dot_figures(found: Weightings) -> list[Picture]:
    """One picture a problem."""
    return [_picture(found, problem) for problem in found.problems]


def _picture(found: Weightings, problem: str) -> Picture:
    rows = _rows(found, problem)
    variants = [v for v in found.variants if found.group(problem, v)]
    size = (2.2 + 2.6 * len(variants), 1.5 + 0.2 * len(rows))
    figure = Figure(figsize=size, layout="constrained")
    head(figure, names.problem(problem))
    panels = figure.subplots(1, len(variants), sharex=True, sharey=True, squeeze=False)[0]
    for axes, variant in zip(panels, variants, strict=True):
        _panel(axes, found, problem, variant, rows)
    panels[0].set_yticks(range(len(rows)), rows)
    for label in panels[0].get_yticklabels():
        label.set_fontweight("bold" if label.get_text() == found.baseline(problem) else "normal")
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    log_axis(panels[0], "x")
    low, high = panels[0].get_xlim()
    if high > 10 * low:  # the panels are narrow
        panels[0].xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=15))
    _legend(figure, 4 if len(variants) > 2 else 2)
    return Picture(
        f"comparison_{safe_name(problem)}",
        figure,
        f"Errors of every scheme on {problem}: each initialisation, median and range.",
        f"{names.problem(problem)}. Mean relative error on the validation rows: each point is one "
        "initialisation, the thick bar the median, "
        "the thin line smallest to largest; the upright line is the median of the baseline "
        f"({found.baseline(problem)}) in the same variant. Sorted by the smallest median over the "
        "variants. Failed trainings are counted at the right, not drawn.",
    )


def _rows(found: Weightings, problem: str) -> list[str]:
    """Schemes, the one with the smallest median in any variant first."""
    best: dict[str, float] = {}
    for v in found.content.verdicts:
        if v.problem == problem:
            best[v.scheme] = min(best.get(v.scheme, np.inf), number(v.median))
    return sorted(best, key=lambda name: best[name])


def _panel(axes: Axes, found: Weightings, problem: str, variant: str, rows: list[str]) -> None:
    points: dict[str, list[tuple[float, float]]] = {kind: [] for kind in COLOURS}
    for row, scheme in enumerate(rows):
        verdict = found.verdict(problem, variant, scheme)
        if verdict is None:
            axes.text(0.5, row, "–", transform=axes.get_yaxis_transform(), va="center", alpha=0.5)
            continue
        kind = "baseline" if scheme == verdict.baseline else verdict.says
        errors = np.sort(list(found.errors(problem, variant, scheme).values()))
        _range(axes, row, errors, verdict, COLOURS[kind])
        finite = errors[np.isfinite(errors) & (errors > 0)]
        # Side by side by rank, not at random: the same comparison draws the same picture.
        shift = ((np.arange(len(finite)) * 0.618) % 1 - 0.5) * 0.4
        points[kind] += zip(finite, row + shift, strict=True)
    for kind, places in points.items():
        if places:
            x, y = np.array(places).T
            dots(axes, x, y, COLOURS[kind], 2.8, 0.55)
    base = found.verdict(problem, variant, found.baseline(problem))
    if base is not None and np.isfinite(number(base.median)):
        axes.axvline(number(base.median), color=COLOURS["baseline"], lw=1)
    axes.set_title(names.variant(variant), loc="left")
    axes.set_xlabel("error (smaller is better)", fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)


def _range(axes: Axes, row: int, errors: np.ndarray, verdict: Verdict, colour: str) -> None:
    finite = errors[np.isfinite(errors)]
    if verdict.failed:
        axes.text(
            1, row, f"{verdict.failed} failed", transform=axes.get_yaxis_transform(),
            ha="right", va="center", fontsize=7,
        )  # fmt: skip
    if len(finite):
        axes.plot([finite[0], finite[-1]], [row, row], color=colour, lw=0.8, alpha=0.8)
    if np.isfinite(number(verdict.median)):
        middle = number(verdict.median)
        axes.plot([middle, middle], [row - 0.36, row + 0.36], color=colour, lw=2.6)


def _legend(figure: Figure, columns: int) -> None:
    handles = [
        Line2D([], [], color=colour, lw=2.6, label=LABELS[kind]) for kind, colour in COLOURS.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)
