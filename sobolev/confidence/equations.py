"""Equations beside the labels of a posterior: what they say of the parameters."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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
from sobolev.optimisers.least_squares.bayesian import BELIEVED
from sobolev.optimisers.linearisation import linearised
from sobolev.optimisers.optimiser import Task
from sobolev.surrogate import Surrogate
from sobolev.weighting.schemes.fixed.fixed import Unweighted

LEAST = 1e-6  # of the scale of an equation: no residual is believed to be smaller
WEAKER = 30.0  # than the evidence has it is the prior beside an equation, see `laplace`
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


class Points(NamedTuple):
    """The points of an equation in a posterior, the first `fresh` of which it never saw."""

    block: Block
    batch: Any
    fresh: int


def points_of(surrogate: Surrogate, blocks: Sequence[Block]) -> tuple[Points, ...]:
    """Those that an equation was not trained on, and after them those that it was, if they stay.

    Where it has no others, and where a residual depends on all points, there are the one or the
    other. Drawn once: a network that moves is measured at the same ones.
    """
    view, found = View(surrogate.network, ScalingArrays.of(surrogate.scaling)), []
    for i, block in enumerate(blocks):
        key = random_streams.elsewhere(i)
        fresh: Any = block.elsewhere(key, view)
        if fresh is None:
            own = block.draw(key, view)
            found.append(Points(block, own, len(own.weight)))
            continue
        batch = fresh
        if block.rowwise and not block.every:
            batch = jax.tree.map(lambda *a: jnp.concatenate(a), fresh, block.draw(key, view))
        found.append(Points(block, batch, len(fresh.weight)))
    return tuple(found)


class OfEquations(NamedTuple):
    """[J, r] of each term, and the root mean square of its residual where it was not trained."""

    rows: list[Rows]
    met: np.ndarray


def rows_of(surrogate: Surrogate, points: Sequence[Points], θ: np.ndarray) -> OfEquations:
    """Of every equation at its points, in units of its scale.

    At its own points a residual is smaller than elsewhere, and the equation would be believed more
    than it is met. `DataError` where it is not finite.
    """
    scaling, found, met = ScalingArrays.of(surrogate.scaling), [], []
    for block, batch, fresh in points:
        task = Task(surrogate.network, Loss((block,)), Unweighted(), jax.random.key(0), scaling)
        n, terms = len(batch.weight), len(block.names)
        size = max(1, CHUNK // (len(block.term_of) * len(θ))) if block.rowwise else n
        factors, counts = [np.empty((0, len(θ) + 1)) for _ in range(terms)], np.zeros(terms, int)
        squares, seen = np.zeros(terms), np.zeros(terms, int)
        for start in range(0, n, size):
            some = jax.tree.map(lambda a, s=slice(start, start + size): a[s], batch)
            rows, there = map(np.asarray, raw_rows(task, jnp.asarray(θ), some))
            if not np.all(np.isfinite(rows)):
                raise DataError(
                    f"the residual of '{block.names[0]}' is not finite: train the surrogate anew."
                )
            place = np.broadcast_to(block.term_of[:, None], there.shape)
            new = start + np.arange(rows.shape[1]) < fresh if block.rowwise else np.ones_like(there)
            for k in range(terms):
                chosen = there & (place == k)
                factors[k] = compressed(np.vstack([factors[k], rows[chosen]]))
                counts[k] += chosen.sum()
                squares[k] += np.sum(rows[chosen & new][:, -1] ** 2)
                seen[k] += (chosen & new).sum()
        found += [Rows(factor, int(count)) for factor, count in zip(factors, counts, strict=True)]
        met += list(np.sqrt(squares / np.maximum(seen, 1)))
    return OfEquations(found, np.array(met))


@eqx.filter_jit
def raw_rows(task: Task, θ: Array, batch: Any) -> tuple[Array, Array]:
    """`[J, r]` `[E, n, P + 1]` without the 1/√N of the means, and which labels are there."""
    (block,) = task.loss.blocks
    (residuals,), (rows,) = linearised(task, θ, (batch,))
    scales = block.scales(batch)
    there = scales > 0
    rows = jnp.concatenate([rows, residuals[..., None]], axis=-1)
    return rows / jnp.where(there, scales, 1.0)[..., None], there


def precisions(noise: Mapping[str, float], names: Sequence[str], met: np.ndarray) -> np.ndarray:
    """1/σ² of each equation: σ as given, else the root mean square of its residual.

    The evidence is not asked: it would rise for ever with the precision of what is met by many
    functions, while the tangents of a network hold a change of the solution to some digits only.
    """
    pairs = zip(names, met, strict=True)
    return 1 / np.array([noise.get(name, max(r, LEAST)) for name, r in pairs], float) ** 2


def no_more_exact(
    precise: np.ndarray, names: Sequence[str], noise: Mapping[str, float], labels: np.ndarray
) -> np.ndarray:
    """1/σ² of the equations with σ at least a tenth of the smallest noise of a label.

    So they are believed in training too. `labels`: those levels, in scaled units; what is given
    stays.
    """
    known = labels[~np.isnan(labels)]
    most = (BELIEVED / known.min()) ** 2 if known.size else np.inf
    given = np.array([name in noise for name in names])
    return np.where(given, precise, np.minimum(precise, most))
