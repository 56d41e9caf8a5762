"""The weights of the points of a training: made for its rows, or refused before it begins."""

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.losses.block import Block
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

    Their state is one of all rows, so a step has to see all of them; rows have to stay, unless the
    weights are decided by where the points are. Raises `ConfigError`.
    """
    if points is None:
        return ()
    loss = task.loss
    others = [step for step in optimiser.steps() if not whole or not _sees_all(step, loss)]
    if others:
        batches = " in batches" if others[0].batches else ""
        raise ConfigError(
            "weights of points need steps on all rows in memory that know of them, which "
            f"{kind(others[0])}{batches} does not make: give optimiser=Adam(1e-3, batch_size=None)."
        )
    if not isinstance(points, PointRule):
        raise ConfigError(
            "points takes weights of points, such as ResidualAttention(): got "
            + (f"the class {points.__name__}." if isinstance(points, type) else f"{kind(points)}.")
        )
    x = [_reach(block, task) for block in loss.blocks]
    among = np.concatenate(x)
    return tuple(
        _drawn(points, block, inputs, among) if block.every else points.at(part, inputs, among)
        for block, part in zip(loss.blocks, x, strict=True)
    )


def _reach(block: Block, task: Task) -> Float[np.ndarray, "n d"]:
    """Where its points are or may be."""
    rows = block.rowwise and block.least_squares
    x = None
    if rows:
        x = block.reach(task.scaling) if block.every else np.asarray(block.places(task.scaling))
    if x is None:
        raise ConfigError(
            f"weights of points need residuals in rows, which the term '{block.names[0]}' has "
            "not: leave the weights of points out."
        )
    return x


def _drawn(
    points: PointRule, block: Block, inputs: tuple[str, ...], among: Float[np.ndarray, "N d"]
) -> PointWeighting:
    found = points.when_drawn(block.rows, inputs, among)
    if found is None:
        raise ConfigError(
            f"{kind(points)} remembers single points, and those of the term '{block.names[0]}' are "
            "drawn anew: give it points that stay, Fixed(x), or CausalInTime(...), which looks at "
            "where they are."
        )
    return found


def _sees_all(step: Optimiser, loss: Loss) -> bool:
    return step.attends and step.sees_all(loss.rows)
