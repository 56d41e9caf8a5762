"""The cubic Schrödinger equation on a ring, by Fourier series: solitons and what they conserve."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from sobolev._base.arguments import positive, whole
from sobolev._base.errors import ConfigError
from sobolev.box import Box
from sobolev.dynamics.system import System

Field = Callable[[Float[np.ndarray, " n"], Float[Array, " d"]], Complex[Array, " n"]]


class Schroedinger(System):
    """i ψ_t + ½ ψ_xx + g |ψ|² ψ = 0 on a ring of `length` L, from ψ(x, 0) = `wave`(x, p).

    ψ is a Fourier series of which two thirds of `points` terms are kept, also of the product, so
    mass ∫|ψ|² and energy ∫ ½|ψ_x|² − (g/2)|ψ|⁴ of the series are invariants. The last parameter is
    g; the others are those of the wave, named by `box`. States are the real parts of ψ at the
    points, then the imaginary ones: what they are differentiated by is real, too.

    A soliton of g = 1: ψ = A sech(A (x − v t)) exp(i v x + ½ i (A² − v²) t), with v a multiple of
    2π/L. Source: V. E. Zakharov, A. B. Shabat, Sov. Phys. JETP 34 (1972) 62. Raises `ConfigError`.

    ```python
    def wave(x, p):                                   # p = (A, g)
        return p[0] / jnp.cosh(p[0] * x)

    system = Schroedinger(Box(("A", "g"), (0.5, 0.8), (1.5, 1.2)), wave)
    ```
    """

    box: Box
    wave: Field = eqx.field(static=True)
    length: float = eqx.field(default=50.0, static=True)
    points: int = eqx.field(default=512, static=True)

    def __check_init__(self):
        positive("the length", self.length)
        whole("the number of points", self.points, 4)
        if self.points % 2:
            raise ConfigError(f"the number of points must be even: got {self.points}.")

    @property
    def states(self) -> tuple[str, ...]:  # type: ignore[override]
        """Real parts at the points, then imaginary ones."""
        return tuple(f"{part}{i}" for part in ("re", "im") for i in range(self.points))

    @property
    def x(self) -> Float[np.ndarray, " n"]:
        """The points, from −L/2 on."""
        return (np.arange(self.points) / self.points - 0.5) * self.length

    @property
    def k(self) -> Float[np.ndarray, " n"]:
        """Wave numbers of the terms."""
        return 2 * np.pi * np.fft.fftfreq(self.points, self.length / self.points)

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """The wave, without the terms that are not kept."""
        series = jnp.fft.fft(self.wave(self.x, p)) * self._kept
        return parts(jnp.fft.ifft(series))

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """i (½ ψ_xx + g |ψ|² ψ)."""
        ψ = field(x)
        linear = -0.5 * self.k**2 * jnp.fft.fft(ψ)
        cubic = p[-1] * jnp.fft.fft(jnp.abs(ψ) ** 2 * ψ)
        return parts(jnp.fft.ifft(1j * (linear + cubic) * self._kept))

    def conserved(self, state: Float[np.ndarray, "... s"], g: float = 1.0) -> np.ndarray:
        """Mass, momentum Im ∫ψ* ψ_x and energy of states, `[..., 3]`."""
        ψ = np.asarray(field(jnp.asarray(state)))
        slope = np.fft.ifft(1j * self.k * np.fft.fft(ψ))
        sizes = np.abs(ψ) ** 2
        densities = sizes, (ψ.conj() * slope).imag, np.abs(slope) ** 2 / 2 - g * sizes**2 / 2
        return np.stack([d.mean(axis=-1) * self.length for d in densities], axis=-1)

    @property
    def _kept(self) -> Float[np.ndarray, " n"]:
        return (np.abs(np.fft.fftfreq(self.points)) < 1 / 3).astype(float)


def field(x: Float[Array, "... s"]) -> Complex[Array, "... n"]:
    """ψ of a state."""
    real, imaginary = jnp.split(x, 2, axis=-1)
    return real + 1j * imaginary


def parts(ψ: Complex[Array, " n"]) -> Float[Array, " s"]:
    """The state of ψ."""
    return jnp.concatenate([ψ.real, ψ.imag])
