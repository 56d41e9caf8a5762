"""A short training with a checkpoint, and what makes two of them the same."""

from dataclasses import fields

import jax
import numpy as np
import pytest
from helpers import net, table

from sobolev import Checkpoint, fit
from sobolev.optimisers import Adam
from sobolev.weighting import CosineDistance

TRAIN, VALID = table(), table(9, seed=1)
ADAM = {"optimiser": Adam(1e-2, batch_size=5), "weighting": CosineDistance("own", 0.1)}
HOW = {**ADAM, "epochs": 12, "records": 4}


def train(path=None, every=0, **how):
    kept = None if path is None else Checkpoint(path, every)
    return fit(net(TRAIN), TRAIN, VALID, **{**HOW, **how}, checkpoint=kept)


def stopped_at(epoch, path, **how):
    """A training that an error in `progress` ends, as a kill would, when this epoch is kept."""

    class Enough(Exception):
        pass

    def stop(now):
        if now.saved >= epoch:
            raise Enough

    with pytest.raises(Enough):
        train(path, progress=stop, **how)


def same(one, other):
    assert (one.result, one.rejected, one.best_epoch) == (
        other.result,
        other.rejected,
        other.best_epoch,
    )
    for field in fields(one.history):
        if field.name not in ("seconds", "cpu_seconds", "terms"):
            ours, theirs = (getattr(fitted.history, field.name) for fitted in (one, other))
            assert ours.dtype == theirs.dtype and ours.tobytes() == theirs.tobytes(), field.name
    pairs = zip(*(jax.tree.leaves(f.surrogate.network) for f in (one, other)), strict=True)
    assert all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in pairs)


@pytest.fixture(scope="module")
def whole():
    return train()
