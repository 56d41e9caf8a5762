"""What there is to say of integrals after a training: cheated between points, or without bound."""

import numpy as np
from jaxtyping import Array

from sobolev._base.compiled import SELDOM, compiled
from sobolev.losses.batch import Batch
from sobolev.losses.block import Block
from sobolev.losses.view import View
from sobolev.surrogate import Surrogate
from sobolev.training.loop.epochs import Watched
from sobolev.training.notes import Kind, Note
from sobolev.training.recording.history import History

FALLEN = 1e6  # times what counts as 1, or what it was at first


def notes_on_integrals(watched: Watched, after: Surrogate, history: History) -> list[Note]:
    """Integrals that fell on their points and not elsewhere, or that fell without an end.

    An integral has no zero, so that no ratio tells: what tells is a sum below the one elsewhere by
    more than chance and rounding make it. As of the last record: one before it may have been
    returned because of that.
    """
    found, blocks = [], watched.train.blocks
    for block, batch in zip(blocks, watched.elsewhere or (None,) * len(blocks), strict=True):
        if block.of_labels or block.least_squares or block.estimated:
            continue
        allowed = None if batch is None else _allowance(block, View.of(after), batch)
        for i, name in enumerate(block.names):
            k = history.terms.index(name)
            if history.weight[0, k] != 0:
                allowance = None if allowed is None else float(np.asarray(allowed)[i])
                found += notes_on_term(block, k, allowance, history)
    return found


@compiled(SELDOM)
def _allowance(block: Block, view: View, batch: Batch) -> Array | None:
    return block.allowance(view, batch)


def notes_on_term(block: Block, k: int, allowance: float | None, history: History) -> list[Note]:
    """At most one note on the term k; `allowance` None: it was measured nowhere else."""
    name = history.terms[k]
    first, own, there = history.loss[0, k], history.loss[-1, k], history.fresh_loss[-1, k]
    if allowance is not None and np.isfinite(own) and not np.isfinite(there):
        said = (
            f"'{name}' was at last {own:.5g} on its points, from {first:.5g} at first, and has no "
            f"value on others: its roots or logarithms have none there. {block.remedy}"
        )
        return [Note(Kind.NO_MINIMUM, said)]
    if allowance is not None and there - own > allowance:
        said = (
            f"'{name}' was at last {own:.5g} on its points, from {first:.5g} at first, and "
            f"{there:.5g} on others: it fell by what lives between its points, and is no integral "
            f"there. {block.remedy}"
        )
        return [Note(Kind.NO_MINIMUM, said)]
    if own < -FALLEN * max(1.0, abs(first)):
        said = (
            f"'{name}' fell from {first:.5g} to {own:.5g} and has no end: is a movement left that "
            "nothing holds, or a load that does more work than can be stored? If it is as large as "
            "that, say by scale=... what counts as 1."
        )
        return [Note(Kind.NO_MINIMUM, said)]
    if np.isfinite(first) and not np.isfinite(own) and block.every:
        said = (
            f"'{name}' had a value on the points it was trained on, and none on those drawn next: "
            f"its roots or logarithms have none there. {block.remedy}"
        )
        return [Note(Kind.NOT_FINITE, said)]
    return []
