"""One epoch, many epochs, and the small task that the tests of optimisers share."""

import jax
import numpy as np
import pytest
from helpers import table
from jax.flatten_util import ravel_pytree

from sobolev._base.compiled import SELDOM, compiled
from sobolev.optimisers import BFGS, LBFGS, Adam, SSBroyden
from sobolev.optimisers.first_state import start

DATA = table()
QUASI = {"SSBroyden": SSBroyden(), "BFGS": BFGS(), "LBFGS": LBFGS(8)}
both = pytest.mark.parametrize("name", ["SSBroyden", "LBFGS"])
epoch = compiled(SELDOM)(lambda optimiser, task, state: optimiser.epoch(task, state))
begin = compiled(SELDOM)(start)


@compiled(SELDOM)
def term_rows(task, θ):
    """The gradient of each term."""
    return jax.jacrev(lambda t: task.losses(t, task.loss.batches()))(θ)


def parameters(surrogate):
    return np.asarray(ravel_pytree(surrogate.network)[0])


BATCH = Adam(1e-2, batch_size=5)  # 12 rows: 5, 5 and 2
