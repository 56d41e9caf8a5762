"""How far the terms agree on the direction: what the Gram matrix tells for nothing extra."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.maths.angles import angles_of


class Diagnostics(NamedTuple):
    """Of one step: `cosines [K, K]` between the gradients, the smallest of them, `shares [K]`, A.

    `shares` are w_k‖g_k‖/Σ_j |w_j|‖g_j‖; `alignment` A is 1 for parallel gradients and, with two
    terms, their cosine.
    """

    cosines: Float[Array, "K K"]
    smallest_cosine: Float[Array, ""]
    shares: Float[Array, " K"]
    alignment: Float[Array, ""]


def diagnostics(gram: Float[Array, "K K"], weights: Float[Array, " K"]) -> Diagnostics:
    """Conflict, shares and alignment A = 2‖(1/n) Σ_k u_k‖² − 1 of n unit gradients, from G.

    **Arguments:** `gram [K, K]` of the unweighted terms, `weights [K]`. A term whose gradient
    vanishes has cosines 0 with the others and is not counted; with less than two that do not,
    smallest cosine and alignment are 1. A negative smallest cosine is a conflict. Source of A:
    Wang, Bhartari, Li & Perdikaris, arXiv 2502.00604.

    ```python
    diagnostics(rows @ rows.T, weights).smallest_cosine
    ```
    """
    C, sizes, alive, _ = angles_of(gram)
    pairs = alive[:, None] & alive[None, :] & ~jnp.eye(len(sizes), dtype=bool)
    pulls = weights / jnp.maximum(jnp.max(jnp.abs(weights)), jnp.finfo(C.dtype).tiny) * sizes
    total = jnp.sum(jnp.abs(pulls))
    number = jnp.sum(alive)
    squared = alive @ C @ alive / jnp.maximum(number, 1) ** 2
    return Diagnostics(
        C,
        jnp.min(jnp.where(pairs, C, 1.0)),
        pulls / jnp.where(total > 0, total, 1.0),
        jnp.where(number > 1, 2 * squared - 1, 1.0),
    )
