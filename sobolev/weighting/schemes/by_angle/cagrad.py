"""CAGrad: near the mean gradient, the direction whose worst term descends most."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sobolev.weighting.maths.angles import Angles, inverse_sizes
from sobolev.weighting.maths.nonnegative import nonnegative_minimum
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme
from sobolev.weighting.settings import not_negative


class _Level(NamedTuple):
    t: Float[Array, ""]  # what every term shall descend
    b: Float[Array, " K"]  # parts of the shortest e that gives it
    step: Int[Array, ""]
    done: Bool[Array, ""]


class CAGrad(GramScheme):
    """max_d min_k g_k·d over the ball ‖d − g₀‖ ≤ c‖g₀‖ around the mean gradient g₀ = Σ_k g_k/K.

    d = g₀ + c‖g₀‖ g_w/‖g_w‖ with w = argmin_{w ∈ Δ} g_w·g₀ + c‖g₀‖‖g_w‖ and g_w = Σ_k w_k g_k.

    **Arguments:** `c` ≥ 0: 0 is the mean gradient, and the larger c, the more it is `MGDA`; below 1
    the stationary points are those of the mean loss. The direction is not divided by 1 + c² as some
    codes do (`UnitLength`). Terms far smaller than the others are not protected: normalise them
    first. Source: Liu et al., arXiv 2110.14048 (eq. 3, 4). Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=Chain(InverseEnergy(), CAGrad(0.5)))
    ```
    """

    name = "cagrad"

    c: Array

    def __init__(self, c: float = 0.5):
        self.c = not_negative("the radius c of the ball", c)

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """The parts of g₀ and of the way from it to the edge of the ball."""
        del losses
        mean = angles.sizes / len(angles.sizes)
        along = angles.cosines @ mean  # u_k·g₀
        radius = self.c.astype(along.dtype) * jnp.sqrt(jnp.maximum(mean @ along, 0.0))
        moves = radius > jnp.finfo(along.dtype).tiny
        b = _to_the_edge(angles, along, jnp.where(moves, radius, 1.0))
        return mean + jnp.where(moves, radius, 0.0) * b


def _to_the_edge(
    angles: Angles, along: Float[Array, " K"], radius: Float[Array, ""]
) -> Float[Array, " K"]:
    """Parts of the unit vector e = (d − g₀)/radius.

    The shortest e with g_k·(g₀ + radius·e) ≥ t for all k is a problem over the orthant, and its
    length a convex function of t: Newton's method from above, until that length is 1.
    """
    C, ε = angles.cosines, float(jnp.finfo(along.dtype).eps)
    steep = jnp.minimum(inverse_sizes(angles) / radius, jnp.finfo(along.dtype).max)

    def shortest(t: Array) -> Array:
        pull = jnp.where(angles.alive, t * steep - along / radius, 0.0)
        return nonnegative_minimum(C, pull)

    def unfinished(s: _Level) -> Bool[Array, ""]:
        return ~s.done & (s.step < 60)

    def proceed(s: _Level) -> _Level:
        length = jnp.sqrt(jnp.maximum(s.b @ (C @ s.b + 16 * ε * s.b), 0.0))
        slope = s.b @ steep
        t = s.t - (length - 1) * length / jnp.where(slope > 0, slope, 1.0)
        done = (length - 1 <= 4 * len(C) * ε) | (slope <= 0)
        t = jnp.where(done, s.t, t)
        return _Level(t, jnp.where(done, s.b, shortest(t)), s.step + 1, done)

    highest = jnp.where(angles.alive, angles.sizes * (along + radius), jnp.inf)
    t = jnp.where(jnp.any(angles.alive), jnp.min(highest), 0.0)
    start = _Level(t, shortest(t), jnp.zeros((), int), jnp.zeros((), bool))
    b = jax.lax.while_loop(unfinished, proceed, start).b
    length = jnp.sqrt(jnp.maximum(b @ C @ b, 0.0))
    return b / jnp.where(length > 0, jnp.maximum(length, jnp.sqrt(ε)), 1.0)
