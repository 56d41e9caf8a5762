"""Levenberg–Marquardt in the hidden units alone: the last layer is always the best for them."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Float

from sobolev._base.arguments import positive
from sobolev.losses.batch import Batch
from sobolev.networks.parameters import size
from sobolev.optimisers.least_squares.in_trials import InTrials
from sobolev.optimisers.least_squares.levenberg_marquardt import Damping
from sobolev.optimisers.least_squares.linear_part import (
    Projection,
    columns_of_last_layer,
    last_layer,
)
from sobolev.optimisers.linearisation import linearised, square_sum, stacked, updated_weights
from sobolev.optimisers.optimiser import State, Task, all_finite

FAR = 0.5


class Trial(NamedTuple):
    """Where a step leads, and what the loss fell by over what the model says; taken if > 0."""

    θ: Float[Array, " P"]
    gain: Float[Array, ""]


class VariableProjection(InTrials):
    """(B̃ᵀB̃ + μI) δ = −B̃ᵀr in the hidden units α; then c by least squares; B̃ = (1 − AA⁺) ∂r/∂α.

    r are all weighted residuals and A = ∂r/∂c, c the last layer. Where the terms are linear in the
    function (values, slopes, linear equations), c is the best for α at any time, and the step is
    one on the loss that is left, r̃ = (1 − AA⁺) r, with Kaufman's Jacobian B̃: c is not damped, and
    no singular value is differentiated. On linear equations that is worth orders of magnitude;
    fits of values and slopes gain little (`benchmarks/variable_projection.py`). Where the terms are
    not linear, c is moved by Newton's method, and a trial that does not lower the loss is made once
    more as one of Levenberg–Marquardt in all parameters: start there with that, and take this to
    end with.

    An epoch is a trial on all rows, with Nielsen's rule for μ, as in `LevenbergMarquardt`; it costs
    half as much again. **Arguments:** `damping` τ > 0, the first μ relative to the largest diagonal
    entry of B̃ᵀB̃; `cutoff` of the singular values of A, as in `LastLayer`. Needs a network with a
    last layer (`networks.WithLastLayer`). Raises `ConfigError`. Source: Golub & Pereyra, SIAM J.
    Numer. Anal. 10 (1973) 413; Kaufman, BIT 15 (1975) 49; for residuals of differential equations
    S. Dong & J. Yang, arXiv 2201.09989.

    ```python
    fit(surrogate, [equation], optimiser=VariableProjection(), epochs=100)
    ```
    """

    damping: Array
    cutoff: Array

    def __init__(self, damping: float = 1e-3, cutoff: float = 1e-6):
        self.damping = jnp.asarray(positive("the damping", damping))
        self.cutoff = jnp.asarray(positive("the cut-off of singular values", cutoff))

    def init(self, task: Task, θ: Float[Array, " P"]) -> Damping:
        """μ = 0 says that the first one is still to be taken."""
        last_layer(task)
        return Damping(jnp.zeros((), θ.dtype), jnp.full((), 2.0, θ.dtype))

    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """One step."""
        last: Damping = state.optimiser
        here = linearised(task, state.θ, batches)
        weights, weighting = updated_weights(task, state, here)
        r, J = stacked(task, here, weights)

        def loss(θ: Float[Array, " P"]) -> Float[Array, ""]:
            return square_sum(task, θ, batches, weights)

        linear = last_layer(task)
        others = np.setdiff1d(np.arange(size(task.network)), linear)
        off = Projection.of(J[:, linear], self.cutoff)
        left, B = off.left(r), off.left(J[:, others])
        μ = jnp.where(last.μ > 0, last.μ, self.damping * jnp.max(jnp.sum(B**2, axis=0)))

        def in_hidden_units() -> Trial:
            δ, model = _damped(B, left, μ)
            moved = off.solved(r + J[:, others] @ δ)
            θ = state.θ.at[others].add(δ).at[linear].add(moved)
            # c once more, by the residuals of the hidden units where they are now
            there, A = columns_of_last_layer(task, θ, batches, weights)
            θ = θ.at[linear].add(Projection.of(A, self.cutoff).solved(there))
            after = loss(θ)
            # The model begins where c is the best, which it is not yet where points are new.
            gain = jnp.where(after < r @ r, (left @ left - after) / model, -1.0)
            return Trial(θ, gain)

        def otherwise() -> Trial:
            """In c alone where it is far from the best, so that α can be judged; else in all."""
            far = left @ left < FAR * (r @ r)
            δ, model = _damped(J, r, μ)
            settled = jnp.zeros_like(state.θ).at[linear].set(off.solved(r))
            δ, model = jnp.where(far, settled, δ), jnp.where(far, r @ r - left @ left, model)
            return Trial(state.θ + δ, (r @ r - loss(state.θ + δ)) / model)

        first = in_hidden_units()
        trial = jax.lax.cond(first.gain > 0, lambda: first, otherwise)
        accept = trial.gain > 0
        # Nielsen's rule, as in LevenbergMarquardt
        μ = μ * jnp.where(accept, jnp.maximum(1 / 3, 1 - (2 * trial.gain - 1) ** 3), last.ν)
        finite = all_finite(r, weights, weighting) & jnp.any(weights > 0)
        tried = state._replace(
            θ=jnp.where(accept, trial.θ, state.θ),
            optimiser=Damping(μ, jnp.where(accept, 2.0, 2 * last.ν)),
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            converged=~jnp.isfinite(μ),
        )
        return tried, finite


def _damped(
    J: Float[Array, "m p"], r: Float[Array, " m"], μ: Float[Array, ""]
) -> tuple[Float[Array, " p"], Float[Array, ""]]:
    """The damped step, and what twice the loss falls by in the linear model (Madsen et al., 3.2).

    Cholesky; NaN when the matrix is not positive definite to round-off: no gain is then > 0.
    """
    gradient = J.T @ r
    H = J.T @ J + μ * jnp.eye(J.shape[1], dtype=J.dtype)
    δ = -cho_solve((jnp.linalg.cholesky(H), True), gradient)
    return δ, δ @ (μ * δ - gradient)
