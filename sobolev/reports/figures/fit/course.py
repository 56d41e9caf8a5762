"""How the training went: losses, the error of the rows held out, weights."""

from typing import TYPE_CHECKING

import numpy as np

from sobolev.reports.drawing.axis import Axis
from sobolev.reports.drawing.colours import DASHES, HELD_OUT, LINES
from sobolev.reports.drawing.panel import Panel
from sobolev.reports.figures.fit.shown import Drawn

if TYPE_CHECKING:
    from sobolev.training.recording.history import History

_POINTS = 150


def drawn_terms(history: "History") -> list[int]:
    """As many terms as there are colours; of more, those whose last loss is the largest."""
    most = len(LINES)
    if len(history.terms) <= most:
        return list(range(len(history.terms)))
    last = np.nan_to_num(history.loss[-1], posinf=np.inf)
    return sorted(np.argsort(-last, kind="stable")[:most].tolist())


def course(history: "History") -> list[Drawn]:
    """Losses, at fresh points too, the validation error, weights: each where there is one."""
    kept = np.unique(np.linspace(0, len(history.epoch) - 1, _POINTS).astype(int))
    epochs, terms = history.epoch[kept], drawn_terms(history)
    found = [_curves("Loss of each term", epochs, history.loss[kept][:, terms], LINES)]
    fresh = history.fresh_loss[kept][:, terms]
    if np.isfinite(fresh).any():
        found.append(_curves("Loss at points never trained on", epochs, fresh, LINES))
    error = 100 * history.valid_error[kept]
    if np.isfinite(error).any():
        title = "Error on held-out rows in %"
        found.append(_curves(title, epochs, error[:, None], (HELD_OUT,)))
    weight = history.weight[kept][:, terms]
    if np.isfinite(weight).any() and len(terms) > 1:
        found.append(_curves("Weight of each term", epochs, weight, LINES))
    return found


def _curves(title: str, epochs: np.ndarray, values: np.ndarray, colours) -> Drawn:
    finite = values[np.isfinite(values)]
    log = bool((finite >= 0).all() and (finite > 0).any())
    panel = Panel(Axis(0.0, max(1.0, float(epochs[-1])), "epoch"), Axis.around(values, "", log))
    for curve, colour, dash in zip(values.T, colours, DASHES, strict=False):
        positive = np.where(curve > 0, curve, np.nan) if log else curve
        panel.line(epochs, positive, colour, 1.7, dash)
    ends = values[-1][np.isfinite(values[-1])]
    last = f"{ends.min():.3g} to {ends.max():.3g}" if len(ends) > 1 else f"{ends.sum():.3g}"
    scale = "logarithmic axis" if log else "linear axis"
    alt = f"{title}, over {epochs[-1]} epochs; at the end {last}; {scale}."
    return Drawn(title, panel.markup(alt))
