"""Self-scaled Broyden for Optax: the update of `SSBroyden` as a gradient transformation."""

from typing import NamedTuple

import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, PyTree

from sobolev._base.errors import ConfigError
from sobolev.optimisers.optimiser import keep_if
from sobolev.optimisers.quasi_newton.dense import Inverse, SSBroyden
from sobolev.optimisers.quasi_newton.quasi_newton import Change

PARALLEL = 1e-6  # of the length of a step: how far it may lie beside the direction


class BroydenState(NamedTuple):
    """The last point, the gradient there, the direction Hg that was given, and H."""

    θ: Float[Array, " P"]
    g: Float[Array, " P"]
    Hg: Float[Array, " P"]
    memory: Inverse
    known: Bool[Array, ""]


def scale_by_ssbroyden() -> optax.GradientTransformationExtraArgs:
    """H g with the H of `sobolev.optimisers.SSBroyden`, learnt from the steps that were taken.

    A line search has to follow: H is good only along steps that satisfy the second Wolfe
    condition. A step that is no multiple of the direction (clipped, averaged, projected) teaches
    nothing, one of length 0 makes H the identity again. Memory: P² numbers. `params` is needed.
    Source: see `SSBroyden`.

    ```python
    search = optax.scale_by_zoom_linesearch(20, initial_guess_strategy="one")
    rule = optax.chain(scale_by_ssbroyden(), optax.scale(-1.0), search)
    value, grad = optax.value_and_grad_from_state(loss)(params, state=state)
    step, state = rule.update(grad, state, params, value=value, grad=grad, value_fn=loss)
    ```
    """
    curvature = SSBroyden().curvature

    def init(params: PyTree) -> BroydenState:
        θ = ravel_pytree(params)[0]
        zero = jnp.zeros_like(θ)
        return BroydenState(zero, zero, zero, curvature.init(θ), jnp.zeros((), bool))

    def update(updates, state, params=None, **_):
        if params is None:
            raise ConfigError("scale_by_ssbroyden needs params: give update(grads, state, params).")
        g, unravel = ravel_pytree(updates)
        θ = ravel_pytree(params)[0]
        s, d = θ - state.θ, -state.Hg
        α = (s @ d) / jnp.maximum(d @ d, jnp.finfo(d.dtype).tiny)
        along = jnp.sum((s - α * d) ** 2) <= PARALLEL**2 * (s @ s)
        stuck = state.known & ~jnp.any(s != 0)
        valid = state.known & along & (α > 0)
        change = Change(s=α * d, y=g - state.g, d=d, α=α, g=g, valid=valid)
        Hg, memory, _ = curvature.update(state.memory, change, stuck)
        finite = jnp.all(jnp.isfinite(g)) & jnp.all(jnp.isfinite(θ))
        anew = BroydenState(θ, g, Hg, memory, jnp.ones((), bool))
        return unravel(Hg), keep_if(finite, anew, state)

    return optax.GradientTransformationExtraArgs(init, update)
