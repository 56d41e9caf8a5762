"""Adler's equation: a driven oscillator that locks, or beats."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev.box import Box
from sobolev.dynamics.system import System


class Adler(System):
    """φ' = D − K sin φ, φ(0) = 0: phase of an oscillator beside its drive, detuned by D.

    For |D| > K it beats, with ω = √(D² − K²) (`beat`), which is the spacing of the comb of lines of
    cos φ(t); else it locks. At D = K two states of rest meet on the circle and vanish: ω grows from
    there with the exponent ½, and ω² is analytic. Source: R. Adler, Proc. IRE 34 (1946) 351,
    10.1109/JRPROC.1946.229930.

    ```python
    period = Trajectory(Adler(), Crossing(lambda t, x, p: x[0] - 2 * jnp.pi, horizon=1e3))
    ```
    """

    box: Box = Box(("detuning", "coupling"), (1.0, 0.5), (2.0, 1.0), ("rad/s", "rad/s"))
    states: tuple[str, ...] = ("phase",)

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """φ = 0."""
        return jnp.zeros(1)

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """D − K sin φ."""
        return p[0] - p[1] * jnp.sin(x)

    @staticmethod
    def beat(p: Float[np.ndarray, "... 2"]) -> Float[np.ndarray, "..."]:
        """ω = √(D² − K²); NaN where it locks."""
        squared = p[..., 0] ** 2 - p[..., 1] ** 2
        return np.sqrt(np.where(squared > 0, squared, np.nan))
