"""What a training leaves open: values without a level, slopes that no label decides."""

import numpy as np

from sobolev.data.scaling import Scaling
from sobolev.data.undetermined import undetermined
from sobolev.data.variation import constant_of, half_range
from sobolev.losses.labelled.labelled import Labelled
from sobolev.losses.loss import Loss
from sobolev.surrogate import Surrogate
from sobolev.training.trained_and_watched import Posed


def left_open(surrogate: Surrogate, posed: Posed, loss: Loss, whole: bool) -> tuple[str, ...]:
    """Names of values and first derivatives that nothing in the loss decides.

    With an equation or another block among the terms, nothing is said: it may decide everything.
    """
    blocks = [block for block in loss.blocks if isinstance(block, Labelled)]
    if len(blocks) < len(loss.blocks):
        return ()
    entries = {(entry.kind, entry.index) for block in blocks for entry in block.loss.entries}
    constant = constant_inputs(surrogate.scaling, posed, whole)
    return undetermined(surrogate.inputs, surrogate.outputs, constant, entries)


def constant_inputs(scaling: Scaling, posed: Posed, whole: bool) -> tuple[int, ...]:
    """The places of the inputs that are the same in all rows of all data; of a file, as scaled."""
    if not whole or not posed.data:
        return scaling.constant
    x = np.concatenate([data.x for data in posed.data])
    return constant_of(half_range(x.min(axis=0), x.max(axis=0)))
