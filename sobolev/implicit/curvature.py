"""The Hessian of half a sum of squares, by a QR factorisation of the Jacobian."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve, solve_triangular
from jaxtyping import Array, Bool, Float

OfUnknowns = Callable[[Float[Array, " N"]], Float[Array, " m"]]


class Curvature(NamedTuple):
    """H = JᵀJ + Σ_i F_i ∇²F_i = Rᵀ(1 + C)R at some w, with J = QR: JᵀJ is never formed.

    `residual` F `[m]`, `along` QᵀF `[N]`, what of it the unknowns could take away; `R [N, N]`;
    `bent` C = R⁻ᵀ(Σ F_i ∇²F_i)R⁻¹ `[N, N]`, which is zero where F = 0 or F is linear; `size`, what
    the sums in F are made of, so that rounding is a share of it.
    """

    residual: Float[Array, " m"]
    along: Float[Array, " N"]
    R: Float[Array, "N N"]
    bent: Float[Array, "N N"]
    size: Float[Array, ""]

    @classmethod
    def at(cls, F: OfUnknowns, w: Float[Array, " N"]) -> "Curvature":
        """At w; F has as many residuals as unknowns at least."""
        J, r = jax.jacfwd(lambda v: (lambda found: (found, found))(F(v)), has_aux=True)(w)
        Q, R = jnp.linalg.qr(J)
        size = jnp.linalg.norm(r) + jnp.linalg.norm(jnp.abs(J) @ jnp.abs(w))
        S = jax.hessian(lambda v: r @ F(v))(w)
        left = solve_triangular(R, S, trans="T")
        return cls(r, Q.T @ r, R, solve_triangular(R, left.T, trans="T"), size)

    def step(self, μ: Float[Array, ""]) -> tuple[Float[Array, " N"], Bool[Array, ""]]:
        """−(|H| + μ RᵀR)⁻¹ JᵀF, and whether H is positive definite: with JᵀF = 0 a minimum.

        |H| = Rᵀ|1 + C|R has the curvatures of H in the directions of C without their signs: its
        step goes down where H itself would lead up to a saddle, and is Newton's near a minimum.
        """
        λ, V = jnp.linalg.eigh(self.bent)
        z = V @ (V.T @ self.along / (jnp.abs(1 + λ) + μ))
        return -solve_triangular(self.R, z), λ[0] > -1

    def solved(self, b: Float[Array, " N"]) -> Float[Array, " N"]:
        """H⁻¹b; NaN where H is not positive definite, as then there is no minimum."""
        root = jnp.linalg.cholesky(self.bent + jnp.eye(len(b), dtype=b.dtype)), True
        z = cho_solve(root, solve_triangular(self.R, b, trans="T"))
        return solve_triangular(self.R, z)
