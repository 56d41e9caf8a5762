"""A function from its values on a fine grid of two inputs."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

WIDTH = 8  # nodes in each direction: polynomials of degree 7


class Table(eqx.Module):
    """Piecewise polynomials of degree 7 through values `[m, n]` on a uniform grid.

    A function of one point, through the 8 × 8 values around it; it is differentiable inside of
    each cell. Values alone are used: slopes of a spectral method ring where a solution has a kink.

    **Arguments:** `values` at `lower + i step` in the two inputs.
    """

    values: Float[Array, "m n"]
    lower: Float[Array, " 2"]
    step: Float[Array, " 2"]

    def __init__(self, values: np.ndarray, lower: tuple, step: tuple):
        self.values = jnp.asarray(values)
        self.lower, self.step = jnp.asarray(lower), jnp.asarray(step)

    def __call__(self, point: Float[Array, " 2"]) -> Float[Array, " 1"]:
        """The value."""
        place = (point - self.lower) / self.step
        most = jnp.asarray(self.values.shape) - WIDTH
        first = jnp.floor(jax.lax.stop_gradient(place)).astype(int) - (WIDTH // 2 - 1)
        first = jnp.minimum(jnp.maximum(first, 0), most)
        around = jax.lax.dynamic_slice(self.values, (first[0], first[1]), (WIDTH, WIDTH))
        inside = place - first
        return (_lagrange(inside[0]) @ around @ _lagrange(inside[1]))[None]


def _lagrange(s: Array) -> Float[Array, " 8"]:
    """The polynomials that are 1 at one of 0 … 7 and 0 at the others, at s."""
    below, above = [jnp.ones_like(s)], [jnp.ones_like(s)]
    for k in range(WIDTH - 1):
        below.append(below[-1] * (s - k))
        above.append(above[-1] * (s - (WIDTH - 1 - k)))
    other = [np.prod([j - k for k in range(WIDTH) if k != j]) for j in range(WIDTH)]
    return jnp.stack([below[j] * above[WIDTH - 1 - j] / other[j] for j in range(WIDTH)])
