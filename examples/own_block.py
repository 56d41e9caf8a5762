"""An own block from outside the package: that a function is odd in its first input, as a penalty.

r = (u(x, t) + u(−x, t))/√2 at points of its own, with the values at the start beside it.
"""

import jax
import jax.numpy as jnp
import numpy as np

import sobolev as sb


class Odd(sb.losses.Block):
    x: jax.Array

    def draw(self, key=None, view=None):
        return sb.losses.At.of(self.x)

    def raw_residuals(self, view, batch):
        mirrored = batch.x * jnp.array([[-1.0, 1.0]])
        u = jax.vmap(view.physical)
        return (u(batch.x) + u(mirrored)).T / jnp.sqrt(2.0)


box = sb.Box(("x", "t"), (-1.0, 0.0), (1.0, 1.0))
points = np.random.default_rng(0).uniform(box.lower, box.upper, (40, 2))
block = Odd(names=("odd",), order=0, x=jnp.asarray(points))
surrogate = sb.Surrogate.on(box, "u", sb.networks.MLP((8, 8)))

if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    print(sb.losses.conforms(block, surrogate))
