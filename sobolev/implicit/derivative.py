"""The point where a sum of squares is least, with derivatives in whatever it depends on."""

from collections.abc import Callable
from functools import partial

import jax
from jaxtyping import Array, Float, PyTree

from sobolev.implicit.curvature import Curvature

Residuals = Callable[[Float[Array, " N"], PyTree], Float[Array, " m"]]


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def minimiser(residuals: Residuals, w: Float[Array, " N"], θ: PyTree) -> Float[Array, " N"]:
    """w*(θ) = argmin_w ½ |F(w, θ)|², given where it is: w with all of its derivatives in θ.

    ∂w*/∂θ = −H⁻¹ ∂_θ(JᵀF), H = JᵀJ + Σ_i F_i ∇²F_i, by the implicit function theorem at JᵀF = 0;
    forwards, backwards, and again of each other. H is the whole one: Gauss–Newton's JᵀJ alone is
    right where F = 0 or where F is linear in w, else silently wrong.

    **Arguments:** `residuals` F(w, θ) `[m]`, m ≥ N, that knows nothing from outside by which is
    differentiated; `w [N]`, the minimum however it was found, which has to be met to far more
    digits than are wanted of a derivative; `θ`, arrays of real numbers. Where H is not positive
    definite there is no minimum, and derivatives are NaN.

    ```python
    F = lambda w, θ: jnp.array([jnp.exp(w[0]) - θ, w[0] - 1])
    w = lambda θ: minimiser(F, least_squares(F, jnp.zeros(1), θ), θ)
    ```
    """
    del residuals, θ
    return w


# A rule of its own, not `jax.lax.custom_root` on JᵀF: that knows the linear map v ↦ Hv alone, so
# that H would have to be made from it, with the square of the condition of J in it; here it is
# solved by a QR factorisation of J, which the map does not show. And w may come from any solver.
@minimiser.defjvp
def _(residuals: Residuals, primals: tuple, tangents: tuple) -> tuple:
    (w, θ), (_, dθ) = primals, tangents
    w = minimiser(residuals, w, θ)  # with its derivatives, for those of this derivative

    def slope(w: Float[Array, " N"], θ: PyTree) -> Float[Array, " N"]:
        return jax.grad(lambda v: 0.5 * (residuals(v, θ) ** 2).sum())(w)

    def product(v: Float[Array, " N"]) -> Float[Array, " N"]:
        return jax.jvp(lambda w: slope(w, θ), (w,), (v,))[1]

    # Only a means to solve: what is differentiated again is `product`.
    w_, θ_ = jax.lax.stop_gradient((w, θ))
    H = Curvature.at(lambda v: residuals(v, θ_), w_)
    change = jax.jvp(lambda θ: slope(w, θ), (θ,), (dθ,))[1]
    found = jax.lax.custom_linear_solve(product, change, lambda _, b: H.solved(b), symmetric=True)
    return w, -found
