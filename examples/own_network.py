"""An own network from outside the package: trainable Gaussians, for responses with local peaks.

ŷ = W exp(−|s_i (x̂ − c_i)|²) + b, after Kang et al. (PIG), arXiv 2412.05994; trained and saved.
"""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp

import sobolev as sb


class Bumps(eqx.Module):
    centre: jax.Array
    sharpness: jax.Array
    last: eqx.nn.Linear

    def __call__(self, x):
        return self.last(jnp.exp(-jnp.sum((self.sharpness * (x[None] - self.centre)) ** 2, axis=1)))


@dataclass(frozen=True)
class Gaussians(sb.networks.Architecture):
    name: ClassVar[str] = "own-gaussians"
    count: int = 40

    def build(self, inputs, outputs, key):
        if min(inputs, outputs, self.count) < 1:
            raise sb.errors.ConfigError(f"{self!r} needs inputs, outputs and a count ≥ 1.")
        one, two = jax.random.split(key)
        centre = jax.random.uniform(one, (self.count, inputs), minval=-1.0)
        return Bumps(centre, jnp.ones_like(centre), eqx.nn.Linear(self.count, outputs, key=two))


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    print(sb.networks.conforms(Gaussians()))
