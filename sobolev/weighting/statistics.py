"""One step's worth of work: losses, the statistics a weighting asks for, the weighted gradient."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray, PyTree

from sobolev.weighting.around.unit_length import UnitLength
from sobolev.weighting.protocol import Moments, Statistics, Weighting
from sobolev.weighting.settings import check_weights

ROWS = frozenset({"gram", "moments"})  # what is made from the gradient of each term


def weighted_gradient(
    losses: Callable[[Float[Array, " P"]], Float[Array, " K"]],
    θ: Float[Array, " P"],
    weighting: Weighting,
    state: PyTree,
    key: PRNGKeyArray | None = None,
    traces: Callable[[Float[Array, " P"]], Float[Array, " K"]] | None = None,
) -> tuple[Float[Array, " P"], Float[Array, " K"], Float[Array, " K"], PyTree]:
    """`(Σ_k w_k ∇L_k, losses L_k, weights w_k, next state)` at θ.

    One reverse pass when the weighting looks at the losses only; K passes in the steps in which it
    needs the gradients of the terms, whose rows are then combined instead of making another pass.
    `key` is for a sketch, `traces` measures those of the tangent kernel.
    """
    values, pullback = jax.vjp(losses, θ)
    needs, due = weighting.needs, is_due(weighting, state)
    rows = None
    if needs & ROWS:
        rows = _if_due(due, lambda: term_gradients(pullback, values), (len(values), *θ.shape), θ)
    statistics = from_rows(needs, values, rows)
    if "traces" in needs:
        assert traces is not None  # every optimiser gives it
        statistics = statistics._replace(
            traces=_if_due(due, lambda: traces(θ), values.shape, values)
        )
    if "sketch" in needs:
        assert key is not None
        shape = (vectors_of(weighting), len(values))
        statistics = statistics._replace(
            sketch=_if_due(due, lambda: sketch(losses, θ, key, shape[0]), shape, values)
        )
    weights, state = weighting.update(statistics, state)
    check_weights(type(weighting).__name__, weights, values)
    gradient = _combined(weights, rows, pullback, due)
    if isinstance(weighting, UnitLength):
        length = jnp.sqrt(gradient @ gradient)
        scale = jnp.where(length > 0, 1 / jnp.where(length > 0, length, 1.0), 1.0)
        gradient, weights = scale * gradient, scale * weights
    return gradient, values, weights, state


def from_rows(
    needs: frozenset[str], losses: Float[Array, " K"], rows: Float[Array, "K P"] | None
) -> Statistics:
    """The statistics that follow from losses and gradients of the terms."""
    gram = moments = None
    if "gram" in needs:
        assert rows is not None
        gram = rows @ rows.T
    if "moments" in needs:
        assert rows is not None
        size = jnp.abs(rows)
        moments = Moments(jnp.max(size, axis=1), jnp.mean(size, axis=1), jnp.std(rows, axis=1))
    return Statistics(losses, gram, moments)


def term_gradients(pullback: Callable, values: Float[Array, " K"]) -> Float[Array, "K P"]:
    """The rows ∇L_k. Unrolled: XLA then shares the forward pass and drops what is zero."""
    unit = jnp.eye(len(values), dtype=values.dtype)
    return jnp.stack([pullback(unit[k])[0] for k in range(len(values))])


def sketch(
    losses: Callable, θ: Float[Array, " P"], key: PRNGKeyArray, vectors: int
) -> Float[Array, "v K"]:
    """t_vk = g_k·v for v ~ N(0, I): one forward pass a direction, however many terms there are."""
    directions = jax.random.normal(key, (vectors, len(θ)), θ.dtype)
    _, along = jax.linearize(losses, θ)
    return jax.vmap(along)(directions)


def is_due(weighting: Weighting, state: PyTree) -> Bool[Array, ""] | bool:
    """Whether this step's statistics beside the losses are used."""
    due = getattr(weighting, "due", None)
    return True if due is None else due(state)


def vectors_of(weighting: Weighting) -> int:
    """Random directions of a sketch."""
    return getattr(weighting, "vectors", 1)


def _if_due(due, measure: Callable[[], Array], shape: tuple[int, ...], like: Array) -> Array:
    if due is True:
        return measure()
    return jax.lax.cond(due, measure, lambda: jnp.zeros(shape, like.dtype))


def _combined(weights: Array, rows: Array | None, pullback: Callable, due) -> Float[Array, " P"]:
    if rows is None:
        return pullback(weights)[0]
    if due is True:
        return weights @ rows
    return jax.lax.cond(due, lambda: weights @ rows, lambda: pullback(weights)[0])
