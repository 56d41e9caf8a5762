"""The surrogate through the middle of the box, with its tangents and the rows nearby."""

import numpy as np

from sobolev.reports.drawing.axis import Axis
from sobolev.reports.drawing.colours import HELD, TRAINED
from sobolev.reports.drawing.panel import Look, Panel
from sobolev.reports.figures.fit.shown import Drawn
from sobolev.reports.read.fit import Compared, Seen, Slice

_TANGENTS = 5


def slices(seen: Seen, output: int) -> list[Drawn]:
    """One panel for each input that matters, of one output."""
    return [_panel(seen, each, output) for each in seen.slices]


def _panel(seen: Seen, cut: Slice, k: int) -> Drawn:
    """Rows are moved parallel to the curve: how far they are from it is the error there."""
    y, slope = cut.y[:, k], cut.slope[:, k]
    value, tangent = _moved(seen, cut, k, 0), _moved(seen, cut, k, 1)
    level = cut.row_y[:, k] if np.isnan(value).all() else value  # slopes alone: on the curve
    unit, own = seen.data.input_units[cut.input], seen.data.output_units[k]
    name = seen.data.inputs[cut.input]
    rows = seen.data.x[cut.rows, cut.input]  # of rows held out some lie outside the box
    across = Axis.around(np.concatenate([cut.at, rows]), f"{name} in {unit}" if unit else name)
    up = Axis.around(np.concatenate([y, level]))
    panel = Panel(across, up)
    marked = np.linspace(0, len(y) - 1, _TANGENTS + 2).astype(int)[1:-1]
    panel.tangents(cut.at[marked], y[marked], slope[marked], "var(--soft)", 34, 1.0)
    panel.line(cut.at, y, "currentColor", 1.6)
    for group, look in ((False, TRAINED), (True, HELD)):
        for near, opacity in ((False, 0.35), (True, 0.95)):
            here = (seen.held_out[cut.rows] == group) & ((cut.near > 0.6) == near)
            at = seen.data.x[cut.rows[here], cut.input]
            _rows(panel, at, level[here], tangent[here], look, opacity)
    title = f"{seen.data.outputs[k]}{f' in {own}' if own else ''} along {name}"
    known = int((~np.isnan(tangent)).sum())
    alt = f"{title}: curve of the surrogate with {len(cut.rows)} rows, {known} of them with slopes."
    return Drawn(title, panel.markup(alt))


def _rows(panel: Panel, at, level, tangent, look: Look, opacity: float) -> None:
    panel.tangents(at, level, tangent, look.colour, 9, 1.1 if opacity > 0.5 else 0.6)
    panel.points(at, level, look, opacity)


def _moved(seen: Seen, cut: Slice, k: int, order: int) -> np.ndarray:
    """The label of each row, less the surrogate there, plus the surrogate on the slice."""
    label = next((each for each in seen.compared if _is(each, k, cut.input, order)), None)
    if label is None:
        return np.full(len(cut.rows), np.nan)
    on_slice = (cut.row_y if order == 0 else cut.row_slope)[:, k]
    return label.given[cut.rows] - label.says[cut.rows] + on_slice


def _is(each: Compared, output: int, one: int, order: int) -> bool:
    if each.output != output or each.order != order:
        return False
    return order == 0 or each.input == one
