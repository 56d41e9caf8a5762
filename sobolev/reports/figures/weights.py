"""Weights and their steps per epoch, with and without clipping: the talk's last figures."""

from collections import defaultdict

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sobolev.reports import words
from sobolev.reports.figures.canvas import Picture, head, log_axis, safe_name
from sobolev.reports.figures.palette import look
from sobolev.reports.figures.series import axis_of, band, history
from sobolev.reports.read.study import Contender, Results

_FIRST = ("cd_own", "lmax")
_VARIANTS = ("_erf", "_log")  # beside the talk's figures of clipping and no clipping


def weight_figures(results: Results) -> tuple[list[Picture], list[Picture]]:
    """(main, others): one picture a network and family; `cd_own` and `lmax` are the main ones."""
    main, others = [], []
    for index, network in enumerate(results.networks):
        for family, schemes in _families(results, network).items():
            first, name = family in _FIRST, f"weights-{index + 1}-{family}"
            # Coarser where it is folded away: a page with every scheme stays small.
            picture = _picture(results, network, schemes, name, 120 if first else 60)
            (main if first else others).append(picture)
    return main, others


def _families(results: Results, network: str) -> dict[str, list[Contender]]:
    """Adaptive schemes with a weight history, variants together, the talk's CoDi first."""
    found: dict[str, list[Contender]] = defaultdict(list)
    for scheme in results.of_kind("adaptive"):
        if history(results, network, scheme.name, "weight") is not None:
            stem = scheme.name.removesuffix("_clip")
            for suffix in _VARIANTS:
                if stem.endswith(suffix):
                    stem = f"{stem.removesuffix(suffix)}_variants"
            found[safe_name(stem)].append(scheme)
    order = [name for name in _FIRST if name in found]
    return {name: found[name] for name in [*order, *(n for n in found if n not in order)]}


def _picture(
    results: Results, network: str, schemes: list[Contender], name: str, points: int
) -> Picture:
    terms = results.content.terms
    figure = Figure(figsize=(max(2.9 * len(terms), 4.6), 5.0), layout="constrained")
    head(figure, f"Network {network}")
    panels = figure.subplots(2, len(terms), squeeze=False)
    for k, term in enumerate(terms):
        upper, lower = panels[0, k], panels[1, k]
        for scheme in schemes:
            _draw(upper, results, network, scheme, ("weight", k, points))
            _draw(lower, results, network, scheme, ("weight_step", k, points))
        upper.set_title(f"w{k + 1}  ({results.term(term)})", loc="left")
        lower.set_title(f"dw{k + 1}", loc="left")
        lower.axhline(0, color="#8b9099", lw=0.8)
        lower.set_xlabel("epoch")
    _scale(panels[0])
    panels[0, 0].set_ylabel("weight")
    panels[1, 0].set_ylabel("step of the weight")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    labels = words.joined([scheme.label for scheme in schemes])
    return Picture(
        name,
        figure,
        f"Weights and weight steps over the epochs for {labels}, network {network}.",
        f"{labels}; network {network}. Top: weight of each loss term; bottom: its change in one "
        "training step.",
    )


def _draw(
    axes: Axes, results: Results, network: str, scheme: Contender, what: tuple[str, int, int]
) -> None:
    name, term, points = what
    values = history(results, network, scheme.name, name)
    if values is None:
        return
    style = look(scheme)
    x = axis_of(results, network, scheme.name, values.shape[1])
    curve = band(x, values[..., term], points=points)
    axes.fill_between(curve.edge, curve.low, curve.high, color=style.colour, alpha=0.15, lw=0)
    axes.plot(curve.x, curve.first, color=style.colour, lw=0.6, alpha=0.7)
    axes.plot(curve.x, curve.median, color=style.colour, ls=style.line, lw=1.6, label=scheme.label)


def _scale(panels: np.ndarray) -> None:
    """One scale for all weights, so that they compare; logarithmic when they differ a lot."""
    limits = [axes.get_ylim() for axes in panels]
    low, high = min(x[0] for x in limits), max(x[1] for x in limits)
    lines = [line.get_ydata() for axes in panels for line in axes.lines]
    values = np.concatenate([np.asarray(y, float) for y in lines]) if lines else np.array([])
    values = values[np.isfinite(values)]
    for axes in panels:
        if len(values) and values.min() > 0 and values.max() > 30 * values.min():
            axes.set_ylim(0.8 * values.min(), 1.25 * values.max())
            log_axis(axes, "y")
        else:
            axes.set_ylim(low, high)
