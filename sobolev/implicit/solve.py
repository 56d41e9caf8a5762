"""Nonlinear least squares by Newton's method, damped as Levenberg and Marquardt do."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Bool, Float, PyTree

from sobolev.implicit.curvature import Curvature
from sobolev.implicit.derivative import Residuals, minimiser

TOLERANCE = 1e-12  # of what residuals are sums of: 1e4 times their rounding, and of derivatives
ROUNDING = 1e-12  # by which the sum of squares may grow
FIRST, LESS, MORE = 1e-3, 0.1, 10.0  # damping, of the squares of the singular values of J


class _Search(NamedTuple):
    w: Float[Array, " N"]
    μ: Float[Array, ""]
    met: Bool[Array, ""]
    steps: Array


def least_squares(
    residuals: Residuals, start: Float[Array, " N"], θ: PyTree, steps: int = 60
) -> Float[Array, " N"]:
    """w* = argmin_w ½ |F(w, θ)|² near `start`, with its derivatives in θ; NaN if it is not found.

    Steps are −(|H| + μ JᵀJ)⁻¹JᵀF with the whole Hessian H, its curvatures without their signs, and
    μ = 0 as long as that lowers the sum: nothing depends on the scales of w, and at the end digits
    double with each step, also where F ≠ 0. It is found when |QᵀF| ≤ 1e-12 of what F is made of,
    J = QR, and H is positive definite, so that no other w near has as small a sum. If not so in
    `steps`, all of w is NaN, and so is what is made of it.

    **Arguments:** as of `minimiser`, whose rule gives the derivatives; `start [N]`, which nothing
    depends on; more residuals than unknowns, with a J of full rank: a ridge as further rows of F
    (√λ w) sees to both. Source: Levenberg, Quart. Appl. Math. 2 (1944) 164; Marquardt, SIAM J. 11
    (1963) 431; Golub & Van Loan, Matrix Computations, 4th ed., section 5.3 (QR).

    ```python
    F = lambda w, θ: jnp.array([jnp.exp(w[0]) - θ, w[0] - 1])
    jax.jacfwd(lambda θ: least_squares(F, jnp.zeros(1), θ))(2.0)
    ```
    """
    held = jax.lax.stop_gradient(θ)

    def squares(w: Float[Array, " N"]) -> Float[Array, ""]:
        return (residuals(w, held) ** 2).sum()

    def step(last: _Search) -> _Search:
        here = Curvature.at(lambda v: residuals(v, held), last.w)
        δ, least = here.step(last.μ)
        met = least & (jnp.linalg.norm(here.along) <= TOLERANCE * here.size)
        better = squares(last.w + δ) <= (1 + ROUNDING) * (here.residual @ here.residual)
        less = jnp.where(last.μ > FIRST, LESS * last.μ, 0.0)
        μ = jnp.where(better, less, jnp.maximum(FIRST, MORE * last.μ))
        return _Search(jnp.where(better & ~met, last.w + δ, last.w), μ, met, last.steps + 1)

    begin = jax.lax.stop_gradient(start)
    none = jnp.zeros((), begin.dtype)
    first = _Search(begin, none, jnp.zeros((), bool), jnp.zeros((), int))
    last = jax.lax.while_loop(lambda s: ~s.met & (s.steps < steps), step, first)
    return minimiser(residuals, jnp.where(last.met, last.w, jnp.nan), θ)


def linear_least_squares(residuals: Residuals, unknowns: int, θ: PyTree) -> Float[Array, " N"]:
    """w* = −R⁻¹QᵀF(0) of F(w, θ) = A(θ) w − b(θ), A = QR, with its derivatives in θ.

    By QR of A, never by AᵀA, whose condition is the square of A's; and once more of what is left,
    which takes most of the rounding of the first answer away. All NaN where A has not full rank,
    and where F turns out not to be linear in w: the same test ends it as `least_squares`.

    ```python
    w = linear_least_squares(lambda w, θ: A @ w - θ, A.shape[1], b)
    ```
    """
    held = jax.lax.stop_gradient(θ)

    def F(w: Float[Array, " N"]) -> Float[Array, " m"]:
        return residuals(w, held)

    w = jnp.zeros(unknowns, jax.eval_shape(F, jax.ShapeDtypeStruct((unknowns,), float)).dtype)
    A = jax.jacfwd(F)(w)
    Q, R = jnp.linalg.qr(A)
    for _ in range(2):
        w = w - solve_triangular(R, Q.T @ F(w))
    # J where it has come to, not A: of another F they differ.
    left = F(w)
    along = jax.vjp(F, w)[1](left)[0]
    size = jnp.linalg.norm(left) + jnp.linalg.norm(jnp.abs(A) @ jnp.abs(w))
    met = jnp.linalg.norm(solve_triangular(R, along, trans="T")) <= TOLERANCE * size
    return minimiser(residuals, jnp.where(met, w, jnp.nan), θ)
