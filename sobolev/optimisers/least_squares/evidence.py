"""The evidence of a least-squares problem with a Gaussian prior, at a linearisation."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve, solve_triangular
from jaxtyping import Array, Float


class Posterior(NamedTuple):
    """Laplace's approximation A = JᵀJ + D around θ, D = diag(prior).

    `leverage [m]`: (J A⁻¹ Jᵀ)_ii, how much a residual's own label decides the prediction there;
    their sum is the number of parameters that the data determine. `variance [P]`: the diagonal of
    A⁻¹. `log_det`: log |A|.
    """

    leverage: Float[Array, " m"]
    variance: Float[Array, " P"]
    log_det: Float[Array, ""]


def posterior(J: Float[Array, "m P"], prior: Float[Array, " P"]) -> Posterior:
    """In θ (P × P) when there are no more parameters than residuals, else in the residuals.

    Cost: some 4mP·min(m, P) flop. Where round-off leaves A not positive definite, all is NaN.
    """
    m, P = J.shape
    if m >= P:
        factor = jnp.linalg.cholesky(_squared(J) + jnp.diag(prior))
        rows = solve_triangular(factor, J.T, lower=True)
        inverse = cho_solve((factor, True), jnp.eye(P, dtype=J.dtype))
        log_det = 2 * jnp.sum(jnp.log(jnp.diagonal(factor)))
        return Posterior(jnp.sum(rows**2, axis=0), jnp.diagonal(inverse), log_det)
    # With S = I + J D⁻¹ Jᵀ: A⁻¹ = D⁻¹ − D⁻¹Jᵀ S⁻¹ J D⁻¹, J A⁻¹ Jᵀ = I − S⁻¹, |A| = |D| |S|.
    scaled = J / jnp.sqrt(prior)[None]
    factor = jnp.linalg.cholesky(jnp.eye(m, dtype=J.dtype) + scaled @ scaled.T)
    rows = solve_triangular(factor, scaled, lower=True)
    inverse = cho_solve((factor, True), jnp.eye(m, dtype=J.dtype))
    log_det = 2 * jnp.sum(jnp.log(jnp.diagonal(factor))) + jnp.sum(jnp.log(prior))
    return Posterior(1 - jnp.diagonal(inverse), (1 - jnp.sum(rows**2, axis=0)) / prior, log_det)


def damped(
    J: Float[Array, "m P"], diagonal: Float[Array, " P"], g: Float[Array, " P"]
) -> Float[Array, " P"]:
    """δ of (JᵀJ + diag(diagonal)) δ = −g; NaN where round-off leaves it not positive definite."""
    m, P = J.shape
    if m >= P:
        factor = jnp.linalg.cholesky(_squared(J) + jnp.diag(diagonal))
        return -cho_solve((factor, True), g)
    scaled = J / diagonal[None]
    factor = jnp.linalg.cholesky(jnp.eye(m, dtype=J.dtype) + J @ scaled.T)
    return -(g / diagonal - scaled.T @ cho_solve((factor, True), scaled @ g))


def _squared(J: Float[Array, "m P"]) -> Float[Array, "P P"]:
    """JᵀJ; products of rows with rows are twice as fast as of columns with columns."""
    rows = jax.lax.optimization_barrier(J.T)
    return rows @ rows.T
