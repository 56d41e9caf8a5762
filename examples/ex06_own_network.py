"""A network of your own: trainable Gaussians, for responses with local peaks.

ŷ = W exp(−|s_i (x̂ − c_i)|²) + b, after Kang et al. (PIG), arXiv 2412.05994. A frozen dataclass is
all that a file keeps of it.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb

jax.config.update("jax_enable_x64", True)

EXPECTED = {"cases passed": (1.0, 1e-12), "the same after loading": (1.0, 1e-12)}


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


def trained() -> tuple[sb.Surrogate, sb.Dataset]:
    """A beam's deflection, learnt with it."""
    data = sb.generate(sb.problems.BeamDeflection(), sb.designs.latin_hypercube(40, seed=0))
    return sb.fit(sb.Surrogate.new(data, Gaussians()), data, epochs=150, records=1).surrogate, data


def main() -> dict[str, float]:
    """Whether it conforms, and whether a file gives it back to the bit."""
    found = sb.networks.conforms(Gaussians())
    print(found)
    sb.networks.register(Gaussians)
    surrogate, data = trained()
    print(sb.evaluate(surrogate, data))
    with tempfile.TemporaryDirectory() as folder:
        again = sb.Surrogate.load(surrogate.save(Path(folder) / "ridge.npz"))
    same = np.array_equal(surrogate.jacobian(data.x), again.jacobian(data.x))
    return {"cases passed": float(found.good), "the same after loading": float(same)}


def figure() -> Figure:
    """Slopes of the surrogate against those of the data."""
    surrogate, data = trained()
    made = Figure(figsize=(4, 4), layout="constrained")
    axes = made.subplots()
    exact, learnt = data.jacobian[:, 0, 0], surrogate.jacobian(data.x)[:, 0, 0]
    axes.plot(exact, learnt, ".")
    axes.axline((exact.min(), exact.min()), slope=1, color="k", lw=0.8)
    axes.set(xlabel="∂w/∂L of the model", ylabel="∂w/∂L of the surrogate")
    return made


if __name__ == "__main__":
    main()
