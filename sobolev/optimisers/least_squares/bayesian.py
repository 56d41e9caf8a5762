"""Levenberg–Marquardt with weights and a prior that maximise the evidence: for noisy labels."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from sobolev._base.arguments import positive, whole
from sobolev.losses.batch import Batch
from sobolev.networks.parameters import trainable_sizes
from sobolev.optimisers.least_squares.evidence import damped, posterior
from sobolev.optimisers.least_squares.in_trials import InTrials
from sobolev.optimisers.linearisation import (
    Linearisation,
    linearised,
    square_sum,
    stacked,
)
from sobolev.optimisers.optimiser import State, Task, all_finite

FIRST = 1.0  # α at the start, of parameters of size one
SETTLED = 0.05  # of the objective: with less gained in a step, the first weights are fitted
LATEST = 60  # trials, after which they count as fitted: what is not fitted yet is no noise
SHARED = 20  # labels: how much the noise of a term is drawn to that of the terms of its kind
BELIEVED = 10.0  # over labels: how much more precisely an equation is taken to hold
MOST_PRECISE = 1e14  # w/N over that of the start: noise of 1e-7 of that which was expected
LIMITS = 1e-8, 1e6  # of α
GAIN = 0.5, 1e-3  # nats, and nats for each label: less of evidence is no gain
PATIENCE = 6  # estimates without a gain


class Belief(NamedTuple):
    """What the optimiser believes, and its damping.

    `α [G]`: precision of the parameters in each array of the network. `evidence`: log p(labels | α,
    w), in nats, without a constant; `best`, `best_θ [P]`: the largest so far, and where; `without`:
    estimates without a gain since. `fitted`: whether estimates are made yet. `μ`, `ν` as in
    Levenberg–Marquardt.
    """

    α: Float[Array, " G"]
    evidence: Float[Array, ""]
    best: Float[Array, ""]
    best_θ: Float[Array, " P"]
    without: Int[Array, ""]
    fitted: Bool[Array, ""]
    μ: Float[Array, ""]
    ν: Float[Array, ""]


class BayesianRegularisation(InTrials):
    """Minimises Σ_k w_k L_k + ½ Σ_g α_g |θ_g|², where w and α maximise the evidence.

    The labels of term k have Gaussian noise of an unknown deviation σ_k, w_k = N_k/σ_k² for N_k
    labels; the parameters of each array g of the network are Gaussian with variance 1/α_g. θ makes
    Levenberg–Marquardt steps; every `every` of them both are estimated anew from the Gauss–Newton
    matrix A = Σ_k w_k J_kᵀJ_k + diag(α):

    γ_g = P_g − α_g tr_g A⁻¹, α_g = γ_g/|θ_g|²; γ_k = w_k tr(A⁻¹J_kᵀJ_k), w_k = (N_k − γ_k)/(2L_k).

    So noise is not learnt, and no rows have to be held out for that; the weights of the terms are
    those of maximum likelihood, and a `Scheme` has no say. The estimates do not climb the evidence
    for ever: past its largest value they drift, weights grow and noise is learnt after all. There
    it has converged, and goes back to where the evidence was largest. An epoch is one trial on all
    rows; the memory is that of Levenberg–Marquardt, the cost twice that.

    **Arguments:** `noise` > 0: the deviation at the start, relative to the root mean square of the
    labels of a term: not too small, for what is explained as noise at the beginning is learnt
    later, but not the other way about. `every` ≥ 1 trials. Raises `ConfigError`. Source: MacKay,
    Bayesian interpolation, Neural Computation 4, 1992, eq. 4.8 to 4.10; Foresee & Hagan,
    Gauss-Newton approximation to Bayesian learning, ICNN 1997. One noise for each term and one
    prior for each array are ours.

    ```python
    fitted = fit(surrogate, noisy, optimiser=BayesianRegularisation(), epochs=150)
    ```
    """

    least_squares = True
    weighs = True
    attends = False  # a label with another weight would have another noise

    noise: Array
    every: int = eqx.field(static=True)

    def __init__(self, noise: float = 0.1, every: int = 3):
        self.noise = jnp.asarray(positive("the noise at the start", noise))
        self.every = whole("every", every, 1)

    def init(self, task: Task, θ: Float[Array, " P"]) -> Belief:
        """μ = 0 says that the first damping is still to be taken."""
        α = jnp.full(len(trainable_sizes(task.network)), FIRST, θ.dtype)
        zero, two = jnp.zeros((), θ.dtype), jnp.full((), 2.0, θ.dtype)
        no = jnp.zeros((), bool)
        none = jnp.full((), -jnp.inf, θ.dtype)
        return Belief(α, none, none, θ, jnp.zeros((), int), no, zero, two)

    def evidence(self, state: State) -> Array:
        """The largest so far; −∞ before the first estimate."""
        return state.optimiser.best

    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """One step."""
        last: Belief = state.optimiser
        here = linearised(task, state.θ, batches)
        first = last.μ <= 0
        N = counts(task, batches)
        expected = self._expected(task, batches, N)
        weights = jnp.where(first, expected, state.weights)
        due = last.fitted & (state.step % self.every == 0)
        weights, α, evidence = jax.lax.cond(
            due,
            lambda: _estimated(task, here, state.θ, weights, N, expected * self.noise**2, last),
            lambda: (weights, last.α, last.evidence),
        )
        prior = _per_parameter(task, α)
        r, J = stacked(task, here, weights)
        g = J.T @ r + prior * state.θ
        μ = jnp.where(first, 1e-3 * jnp.max(jnp.sum(J**2, axis=0) + prior), last.μ)
        δ = damped(J, prior + μ, g)
        θ = state.θ + δ
        before = r @ r + prior @ state.θ**2
        after = square_sum(task, θ, batches, weights) + prior @ θ**2
        gain = (before - after) / (δ @ (μ * δ - g))  # over the drop of the linear model
        accept = gain > 0
        μ = μ * jnp.where(accept, jnp.maximum(1 / 3, 1 - (2 * gain - 1) ** 3), last.ν)
        finite = all_finite(r, weights)
        better = due & (evidence > last.best)
        enough = GAIN[0] + GAIN[1] * sum(part.size for part in here.residuals)
        best_θ = jnp.where(better, state.θ, last.best_θ)
        without = jnp.where(due, jnp.where(evidence > last.best + enough, 0, last.without + 1),
                            last.without)  # fmt: skip
        over = (without >= PATIENCE) | ~jnp.isfinite(μ)
        settled = accept & (before - after < SETTLED * before) | (state.step + 1 >= LATEST)
        belief = Belief(
            α, evidence, jnp.asarray(jnp.where(better, evidence, last.best)), best_θ, without,
            last.fitted | settled, μ, jnp.where(accept, 2.0, 2 * last.ν),
        )  # fmt: skip
        θ = jnp.where(accept, θ, state.θ)
        tried = state._replace(
            θ=jnp.where(over & jnp.isfinite(belief.best), best_θ, θ),
            optimiser=belief,
            weights=weights,
            weight_step=weights - state.weights,
            converged=over,
        )
        return tried, finite

    def _expected(self, task: Task, batches: tuple[Batch, ...], N: Array) -> Float[Array, " K"]:
        """w_k = N_k/σ_k² where σ_k is `noise` times the root mean square of the labels."""
        energies = task.loss.signals(batches)
        largest = jnp.max(energies)
        # A term whose labels are zero (an equation) has no size of its own: that of the others.
        size = jnp.where(energies > 1e-12 * largest, energies, jnp.where(largest > 0, largest, 0.5))
        return N / (2 * self.noise**2 * size)


def counts(task: Task, batches: tuple[Batch, ...]) -> Float[Array, " K"]:
    """N_k: how many residuals of each term count."""
    pairs = zip(task.loss.blocks, batches, strict=True)
    known = [jnp.sum(block.present(b) & (b.weight > 0)[None], axis=1) for block, b in pairs]
    return task.loss.per_term([n.astype(float) for n in known])


def _per_parameter(task: Task, α: Float[Array, " G"]) -> Float[Array, " P"]:
    sizes = trainable_sizes(task.network)
    return α[np.repeat(np.arange(len(sizes)), sizes)]


def _estimated(
    task: Task, here: Linearisation, θ: Array, weights: Array, N: Array, unit: Array, last: Belief
) -> tuple[Array, Array, Array]:
    """Weights and α that maximise the evidence for this Gauss–Newton matrix, and the evidence."""
    r, J = stacked(task, here, weights)
    prior = _per_parameter(task, last.α)
    found = posterior(J, prior)
    sizes = np.asarray(trainable_sizes(task.network))
    array_of = np.repeat(np.arange(len(sizes)), sizes)
    well = jax.ops.segment_sum(1 - prior * found.variance, array_of, len(sizes))  # γ_g
    squares = jax.ops.segment_sum(θ**2, array_of, len(sizes))
    α = jnp.clip(jnp.maximum(well, 1e-3) / jnp.maximum(squares, 1e-12), *LIMITS)
    parts, start = [], 0
    for residual in here.residuals:
        parts.append(found.leverage[start : start + residual.size].reshape(residual.shape))
        start += residual.size
    spent = task.loss.per_term([jnp.sum(part, axis=1) for part in parts])  # γ_k
    square = task.loss.per_term([jnp.sum(part**2, axis=1) for part in here.residuals])
    # At least a hundredth of the labels is left to tell the noise by: else w grows without end.
    left = jnp.maximum(N - spent, 0.01 * N)
    # `unit` is w for a noise as large as the labels. In these units a term of which the network
    # interpolates the few labels, so that no noise is seen there, is drawn by SHARED labels to the
    # least noise of its kind that is seen; a term that is not fitted yet draws no other.
    own = jnp.maximum(square * unit / left, 1 / MOST_PRECISE)
    # An equation is met exactly by many functions, long before the labels are fitted by one: taken
    # for exact then, it would let none of the others be reached. So it is believed BELIEVED times
    # as much as the labels at most, which is enough: their noise decides what is learnt.
    labels = np.array([b.of_labels for b in task.loss.blocks for _ in b.names])
    if labels.any() and not labels.all():
        floor = jnp.min(own[labels]) / BELIEVED**2
        own = jnp.where(jnp.asarray(labels), own, jnp.maximum(own, floor))
    kinds = task.loss.alike
    seen = jnp.where((left > 0.2 * N) & (N > 0), own, jnp.inf)
    least = jax.ops.segment_min(seen, kinds, int(kinds.max()) + 1)[kinds]
    least = jnp.where(jnp.isfinite(least), least, own)
    drawn = jnp.exp((left * jnp.log(own) + SHARED * jnp.log(least)) / (left + SHARED))
    new = jnp.where(N > 0, unit / jnp.maximum(own, drawn), weights)
    evidence = 0.5 * (
        jnp.sum(jnp.log(prior)) + jnp.sum(jnp.where(N > 0, N * jnp.log(weights), 0.0))
        - r @ r - prior @ θ**2 - found.log_det
    )  # fmt: skip
    use = all_finite(α, new, evidence)

    def half(old: Array, new: Array) -> Array:
        """Half of the way, on a logarithmic scale: the whole of it overshoots."""
        return jnp.asarray(jnp.where(use, jnp.exp((jnp.log(old) + jnp.log(new)) / 2), old))

    evidence = jnp.asarray(jnp.where(use, evidence, last.evidence))
    return half(weights, new), half(last.α, α), evidence
