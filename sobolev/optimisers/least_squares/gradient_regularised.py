"""Gauss–Newton with a regularisation that follows the norm of the gradient."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import positive
from sobolev.losses.batch import Batch
from sobolev.optimisers.least_squares.in_trials import InTrials
from sobolev.optimisers.least_squares.regularisation_rules import Mishchenko, Rule, Semenov, tried
from sobolev.optimisers.linearisation import linearised, square_sum, stacked, updated_weights
from sobolev.optimisers.optimiser import State, Task, all_finite

Metric = Callable[[Task], Array]


class Regularised(NamedTuple):
    """The present γ."""

    γ: Float[Array, ""]


class RegularisedNewton(InTrials):
    """(JᵀJ + λB) δ = −Jᵀr with λ from the norm of the gradient, in the norm dual to B.

    Far away it is a short gradient step in the metric B, at the minimum Gauss–Newton; there is no
    line search. What λ is and when a step is taken, a `rule` says; a step that is not taken is
    tried anew with another λ, so the loss never rises while the weights stay. An epoch is one
    trial, before which points are drawn where they do not stay. A negative weight counts as 0.

    **Arguments:** `rule`; `first` γ > 0; `metric(task) -> B [P, P]`, symmetric positive definite,
    None for the identity. Raises `ConfigError`.
    """

    rule: Rule = eqx.field(static=True)
    first: Array
    metric: Metric | None = eqx.field(static=True)

    def __init__(self, rule: Rule, first: float = 1.0, metric: Metric | None = None):
        self.first = jnp.asarray(positive("the first γ of a regularised Newton method", first))
        self.rule, self.metric = rule, metric

    def init(self, task: Task, θ: Float[Array, " P"]) -> Regularised:
        """γ₀."""
        del task
        return Regularised(self.first.astype(θ.dtype))

    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """One step."""
        last: Regularised = state.optimiser
        here = linearised(task, state.θ, batches)
        weights, weighting = updated_weights(task, state, here)
        r, J = stacked(task, here, weights)

        def loss(θ: Array) -> Array:
            return 0.5 * square_sum(task, θ, batches, weights)

        rows = jax.lax.optimization_barrier(J.T)
        B = None if self.metric is None else self.metric(task)
        trial = tried(
            self.rule, jax.value_and_grad(loss), state.θ, 0.5 * r @ r, J.T @ r, rows @ rows.T, B,
            last.γ,
        )  # fmt: skip
        finite = all_finite(r, weights, weighting) & jnp.any(weights > 0)
        after = state._replace(
            θ=jnp.where(trial.accept, trial.θ, state.θ),
            optimiser=Regularised(trial.γ),
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            converged=trial.over,
        )
        return after, finite


def SemenovNewton(length: float = 1.0, metric: Metric | None = None) -> RegularisedNewton:
    """Gauss–Newton by the rule of Semenov, Jaggi and Doikov, λ = ‖g‖_*/γ.

    They call γ the gradient-normalised smoothness.

    **Arguments:** `length` γ₀ > 0; `metric(task) -> B [P, P]`, None for the identity. Raises
    `ConfigError`. Source: arXiv 2506.13710, algorithm 1; `Semenov` has the rule.

    ```python
    fit(surrogate, train, optimiser=SemenovNewton(), epochs=200)
    ```
    """
    return RegularisedNewton(Semenov(), length, metric)


def MishchenkoNewton(smoothness: float = 1.0, metric: Metric | None = None) -> RegularisedNewton:
    """Gauss–Newton by Mishchenko's rule, λ = √(γ ‖g‖_*).

    **Arguments:** `smoothness` γ₀ > 0; `metric(task) -> B [P, P]`, None for the identity. Raises
    `ConfigError`. Source: Mishchenko, SIAM J. Optim. 33, 2023; `Mishchenko` has the rule.

    ```python
    fit(surrogate, train, optimiser=MishchenkoNewton(), epochs=200)
    ```
    """
    return RegularisedNewton(Mishchenko(), smoothness, metric)
