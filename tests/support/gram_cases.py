"""Gradients of terms, and the weights that a scheme gives them by their Gram matrix."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from sobolev.weighting import MGDA, FairGrad, GradVac, PCGrad, Statistics, by_name
from sobolev.weighting.registry import CLASSES, family

# Every scheme of angles that has a name, and what its defaults do not show.
SCHEMES = {
    name: by_name(name) for c in CLASSES if family(c) == "by_angle" for name in c.named()
} | {
    "mgda l2": MGDA("l2"),
    "mgda loss": MGDA("loss"),
    "pcgrad": PCGrad(3),
    "gradvac": GradVac(0.5, 3),
    "fairgrad": FairGrad(2.0),  # with 1 it is Nash-MTL
}
TERMS, PARAMETERS, CASES = 6, 10, 30


@partial(jax.jit, static_argnames="steps")
def evolve(scheme, losses, grams, steps=3):
    """The weights of each step in each case, `[steps, cases, K]`."""

    def run(loss, gram):
        statistics = Statistics(loss, gram)
        start = scheme.init(loss)
        return jax.lax.scan(lambda s, _: scheme.update(statistics, s)[::-1], start, length=steps)[1]

    return jnp.moveaxis(jax.vmap(run)(losses, grams), 1, 0)


class Case(NamedTuple):
    """Gradients `g [K, P]` of terms and their losses."""

    g: np.ndarray
    losses: np.ndarray

    @property
    def unit(self):
        return self.g / np.linalg.norm(self.g, axis=1, keepdims=True)

    @property
    def norms(self):
        return np.linalg.norm(self.g, axis=1)

    def cosines_with(self, d):
        return self.unit @ d / np.linalg.norm(d)


def random_cases(decades=1.5, common=0.5):
    """K = 2..6 terms, whose gradients' lengths span 2·decades decades, six cases each."""
    rng = np.random.default_rng(7)
    cases = []
    for K in np.repeat([2, 3, 4, 5, 6], CASES // 5):
        g = rng.normal(size=(K, PARAMETERS)) + common * rng.normal(size=PARAMETERS)
        g *= 10.0 ** rng.uniform(-decades, decades, (K, 1))
        cases.append(Case(g, 10.0 ** rng.uniform(-2, 2, K)))
    return cases


def packed(cases):
    """All cases as one batch of six terms, so that it compiles once: the others have no gradient.

    `(losses [cases, 6], gram [cases, 6, 6])`. A scheme leaves such terms out, but for the mean over
    the terms, which some take: `of_the_mean`.
    """
    losses, gram = np.ones((CASES, TERMS)), np.zeros((CASES, TERMS, TERMS))
    with np.errstate(over="ignore"):
        for at, (g, loss) in enumerate(cases):
            losses[at, : len(g)], gram[at, : len(g), : len(g)] = loss, g @ g.T
    return jnp.asarray(losses), jnp.asarray(gram)


def weighed(scheme, cases, steps=3):
    """`(case, weights [K] of its last step)` for each."""
    last = np.asarray(evolve(scheme, *packed(cases), steps=steps))[-1]
    return [(case, w[: len(case.g)]) for case, w in zip(cases, last, strict=False)]


def of_the_mean(case):
    """What a mean over six terms is of the mean over those with a gradient."""
    return len(case.g) / TERMS


def normed(v):
    return v / np.linalg.norm(v)


def equiangular(gram):
    """w = C⁻¹1 / ‖g‖ with the correlations C: the weights of ConFIG."""
    norms = np.sqrt(np.diagonal(gram))
    return np.linalg.solve(gram / np.outer(norms, norms), np.ones(len(gram))) / norms
