"""Losses that fall, and the weights that a scheme which looks at losses gives along them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from sobolev.weighting import (
    FAMO,
    AugmentedLagrangian,
    Chain,
    CoefficientOfVariation,
    DynamicWeightAverage,
    Every,
    KLSimplex,
    LogSum,
    RandomWeights,
    ReLoBRaLo,
    Smoothed,
    SmoothTchebycheff,
    SoftAdapt,
    Statistics,
    TiedToRate,
    Uncertainty,
)

RAMP = optax.linear_schedule(0.0, 2.0, 4)
DECAY = optax.exponential_decay(0.1, 3, 0.5)
SCHEMES = {
    "soft": SoftAdapt(3.0, "plain"),
    "soft normalised": SoftAdapt(0.5, order=3),
    "soft loss-weighted": SoftAdapt(0.5, "loss-weighted"),
    "dwa": DynamicWeightAverage(2),
    "relobralo": ReLoBRaLo(0.9, 0.1, 0.5),
    "cov": CoefficientOfVariation(),
    "log": LogSum(),
    "uncertainty": Uncertainty(0.1),
    "tchebycheff": SmoothTchebycheff(0.3),
    "famo": FAMO(0.1),
    "random": RandomWeights(),
    "dirichlet": RandomWeights("dirichlet", 3),
    "lagrangian": AugmentedLagrangian((0,)),
    "kl": KLSimplex(0.5),
    "kl relative": KLSimplex(0.5, relative=True),
    "tied": TiedToRate(2.0, 1.0, DECAY),
    "every famo": Every(FAMO(0.1), 2),
    "smoothed chain": Smoothed(Chain(FAMO(0.1), LogSum()), 0.5),
}
SUM_K = ["soft", "soft normalised", "soft loss-weighted", "dwa", "relobralo", "cov", "famo"]
SUM_K += ["random", "dirichlet", "kl", "kl relative", "tchebycheff"]


def falling(steps=14, terms=3, seed=0):
    """Losses `[steps, K]` that fall at different rates, with noise."""
    rng = np.random.default_rng(seed)
    rates = np.array([0.1, 0.4, 0.02, 0.2, 0.3])[:terms]
    noise = np.exp(0.2 * rng.normal(size=(steps, terms)))
    return np.exp(-np.outer(np.arange(steps), rates)) * noise * [1.0, 3.0, 0.2, 1, 1][:terms]


@eqx.filter_jit
def evolve(scheme, losses, state=None):
    """Weights `[steps, K]` along given losses, and the last state; the next losses come after."""
    state = scheme.init(jnp.ones_like(losses[0])) if state is None else state

    def step(state, pair):
        weights, state = scheme.update(Statistics(pair[0]), state)
        return scheme.after(pair[1], state), weights

    later = jnp.concatenate([losses[1:], losses[-1:]])
    state, weights = jax.lax.scan(step, state, (losses, later))
    return weights, state


def weights_of(scheme, losses):
    return np.asarray(evolve(scheme, np.asarray(losses))[0])


def each(names=SCHEMES):
    return pytest.mark.parametrize("scheme", [SCHEMES[n] for n in names], ids=list(names))
