"""Burgers' equation in closed form: two integrals."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

NODES = 120  # 80 give 1e-13 for ν = 0.01/π
EARLY = 1e-7  # before it the start with its first change in time: √t has no slope at 0


class ColeHopf(eqx.Module):
    """u(x, t) of u_t + u u_x = ν u_xx with u(x, 0) = u₀(x) on the whole line.

    u = ∫ u₀(y) e^(E) dη / ∫ e^(E) dη with y = x − η, E = −U₀(y)/2ν − η²/4νt, U₀ a primitive of u₀;
    by Gauss–Hermite quadrature in η/√(4νt). The largest exponent is subtracted before it is taken:
    it is 50 for ν = 0.01/π. A function of one point (x, t), to be differentiated; for t < 1e-7 its
    second derivative in time is missing.
    Source: Hopf, Comm. Pure Appl. Math. 3 (1950) 201; Basdevant et al., Computers & Fluids 14
    (1986) 23, equation 3.

    ```python
    wave = ColeHopf(jnp.sin, lambda y: -jnp.cos(y), 0.01)
    ```
    """

    start: Callable = eqx.field(static=True)
    primitive: Callable = eqx.field(static=True)
    viscosity: Array
    nodes: Float[Array, " k"]
    weights: Float[Array, " k"]

    def __init__(self, start: Callable, primitive: Callable, viscosity: float, nodes: int = NODES):
        self.start, self.primitive = start, primitive
        places, weights = np.polynomial.hermite.hermgauss(nodes)
        self.viscosity = jnp.asarray(viscosity)
        self.nodes, self.weights = jnp.asarray(places), jnp.asarray(weights)

    def __call__(self, point: Float[Array, " 2"]) -> Float[Array, " 1"]:
        """u."""
        x, t = point
        late = t > EARLY
        y = x - jnp.sqrt(4 * self.viscosity * jnp.asarray(jnp.where(late, t, 1.0))) * self.nodes
        exponent = -self.primitive(y) / (2 * self.viscosity)
        # It cancels, so it has no derivative; that of a maximum is 0/0 in Taylor arithmetic.
        largest = jax.lax.stop_gradient(jnp.max(exponent))
        kernel = self.weights * jnp.exp(exponent - largest)
        later = jnp.sum(kernel * self.start(y)) / jnp.sum(kernel)
        return jnp.where(late, later, self._early(x, t))[None]

    def _early(self, x: Array, t: Array) -> Array:
        """u₀ + t u_t."""
        slope = jax.grad(self.start)
        return self.start(x) + t * (self.viscosity * jax.grad(slope)(x) - self.start(x) * slope(x))
