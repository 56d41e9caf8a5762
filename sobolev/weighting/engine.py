"""One step's worth of work: losses, the statistics a weighting asks for, the weighted gradient."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev.weighting.protocol import Statistics, Weighting


def weighted_gradient(
    losses: Callable[[Float[Array, " P"]], Float[Array, " K"]],
    θ: Float[Array, " P"],
    weighting: Weighting,
    state: PyTree,
) -> tuple[Float[Array, " P"], Float[Array, " K"], Float[Array, " K"], PyTree]:
    """`(Σ_k w_k ∇L_k, losses L_k, weights w_k, next state)` at θ.

    One reverse pass when the weighting looks at the losses only; K passes when it needs the Gram
    matrix, whose rows are then combined instead of making another pass.
    """
    values, pullback = jax.vjp(losses, θ)
    if not weighting.needs_gram:
        weights, state = weighting.update(Statistics(values), state)
        return pullback(weights)[0], values, weights, state
    rows = term_gradients(pullback, values)
    weights, state = weighting.update(Statistics(values, rows @ rows.T), state)
    return weights @ rows, values, weights, state


def term_gradients(pullback: Callable, values: Float[Array, " K"]) -> Float[Array, "K P"]:
    """The rows ∇L_k. Unrolled: XLA then shares the forward pass and drops what is zero."""
    unit = jnp.eye(len(values), dtype=values.dtype)
    return jnp.stack([pullback(unit[k])[0] for k in range(len(values))])
