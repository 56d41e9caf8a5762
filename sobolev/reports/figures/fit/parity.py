"""Labels against what the surrogate says: on the diagonal where it is right."""

import numpy as np

from sobolev.reports.claims.fit.errors import error_of, percent
from sobolev.reports.drawing.axis import Axis
from sobolev.reports.drawing.colours import HELD, TRAINED
from sobolev.reports.drawing.panel import Panel
from sobolev.reports.figures.fit.shown import MOST_SLOPES, Drawn, Shown
from sobolev.reports.read.fit import Compared, Seen


def parity(seen: Seen, shown: Shown, output: int | None) -> list[Drawn]:
    """Of one output the value and the slopes that matter most; None: of what has no output."""
    own = [each for each in seen.compared if each.output == output and each.order < 2]
    values = [each for each in own if each.order == 0]
    slopes = sorted(
        (each for each in own if each.order == 1), key=lambda each: -_weight(seen, each)
    )
    return [_panel(seen, shown, each) for each in [*values, *slopes[:MOST_SLOPES]]]


def _weight(seen: Seen, each: Compared) -> float:
    if each.output is None or each.input is None:
        return 0.0
    return float(seen.importance[each.output, each.input])


def _panel(seen: Seen, shown: Shown, each: Compared) -> Drawn:
    unit = f" in {each.unit}" if each.unit else ""
    rows = np.concatenate([shown.training, shown.held_out])
    both = np.concatenate([each.given[rows], each.says[rows][each.there[rows]]])
    across, up = Axis.around(both, f"given{unit}"), Axis.around(both)
    panel = Panel(across, up)
    panel.line([across.low, across.high], [across.low, across.high], "currentColor", 0.8, "4 3")
    panel.points(each.given[shown.training], each.says[shown.training], TRAINED, 0.6)
    panel.points(each.given[shown.held_out], each.says[shown.held_out], HELD, 0.85)
    errors = []
    for group, who in ((seen.held_out, "held out"), (~seen.held_out, "in training")):
        found = error_of([each], group)
        if found is not None:
            errors.append(f"{found.rows} rows {who}: error {percent(found.relative)} %")
    alt = f"{each.name}{unit}: the surrogate's against the given one; {', '.join(errors)}."
    return Drawn(f"{each.name}{unit}", panel.markup(alt))
