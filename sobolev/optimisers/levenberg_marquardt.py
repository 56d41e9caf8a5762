"""Levenberg–Marquardt on the stacked Sobolev residual."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Float

from sobolev._errors import ConfigError
from sobolev.losses.sobolev_loss import Labels
from sobolev.optimisers.protocol import State, Task, all_finite, at
from sobolev.weighting.protocol import Statistics


class Linearisation(NamedTuple):
    """The residuals `[K, n]` (weights not applied) and their derivatives in θ `[K, n, P]`."""

    residuals: Float[Array, "K n"]
    rows: Float[Array, "K n P"]


class Damping(NamedTuple):
    """Damping μ, the factor ν for the next rejection, and the linearisation at θ."""

    μ: Float[Array, ""]
    ν: Float[Array, ""]
    at: Linearisation


class LevenbergMarquardt(eqx.Module):
    """(JᵀJ + μI) δ = −Jᵀr on r = (√w_1 r_1, …, √w_K r_K), with Nielsen's damping rule.

    An epoch is one trial step on all rows. A trial is accepted only when it lowers the weighted
    loss, so the loss never rises while the weights stay; weights are taken at the start of each
    trial. The system is solved in θ (P × P) when there are no more parameters than residuals, else
    in the residuals (m × m): (JᵀJ + μI)⁻¹Jᵀ = Jᵀ(JJᵀ + μI)⁻¹. Cost: 2mP·min(m, P) flop.

    **Arguments:** `damping` τ > 0, the first μ relative to the largest diagonal entry of JᵀJ.
    Raises `ConfigError`. Source: Madsen, Nielsen & Tingleff, Methods for non-linear least squares
    problems, 2004, algorithm 3.16.

    ```python
    fit(surrogate, train, optimiser=LevenbergMarquardt(), epochs=200)
    ```
    """

    damping: Array

    def __init__(self, damping: float = 1e-3):
        if not (damping > 0 and jnp.isfinite(damping)):
            raise ConfigError(f"the damping must be a positive number: got {damping}.")
        self.damping = jnp.asarray(float(damping))

    def init(self, task: Task, θ: Float[Array, " P"]) -> Damping:
        """Linearise at the start; μ₀ = τ max diag JᵀJ."""
        at = _linearised(task, θ)
        largest = jnp.max(jnp.sum(at.rows**2, axis=(0, 1)))
        two = jnp.asarray(2.0, θ.dtype)
        return Damping(self.damping * largest, two, at)

    def epoch(self, task: Task, state: State) -> State:
        """One trial step; nothing once converged."""
        return jax.lax.cond(state.converged, _idle, lambda s: _trial(task, s), state)


def _idle(state: State) -> State:
    return state._replace(epoch=state.epoch + 1)


def _trial(task: Task, state: State) -> State:
    μ, ν, at = state.optimiser
    weights, weighting = _weights(task, state, at)
    root = jnp.sqrt(weights)[:, None]
    r = (root * at.residuals).reshape(-1)
    J = (root[..., None] * at.rows).reshape(r.size, -1)
    gradient = J.T @ r
    δ = _damped_step(J, r, gradient, μ)
    θ = state.θ + δ
    before, after = r @ r, jnp.sum((root * _residuals(task, θ)) ** 2)
    predicted = δ @ (μ * δ - gradient)  # 2 (model at 0 − model at δ), positive
    gain = (before - after) / predicted
    finite = all_finite(after, δ, weights)
    accept = finite & (gain > 0)
    μ_accept = μ * jnp.maximum(1 / 3, 1 - (2 * gain - 1) ** 3)
    new = jax.lax.cond(
        accept,
        lambda: Damping(μ_accept, jnp.full_like(ν, 2.0), _linearised(task, θ)),
        lambda: Damping(μ * ν, 2 * ν, at),
    )
    # No step left that changes θ in its last digits: every further trial would be rejected.
    small = jnp.linalg.norm(δ) <= 4 * jnp.finfo(θ.dtype).eps * jnp.linalg.norm(state.θ)
    return State(
        θ=jnp.where(accept, θ, state.θ),
        optimiser=new,
        weighting=weighting,
        weights=weights,
        weight_step=weights - state.weights,
        step=state.step + 1,
        epoch=state.epoch + 1,
        rejected=state.rejected + ~finite,
        converged=small | ~jnp.isfinite(new.μ),
    )


def _weights(task: Task, state: State, at: Linearisation):
    losses = 0.5 * jnp.sum(at.residuals**2, axis=1)
    rows = jnp.einsum("kn,knp->kp", at.residuals, at.rows) if task.weighting.needs_gram else None
    gram = None if rows is None else rows @ rows.T
    weights, weighting = task.weighting.update(Statistics(losses, gram), state.weighting)
    return jnp.maximum(weights, 0.0), weighting  # √w needs w ≥ 0


def _damped_step(J, r, gradient, μ) -> Float[Array, " P"]:
    m, P = J.shape
    if m >= P:
        return -_solve(J.T @ J + μ * jnp.eye(P, dtype=J.dtype), gradient)
    return -J.T @ _solve(J @ J.T + μ * jnp.eye(m, dtype=J.dtype), r)


def _solve(A: Float[Array, "s s"], b: Float[Array, " s"]) -> Float[Array, " s"]:
    """Cholesky; NaN when A is not positive definite to round-off: the trial is then rejected."""
    return cho_solve((jnp.linalg.cholesky(A), True), b)


def _residuals(task: Task, θ: Float[Array, " P"]) -> Float[Array, "K n"]:
    return task.loss.residuals(at(task.network, θ), task.labels)


def _linearised(task: Task, θ: Float[Array, " P"]) -> Linearisation:
    """Row by row, because a sample's residuals depend on that sample only: vmap, not one jacrev."""

    def of_one_row(row: Labels):
        one = jax.tree.map(lambda a: a[None], row)
        value, pullback = jax.vjp(
            lambda t: task.loss.raw_residuals(at(task.network, t), one)[:, 0], θ
        )
        unit = jnp.eye(len(value), dtype=value.dtype)
        return value, jnp.stack([pullback(unit[k])[0] for k in range(len(value))])

    residuals, rows = jax.vmap(of_one_row)(task.labels)
    scale = task.loss.scales(task.labels)
    return Linearisation(residuals.T * scale, jnp.swapaxes(rows, 0, 1) * scale[..., None])
