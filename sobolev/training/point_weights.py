"""The weights of the points of a training: made for its rows, or refused before it begins."""

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.optimisers.protocol import Optimiser
from sobolev.training.compatibility import kind
from sobolev.training.feed import Parts, Whole
from sobolev.weighting.points.protocol import PointRule, PointWeighting


def point_weighting(
    points: PointRule | None,
    optimiser: Optimiser,
    feed: Whole | Parts,
    inputs: tuple[str, ...],
) -> PointWeighting | None:
    """The point weights for the rows of this training.

    Their state has an entry for each row, so a step has to see all rows; and a line search or a
    least-squares solver would have to know them. Raises `ConfigError`.
    """
    if points is None:
        return None
    whole = feed if isinstance(feed, Whole) else None
    others = [part for part in optimiser.steps() if whole is None or not _sees_all(part, whole)]
    if others or whole is None:
        batches = " in batches" if others[0].batches else ""
        raise ConfigError(
            "weights of points need first-order steps on all rows in memory, which "
            f"{kind(others[0])}{batches} does not make: give optimiser=Adam(1e-3, batch_size=None)."
        )
    if not isinstance(points, PointRule):
        raise ConfigError(
            "points takes weights of points, such as ResidualAttention(): got "
            + (f"the class {points.__name__}." if isinstance(points, type) else f"{kind(points)}.")
        )
    return points.at(np.asarray(whole.labels.x), inputs)


def _sees_all(step: Optimiser, feed: Whole) -> bool:
    return step.first_order and step.sees_all(len(feed.labels.x))
