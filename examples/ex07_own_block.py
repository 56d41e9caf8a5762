"""A loss block of your own: a rod's equation in integrated form, without any data.

EA u' = F(x), F(x) = ∫ₓ¹ q dx + P, at the Gauss points of ten elements, each with the weight of
quadrature: the mean square over the rod, not over arbitrary points. With u(0) = 0 as a
second block the network finds the displacement of a rod under a load that grows linearly.
"""

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb

jax.config.update("jax_enable_x64", True)

EXPECTED = {"cases passed": (1.0, 1e-12), "largest error of u": (6.4e-7, 3.0)}
BOX = sb.Box(("x",), (0.0,), (1.0,), units=("m",))


class ByQuadrature(sb.losses.Block):
    """L = ½ ∫₀¹ (EA u' − F)² dx by Gauss points on equal elements; EA = 1."""

    x: jax.Array
    weight: jax.Array
    rowwise: ClassVar[bool] = False  # a part of the points is not the integral

    @classmethod
    def on(cls, elements: int = 10, points: int = 3) -> "ByQuadrature":
        at, w = np.polynomial.legendre.leggauss(points)
        left = np.arange(elements)[:, None] / elements
        x = (left + (at + 1) / (2 * elements)).reshape(-1, 1)
        weight = np.tile(w / (2 * elements), elements)
        return cls(names=("EA u' = F",), order=1, x=jnp.asarray(x), weight=jnp.asarray(weight))

    def draw(self, key=None, view=None):
        return sb.losses.At.of(self.x)

    def raw_residuals(self, view, batch):
        strain = jax.vmap(jax.jacfwd(view.physical))(batch.x)[:, 0, 0]
        x = batch.x[:, 0]
        force = 0.5 * (1 - x**2) + 0.2  # of the load q = x, and P = 0.2 at the end
        return (strain - force)[None] * jnp.sqrt(self.weight * len(self.weight))[None]


def exact(x: np.ndarray) -> np.ndarray:
    """u = ∫₀ˣ F dx."""
    return 0.7 * x - x**3 / 6


def trained() -> sb.Surrogate:
    """The rod, from its equation and its support alone."""
    start = sb.Surrogate.on(BOX, ("u",))
    support = sb.losses.Equation("u(0)", lambda u, x: u(x)[0], np.zeros((1, 1)), order=0)
    return sb.fit(start, [ByQuadrature.on(), support], epochs=200, records=1).surrogate


def main() -> dict[str, float]:
    """Whether it conforms, and the largest error of the displacement."""
    found = sb.losses.conforms(ByQuadrature.on(), sb.Surrogate.on(BOX, ("u",)))
    print(found)
    x = np.linspace(0, 1, 101)
    error = float(np.abs(trained().value(x[:, None])[:, 0] - exact(x)).max())
    print(f"largest error of u: {error:.1e}")
    return {"cases passed": float(found.good), "largest error of u": error}


def figure() -> Figure:
    """Displacement and strain along the rod."""
    x = np.linspace(0, 1, 101)
    u, strain = trained().derivatives(x[:, None], 1)
    made = Figure(figsize=(8, 3), layout="constrained")
    left, right = made.subplots(1, 2)
    left.plot(x, exact(x), "k", x, u[:, 0], "--")
    right.plot(x, 0.7 - x**2 / 2, "k", x, strain[:, 0, 0], "--")
    left.set(xlabel="x in m", ylabel="u")
    right.set(xlabel="x in m", ylabel="∂u/∂x")
    return made


if __name__ == "__main__":
    main()
