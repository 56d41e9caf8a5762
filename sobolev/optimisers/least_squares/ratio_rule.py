"""Gauss–Newton whose steps are as long as the linear model can be believed."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import positive
from sobolev._base.errors import ConfigError
from sobolev.losses.batch import Batch
from sobolev.optimisers.least_squares.in_trials import InTrials
from sobolev.optimisers.least_squares.sketch import Sketch
from sobolev.optimisers.least_squares.trust_radius import (
    damped,
    damping_of,
    last_good,
    predicted,
)
from sobolev.optimisers.linearisation import (
    Quadratic,
    linearised,
    square_sum,
    summed,
    updated_weights,
    weighted,
)
from sobolev.optimisers.optimiser import State, Task, all_finite

SPREAD = (16.0, 4.0, 1.0, 0.25, 0.0625)  # times the damping of the last length: growing lengths
NEAR = 0.1  # of a length is as good: the lengths tried are around it
SETTLED, WINDOW = 80, 30  # steps before the target may change, and over which damping must rise


class Trust(NamedTuple):
    """The radius Δ; λ where the search for its damping begins; the target; the last log₁₀ λ."""

    radius: Float[Array, ""]
    λ: Float[Array, ""]
    target: Float[Array, ""]
    past: Float[Array, " 30"]


class RatioGaussNewton(InTrials):
    """δ = −(JᵀJ + λI)⁻¹Jᵀr with λ from a length: the longest that the linear model stands for.

    In each step five dampings around that of the last length are tried. ρ is what the loss falls
    over what the linear model says; the step has the length up to which ρ stays above the target,
    between those tried by straight lines over its logarithm. It is taken if the loss falls, and its
    length Δ is all that is remembered; else Δ is divided by three. An epoch is one step, before
    which points are drawn where they are due, all losses are on its points. The target is the first
    of two until, after 80 steps, the damping has risen over the last 30; then it is the second.

    Exact to P of some 1500: the matrix is P × P, with about nine of its factorisations a step.
    Beyond, with a `Sketch`, it is solved in a random subspace, drawn anew in each step.

    **Arguments:** `targets`, two ratios in (0, 1); `radius` Δ₀ > 0; `sketch`, None for the exact
    step. Raises `ConfigError`. Source: the rule of DSGNAR, arXiv 2607.02194, as in the code of its
    author; there 24 lengths are tried, the interpolation is cubic and the targets are 0.075 and
    0.5.

    ```python
    fit(surrogate, equation, optimiser=RatioGaussNewton(), epochs=300)
    ```
    """

    targets: Array
    radius: Array
    sketch: Sketch | None = eqx.field(static=True)

    def __init__(
        self,
        targets: tuple[float, float] = (0.5, 0.5),
        radius: float = 1.0,
        sketch: Sketch | None = None,
    ):
        if len(targets) != 2 or not all(0 < ρ < 1 for ρ in targets):
            raise ConfigError(f"the targets are two ratios between 0 and 1: got {targets!r}.")
        if not isinstance(sketch, Sketch | None):
            raise ConfigError(f"sketch takes a Sketch(size) or None: got {sketch!r}.")
        self.targets = jnp.asarray(targets, float)
        self.radius, self.sketch = jnp.asarray(positive("the first radius", radius)), sketch

    def init(self, task: Task, θ: Float[Array, " P"]) -> Trust:
        """Δ₀ and the first target; λ = 0 says that no damping is known."""
        del task
        one = jnp.ones((), θ.dtype)
        return Trust(self.radius * one, 0 * one, self.targets[0] * one, jnp.zeros(WINDOW, θ.dtype))

    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """The longest step that the model stands for."""
        last: Trust = state.optimiser
        make = exact if self.sketch is None else self.sketch.model
        model, weights, weighting = make(task, state, batches)
        g, G = model.g, model.G

        def ratio(p: Array, λ: Array) -> Array:
            after = square_sum(task, state.θ + model.step(p), batches, weights)
            ρ = (model.square - after) / predicted(p, g, λ)
            return jnp.where(jnp.isfinite(ρ), jnp.clip(ρ, -1.0, 1.0), -1.0)

        first = jnp.where(last.λ > 0, last.λ, 1e-3 * jnp.max(jnp.diagonal(G)))
        middle = damping_of(G, g, last.radius, first, NEAR)
        λ = middle * jnp.asarray(SPREAD, g.dtype)
        tried = jax.lax.map(lambda one: damped(G, g, one), λ)
        lengths = jnp.asarray(jnp.where(jnp.isfinite(tried.length), tried.length, jnp.inf))
        ratios = jax.vmap(ratio)(tried.step, λ)
        best = last_good(lengths, ratios, last.target)
        # Between two of them log λ is nearly linear in the logarithm of the length.
        chosen = jnp.exp(jnp.interp(jnp.log(best), jnp.log(lengths), jnp.log(λ)))
        p = damped(G, g, chosen)
        ρ = ratio(p.step, chosen)
        accept = ρ > 0
        finite = all_finite(model.square, weights, weighting) & jnp.any(weights > 0)
        radius = jnp.where(accept, p.length, last.radius / 3)
        λ_known = jnp.where(accept & jnp.isfinite(chosen), chosen, first)
        past = jnp.append(last.past[1:], jnp.log10(λ_known))
        rises = (state.step >= SETTLED) & rising(past)
        target = jnp.where(rises, self.targets[1].astype(g.dtype), last.target)
        θ = state.θ + model.step(p.step)
        small = radius <= 4 * jnp.finfo(θ.dtype).eps * jnp.linalg.norm(state.θ)
        after = state._replace(
            θ=jnp.where(accept, θ, state.θ),
            optimiser=Trust(radius, λ_known, target, past),
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            converged=small | ~jnp.isfinite(radius) | ~jnp.any(g != 0),
        )
        return after, finite


def exact(task: Task, state: State, batches: tuple[Batch, ...]) -> tuple:
    """`(Quadratic, weights, next state of the weighting)` of all residuals, L the identity."""
    here = linearised(task, state.θ, batches)
    weights, weighting = updated_weights(task, state, here)
    r, columns = weighted(task, here, weights)
    columns = jax.lax.optimization_barrier(columns)
    g = summed([part @ own for part, own in zip(columns, r, strict=True)])
    G = summed([part @ part.T for part in columns])
    return Quadratic(summed([part @ part for part in r]), g, G, lambda p: p), weights, weighting


def rising(past: Float[Array, " n"]) -> Array:
    """Whether it rises: slope > 1e-4 and correlation > 0.1, as published."""
    x = jnp.arange(len(past)) - (len(past) - 1) / 2
    y = past - jnp.mean(past)
    slope = x @ y / (x @ x)
    return (slope > 1e-4) & (x @ y > 0.1 * jnp.sqrt((x @ x) * (y @ y)))
