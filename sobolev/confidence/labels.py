"""Labels of a posterior, linearised: what they say of the parameters."""

import jax
import jax.numpy as jnp
import numpy as np

from sobolev._base.errors import DataError
from sobolev.confidence.equations import CHUNK, raw_rows
from sobolev.confidence.marginal_likelihood import Block, compressed
from sobolev.data.dataset import Dataset
from sobolev.losses import Labelled, Loss, SobolevLoss
from sobolev.optimisers.optimiser import Task
from sobolev.surrogate import Surrogate
from sobolev.weighting.schemes.fixed.fixed import Unweighted

_LEAST_NOISE = 1e-9  # in scaled units: a label that is called exact


def known_noise(surrogate: Surrogate, train: Dataset, loss: SobolevLoss) -> np.ndarray:
    """The noise levels that come with the data, in scaled units `[E, n]`; NaN where none is."""
    factors, levels = (
        surrogate.scaling.factors(train),
        np.full((len(loss.entries), len(train)), np.nan),
    )
    for e, entry in enumerate(loss.entries):
        if entry.kind in train.noise:
            σ = train.noise[entry.kind] * factors[entry.kind]
            levels[e] = np.maximum(np.abs(σ[(slice(None), *entry.index)]), _LEAST_NOISE)
    return levels


def root_mean_square(levels: np.ndarray) -> float:
    """Of those that are known, NaN where none is."""
    there = levels[~np.isnan(levels)]
    return float(np.sqrt(np.mean(there**2))) if there.size else np.nan


def rows_of_labels(
    surrogate: Surrogate, train: Dataset, loss: SobolevLoss, θ: np.ndarray, known: np.ndarray
) -> tuple[list[Block], float]:
    """[J_k, r_k] of every term and, last, of all labels of known noise, divided by it.

    A few rows of the data at a time. Also the sum of the logarithms of those noise levels, which
    the evidence loses by the division.
    """
    block = Labelled.of(train, surrogate.scaling, loss)
    terms = len(loss.terms)
    size = max(1, CHUNK // (len(loss.entries) * len(θ)))
    factors = [np.empty((0, len(θ) + 1)) for _ in range(terms + 1)]
    counts, normalising = np.zeros(terms + 1, int), 0.0
    for start in range(0, len(train), size):
        here = slice(start, start + size)
        part = block.moved(lambda labels, s=here: jax.tree.map(lambda a: a[s], labels))
        task = Task(surrogate.network, Loss((part,)), Unweighted(), jax.random.key(0))
        rows, there = map(np.asarray, raw_rows(task, jnp.asarray(θ), part.labels))
        if not np.all(np.isfinite(rows)):
            raise DataError("the surrogate is not finite on its training data: train it anew.")
        σ = known[:, start : start + size]
        white = there & ~np.isnan(σ)
        normalising += np.sum(np.log(σ[white]))
        place = np.broadcast_to(loss.term_of[:, None], there.shape)
        picked = [rows[there & ~white & (place == k)] for k in range(terms)]
        picked.append(rows[white] / σ[white][:, None])
        for k, new in enumerate(picked):
            factors[k] = compressed(np.vstack([factors[k], new]))
            counts[k] += len(new)
    blocks = [Block(f, int(n)) for f, n in zip(factors, counts, strict=True)]
    return blocks, normalising
