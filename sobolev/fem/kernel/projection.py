"""The best fit of what the points of a cell have, by a constant or a linear function of the place.

Π = Σ_i φ_i φ_iᵀ W / (φ_iᵀ W φ_i) with polynomials φ_i that are orthogonal in the weights W of the
quadrature. W Π = Πᵀ W, so that what works on the fit works, fitted itself, on what was fitted:
Σ_q w_q p_q (Π δJ)_q = Σ_q w_q (Π p)_q δJ_q.
"""

import jax.numpy as jnp
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray


def is_linear(nodes: int, points: int, dimension: int) -> bool:
    """Whether a cell of so many nodes carries a linear fit, and has the points for one.

    A linear pressure in the cell is stable and loses no rate with the nine nodes of a square and
    the 27 of a cube; all other cells bear a constant only (K. J. Bathe, Finite element procedures,
    1996, section 4.5.3).
    """
    return nodes == 3**dimension and points > dimension


def projection(
    x: Float[AnyArray, "q d"],
    weights: Float[AnyArray, " q"],
    there: Float[AnyArray, "r d"],
    linear: bool,
) -> Float[AnyArray, "r q"]:
    """Π, from values at the points `x` with their weights to the fit at the points `there`.

    Polynomials of the position itself, not of the reference element: so the linear fit keeps its
    order on distorted cells.
    """
    mean = jnp.ones((len(there), 1)) * (weights / weights.sum())[None]
    if not linear:
        return mean
    places, counted = jnp.concatenate([x, there]), jnp.concatenate([weights, jnp.zeros(len(there))])
    found, done = mean, [jnp.ones(len(places))]
    for direction in range(x.shape[1]):
        φ = places[:, direction]
        for ψ in done:
            φ = φ - ψ * ((counted * ψ) @ φ / (counted * ψ @ ψ))
        done.append(φ)
        inside, outside = φ[: len(x)], φ[len(x) :]
        found = found + outside[:, None] * (weights * inside / (weights * inside @ inside))[None]
    return found
