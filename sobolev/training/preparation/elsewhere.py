"""Where equations are measured: points on which they are not trained, chosen before a training."""

from sobolev.losses.batch import Batch
from sobolev.losses.loss import Loss
from sobolev.losses.view import View
from sobolev.optimisers import random_streams
from sobolev.training.notes import Kind, Note


def points_elsewhere(loss: Loss, view: View) -> tuple[Batch | None, ...]:
    """For each block points on which it is not trained, None where it has none; () for none at all.

    The same at every record and for every seed, so that these can be compared.
    """
    found = tuple(
        block.elsewhere(random_streams.elsewhere(i), view) for i, block in enumerate(loss.blocks)
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
            f"'{', '.join(block.names)}' is measured on its own points alone, since its labels or "
            "what it sums belong to them: nothing is said of its residual anywhere else.",
        )
        for block in unknown
    )
