"""The weights of the points of a training: made for its rows, or refused before it begins."""

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.losses.loss import Loss
from sobolev.optimisers.optimiser import Optimiser, Task
from sobolev.training.preparation.compatibility import kind
from sobolev.weighting.points.point_rule import PointRule, PointWeighting


def point_weighting(
    points: PointRule | None,
    optimiser: Optimiser,
    task: Task,
    whole: bool,
    inputs: tuple[str, ...],
) -> tuple[PointWeighting, ...]:
    """The point weights for the rows of each block of this training; `whole`: all are in memory.

    Their state has an entry for each row, so a step has to see all rows, and they have to stay; and
    a line search or a least-squares solver would have to know them. Raises `ConfigError`.
    """
    if points is None:
        return ()
    loss = task.loss
    others = [step for step in optimiser.steps() if not whole or not _sees_all(step, loss)]
    if others:
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
    for block in loss.blocks:
        if block.every or not (block.rowwise and block.least_squares):
            raise ConfigError(
                "weights of points need residuals in rows that stay, which the term "
                f"'{block.names[0]}' has not: "
                + (
                    "give it points that stay, Fixed(x), or leave the weights of points out."
                    if block.every
                    else "leave the weights of points out."
                )
            )
    x = [np.asarray(block.places(task.scaling)) for block in loss.blocks]
    return tuple(points.at(part, inputs, np.concatenate(x)) for part in x)


def _sees_all(step: Optimiser, loss: Loss) -> bool:
    return step.first_order and step.sees_all(loss.rows)
