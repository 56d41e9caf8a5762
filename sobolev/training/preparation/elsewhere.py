"""Where equations are measured: points on which they are not trained, chosen before a training."""

import warnings

import numpy as np

from sobolev._base.errors import EquationWarning
from sobolev.losses.batch import At, Batch
from sobolev.losses.block import Block
from sobolev.losses.loss import Loss
from sobolev.losses.view import View
from sobolev.optimisers import random_streams
from sobolev.surrogate import Surrogate
from sobolev.training.notes import Kind, Note

# Half ranges from the middle of an input: who lets a box go to its standard deviation reaches √3,
# and a condition may lie a little outside of the data. A range in another unit lies far outside.
OUTSIDE = 2.0


def points_elsewhere(loss: Loss, view: View) -> tuple[Batch | None, ...]:
    """For each block points on which it is not trained, None where it has none; () for none at all.

    The same at every record and for every seed, so that these can be compared.
    """
    found = tuple(
        None if block.of_labels else block.elsewhere(random_streams.elsewhere(i), view)
        for i, block in enumerate(loss.blocks)
    )
    return found if any(batch is not None for batch in found) else ()


def notes_on_unmeasured(loss: Loss, elsewhere: tuple[Batch | None, ...]) -> tuple[Note, ...]:
    """Notes on equations of which nothing is known but at their own points."""
    there = elsewhere or (None,) * len(loss.blocks)
    unknown = [
        block
        for block, batch in zip(loss.blocks, there, strict=True)
        if batch is None and block.order > 0 and not block.of_labels
    ]
    return tuple(
        Note(
            Kind.INFORMATION,
            f"'{', '.join(block.names)}' is measured on its own points alone, since {_why(block)}",
        )
        for block in unknown
    )


def _why(block: Block) -> str:
    if block.estimated:
        why = "no mean over some of its directions is exact"
    elif not block.least_squares:
        return (
            "what it sums belongs to them: between them it may fall without being a lower integral;"
            " give control=Gauss(box, cells=16), or that in their place."
        )
    else:
        why = "its labels or what it sums belong to them"
    return f"{why}: nothing is said of its residual anywhere else."


def notes_on_points_outside(
    loss: Loss, elsewhere: tuple[Batch | None, ...], surrogate: Surrogate
) -> tuple[Note, ...]:
    """Notes on equations with points far from where the surrogate is meant to be; each warns, too.

    Points that are drawn anew are looked at by those that are drawn to measure them.
    """
    scaling, notes = surrogate.scaling, []
    varies = [j for j in range(len(surrogate.inputs)) if j not in scaling.constant]
    pairs = zip(loss.blocks, elsewhere or (None,) * len(loss.blocks), strict=True)
    for block, measured in pairs:
        batch = block.draw() if not block.every else measured
        if block.of_labels or not isinstance(batch, At):
            continue
        x = np.asarray(batch.x)
        off = np.abs((x - scaling.x_shift) / scaling.x_scale)[:, varies]
        if off.size and off.max() > OUTSIDE:
            row, place = np.unravel_index(off.argmax(), off.shape)
            j = varies[int(place)]
            low, high = (scaling.x_shift[j] + sign * scaling.x_scale[j] for sign in (-1, 1))
            notes.append(
                Note(
                    Kind.OUTSIDE,
                    f"the points of '{', '.join(block.names)}' reach {surrogate.inputs[j]} = "
                    f"{x[row, j]:.4g}, and the surrogate is made for {low:.4g} to {high:.4g}: give "
                    "it the box of the equation, Surrogate.on(box, ...), or other points.",
                )
            )
            warnings.warn(notes[-1].sentence, EquationWarning, stacklevel=4)
    return tuple(notes)
