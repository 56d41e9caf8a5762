"""A response that remembers: a viscoelastic bar with knobs, learnt from its histories and slopes.

A strain history and five parameters go in, the stress at the same instants comes out: what a
relaxation test, a cycle or noise would give at any stiffness and any relaxation time. Trained on a
few bands of noise, whose stresses and exact sensitivities come from trajectories, a network with
two internal variables follows saws, which it has never seen. That the opposite load has the
opposite stress, that it starts at rest and sees no future is built in. An oscillator with
hysteresis, and all figures, are in `benchmarks/hysteresis.py`.
"""

from functools import cache

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import losses, networks, optimisers
from sobolev.dynamics import Corners, Explicit, Sampled, Trajectory, Viscoelastic

jax.config.update("jax_enable_x64", True)

N, STEP, KNOBS, EACH = 16, 0.1, 5, 8
T = STEP * np.arange(1, N + 1)
EXPECTED = {
    "error for saws, never seen": (0.0215, 0.5),
    "error of slopes, for saws": (0.26, 0.5),
    "stress of the opposite strain, over minus the stress": (1.0, 1e-9),
}


def noise(rng: np.random.Generator) -> np.ndarray:
    """A band of random phases, from 0."""
    ω = rng.uniform(0.5, 8.0, 12)
    u = np.sin(np.outer(T, ω) + rng.uniform(0, 2 * np.pi, 12)).sum(axis=1)
    return 0.008 * u * np.minimum(1, T / 0.3)


def saw(rng: np.random.Generator) -> np.ndarray:
    """Up and down along straight lines."""
    return 0.02 * rng.uniform(0.5, 1.2) * np.arcsin(np.sin(2 * np.pi * T / rng.uniform(0.8, 2.0)))


def responses(family, loads: int, seed: int) -> sb.Dataset:
    """Stresses and their slopes by the parameters, eight draws of them for each history."""
    rng, rows = np.random.default_rng(seed), []
    for _ in range(loads):
        u = family(rng)
        bar = Viscoelastic(Corners([0.0, *T], [0.0, *u]))
        p = bar.box.from_unit(rng.random((EACH, KNOBS)))
        h, dh = Trajectory(bar, Sampled(T), Explicit(1e-6, 1e-9)).derivatives(p)
        h, dh = h.reshape(EACH, N, 2), dh.reshape(EACH, N, 2, KNOBS)
        y = p[:, :1] * u + np.einsum("nti,ni->nt", h, p[:, 1:3])
        dy = np.einsum("ntik,ni->ntk", dh, p[:, 1:3])
        dy[..., 0] += u
        dy[..., 1:3] += h
        rows.append((np.concatenate([np.tile(u, (EACH, 1)), p], axis=1), y, dy))
    x, y, dy = (np.concatenate(part) for part in zip(*rows, strict=True))
    v = np.tile(np.eye(KNOBS, N + KNOBS, N), (len(x), 1, 1))
    names = tuple(f"strain({t:.1f})" for t in T) + bar.box.names
    return sb.Dataset(
        x, y, jvp=dy, directions=v, inputs=names, outputs=tuple(f"stress({t:.1f})" for t in T)
    )


@cache
def trained() -> sb.Surrogate:
    """On values and slopes of four bands of noise."""
    data = responses(noise, 4, 0)
    start = sb.Surrogate.new(data, networks.HistoryNetwork(STEP / 0.3, 2, (8,)), key=0)
    loss = losses.SobolevLoss.of(data, order=1, group="by_order")
    block = losses.Labelled.of(data, start.scaling, loss)
    return sb.fit(
        start, block, optimiser=optimisers.SSBroyden(), epochs=50, records=1, check=False
    ).surrogate


def errors(surrogate: sb.Surrogate, data: sb.Dataset) -> tuple[float, float]:
    """Relative, of stresses and of slopes, each knob alike."""
    y, dy = surrogate.compute_jvps(data.x, data.directions)
    off, size = (np.sum(a**2, axis=(0, 1)) for a in (dy - data.jvp, data.jvp))
    value = np.linalg.norm(y - data.y) / np.linalg.norm(data.y)
    return float(value), float(np.sqrt(np.mean(off / size)))


def main() -> dict[str, float]:
    """What is shown."""
    saws = responses(saw, 3, 2)
    found = trained().value(saws.x)
    opposite = trained().value(np.concatenate([-saws.x[:, :N], saws.x[:, N:]], axis=1))
    shown = *errors(trained(), saws), float(np.mean(-opposite / found))
    for name, number in zip(EXPECTED, shown, strict=True):
        print(f"{name}: {number:.4g}")
    return dict(zip(EXPECTED, map(float, shown), strict=True))


def figure() -> Figure:
    """Cycles of stress over strain, and a slope."""
    saws = responses(saw, 3, 2)
    picture = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = picture.subplots(1, 2)
    y, dy = trained().compute_jvps(saws.x, saws.directions)
    for row, colour in ((0, "C0"), (9, "C1"), (18, "C2")):
        strain = np.append(0, saws.x[row, :N])
        left.plot(strain, np.append(0, saws.y[row]), color=colour, lw=3, alpha=0.3)
        left.plot(strain, np.append(0, y[row]), "--", color=colour)
        right.plot(T, saws.jvp[row, :, 3] * saws.x[row, N + 3], color=colour, lw=3, alpha=0.3)
        right.plot(T, dy[row, :, 3] * saws.x[row, N + 3], "--", color=colour)
    left.set(xlabel="strain", ylabel="stress (MPa)", title="exact (wide), learnt (dashed)")
    right.set(xlabel="time (s)", ylabel="τ₁ ∂stress/∂τ₁ (MPa)")
    return picture


if __name__ == "__main__":
    main()
