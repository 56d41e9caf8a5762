"""All schemes on all problems in one picture: ratio to the baseline, coloured where it is clear."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from sobolev.reports import words
from sobolev.reports.claims.weightings import names
from sobolev.reports.figures.canvas import Picture, safe_name
from sobolev.reports.figures.verdict_colours import BETTER, WORSE
from sobolev.reports.read.weightings import Verdict, Weightings, number

# Darker is further from the baseline: factor up to which, and how opaque. Transparent paper makes
# the same picture legible on a dark page.
_LEVELS = ((1.25, 0.15), (2.0, 0.32), (4.0, 0.52), (math.inf, 0.78))


def summary_figures(found: Weightings) -> list[Picture]:
    """One picture a baseline: schemes × (problem, variant); none when only it was run."""
    pictures = []
    for place, baseline in enumerate(found.baselines):
        problems = found.against(baseline)
        rows = _rows(found, problems)
        if rows:
            name = "comparison_summary" + (f"_{safe_name(baseline)}" if place else "")
            pictures.append(_picture(found, baseline, rows, name))
    return pictures


def _picture(found: Weightings, baseline: str, rows: list[str], name: str) -> Picture:
    columns = [group for group in found.groups() if found.baseline(group[0]) == baseline]
    size = (max(2.3 + 0.52 * len(columns), 4.6), 1.9 + 0.2 * len(rows))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    cells: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for j, (problem, variant) in enumerate(columns):
        for i, scheme in enumerate(rows):
            verdict = found.verdict(problem, variant, scheme)
            _number(axes, i, j, verdict)
            if verdict is not None and verdict.says != "not told apart":
                cells.setdefault(_shade(verdict), []).append((j, i))
    for (colour, alpha), places in cells.items():
        axes.add_patch(PathPatch(_squares(places), fc=colour, alpha=alpha, lw=0))
    _frame(axes, rows, columns)
    _legend(figure)
    return Picture(
        name,
        figure,
        f"Ratio of every scheme’s error to that of {baseline} for each problem and variant.",
        f"Error divided by that of {baseline} in the same variant from the same initialisation, "
        "median. Coloured and bold: told apart from the baseline after the correction; pale "
        "numbers without colour: not told apart; –: not run. Smallest mean ratio on top.",
    )


def _rows(found: Weightings, problems: list[str]) -> list[str]:
    """All schemes but the baseline, smallest mean log ratio first."""
    logs: dict[str, list[float]] = {}
    for v in found.content.verdicts:
        if v.problem in problems and v.scheme != v.baseline:
            ratio = min(max(number(v.ratio), 1e-9), 1e9)
            logs.setdefault(v.scheme, []).append(math.log(ratio))
    return sorted(logs, key=lambda name: float(np.mean(logs[name])))


def _shade(verdict: Verdict) -> tuple[str, float]:
    ratio = number(verdict.ratio)
    away = max(ratio, 1 / ratio) if ratio > 0 else math.inf
    alpha = next(alpha for limit, alpha in _LEVELS if away <= limit)
    return (BETTER if verdict.says == "better" else WORSE), alpha


def _number(axes: Axes, row: int, column: int, verdict: Verdict | None) -> None:
    clear = verdict is not None and verdict.says != "not told apart"
    if verdict is None:
        shown = "–"
    else:
        ratio = number(verdict.ratio)
        shown = "∞" if math.isinf(ratio) else words.number(ratio, 2)
    axes.text(
        column, row, shown, ha="center", va="center", fontsize=7.5,
        fontweight="bold" if clear else "normal", alpha=1.0 if clear else 0.6,
    )  # fmt: skip


def _squares(places: list[tuple[float, float]]) -> Path:
    """All cells of one shade as one path."""
    half, codes = 0.47, [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
    corners = [
        (j + half * a, i + half * b)
        for j, i in places
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ]
    return Path(corners, codes * len(places))


def _frame(axes: Axes, rows: list[str], columns: list[tuple[str, str]]) -> None:
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), rows)
    shown = [names.variant(variant) for _, variant in columns]
    axes.set_xticks(range(len(columns)), shown, rotation=60, ha="left", rotation_mode="anchor")
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=8)
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)
    for problem in dict.fromkeys(p for p, _ in columns):
        here = [j for j, (p, _) in enumerate(columns) if p == problem]
        axes.text(
            (here[0] + here[-1]) / 2, len(rows) - 0.3, problem, ha="center", va="top",
            fontweight="bold", fontsize=8.5,
        )  # fmt: skip
        if here[0]:
            axes.axvline(here[0] - 0.5, color="#8b9099", lw=0.8)


def _legend(figure: Figure) -> None:
    limits = ["up to 1.25", "1.25 to 2", "2 to 4", "beyond 4"]
    handles = [
        Patch(fc=colour, alpha=alpha, lw=0, label=f"{word}, factor {limit}")
        for colour, word in ((BETTER, "better"), (WORSE, "worse"))
        for limit, (_, alpha) in zip(limits, _LEVELS, strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=7.5)
