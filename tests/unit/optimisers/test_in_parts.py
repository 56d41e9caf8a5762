"""Many rows taken a few at a time give what all at once give."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net, table, with_gaps

from sobolev.losses import Equation, Labelled, Loss
from sobolev.optimisers import Task, in_parts
from sobolev.weighting import Unweighted


@pytest.mark.parametrize("rows", [37, 48])  # 8 at a time: with 3 that fill up, and without
def test_parts_are_the_whole(monkeypatch, rows):
    data = with_gaps(table(rows))
    surrogate = net(data)
    x = np.random.default_rng(1).uniform(size=(5, 2))
    few = Equation("e", lambda u, p: jax.grad(lambda q: u(q)[0])(p).sum(), x, order=1)
    loss = Loss((Labelled.of(data, surrogate.scaling), few))
    task = Task(surrogate.network, loss, Unweighted(), jax.random.key(0))
    θ = jax.flatten_util.ravel_pytree(surrogate.network)[0]
    weights = jnp.arange(1.0, 1 + len(loss.names))

    def both(θ):
        return in_parts.losses_and_gradient(task, θ, loss.batches(), weights)

    whole = eqx.filter_jit(both)(θ)
    monkeypatch.setattr(in_parts, "MANY", 8)
    monkeypatch.setattr(in_parts, "PART", 8)
    parts = eqx.filter_jit(lambda θ: both(θ))(θ)
    scanned = str(jax.make_jaxpr(both)(θ)).count(" scan[")
    assert scanned == 1
    for found, known in zip(parts, whole, strict=True):
        np.testing.assert_allclose(found, known, rtol=1e-13, atol=1e-15)
