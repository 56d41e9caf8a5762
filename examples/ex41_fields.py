"""A field in, a field out: a spectral network of Burgers' equation, and what slopes teach it.

Forty random fields on 64 points of a circle, and what they are one unit of time later. A field is
64 inputs, its end 64 outputs; a Jacobian would be 4096 numbers, a slope along a random field costs
about as much as a solution. Two of them beside each end and the network knows better how a field
that it has not seen moves on. Wherever it starts: a shifted field gives the shifted end, to
rounding, before and after training.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import losses, networks, optimisers

jax.config.update("jax_enable_x64", True)

POINTS, NU, END, ROWS, STEPS = 64, 0.1, 1.0, 40, 160
EXPECTED = {
    "error from values": (0.204, 0.2),
    "error with slopes": (0.148, 0.2),
    "slope's error from values": (0.401, 0.2),
    "slope's error with slopes": (0.314, 0.2),
    "equivariant to 1e-12": (1.0, 0.0),
}
GRID = 2 * np.pi * np.arange(POINTS) / POINTS
MADE = networks.SpectralNetwork(channels=12, layers=2, modes=8)


def burgers(u):
    """u(0) → u(1) of u_t + u u_x = ν u_xx by 200 steps of Runge and Kutta, exact in diffusion."""
    k, h = np.arange(POINTS // 2 + 1), END / 200
    half = jnp.asarray(np.exp(-NU * k**2 * h / 2))
    slope = jnp.asarray(-0.5j * k * (k <= POINTS // 3))

    def carried(v):
        return h * slope * jnp.fft.rfft(jnp.fft.irfft(v, POINTS) ** 2)

    def step(v, _):
        a = carried(v)
        b = carried(half * (v + a / 2))
        c = carried(half * v + b / 2)
        d = carried(half * (half * v + c))
        return half * (half * (v + a / 6) + (b + c) / 3) + d / 6, None

    return jnp.fft.irfft(jax.lax.scan(step, jnp.fft.rfft(u), None, 200)[0], POINTS)


def fields(seed: int, *shape: int) -> np.ndarray:
    """Random fields of four waves, `[*shape, 64]`."""
    a, b = np.random.default_rng(seed).normal(size=(2, *shape, 4)) / 2
    phase = np.outer(np.arange(1, 5), GRID)
    return a @ np.cos(phase) + b @ np.sin(phase)


def solved(rows: int, seed: int) -> sb.Dataset:
    """Starts, ends, and slopes along two random fields each."""
    names = [tuple(f"{u}[{i}]" for i in range(POINTS)) for u in ("u", "end")]
    box = sb.Box(names[0], (-10.0,) * POINTS, (10.0,) * POINTS)
    function = sb.function.of_jax(burgers, box, names[1])
    return sb.generate(function, fields(seed, rows), directions=fields(seed + 1, rows, 2))


@cache
def trained(order: int) -> sb.Surrogate:
    """By values, or by slopes too."""
    data = solved(ROWS, 0)
    start = sb.Surrogate.new(data, MADE, key=0)
    loss = losses.SobolevLoss.of(data, order=order, group="by_order")
    # As a block: its history has a line for all values together, not for each of 64.
    block = losses.Labelled.of(data, start.scaling, loss)
    rate = optax.cosine_decay_schedule(1e-2, STEPS)
    return sb.fit(
        start, block, optimiser=optimisers.Adam(rate, 8), epochs=STEPS * 8 // ROWS, records=1,
        stop=sb.Stop(keep_best=False), check=False,
    ).surrogate  # fmt: skip


def errors(surrogate: sb.Surrogate) -> tuple[float, float]:
    """Relative, of ends and of slopes, for forty other fields."""
    test = solved(40, 10)
    y, slopes = surrogate.compute_jvps(test.x, test.directions)
    pairs = (y, test.y), (slopes, test.jvp)
    value, slope = (np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in pairs)
    return float(value), float(slope)


def main() -> dict[str, float]:
    """Errors of both, and what a shift changes."""
    values, slopes = errors(trained(0)), errors(trained(1))
    print(f"from values: ends to {values[0]:.3f}, slopes to {values[1]:.3f}")
    print(f"with slopes: ends to {slopes[0]:.3f}, slopes to {slopes[1]:.3f}")
    u = fields(10, 1)
    here, there = (trained(1).value(np.roll(u, s, axis=1)) for s in (0, 13))
    off = float(np.abs(np.roll(here, 13, axis=1) - there).max())
    print(f"a field that starts 13 points further ends there, to {off:.0e}")
    found = values[0], slopes[0], values[1], slopes[1], float(off < 1e-12)
    return dict(zip(EXPECTED, found, strict=True))


def figure() -> Figure:
    """A field, its end and a slope, as both networks see them."""
    test = solved(40, 10)
    made = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = made.subplots(1, 2)
    left.plot(GRID, test.x[0], color="0.8", label="start")
    left.plot(GRID, test.y[0], color="0.3", lw=3, alpha=0.5, label="end")
    right.plot(GRID, test.jvp[0, :, 0], color="0.3", lw=3, alpha=0.5)
    for order, name in ((0, "by values"), (1, "by values and slopes")):
        y, slopes = trained(order).compute_jvps(test.x[:1], test.directions[:1])
        left.plot(GRID, y[0], "--" if order else ":", label=name)
        right.plot(GRID, slopes[0, :, 0], "--" if order else ":")
    left.set(xlabel="x", ylabel="u")
    right.set(xlabel="x", ylabel="slope of the end along a random field")
    left.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
