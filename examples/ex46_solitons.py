"""Solitons: a wave that keeps its shape, two that pass through each other, and its slopes.

The cubic Schrödinger equation on a ring, i ψ_t + ½ ψ_xx + |ψ|² ψ = 0, by Fourier series and an
integrator of order 8, a `Trajectory`: mass and energy stay, a soliton moves as its formula says,
two that meet come out as they were, shifted and turned by as much as theory says, and a level
breaks up at the rate |k| √(A² − k²/4) where its growing disturbance was sown. Slopes by height and
coupling are exact for the steps that were taken. On 256 points here, on 512 and with a finer
tolerance in `benchmarks/schroedinger.py`.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev.dynamics import Explicit, Sampled, Schroedinger, Trajectory, holding

jax.config.update("jax_enable_x64", True)

LENGTH, POINTS = 50.0, 256
FINE = Explicit(1e-8, 1e-10)
EXPECTED = {
    "error of a soliton at t = 5": (1.5e-7, 1.0),
    "drift of mass until t = 16": (9e-13, 1.0),
    "drift of energy": (1.1e-11, 3.0),
    "shift of the first, found over formula": (1.0, 0.01),
    "shift of the second": (1.0, 0.01),
    "phase of the first": (1.0, 0.01),
    "phase of the second": (1.0, 0.01),
    "growth of a modulation, found over formula": (1.0, 0.02),
    "slopes, off differences": (4e-8, 8.0),
}
SPEED = 2 * np.pi / LENGTH  # of waves that close around the ring: its multiples
A1, A2, V, APART = 1.0, 0.8, 12 * SPEED, 12.0

TIMES = np.append(np.linspace(0.5, 5.0, 10), np.linspace(5.5, 16.0, 22))
MODE = 8  # of the modulation: k = 1.005


def wave(x, p):
    """Two solitons that run towards each other, or one, or a level with a modulation that grows."""
    first, second, apart, v, level, _ = p
    k = MODE * SPEED
    grows = 0.5 * k**2 + 1j * k * np.sqrt(1 - k**2 / 4)  # at A = 1; the other one decays
    one = first / jnp.cosh(first * (x + apart)) * jnp.exp(1j * v * (x + apart))
    two = second / jnp.cosh(second * (x - apart)) * jnp.exp(-1j * v * (x - apart))
    return one + two + level * (1 + 1e-5 * grows * jnp.cos(k * x))


BOX = sb.Box(
    ("A", "second", "apart", "speed", "level", "g"), (0.0, 0.0, 0.0, 0.0, 0.0, 0.8),
    (1.5, 1.5, 15.0, 2.0, 1.5, 1.2),
)  # fmt: skip
EQUATION = Schroedinger(BOX, wave, LENGTH, POINTS)
ALONE = {"second": 0.0, "apart": 0.0, "speed": 8 * SPEED, "level": 0.0}


@cache
def waves() -> np.ndarray:
    """ψ of one soliton, of two, and of a level, `[3, times, points]`, in one program."""
    p = [
        (1.0, 0.0, 0.0, ALONE["speed"], 0.0, 1.0),
        (A1, A2, APART, V, 0.0, 1.0),
        (0.0, 0.0, 0.0, 0.0, 1.0, 1.0),
    ]
    found = Trajectory(EQUATION, Sampled(TIMES), FINE).value(p).reshape(3, len(TIMES), 2, POINTS)
    return found[:, :, 0] + 1j * found[:, :, 1]


@cache
def one() -> tuple[float, np.ndarray]:
    """How far a soliton is from its formula at t = 5, and what drifts until t = 16."""
    x, t, v = EQUATION.x, 5.0, ALONE["speed"]
    found = waves()[0]
    exact = 1 / np.cosh(x - v * t) * np.exp(1j * (v * x + 0.5 * (1 - v**2) * t))
    held = EQUATION.conserved(np.concatenate([found.real, found.imag], axis=-1))
    at = int(np.flatnonzero(TIMES == t)[0])
    return np.abs(found[at] - exact).max(), np.abs(held[-1] / held[0] - 1)


@cache
def sensitive() -> Trajectory:
    """A soliton at t = 5 as a function of its height and the coupling."""
    return Trajectory(holding(EQUATION, ALONE), Sampled([5.0]), FINE)


def place_and_phase(x: np.ndarray, ψ: np.ndarray, side: int) -> tuple[float, float]:
    """Centre of |ψ|⁴ on a side of the ring, and the phase there, by the Fourier series."""
    weight = np.where(side * x > 0, np.abs(ψ) ** 4, 0)
    centre = float(np.sum(weight * x) / np.sum(weight))
    k = 2 * np.pi * np.fft.fftfreq(len(x), x[1] - x[0])
    there = np.sum(np.fft.fft(ψ) * np.exp(1j * k * (centre - x[0]))) / len(x)
    return centre, float(np.angle(there))


def passing() -> tuple[float, ...]:
    """Shifts and phases of both, each over what theory says."""
    x, ψ = EQUATION.x, waves()[1]
    t, relative = TIMES[-1], 2 * V
    logarithm = np.log((relative**2 + (A1 + A2) ** 2) / (relative**2 + (A1 - A2) ** 2))
    a, b = np.arctan((A1 + A2) / relative), np.arctan((A1 - A2) / relative)
    shifts, phases = [], []
    for A, v, x0, phase in ((A1, V, -APART, 2 * (a - b)), (A2, -V, APART, 2 * (a + b))):
        centre, angle = place_and_phase(x, ψ[-1], int(np.sign(v)))
        shifts.append((centre - x0 - v * t) / (np.sign(v) * logarithm / A))
        free = v * (centre - x0) + 0.5 * (A**2 - v**2) * t  # of one alone, at the same place
        off = angle - free - phase
        phases.append(1 + (np.angle(np.exp(1j * off))) / phase)
    return (*shifts, *phases)


def growth() -> float:
    """Rate of a modulation from t = 2 to 5, over σ = |k| √(A² − k²/4), A = 1."""
    k = MODE * SPEED
    rows = [int(np.flatnonzero(TIMES == t)[0]) for t in (2.0, 5.0)]
    sizes = np.abs(np.fft.fft(np.abs(waves()[2, rows]), axis=1)[:, MODE])
    return float(np.log(sizes[1] / sizes[0]) / 3.0 / (k * np.sqrt(1 - k**2 / 4)))


def slopes() -> float:
    """Those of ψ by height and coupling against central differences, of the largest."""
    p, steps = np.array([1.0, 1.0]), 1e-4 * np.eye(2)
    exact = sensitive().jacobian(p)
    rows = np.concatenate([p + steps, p - steps, p + 2 * steps, p - 2 * steps])
    around = sensitive().derivatives(rows)[0]
    near, far = (around[i : i + 2] - around[i + 2 : i + 4] for i in (0, 4))
    return float(np.abs(exact - (8 * near - far).T / 12e-4).max() / np.abs(exact).max())


def main() -> dict[str, float]:
    """What is shown."""
    error, drifts = one()
    shown = (error, drifts[0], drifts[2], *passing(), growth(), slopes())
    for name, number in zip(EXPECTED, shown, strict=True):
        print(f"{name}: {number:.6g}")
    return dict(zip(EXPECTED, map(float, shown), strict=True))


def figure() -> Figure:
    """Two solitons that pass, and a slope."""
    picture = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = picture.subplots(1, 2)
    x, ψ = EQUATION.x, waves()[1]
    left.pcolormesh(x, TIMES, np.abs(ψ), cmap="Blues")
    for A, v, x0, colour in ((A1, V, -APART, "C1"), (A2, -V, APART, "C3")):
        left.plot(x0 + v * TIMES, TIMES, "--", color=colour, lw=0.8, label=f"A = {A} alone")
    left.set(xlabel="x", ylabel="t", xlim=(-20, 20), title="|ψ|")
    left.legend(frameon=False, fontsize=8, loc="upper center")
    slope = sensitive().jacobian([1.0, 1.0]).reshape(2, POINTS, 2)
    right.plot(x, slope[0, :, 0], label="Re ∂ψ/∂A")
    right.plot(x, slope[0, :, 1], label="Re ∂ψ/∂g")
    right.set(xlabel="x", ylabel="slope at t = 5", xlim=(-5, 15))
    right.legend(frameon=False)
    return picture


if __name__ == "__main__":
    main()
