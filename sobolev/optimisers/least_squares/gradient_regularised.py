"""Gauss–Newton with a regularisation that follows the norm of the gradient."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Bool, Float

from sobolev._base.arguments import positive
from sobolev.optimisers.fresh_points import with_fresh_points
from sobolev.optimisers.linearisation import linearised, square_sum, stacked, updated_weights
from sobolev.optimisers.optimiser import Optimiser, State, Task, all_finite, keep_if


class Regularised(NamedTuple):
    """The present estimate γ of the smoothness."""

    γ: Float[Array, ""]


def regularised_step(
    G: Float[Array, "P P"], B: Float[Array, "P P"], g: Float[Array, " P"], γ: Array
) -> tuple[Float[Array, " P"], Array]:
    """`(δ, λ)` with (G + λB) δ = −g and λ = √(γ ‖g‖_B⁻¹)."""
    # With B = LLᵀ the dual norm is gᵀB⁻¹g = |L⁻¹g|²: one triangular solve, no inverse.
    factor = jnp.linalg.cholesky(B)
    norm = jnp.linalg.norm(jax.scipy.linalg.solve_triangular(factor, g, lower=True))
    λ = jnp.sqrt(γ * norm)
    return -cho_solve((jnp.linalg.cholesky(G + λ * B), True), g), λ


class GradientRegularisedNewton(Optimiser):
    """(JᵀJ + λB) δ = −Jᵀr with λ = √(γ ‖g‖), in the norm dual to B; no line search.

    Far away it is a short gradient step in the metric B, at the minimum Gauss–Newton. A step that
    lowers the loss by at least a quarter of λ‖δ‖²_B is taken and γ quartered, else γ is multiplied
    by four and the step is tried anew: the loss never rises while the weights stay. An epoch is one
    trial, before which points are drawn where they do not stay. A negative weight counts as 0.

    **Arguments:** `smoothness` γ₀ > 0; `metric(task) -> B [P, P]`, symmetric positive definite,
    None for the identity. Raises `ConfigError`. Source: after gradient-normalised smoothness,
    arXiv 2506.13710; Mishchenko, SIAM J. Optim. 33, 2023, for the square root.

    ```python
    fit(surrogate, train, optimiser=GradientRegularisedNewton(), epochs=200)
    ```
    """

    least_squares = True

    smoothness: Array
    metric: Callable[[Task], Array] | None = eqx.field(static=True)

    def __init__(self, smoothness: float = 1.0, metric: Callable[[Task], Array] | None = None):
        self.smoothness = jnp.asarray(positive("the smoothness", smoothness))
        self.metric = metric

    def init(self, task: Task, θ: Float[Array, " P"]) -> Regularised:
        """γ₀."""
        del task
        return Regularised(self.smoothness.astype(θ.dtype))

    def epoch(self, task: Task, state: State) -> State:
        """One trial step; nothing once converged."""
        state = jax.lax.cond(state.converged, lambda s: s, lambda s: self._trial(task, s), state)
        return state._replace(epoch=state.epoch + 1)

    def _trial(self, task: Task, state: State) -> State:
        γ = state.optimiser.γ
        state, _ = with_fresh_points(task, state)
        batches = task.loss.batches(state.drawn)
        here = linearised(task, state.θ, batches)
        weights, weighting = updated_weights(task, state, here)
        r, J = stacked(task, here, weights)
        B = jnp.eye(len(state.θ), dtype=r.dtype) if self.metric is None else self.metric(task)

        def loss(θ):
            return 0.5 * square_sum(task, θ, batches, weights)

        rows = jax.lax.optimization_barrier(J.T)
        θ, γ, accept, still = tried(loss, 0.5 * r @ r, state.θ, J.T @ r, rows @ rows.T, B, γ)
        finite = all_finite(r, weights, weighting) & jnp.any(weights > 0)
        after = state._replace(
            θ=jnp.where(accept, θ, state.θ),
            optimiser=Regularised(γ),
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            converged=still,
        )
        return keep_if(finite, after, state)._replace(
            step=state.step + 1, rejected=state.rejected + ~finite
        )


def tried(
    loss: Callable, before: Array, θ: Array, g: Array, G: Array, B: Array, γ: Array
) -> tuple[Float[Array, " P"], Array, Bool[Array, ""], Bool[Array, ""]]:
    """`(θ + δ, next γ, whether to take it, whether nothing is left to gain)` of one trial."""
    δ, λ = regularised_step(G, B, g, γ)
    # With g = −(G + λB)δ the model of the loss falls by ½δᵀGδ + λδᵀBδ, so by λ‖δ‖²_B at least: a
    # quarter of that is asked for. Written with NaN in mind: what is no number compares as False.
    gain = before - loss(θ + δ)
    accept = (gain >= 0.25 * λ * (δ @ B @ δ)) & (gain > 0)
    small = jnp.linalg.norm(δ) <= 4 * jnp.finfo(θ.dtype).eps * jnp.linalg.norm(θ)
    # Without regularisation left the matrix may be singular to round-off: δ is then NaN.
    γ = jnp.clip(jnp.where(accept, γ / 4, 4 * γ), 1e-300, 1e300)
    return θ + δ, γ, accept, small | ~jnp.any(g != 0) | (γ >= 1e300)
