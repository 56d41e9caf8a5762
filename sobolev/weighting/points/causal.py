"""Causal weights: a chunk of time counts once the chunks before it are learnt."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sobolev._base.arguments import any_array, array_of, real, shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.points.point_rule import PointWeighting, is_real, taken


class Strengths(eqx.Module):
    """ε from the first to the last, and when it goes on. `ConfigError`."""

    ε: Float[Array, " S"]
    enough: Array

    def __init__(self, strengths: Sequence[float], enough: float):
        ε = array_of(strengths)
        increasing = ε.ndim == 1 and ε.size and np.all(np.diff(ε) > 0)
        if not (increasing and ε[0] > 0 and np.isfinite(ε[-1])):
            raise ConfigError(
                f"strengths are positive, finite and increase: got {shown(strengths)}."
            )
        if not 0 < real(enough) < 1:
            raise ConfigError(f"enough must lie in (0, 1): got {shown(enough)}.")
        self.ε, self.enough = jnp.asarray(ε), jnp.asarray(float(enough))

    def weigh(
        self,
        residuals: Float[Array, " n"],
        exists: Array,
        chunk: Int[Array, " n"],
        chunks: int,
        state: Int[Array, ""],
    ) -> tuple[Float[Array, " n"], Int[Array, ""]]:
        """The weights at the present strength, and whether it goes on."""
        r = jnp.where(exists, jax.lax.stop_gradient(residuals), 0.0)
        count = jax.ops.segment_sum(exists.astype(r.dtype), chunk, chunks)
        losses = jax.ops.segment_sum(r**2, chunk, chunks) / jnp.maximum(count, 1)
        before = jnp.concatenate([jnp.zeros(1, r.dtype), jnp.cumsum(losses)[:-1]])
        weights = jnp.exp(-self.ε[state] * before)
        learnt = jnp.min(weights) > self.enough
        state = jnp.minimum(state + learnt, len(self.ε) - 1)
        return jnp.where(exists, weights[chunk], 0.0), state


class Causal(PointWeighting):
    """w_i = exp(−ε Σ_{k<i} L_k) for all points of chunk i, L_k = mean r² over those of chunk k.

    The first chunk weighs 1, no chunk more than one before it. ε goes on to the next of `strengths`
    when the smallest weight exceeds `enough`: all chunks are then learnt as well as this ε asks.

    **Arguments:** `chunk [N]` the number of each point's chunk, 0 the earliest; `strengths` ε,
    positive and increasing (default 0.01, 0.1, 1, 10, 100); `enough` in (0, 1) (default 0.99).
    Raises `ConfigError`. In a `fit`, `CausalInTime` finds the chunks.

    ε has the unit of 1/r²: give residuals without unit. A chunk without a point in the batch counts
    as learnt. The idea is of Wang, Sankaran & Perdikaris, Respecting causality is all you need,
    arXiv 2203.07404; its published code is for non-commercial use only and carries a notice of a
    patent of the University of Pennsylvania. This is a formulation of our own, from the formula:
    whoever uses it commercially should look at that patent first.

    ```python
    causal = Causal(np.digitize(t, [0.25, 0.5, 0.75]))
    weights, state = causal.update(residuals, index, causal.init(len(t)))
    ```
    """

    chunk: Int[Array, " N"]
    strengths: Strengths
    chunks: int = eqx.field(static=True)

    def __init__(
        self,
        chunk: Sequence[int] | np.ndarray | Array,
        strengths: Sequence[float] = (1e-2, 1e-1, 1.0, 1e1, 1e2),
        enough: float = 0.99,
    ):
        numbers = any_array(chunk)
        if numbers.ndim != 1 or not numbers.size or numbers.dtype.kind not in "iu":
            raise ConfigError("chunk gives each point the whole number of its chunk, in one row.")
        if numbers.min() < 0:
            raise ConfigError(f"chunks are numbered from 0: got {numbers.min()}.")
        self.strengths = Strengths(strengths, enough)
        self.chunk, self.chunks = jnp.asarray(numbers), int(numbers.max()) + 1

    def init(self, n: int) -> Int[Array, ""]:
        """Which strength: the first."""
        if n != len(self.chunk):
            raise ConfigError(f"chunk has {len(self.chunk)} numbers for {n} points.")
        return jnp.zeros((), int)

    def update(
        self, residuals: Float[Array, " n"], index: Int[Array, " n"], state: Int[Array, ""]
    ) -> tuple[Float[Array, " n"], Int[Array, ""]]:
        """The weights at the present strength, and whether it goes on."""
        exists, chunk = is_real(index, len(self.chunk)), taken(self.chunk, index)
        return self.strengths.weigh(residuals, exists, chunk, self.chunks, state)


class Clock(eqx.Module):
    """Which input is time, and the times of `chunks` of equal duration, the first to the last."""

    input: int = eqx.field(static=True)
    chunks: int = eqx.field(static=True)
    first: Float[Array, ""]
    last: Float[Array, ""]

    def __call__(self, x: Float[Array, "n d"]) -> Int[Array, " n"]:
        """The chunk of each point; before the first and after the last those at the ends."""
        share = (x[:, self.input] - self.first) / (self.last - self.first)
        return jnp.clip(jnp.floor(share * self.chunks).astype(int), 0, self.chunks - 1)


class CausalWhenDrawn(PointWeighting):
    """As `Causal`, for points that are drawn anew: the time of each says to which chunk it belongs.

    What is remembered is ε alone, which belongs to no point.
    """

    clock: Clock
    strengths: Strengths
    chunk: Int[Array, " n"]

    def __init__(self, clock: Clock, strengths: Strengths, rows: int):
        self.clock, self.strengths = clock, strengths
        self.chunk = jnp.zeros(rows, int)  # until they are seen

    def init(self, n: int) -> Int[Array, ""]:
        """Which strength: the first."""
        del n
        return jnp.zeros((), int)

    def seeing(self, x: Float[Array, "n d"]) -> "CausalWhenDrawn":
        """With the chunks of these points."""
        return eqx.tree_at(lambda w: w.chunk, self, self.clock(x))

    def update(
        self, residuals: Float[Array, " n"], index: Int[Array, " n"], state: Int[Array, ""]
    ) -> tuple[Float[Array, " n"], Int[Array, ""]]:
        """The weights at the present strength, and whether it goes on."""
        exists, chunk = is_real(index, len(self.chunk)), taken(self.chunk, index)
        return self.strengths.weigh(residuals, exists, chunk, self.clock.chunks, state)
