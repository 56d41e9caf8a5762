"""Levenberg–Marquardt on the stacked Sobolev residual."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve, solve_triangular
from jaxtyping import Array, Bool, Float

from sobolev._base.arguments import positive
from sobolev.optimisers.fresh_points import drawn_before, with_fresh_points
from sobolev.optimisers.linearisation import (
    Linearisation,
    linearised,
    nothing_linearised,
    square_sum,
    stacked,
    updated_weights,
)
from sobolev.optimisers.optimiser import Optimiser, State, Task, all_finite, keep_if


class Damping(NamedTuple):
    """Damping μ, the factor ν for the next rejection, and the last linearisation.

    `fresh`: whether `here` belongs to the present θ. When it does not, the next trial makes it:
    so the code for it is compiled once.
    """

    μ: Array
    ν: Array
    here: Linearisation
    fresh: Bool[Array, ""]


class LevenbergMarquardt(Optimiser):
    """(JᵀJ + μI) δ = −Jᵀr on r = (√w_1 r_1, …, √w_K r_K), with Nielsen's damping rule.

    An epoch is one trial step on all rows. A trial is accepted only when it lowers the weighted
    loss, so the loss never rises while the weights stay. Weights are taken at the start of each
    trial; a negative one counts as 0, and a trial without a positive one is rejected. Points that
    are drawn anew are so before a trial, which is then judged on them. The system is
    solved in θ (P × P) when there are no more parameters than residuals, else in the residuals
    (m × m): (JᵀJ + μI)⁻¹Jᵀ = Jᵀ(JJᵀ + μI)⁻¹. Cost: 2mP·min(m, P) flop. Cholesky's factor squares
    the condition of J; once μ is near the round-off of JᵀJ, the factor is R of [J; √μI] = QR
    instead: that costs two to three times as much and gives the last digits.

    **Arguments:** `damping` τ > 0, the first μ relative to the largest diagonal entry of JᵀJ.
    Raises `ConfigError`. Source: Madsen, Nielsen & Tingleff, Methods for non-linear least squares
    problems, 2004, algorithm 3.16.

    ```python
    fit(surrogate, train, optimiser=LevenbergMarquardt(), epochs=200)
    ```
    """

    least_squares = True

    damping: Array

    def __init__(self, damping: float = 1e-3):
        self.damping = jnp.asarray(positive("the damping", damping))

    def init(self, task: Task, θ: Float[Array, " P"]) -> Damping:
        """Nothing linearised yet; μ = 0 says that μ₀ = τ max diag JᵀJ is still to be taken."""
        here = nothing_linearised(task, θ, lambda: task.loss.batches(drawn_before(task, θ)))
        zero, two = jnp.zeros((), θ.dtype), jnp.full((), 2.0, θ.dtype)
        return Damping(zero, two, here, jnp.zeros((), bool))

    def epoch(self, task: Task, state: State) -> State:
        """One trial step; nothing once converged."""
        return jax.lax.cond(state.converged, _idle, lambda s: self._trial(task, s), state)

    def _trial(self, task: Task, state: State) -> State:
        state, changed = with_fresh_points(task, state)
        batches = task.loss.batches(state.drawn)
        last: Damping = state.optimiser
        # A rejected trial leaves θ where it is, so its r and J still hold and only the system with
        # the larger μ is new; fresh points have another r.
        here = jax.lax.cond(
            last.fresh & ~changed, lambda: last.here, lambda: linearised(task, state.θ, batches)
        )
        weights, weighting = updated_weights(task, state, here)
        # The linearisation is without weights: with others the rows are scaled anew, not computed.
        r, J = stacked(task, here, weights)
        # The columns' sums of squares are the diagonal of JᵀJ, before that product is made.
        μ = jnp.where(last.μ > 0, last.μ, self.damping * jnp.max(jnp.sum(J**2, axis=0)))
        gradient = J.T @ r
        δ = _damped_step(J, r, gradient, μ)
        # Twice the loss, before and after; the model ½|r + Jδ|² falls by ½δ·(μδ − Jᵀr) (Madsen et
        # al., section 3.2), which is positive: the gain has the sign of what was gained.
        θ = state.θ + δ
        before, after = r @ r, square_sum(task, θ, batches, weights)
        gain = (before - after) / (δ @ (μ * δ - gradient))  # over the drop of the linear model
        # A loss that overflows, or a system not positive definite, makes the gain −∞ or NaN: that
        # asks for more damping only.
        accept = gain > 0
        finite = all_finite(r, weights, weighting) & jnp.any(weights > 0)
        # Nielsen's rule: a smooth function of the gain, where halving and doubling at thresholds
        # makes μ swing; ν doubles with each rejection in a row, so a μ far too small is mended
        # soon.
        μ = μ * jnp.where(accept, jnp.maximum(1 / 3, 1 - (2 * gain - 1) ** 3), last.ν)
        # No step left that changes θ in its last digits: every further trial would be rejected.
        small = jnp.linalg.norm(δ) <= 4 * jnp.finfo(θ.dtype).eps * jnp.linalg.norm(state.θ)
        tried = state._replace(
            θ=jnp.where(accept, θ, state.θ),
            optimiser=Damping(μ, jnp.where(accept, 2.0, 2 * last.ν), here, ~accept),
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            converged=small | ~jnp.isfinite(μ),
        )
        return keep_if(finite, tried, state)._replace(
            step=state.step + 1,
            epoch=state.epoch + 1,
            rejected=state.rejected + ~finite,
        )


def _idle(state: State) -> State:
    return state._replace(epoch=state.epoch + 1)


def _damped_step(J, r, gradient, μ) -> Float[Array, " P"]:
    m, P = J.shape
    # Products of rows with rows are twice as fast as of columns with columns: lay them out so.
    rows = jax.lax.optimization_barrier(J.T) if m >= P else J
    size = jnp.max(jnp.sum(rows**2, axis=1))
    near_roundoff = (μ < _POLISH * jnp.finfo(J.dtype).eps * size) & jnp.isfinite(size + μ)

    def cholesky():
        # The smaller of the two systems: rows are those of Jᵀ (P) or of J (m).
        A = rows @ rows.T + μ * jnp.eye(len(rows), dtype=J.dtype)
        return -_solve(A, gradient) if m >= P else -J.T @ _solve(A, r)

    def orthogonal():
        # [rowsᵀ; √μI] = QR: RᵀR is the matrix of `cholesky`, but R never saw the square of J. The
        # upper part of Q is rowsᵀR⁻¹, so no product with J is left to lose digits in:
        # (JᵀJ + μI)⁻¹Jᵀr = R⁻¹R⁻ᵀJᵀr = R⁻¹Qᵀr, and Jᵀ(JJᵀ + μI)⁻¹r = JᵀR⁻¹R⁻ᵀr = QR⁻ᵀr.
        wide = jnp.concatenate([rows.T, jnp.sqrt(μ) * jnp.eye(len(rows), dtype=J.dtype)])
        Q, R = jnp.linalg.qr(wide)
        Q = Q[: rows.shape[1]]
        if m >= P:
            return -solve_triangular(R, Q.T @ r)
        return -Q @ solve_triangular(R, r, trans=1)

    return jax.lax.cond(near_roundoff, orthogonal, cholesky)


_POLISH = 1e4  # Cholesky's δ then has four digits left


def _solve(A: Float[Array, "s s"], b: Float[Array, " s"]) -> Float[Array, " s"]:
    """Cholesky; NaN when A is not positive definite to round-off: the trial is then rejected."""
    return cho_solve((jnp.linalg.cholesky(A), True), b)
