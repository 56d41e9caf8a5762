"""Least squares in a random subspace of the parameters, whose derivatives are never kept."""

import functools
import math
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from sobolev._base.arguments import whole
from sobolev.losses.batch import Batch
from sobolev.optimisers import random_streams
from sobolev.optimisers.linearisation import Quadratic, folded, traces
from sobolev.optimisers.optimiser import State, Task
from sobolev.weighting.statistics import weighted_gradient

PIECE = 256  # residuals whose derivatives are in memory at a time
HASHES = 4  # places in the sums for each residual


@dataclass(frozen=True)
class Sketch:
    """Steps Ωp in s random directions of P: from (JΩ)ᵀ(JΩ), summed over pieces of J.

    Ω is a subsampled randomised cosine transform: random signs, a random order, an orthonormal
    DCT-II along the parameters, of which s columns are kept; ΩᵀΩ = I, so a step has the length of
    p. J is made in pieces and never kept: memory s² and a piece; P log P + s² flop for a residual
    and s³ for a step. With very many residuals these can be seen in so many random `sums` S r
    instead: a count sketch, where each residual is added to four sums with random signs over √4, so
    that E‖S x‖² = ‖x‖²; 4s flop for a residual, and steps that are less right.

    **Arguments:** `size` s ≥ 2, published are 800 for 1365 parameters, 2000 for 5125 and 4000 to
    5000 above; `sums` ≥ s, published is s, or None. Raises `ConfigError`. Source: DSGNAR, arXiv
    2607.02194, as in the code of its author; Ailon & Chazelle, SIAM J. Comput. 39, 2009; Clarkson &
    Woodruff, STOC 2013.

    ```python
    RatioGaussNewton(sketch=Sketch(800))
    ```
    """

    size: int
    sums: int | None = None

    def __post_init__(self):
        whole("the size of a sketch", self.size, 2)
        if self.sums is not None:
            whole("the number of sums of a sketch", self.sums, self.size)

    def model(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple:
        """`(Quadratic, weights, next state of the weighting)` in the directions of this step."""
        key = random_streams.projection(task.key, state.step)
        _, losses, weights, weighting = weighted_gradient(
            lambda θ: task.losses(θ, batches), state.θ, task.weighting, state.weighting,
            random_streams.sketch_of_all(task.key, state.step), lambda θ: traces(task, θ, batches),
        )  # fmt: skip
        weights = jnp.maximum(weights, 0.0)  # √w needs w ≥ 0
        right = Directions.drawn(jax.random.fold_in(key, 0), len(state.θ), self.size)
        g, G = self._projected(task, state, batches, weights, right, jax.random.fold_in(key, 1))
        # The loss itself is known: only its slope and curvature are sketched.
        square = 2 * jnp.sum(weights * losses)
        return Quadratic(square, g, G, right.step), weights, weighting

    def _projected(self, task: Task, state: State, batches, weights, right, key) -> tuple:
        """`(ΩᵀJᵀr, ΩᵀJᵀJΩ)`, or the same of the sums."""
        s, zeros = len(right.kept), functools.partial(jnp.zeros, dtype=state.θ.dtype)
        if self.sums is None:

            def add(so_far: tuple, r: Float[Array, " k"], J: Float[Array, "k P"], piece: Array):
                del piece
                Y = right.along(J)
                return so_far[0] + Y.T @ r, so_far[1] + Y.T @ Y

            return folded(task, state.θ, batches, weights, add, (zeros(s), zeros((s, s))), PIECE)
        sums = self.sums

        def add_sums(so_far: tuple, r: Float[Array, " k"], J: Float[Array, "k P"], piece: Array):
            place, sign = hashes(jax.random.fold_in(key, piece), len(r), sums)
            c, B = so_far
            return added(c, r, place, sign), added(B, right.along(J), place, sign)

        nothing = zeros(sums), zeros((sums, s))
        c, B = folded(task, state.θ, batches, weights, add_sums, nothing, PIECE)
        rows = jax.lax.optimization_barrier(B.T)
        return rows @ c, rows @ rows.T


class Directions(NamedTuple):
    """Ω `[P, s]`: signs and order of the parameters, and the kept columns of the transform."""

    signs: Float[Array, " P"]
    order: Int[Array, " P"]
    kept: Int[Array, " s"]

    @classmethod
    def drawn(cls, key: PRNGKeyArray, P: int, s: int) -> "Directions":
        """By the key; no more directions than parameters."""
        of_signs, of_order, of_columns = jax.random.split(key, 3)
        kept = jax.random.permutation(of_columns, P)[: min(s, P)]
        signs = jax.random.rademacher(of_signs, (P,), float)
        return cls(signs, jax.random.permutation(of_order, P), kept)

    def along(self, J: Float[Array, "k P"]) -> Float[Array, "k s"]:
        """J Ω."""
        mixed = (J * self.signs[None].astype(J.dtype))[:, self.order]
        return jax.scipy.fft.dct(mixed, norm="ortho", axis=1)[:, self.kept]

    def step(self, p: Float[Array, " s"]) -> Float[Array, " P"]:
        """Ω p."""
        whole = jnp.zeros(len(self.signs), p.dtype).at[self.kept].set(p)
        mixed = jax.scipy.fft.idct(whole, norm="ortho")
        return jnp.zeros_like(whole).at[self.order].set(mixed) * self.signs.astype(p.dtype)


def hashes(key: PRNGKeyArray, k: int, s: int) -> tuple[Int[Array, "4 k"], Float[Array, "4 k"]]:
    """In which sums each of k residuals is, and its factors ±1/√4 there."""
    where, which = jax.random.split(key)
    place = jax.random.randint(where, (HASHES, k), 0, s)
    return place, jax.random.rademacher(which, (HASHES, k), float) / math.sqrt(HASHES)


def added(
    sums: Float[Array, "s ..."],
    rows: Float[Array, "k ..."],
    place: Int[Array, "4 k"],
    sign: Float[Array, "4 k"],
) -> Float[Array, "s ..."]:
    """S rows on top of the sums."""
    for where, factor in zip(place, sign, strict=True):
        sums = sums.at[where].add(
            factor.reshape(-1, *[1] * (rows.ndim - 1)).astype(rows.dtype) * rows
        )
    return sums
