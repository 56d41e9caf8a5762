"""Gauss–Newton without what round-off has spoilt: for the last digits."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import whole
from sobolev.losses.batch import Batch
from sobolev.losses.loss import joined
from sobolev.optimisers.least_squares.in_trials import InTrials
from sobolev.optimisers.linearisation import linearised, square_sum, updated_weights, weighted
from sobolev.optimisers.optimiser import State, Task, all_finite

LARGEST, SMALLEST = 1e-2, 1e-15  # relative to the largest singular value


class CutOffGaussNewton(InTrials):
    """δ = −Σ_{σ_i ≥ τσ_1} v_i (u_iᵀr)/σ_i with the singular values of J; the true loss decides.

    Where damping is as small as round-off no damping is right: of the directions with small σ some
    are known to no digit, and the others are the last ones that are left to gain. So cut-offs τ
    from 1e-2 to 1e-15 are tried with step lengths 1, ½, ¼, …, and the step with the least loss is
    taken if it lowers the loss: it never rises while points and weights stay. An epoch is one step.
    J itself is decomposed, its square is never made: 2mP·min(m, P) + 20 min(m, P)³ flop.

    To end with: `Then(LevenbergMarquardt(), 300, CutOffGaussNewton())`.

    **Arguments:** `cuts` ≥ 2 and `lengths` ≥ 1: how many of each are tried. Raises `ConfigError`.
    Source: the cut-off of singular values is that of ANaGRAM, Schwencke & Furtlehner, ICLR 2025,
    arXiv 2412.10782; to try several together with several lengths is ours.

    ```python
    fit(surrogate, train, optimiser=Then(LevenbergMarquardt(), 300, CutOffGaussNewton()))
    ```
    """

    cuts: Array
    lengths: Array

    def __init__(self, cuts: int = 8, lengths: int = 8):
        cuts = whole("the number of cut-offs", cuts, 2)
        lengths = whole("the number of step lengths", lengths, 1)
        self.cuts = jnp.geomspace(LARGEST, SMALLEST, cuts)
        self.lengths = 0.5 ** jnp.arange(lengths)

    def init(self, task: Task, θ: Float[Array, " P"]) -> tuple:
        """Nothing is remembered."""
        del task, θ
        return ()

    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """The best of those tried; converged where none lowers the loss on points that stay."""
        here = linearised(task, state.θ, batches)
        weights, weighting = updated_weights(task, state, here)
        parts, columns = weighted(task, here, weights)
        r, θ = joined(parts), state.θ
        steps = cut_off_steps(joined(columns, 1).T, r, self.cuts.astype(θ.dtype))
        tried = (steps[:, None] * self.lengths.astype(θ.dtype)[None, :, None]).reshape(-1, len(θ))

        def loss(δ: Array) -> Array:
            return square_sum(task, θ + δ, batches, weights)

        losses = jax.vmap(loss)(tried)
        losses = jnp.where(jnp.isfinite(losses), losses, jnp.inf)
        best = jnp.argmin(losses)
        accept = losses[best] < r @ r
        finite = all_finite(r, weights, weighting) & jnp.any(weights > 0)
        stay = not any(block.every for block in task.loss.blocks)
        after = state._replace(
            θ=jnp.where(accept, θ + tried[best], θ),
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            converged=~accept & stay,
        )
        return after, finite


def cut_off_steps(
    J: Float[Array, "m P"], r: Float[Array, " m"], cuts: Float[Array, " c"]
) -> Float[Array, "c P"]:
    """The Gauss–Newton step of each relative cut-off."""
    m, P = J.shape
    c = r
    if m > P:
        # [J r] = QR: J and R have the same singular values, and the last column of R is Qᵀr.
        R = jnp.linalg.qr(jnp.concatenate([J, r[:, None]], axis=1), mode="r")
        J, c = R[:P, :P], R[:P, P]
    U, σ, V = jnp.linalg.svd(J, full_matrices=False)
    kept = (σ[None] >= cuts[:, None] * σ[0]) & (σ > 0)[None]
    return -jnp.where(kept, (c @ U / jnp.where(σ > 0, σ, 1.0))[None], 0.0) @ V
