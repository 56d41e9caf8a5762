"""One step's worth of work: losses, the statistics a scheme asks for, the weighted gradient.

What a statistic is made of stands here alone: optimisers only say how they measure, by a `Probe`.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray, PyTree

from sobolev.weighting.scheme import Moments, Scheme, Statistics
from sobolev.weighting.settings import check_weights

ROWS = frozenset({"gram", "moments"})  # what is made from the gradient of each term
Due = Bool[Array, ""] | bool


class Probe(NamedTuple):
    """How the terms are measured at θ; beside the losses each is called only when it is needed.

    `losses [K]`; `rows()`, the gradients ∇L_k, `[K, P]`; `along(v)`, their products with v random
    directions ~ N(0, I), `[v, K]`; `traces()`, those of the tangent kernel, `[K]`.
    """

    losses: Float[Array, " K"]
    rows: Callable[[], Float[Array, "K P"]]
    along: Callable[[int], Float[Array, "v K"]]
    traces: Callable[[], Float[Array, " K"]]


def statistics(
    needs: frozenset[str], probe: Probe, vectors: int = 1, due: Due = True
) -> tuple[Statistics, Float[Array, "K P"] | None]:
    """`(what is needed, the gradients of the terms where they were)`.

    In a step in which nothing is `due` all but the losses is zero and costs nothing.
    """
    rows = _if_due(due, probe.rows) if needs & ROWS else None
    gram = moments = traces = sketch = None
    if rows is not None and "gram" in needs:
        gram = rows @ rows.T
    if rows is not None and "moments" in needs:
        size = jnp.abs(rows)
        moments = Moments(jnp.max(size, axis=1), jnp.mean(size, axis=1), jnp.std(rows, axis=1))
    if "traces" in needs:
        traces = _if_due(due, probe.traces)
    if "sketch" in needs:
        sketch = _if_due(due, lambda: probe.along(vectors))
    return Statistics(probe.losses, gram, moments, traces, sketch), rows


def asked(scheme: Scheme, state: PyTree, probe: Probe) -> tuple[Float[Array, " K"], PyTree]:
    """`(weights, next state)`: what a scheme says to what it needs."""
    found, _ = statistics(scheme.needs, probe, scheme.vectors, scheme.due(state))
    return scheme.update(found, state)


def weighted_gradient(
    losses: Callable[[Float[Array, " P"]], Float[Array, " K"]],
    θ: Float[Array, " P"],
    scheme: Scheme,
    state: PyTree,
    key: PRNGKeyArray | None = None,
    traces: Callable[[Float[Array, " P"]], Float[Array, " K"]] | None = None,
) -> tuple[Float[Array, " P"], Float[Array, " K"], Float[Array, " K"], PyTree]:
    """`(Σ_k w_k ∇L_k, losses L_k, weights w_k, next state)` at θ.

    One reverse pass when the scheme looks at the losses only; K passes in the steps in which it
    needs the gradients of the terms, whose rows are then combined instead of making another pass.
    `key` is for a sketch, `traces` measures those of the tangent kernel.
    """
    values, pullback = jax.vjp(losses, θ)

    def along(vectors: int) -> Array:
        assert key is not None
        return sketch(losses, θ, key, vectors)

    def of_kernel() -> Array:
        assert traces is not None
        return traces(θ)

    probe, due = Probe(values, lambda: term_gradients(pullback, values), along, of_kernel), True
    if scheme.needs:
        due = scheme.due(state)
    found, rows = statistics(scheme.needs, probe, scheme.vectors, due)
    weights, state = scheme.update(found, state)
    check_weights(type(scheme).__name__, weights, values)
    return _combined(weights, rows, pullback, due), values, weights, state


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


def sketch_of(rows: Float[Array, "K P"], key: PRNGKeyArray, vectors: int) -> Float[Array, "v K"]:
    """The same where the gradients of the terms are known."""
    return jax.random.normal(key, (vectors, rows.shape[1]), rows.dtype) @ rows.T


def _if_due(due: Due, measure: Callable[[], Array]) -> Array:
    if due is True:
        return measure()
    form = jax.eval_shape(measure)
    return jax.lax.cond(due, measure, lambda: jnp.zeros(form.shape, form.dtype))


def _combined(weights: Array, rows: Array | None, pullback: Callable, due) -> Float[Array, " P"]:
    if rows is None:
        return pullback(weights)[0]
    if due is True:
        return weights @ rows
    return jax.lax.cond(due, lambda: weights @ rows, lambda: pullback(weights)[0])
