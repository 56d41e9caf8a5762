"""What is decided once before a training: which terms have weights, and who optimises."""

from functools import lru_cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from sobolev.losses.labels import Labels
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.networks.parameters import size
from sobolev.optimisers.choose import choose_optimiser
from sobolev.optimisers.first_order.first_order import Adam
from sobolev.optimisers.protocol import Optimiser
from sobolev.training.compatibility import check_optimiser
from sobolev.training.feed import Parts, Whole
from sobolev.weighting.protocol import Scheme
from sobolev.weighting.schemes.fixed.fixed import Fixed
from sobolev.weighting.settings import check_scheme


def chosen(
    optimiser: Optimiser | None,
    feed: Whole | Parts,
    network: eqx.Module,
    loss: SobolevLoss,
    whole: bool,
) -> tuple[Optimiser, str]:
    """The optimiser and a sentence about it: the given one, or by `choose_optimiser`."""
    if optimiser is not None:
        check_optimiser(optimiser)
        return optimiser, type(optimiser).__name__
    if not whole:
        return Adam(1e-3, batch_size=256), "Adam in batches of 256: the file is read in parts."
    return choose_optimiser(
        parameters=size(network),
        residuals=sum(present(feed, loss).values()),
        rows=len(feed.labels.x),
        noisy=bool(feed.data.noise),
    )


def without_zeros(
    loss: SobolevLoss, weighting: Scheme, labels: Labels
) -> tuple[SobolevLoss, Scheme]:
    """Terms whose weight is 0 for ever are left out, so that they are not even computed."""
    check_scheme("weighting", weighting)
    if not (weighting.constant and weighting.told_about_terms):
        return loss, weighting
    weights = np.asarray(weighting.init(_signals(loss, labels)))
    if not (weights == 0).any() or not weights.any():
        return loss, weighting
    return loss.only(weights != 0), Fixed(_constant(tuple(weights[weights != 0].tolist())))


def present(feed: Whole | Parts, loss: SobolevLoss) -> dict:
    """How many labels each entry of the loss has."""
    labels, equations = feed.data.labels(), iter(feed.equations)
    return {
        entry: next(equations)
        if entry.kind == "operator"
        else int(np.sum(~np.isnan(labels[entry.kind][(slice(None), *entry.index)])))
        for entry in loss.entries
    }


@eqx.filter_jit
def _signals(loss: SobolevLoss, labels: Labels) -> Array:
    return loss.signals(labels)


@lru_cache(maxsize=64)
def _constant(weights: tuple[float, ...]):
    """The same function for the same numbers: compiled code is found again by its identity."""
    return lambda energies: jnp.asarray(weights, energies.dtype)
