"""Gauss–Newton by conjugate gradients: for networks whose Jacobian no memory holds."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev._base.arguments import positive, whole
from sobolev.losses.batch import Batch
from sobolev.losses.loss import joined
from sobolev.optimisers.least_squares.conjugate_gradients import conjugate_gradients
from sobolev.optimisers.least_squares.in_trials import InTrials
from sobolev.optimisers.linearisation import residuals, weights_without_rows
from sobolev.optimisers.optimiser import State, Task, all_finite

REMEMBERED = 0.95  # of the last step, as a start for the next solve
LEAST_LEFT = 0.1  # of μ after a trial that went as the model says
HALVINGS = 6  # of a step that does not lower the loss: each costs a loss, a step all its products


class Free(NamedTuple):
    """Damping μ, the factor ν for the next rejection, the last step δ, and all products so far."""

    μ: Float[Array, ""]
    ν: Float[Array, ""]
    δ: Float[Array, " P"]
    products: Int[Array, ""]


class HessianFree(InTrials):
    """(JᵀJ + μI) δ = −Jᵀr, solved by conjugate gradients with products J v and Jᵀu alone.

    A CG iteration costs one pass forwards and one backwards, and the memory is that of a gradient
    and `iterations` vectors of θ. The solve begins from the last step and ends where an iteration
    no longer lowers the model by a share of what it has gained, or after `iterations`. A step that
    does not lower the weighted loss is halved, up to six times, since it was dear; μ follows the
    gain ratio of the whole step as in Nielsen's rule, but falls to a tenth at once where the model
    holds: a smaller μ is what a solve that ends early makes up for. The loss never rises while
    points and weights stay. Points that are drawn anew are so before a trial.

    **Arguments:** `damping` τ > 0, the first μ relative to the curvature along the gradient,
    |Jg|²/|g|²; `iterations` ≥ 1. Raises `ConfigError`. Source: Martens, Deep learning via
    Hessian-free optimization, ICML 2010, sections 4.4 to 4.6; Nielsen's rule as in
    `LevenbergMarquardt`.

    ```python
    fit(surrogate, train, optimiser=HessianFree(), epochs=200)
    ```
    """

    damping: Array
    iterations: int = eqx.field(static=True)

    def __init__(self, damping: float = 1e-2, iterations: int = 50):
        self.damping = jnp.asarray(positive("the damping", damping))
        self.iterations = whole("the number of iterations", iterations, 1)

    def init(self, task: Task, θ: Float[Array, " P"]) -> Free:
        """Nothing known; μ = 0 says that μ₀ is still to be taken."""
        del task
        zero, two = jnp.zeros((), θ.dtype), jnp.full((), 2.0, θ.dtype)
        return Free(zero, two, jnp.zeros_like(θ), jnp.zeros((), int))

    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """One step."""
        last: Free = state.optimiser
        losses = task.losses(state.θ, batches)
        weights, weighting = weights_without_rows(task, state, losses, batches)
        weights = jnp.maximum(weights, 0.0)  # √w needs w ≥ 0

        def stacked(θ: Array) -> Float[Array, " m"]:
            roots = task.loss.per_entry(jnp.sqrt(weights))
            pairs = zip(roots, residuals(task, θ, batches), strict=True)
            return joined([(root[:, None] * r).reshape(-1) for root, r in pairs])

        def loss(θ: Array) -> Float[Array, ""]:
            return 0.5 * jnp.sum(stacked(θ) ** 2)

        r, along = jax.linearize(stacked, state.θ)  # what it has made forwards is kept for all
        back = jax.linear_transpose(along, state.θ)
        g = back(r)[0]
        ahead = along(g)
        curvature = (ahead @ ahead) / jnp.maximum(g @ g, jnp.finfo(g.dtype).tiny)
        μ = jnp.asarray(jnp.where(last.μ > 0, last.μ, self.damping * curvature))
        solved = conjugate_gradients(
            lambda v: back(along(v))[0] + μ * v, -g, REMEMBERED * last.δ, self.iterations
        )
        before, whole_step = 0.5 * r @ r, solved.x
        first = loss(state.θ + whole_step)
        # q = ½δᵀAδ + gᵀδ of the damped system: the model of the loss itself falls by −q + ½μ|δ|².
        gain = (before - first) / (0.5 * μ * (whole_step @ whole_step) - solved.q)
        length, after = _halved(lambda s: loss(state.θ + s * whole_step), first, before)
        accept, δ = after < before, length * whole_step
        agreed = (gain > 0) & accept
        factor = jnp.where(agreed, jnp.maximum(LEAST_LEFT, 1 - (2 * gain - 1) ** 3), last.ν)
        μ = μ * jnp.asarray(factor)
        finite = all_finite(r, g, weights, weighting) & jnp.any(weights > 0)
        small = jnp.linalg.norm(δ) <= 4 * jnp.finfo(μ.dtype).eps * jnp.linalg.norm(state.θ)
        tried = state._replace(
            θ=jnp.where(accept, state.θ + δ, state.θ),
            optimiser=Free(
                μ,
                jnp.where(agreed, 2.0, 2 * last.ν),
                jnp.where(accept, δ, 0.0),
                last.products + solved.products,
            ),
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            converged=small | ~jnp.isfinite(μ),
        )
        return tried, finite


def _halved(loss: Callable[[Array], Array], first: Array, before: Array) -> tuple[Array, Array]:
    """The first of 1, ½, ¼, … of a step that lowers the loss, and that loss; else the shortest."""

    def shorter(now: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        s, _, count = now
        return s / 2, loss(s / 2), count + 1

    def on(now: tuple[Array, Array, Array]) -> Array:
        _, value, count = now
        return ~(value < before) & (count < HALVINGS)

    begun = jnp.ones((), first.dtype), first, jnp.zeros((), int)
    s, value, _ = jax.lax.while_loop(on, shorter, begun)
    return s, value
