"""Gradient norms of the terms: who pulls at the network, and how hard."""

import math

import numpy as np
from matplotlib.figure import Figure

from sobolev.reports.figures.canvas import Picture, head, log_axis
from sobolev.reports.figures.series import axis_of, band, cast, history
from sobolev.reports.read.study import Results

_COLOURS = ("#3182dd", "#e2475c", "#58a33e", "#9560e0", "#e38c12", "#1a9e96", "#d45fb5")


def gradient_figures(results: Results) -> list[Picture]:
    """One picture a network: norms of the term gradients and their weighted shares."""
    pictures = []
    for index, network in enumerate(results.networks):
        names = [
            name
            for name in cast(results, network, "snn", "inverse_energy")
            if history(results, network, name, "gradient_norm") is not None
        ]
        if names:
            pictures.append(_picture(results, network, names, f"gradient-{index + 1}"))
    return pictures


def _picture(results: Results, network: str, names: list[str], name: str) -> Picture:
    terms, count = results.content.terms, len(names)
    figure = Figure(figsize=(max(2.4 * count, 4.8), 4.9), layout="constrained")
    head(figure, f"Network {network}")
    panels = figure.subplots(2, count, squeeze=False, sharex="col", sharey="row")
    for column, scheme in enumerate(names):
        norms = history(results, network, scheme, "gradient_norm")
        assert norms is not None
        x = axis_of(results, network, scheme, norms.shape[1])
        shares = _shares(norms, history(results, network, scheme, "weight"))
        for k, term in enumerate(terms):
            for row, values in enumerate((norms, shares)):
                curve, colour = band(x, values[..., k], not row), _COLOURS[k % len(_COLOURS)]
                axes = panels[row, column]
                axes.fill_between(curve.edge, curve.low, curve.high, color=colour, alpha=0.15, lw=0)
                axes.plot(curve.x, curve.median, color=colour, lw=1.4, label=results.term(term))
        panels[0, column].set_title(results.schemes[scheme].label, fontsize=8)
        panels[1, column].set_xlabel("epoch")
        panels[1, column].set_ylim(0, 1)
        panels[1, column].axhline(1 / len(terms), color="#8b9099", lw=0.8, ls=":")
    log_axis(panels[0, 0], "y")
    panels[0, 0].set_ylabel("gradient norm |gₖ|")
    panels[1, 0].set_ylabel("share of wₖ|gₖ|")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return Picture(
        name,
        figure,
        f"Gradient norms of the loss terms and their weighted shares, network {network}.",
        f"Network {network}. Top: length of each term's gradient, without its weight. Bottom: "
        "share of the weighted lengths; on the dotted line all terms pull equally hard.",
    )


def _shares(norms: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """w_k |g_k| over their sum; weights are 1 where none were recorded."""
    pull = norms if weights is None or weights.shape != norms.shape else norms * weights
    total = pull.sum(axis=2, keepdims=True)
    return np.divide(pull, total, out=np.full_like(pull, math.nan), where=total > 0)
