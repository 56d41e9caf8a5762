"""Some terms are constraints: multipliers and penalties that grow until they are met."""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from sobolev._base.arguments import any_array, shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import as_many, fraction, number_of, numbered, positive, within

FLOOR = 1e-8  # of the size of a constraint, as share of the largest term


class Multipliers(NamedTuple):
    """λ, μ, root mean squares of the terms, and the Lagrangian of the step before."""

    λ: Float[Array, " K"]
    μ: Float[Array, " K"]
    size: Float[Array, " K"]
    previous: Float[Array, ""]


class AugmentedLagrangian(Scheme):
    """min Σ_objectives L_k + Σ_constraints λ_k c_k + ½ μ_k c_k², where c_k is the term L_k itself.

    The weight is 1 for an objective and λ_k + μ_k c_k for a constraint. v̄_k ← ζ v̄_k + (1 − ζ) c_k²
    in each step; in those in which the Lagrangian has not fallen below ω times the one before,
    λ_k ← λ_k + μ_k c_k, then μ_k ← max(μ_k, η/√v̄_k).

    **Arguments:** `constraints`: the terms to be met exactly, by name, as indices or as one truth
    value for each term, e.g. `(0,)` for exact values and soft slopes; `rate` η (0.01), `decay` ζ
    (0.99), `progress` ω (0.999), `multiplier` λ and `penalty` μ at the start (1). √v̄ is floored at
    1e-8 of the largest term's. Raises `ConfigError`, also at the start of a training whose loss
    does not have those terms.

    Pitfalls: c_k is a mean square, so its gradient vanishes where it is met, and λ never falls; a
    penalty never falls either, so a term that is small early keeps a large one. The published code
    takes the losses again after each step; here those of the next step serve, which is the same on
    a full batch. Source: Basir & Senocak, PECANN, arXiv 2109.14860, with the
    conditionally adaptive penalty of its later version (CAPU).

    ```python
    weighting = AugmentedLagrangian(constraints=(0,))
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "augmented-lagrangian"
    told_about_terms = True

    constraints: tuple[str, ...] | tuple[int, ...] | tuple[bool, ...] = eqx.field(static=True)
    rate: Array
    decay: Array
    progress: Array
    multiplier: Array
    penalty: Array

    def __init__(
        self,
        constraints: Sequence[str] | Sequence[int] | Sequence[bool],
        rate: float = 0.01,
        decay: float = 0.99,
        progress: float = 0.999,
        multiplier: float = 1.0,
        penalty: float = 1.0,
    ):
        self.constraints = _listed(constraints)
        self.rate = positive("the rate of the penalties", rate)
        self.decay = fraction("the decay", decay)
        self.progress = within("the progress", progress)
        self.multiplier = positive("the multiplier at the start", multiplier)
        self.penalty = positive("the penalty at the start", penalty)

    def told(self, names: Sequence[str]) -> Scheme:
        """With the numbers of the constraints in place of their names."""
        places = tuple(numbered(c, names, "a constraint") for c in self.constraints)
        return self.changed(constraints=places)

    def init(self, energies: Float[Array, " K"]) -> Multipliers:
        """λ and μ at their start; no Lagrangian yet to compare with."""
        self._constrained(energies)
        ones = jnp.ones_like(energies)
        most = jnp.asarray(jnp.finfo(ones.dtype).max, ones.dtype)
        return Multipliers(self.multiplier * ones, self.penalty * ones, 0 * ones, most)

    def update(
        self, statistics: Statistics, state: Multipliers
    ) -> tuple[Float[Array, " K"], Multipliers]:
        """Multipliers and penalties moved on where there was no progress, and the weights."""
        c, (λ, μ, size, previous) = statistics.losses, state
        constrained, most = self._constrained(c), jnp.sqrt(jnp.finfo(c.dtype).max)
        size = _mean_square(size, c, self.decay)
        there = jnp.max(size) > 0
        low = jnp.where(there, jnp.maximum(size, FLOOR * jnp.max(size)), 1.0)
        penalised = (λ + 0.5 * jnp.minimum(μ * c, most)) * jnp.minimum(c, most)
        total = jnp.minimum(jnp.sum(jnp.where(constrained, penalised, c)), most)
        stuck = total >= self.progress * previous
        risen = jnp.where(stuck, jnp.minimum(λ + μ * c, most), λ)
        larger = jnp.where(stuck & there, jnp.clip(self.rate / low, μ, most), μ)
        weights = jnp.where(constrained, jnp.minimum(risen + larger * c, most), 1.0)
        return weights, Multipliers(risen, larger, size, total)

    def _constrained(self, like: Float[Array, " K"]) -> Bool[np.ndarray, " K"]:
        if isinstance(self.constraints[0], bool):
            as_many("whether it is a constraint", self.constraints, like)
            return np.array(self.constraints)
        places = [number_of(c, len(like), "a constraint") for c in self.constraints]
        return np.isin(np.arange(len(like)), places)


def _listed(constraints: Sequence) -> tuple:
    named = isinstance(constraints, list | tuple) and len(constraints) > 0
    if named and all(isinstance(c, str) and c for c in constraints):
        return tuple(dict.fromkeys(constraints))
    listed = any_array(constraints)
    if listed.ndim == 1 and listed.dtype == bool and listed.any():
        return tuple(bool(c) for c in listed)
    whole = listed.ndim == 1 and listed.dtype.kind in "iu" and listed.size > 0
    if not (whole and listed.min() >= 0 and len(set(listed.tolist())) == listed.size):
        raise ConfigError(
            "constraints are one or more different indices of terms ≥ 0, or a truth value for each "
            f"term of which at least one is true: got {shown(constraints)}."
        )
    return tuple(int(c) for c in listed)


def _mean_square(size: Array, c: Array, decay: Array) -> Float[Array, " K"]:
    """√(ζ size² + (1 − ζ) c²) without a square of something large."""
    unit = jnp.maximum(size, c)
    unit = jnp.where(unit > 0, unit, 1.0)
    return unit * jnp.sqrt(decay * (size / unit) ** 2 + (1 - decay) * (c / unit) ** 2)
