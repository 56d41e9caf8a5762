"""What pushes or pulls a system in the course of time."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError


class History(eqx.Module):
    """u(t), a load or a strain."""

    @abstractmethod
    def __call__(self, t: Float[Array, ""]) -> Float[Array, ""]:
        """u at a time."""

    @abstractmethod
    def rate(self, t: Float[Array, ""]) -> Float[Array, ""]:
        """u' at a time."""


class Waves(History):
    """u(t) = Σ a_i sin(ω_i t + φ_i): a sweep of lines, or a band of noise with random phases.

    **Arguments:** amplitudes, angular frequencies and phases, each `[n]`. Raises `ConfigError`.

    ```python
    Waves.noise(1.0, (0.5, 20.0), 40, seed=0)
    ```
    """

    amplitudes: np.ndarray = eqx.field(converter=lambda a: np.asarray(a, float))
    frequencies: np.ndarray = eqx.field(converter=lambda a: np.asarray(a, float))
    phases: np.ndarray = eqx.field(converter=lambda a: np.asarray(a, float))

    def __check_init__(self):
        shapes = [a.shape for a in (self.amplitudes, self.frequencies, self.phases)]
        if len(set(shapes)) > 1 or len(shapes[0]) != 1:
            raise ConfigError(
                f"waves need an amplitude, a frequency and a phase each: got shapes {shapes}."
            )

    @classmethod
    def noise(cls, size: float, band: tuple[float, float], lines: int, seed: int) -> "Waves":
        """A band of angular frequencies with random phases, of this root mean square."""
        rng = np.random.default_rng(seed)
        low, high = band
        ω = low + (high - low) * (np.arange(lines) + rng.random(lines)) / lines
        amplitudes = np.full(lines, size * np.sqrt(2 / lines))
        return cls(amplitudes, ω, 2 * np.pi * rng.random(lines))

    def __call__(self, t: Float[Array, ""]) -> Float[Array, ""]:
        """The sum."""
        return jnp.asarray(self.amplitudes) @ jnp.sin(self.frequencies * t + self.phases)

    def rate(self, t: Float[Array, ""]) -> Float[Array, ""]:
        """The sum of ω a cos."""
        return jnp.asarray(self.frequencies * self.amplitudes) @ jnp.cos(
            self.frequencies * t + self.phases
        )


class Corners(History):
    """u(t) along straight lines between corners: a saw, a ramp and hold; constant beyond them.

    **Arguments:** rising `times` `[n]` and the `values` there. Raises `ConfigError`. An integrator
    does best if corners are among the times at which it is asked.

    ```python
    Corners([0.0, 1.0, 10.0], [0.0, 0.02, 0.02])
    ```
    """

    times: np.ndarray = eqx.field(converter=lambda a: np.asarray(a, float))
    values: np.ndarray = eqx.field(converter=lambda a: np.asarray(a, float))

    def __check_init__(self):
        t, u = self.times, self.values
        if t.ndim != 1 or t.shape != u.shape or len(t) < 2 or (np.diff(t) <= 0).any():
            raise ConfigError(
                f"corners need rising times, two at least, and a value at each: got shapes "
                f"{t.shape} and {u.shape}."
            )

    def __call__(self, t: Float[Array, ""]) -> Float[Array, ""]:
        """Between the corners on both sides."""
        return jnp.interp(t, self.times, self.values)

    def rate(self, t: Float[Array, ""]) -> Float[Array, ""]:
        """Of the line, at a corner of the one that begins there."""
        slopes = jnp.diff(self.values) / jnp.diff(self.times)
        which = jnp.searchsorted(self.times, t, side="right") - 1
        within = (which >= 0) & (which < len(slopes))
        return jnp.where(within, slopes[jnp.clip(which, 0, len(slopes) - 1)], 0.0)
