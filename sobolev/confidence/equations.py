"""Equations beside the labels of a posterior: what they say of the parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from sobolev._base.errors import ConfigError, DataError
from sobolev.confidence.marginal_likelihood import Block as Rows
from sobolev.confidence.marginal_likelihood import compressed
from sobolev.data.dataset import Dataset
from sobolev.data.more_outputs import with_outputs
from sobolev.losses import Block, Loss
from sobolev.losses.view import ScalingArrays, View
from sobolev.optimisers import random_streams
from sobolev.optimisers.linearisation import linearised
from sobolev.optimisers.optimiser import Task
from sobolev.surrogate import Surrogate
from sobolev.weighting.schemes.fixed.fixed import Unweighted

LEAST = 1e-6  # of the scale of an equation: no residual is believed to be smaller
CHUNK = 20_000_000  # numbers of a Jacobian in θ that are held at a time


def parted(surrogate: Surrogate, train: Any) -> tuple[Dataset, tuple[Block, ...]]:
    """The one data set among the parts, with all outputs, and the equations; `DataError`."""
    parts = tuple(train) if isinstance(train, list | tuple) else (train,)
    blocks = tuple(part for part in parts if isinstance(part, Block))
    data = [part for part in parts if isinstance(part, Dataset)]
    if len(data) != 1 or len(data) + len(blocks) < len(parts):
        raise DataError(
            "the Laplace approximation takes one Dataset, alone or in a sequence with equations: "
            f"got {', '.join(type(part).__name__ for part in parts) or 'nothing'}."
        )
    bad = [block.names[0] for block in blocks if not block.least_squares]
    if bad:
        raise ConfigError(
            f"'{bad[0]}' is no sum of squares of residuals, of which a noise could be told: leave "
            "it out."
        )
    known = data[0]
    if blocks and set(known.outputs) < set(surrogate.outputs):
        known = with_outputs(known, surrogate.outputs, surrogate.output_units)
    return known, blocks


def names_of(blocks: Sequence[Block], labels: Sequence[str]) -> tuple[str, ...]:
    """Those of the terms of the equations; `ConfigError` when one is taken."""
    names = tuple(name for block in blocks for name in block.names)
    twice = [name for k, name in enumerate(names) if name in (*labels, *names[:k])]
    if twice:
        raise ConfigError(f"two terms are called '{twice[0]}': give the equation another name.")
    return names


def rows_of(surrogate: Surrogate, blocks: Sequence[Block], θ: np.ndarray) -> list[Rows]:
    """[J, r] of each term at points it was not trained on, where it has such, else at its own.

    At its own points a residual is smaller than elsewhere, and the equation would be believed more
    than it is met. In units of the scale of the equation.
    """
    scaling, found = ScalingArrays.of(surrogate.scaling), []
    for i, block in enumerate(blocks):
        view = View(surrogate.network, scaling)
        batch: Any = block.elsewhere(random_streams.elsewhere(i), view)
        if batch is None:
            batch = block.draw(random_streams.elsewhere(i), view)
        task = Task(surrogate.network, Loss((block,)), Unweighted(), jax.random.key(0), scaling)
        n, terms = len(batch.weight), len(block.names)
        size = max(1, CHUNK // (len(block.term_of) * len(θ))) if block.rowwise else n
        factors, counts = [np.empty((0, len(θ) + 1)) for _ in range(terms)], np.zeros(terms, int)
        for start in range(0, n, size):
            some = jax.tree.map(lambda a, s=slice(start, start + size): a[s], batch)
            rows, there = map(np.asarray, raw_rows(task, jnp.asarray(θ), some))
            if not np.all(np.isfinite(rows)):
                raise DataError(
                    f"the residual of '{block.names[0]}' is not finite: train the surrogate anew."
                )
            place = np.broadcast_to(block.term_of[:, None], there.shape)
            for k in range(terms):
                new = rows[there & (place == k)]
                factors[k] = compressed(np.vstack([factors[k], new]))
                counts[k] += len(new)
        found += [Rows(factor, int(count)) for factor, count in zip(factors, counts, strict=True)]
    return found


@eqx.filter_jit
def raw_rows(task: Task, θ: Array, batch: Any) -> tuple[Array, Array]:
    """`[J, r]` `[E, n, P + 1]` without the 1/√N of the means, and which labels are there."""
    (block,) = task.loss.blocks
    (residuals,), (rows,) = linearised(task, θ, (batch,))
    scales = block.scales(batch)
    there = scales > 0
    rows = jnp.concatenate([rows, residuals[..., None]], axis=-1)
    return rows / jnp.where(there, scales, 1.0)[..., None], there


def precisions(
    noise: Mapping[str, float], names: Sequence[str], rows: Sequence[Rows]
) -> np.ndarray:
    """1/σ² of each equation: σ as given, else the root mean square of its residual.

    The evidence is not asked: it would rise for ever with the precision of what is met by many
    functions, while the tangents of a network hold a change of the solution to some digits only.
    Anything between a tenth of the noise of the labels and LEAST tells the same of what they
    decide, see `docs/inverse.md`.
    """
    found = []
    for name, block in zip(names, rows, strict=True):
        r = block.factor[:, -1]
        measured = np.sqrt(float(r @ r) / max(block.labels, 1))
        found.append(noise.get(name, max(measured, LEAST)))
    return 1 / np.array(found, float) ** 2
