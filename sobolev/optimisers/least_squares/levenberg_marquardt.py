"""Levenberg–Marquardt on the stacked Sobolev residual."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve, solve_triangular
from jaxtyping import Array, Float

from sobolev._base.arguments import positive
from sobolev.losses.batch import Batch
from sobolev.losses.loss import joined
from sobolev.optimisers.least_squares.in_trials import InTrials
from sobolev.optimisers.linearisation import (
    linearised,
    square_sum,
    summed,
    updated_weights,
    weighted,
)
from sobolev.optimisers.optimiser import State, Task, all_finite


class Damping(NamedTuple):
    """Damping μ, and the factor ν for the next rejection."""

    μ: Array
    ν: Array


class LevenbergMarquardt(InTrials):
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

    damping: Array

    def __init__(self, damping: float = 1e-3):
        self.damping = jnp.asarray(positive("the damping", damping))

    def init(self, task: Task, θ: Float[Array, " P"]) -> Damping:
        """μ = 0 says that μ₀ = τ max diag JᵀJ is still to be taken."""
        del task
        return Damping(jnp.zeros((), θ.dtype), jnp.full((), 2.0, θ.dtype))

    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """One step."""
        last: Damping = state.optimiser
        # Also where the last trial was rejected, so that r and J are those it had: they cost a
        # tenth of their product, and to be kept they would have to be copied.
        here = linearised(task, state.θ, batches)
        weights, weighting = updated_weights(task, state, here)
        r, columns = weighted(task, here, weights)
        # The rows' sums of squares are the diagonal of JᵀJ, before that product is made.
        diagonal = summed([jnp.sum(part**2, axis=1) for part in columns])
        μ = jnp.where(last.μ > 0, last.μ, self.damping * jnp.max(diagonal))
        pairs = zip(columns, r, strict=True)
        gradient = summed([part @ own for part, own in pairs])
        δ = damped_step(columns, r, gradient, μ)
        # Twice the loss, before and after; the model ½|r + Jδ|² falls by ½δ·(μδ − Jᵀr) (Madsen et
        # al., section 3.2), which is positive: the gain has the sign of what was gained.
        θ = state.θ + δ
        before = summed([part @ part for part in r])
        after = square_sum(task, θ, batches, weights)
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
            optimiser=Damping(μ, jnp.where(accept, 2.0, 2 * last.ν)),
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            converged=small | ~jnp.isfinite(μ),
        )
        return tried, finite


def damped_step(
    columns: Sequence[Float[Array, "P _"]],
    r: Sequence[Float[Array, " _"]],
    gradient: Float[Array, " P"],
    μ: Array,
) -> Float[Array, " P"]:
    """δ with (JᵀJ + μI) δ = −Jᵀr of parts of Jᵀ beside each other; the gradient Jᵀr is known."""
    P, m = len(gradient), sum(part.shape[1] for part in columns)
    tall = m >= P
    # Products of rows with rows are twice as fast as of columns with columns: lay them out so.
    rows = jax.lax.optimization_barrier(list(columns) if tall else [joined(columns, 1).T])
    size = jnp.max(summed([jnp.sum(part**2, axis=1) for part in rows]))
    near_roundoff = (μ < _POLISH * jnp.finfo(μ.dtype).eps * size) & jnp.isfinite(size + μ)

    def cholesky():
        # The smaller of the two systems: rows are those of Jᵀ (P) or of J (m).
        A = summed([part @ part.T for part in rows])
        A = A + μ * jnp.eye(len(A), dtype=A.dtype)
        return -_solve(A, gradient) if tall else -rows[0].T @ _solve(A, joined(r))

    def orthogonal():
        # [J r; √μI 0] = QR: RᵀR is the matrix of `cholesky`, but R never saw the square of J, and
        # the last column of R is Qᵀr: (JᵀJ + μI)⁻¹Jᵀr = R⁻¹R⁻ᵀJᵀr = R⁻¹Qᵀr.
        if tall:
            wide = jnp.concatenate([joined(rows, 1), joined(r)[None]]).T
            below = jnp.sqrt(μ) * jnp.eye(P, P + 1, dtype=wide.dtype)
            R = jnp.linalg.qr(jnp.concatenate([wide, below]), mode="r")
            return -solve_triangular(R[:P, :P], R[:P, P])
        # [Jᵀ; √μI] = QR: Jᵀ(JJᵀ + μI)⁻¹r = JᵀR⁻¹R⁻ᵀr = QR⁻ᵀr, without a product with J.
        J = rows[0]
        Q, R = jnp.linalg.qr(jnp.concatenate([J.T, jnp.sqrt(μ) * jnp.eye(m, dtype=J.dtype)]))
        return -Q[:P] @ solve_triangular(R, joined(r), trans=1)

    return jax.lax.cond(near_roundoff, orthogonal, cholesky)


_POLISH = 1e4  # Cholesky's δ then has four digits left


def _solve(A: Float[Array, "s s"], b: Float[Array, " s"]) -> Float[Array, " s"]:
    """Cholesky; NaN when A is not positive definite to round-off: the trial is then rejected."""
    # A is symmetric as it was made: else the factorisation would first take the mean with Aᵀ.
    return cho_solve((jax.lax.linalg.cholesky(A, symmetrize_input=False), True), b)
