"""A rotating disk up to its centre: the equation multiplied out, the network regular there.

The radial displacement of a steel disk at 1000 rad/s obeys r² u'' + r u' - u = -(1 - ν²) ρω²/E r³,
which says nothing at r = 0, where u/r is 0/0. u = r N(r²) holds what a smooth field does there, for
whatever N: both stresses have their values at the centre, without a hole cut out for the computer.
A real hole, however small, doubles the stress: there u = r N(ln r), because 1/r is part of it.
"""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import losses, networks, optimisers

jax.config.update("jax_enable_x64", True)

RADIUS, E, ν, LOAD = 200.0, 210e3, 0.3, 7.85e-9 * 1000.0**2  # mm, MPa, 1, ρω² in MPa/mm²
HOLE = 0.01 * RADIUS
EXPECTED = {
    "stress at the centre in MPa": (129.525, 1e-6),
    "hoop stress at a hole of 2 mm in MPa": (259.0555, 1e-6),
}
UNITS = networks.SineNetwork((60,), frequency=2.0)
ONE = jnp.ones(1)


def along(u, x):
    """u, u', u''."""
    return losses.derivatives_along(u, x, ONE, 2)[:, 0]


def solid(u, x):
    """The equation, multiplied by r²."""
    y, slope, curved = along(u, x)
    return x[0] ** 2 * curved + x[0] * slope - y + (1 - ν**2) * LOAD / E * x[0] ** 3


def rim(u, x):
    """r (1 - ν²)/E σ_r = 0."""
    y, slope, _ = along(u, x)
    return x[0] * slope + ν * y


def with_hole(n, s):
    """The same with u = r N(s), s = ln r."""
    _, slope, curved = along(n, s)
    return curved + 2 * slope + (1 - ν**2) * LOAD / E * jnp.exp(2 * s[0])


def edge(n, s):
    """(1 - ν²)/E σ_r = 0."""
    y, slope, _ = along(n, s)
    return (1 + ν) * y + slope


def solved(box, made, blocks, size) -> sb.Surrogate:
    """Linear equations: the last layer by least squares."""
    start = sb.Surrogate.on(box, ("u",), made, output_scale=size)
    return sb.fit(start, blocks, optimiser=optimisers.LastLayer(1e-13), epochs=2).surrogate


def stresses(slope, hoop):
    """σ_r, σ_θ of u' and u/r."""
    return np.stack([slope + ν * hoop, hoop + ν * slope]) * E / (1 - ν**2)


def disk() -> tuple[np.ndarray, np.ndarray]:
    """r and the stresses of the whole disk."""
    box = sb.Box(("r",), (0.0,), (RADIUS,), ("mm",))
    r = np.linspace(0, RADIUS, 121)
    equation = losses.Equation("disk", solid, r[:, None], scale=0.1)
    free = losses.Equation("rim", rim, np.array([[RADIUS]]), order=1, scale=0.1)
    found = solved(box, networks.Regular(UNITS, "r", power=1), [equation, free], 0.1)
    y, slopes = found.derivatives(r[:, None], 1)
    slope = slopes[:, 0, 0]
    hoop = np.where(r == 0, slope, y[:, 0] / np.where(r == 0, 1.0, r))
    return r, stresses(slope, hoop)


def holed() -> tuple[np.ndarray, np.ndarray]:
    """r and the stresses with a hole."""
    ends = float(np.log(HOLE)), float(np.log(RADIUS))
    s = np.linspace(*ends, 300)
    size = 0.1 / RADIUS
    blocks = [losses.Equation("disk", with_hole, s[:, None], scale=size)]
    for name, at in zip(("hole", "rim"), ends, strict=True):
        blocks.append(losses.Equation(name, edge, np.array([[at]]), order=1, scale=size))
    made = networks.SineNetwork((100,), frequency=6.0)
    y, slopes = solved(sb.Box(("s",), ends[:1], ends[1:]), made, blocks, size).derivatives(
        s[:, None], 1
    )
    return np.exp(s), stresses(y[:, 0] + slopes[:, 0, 0], y[:, 0])


def main() -> dict[str, float]:
    """Where the stresses are largest."""
    (_, whole), (_, cut) = disk(), holed()
    print(f"at the centre σ_r = {whole[0, 0]:.6f} MPa, σ_θ = {whole[1, 0]:.6f} MPa")
    print(f"at the hole σ_θ = {cut[1, 0]:.6f} MPa: twice as much, however small it is")
    return {
        "stress at the centre in MPa": float(whole[0, 0]),
        "hoop stress at a hole of 2 mm in MPa": float(cut[1, 0]),
    }


def figure() -> Figure:
    """Both disks, and what is known of them."""
    made = Figure(figsize=(7, 3.4), layout="constrained")
    panels = made.subplots(1, 2, sharey=True)
    for axes, (r, σ), hole, title in zip(
        panels, (disk(), holed()), (0.0, HOLE), ("whole", "with a hole of 2 mm"), strict=True
    ):
        inner = (hole / np.maximum(r, 1e-9)) ** 2 * RADIUS**2
        k = (3 + ν) / 8 * LOAD
        known = (
            k * (hole**2 + RADIUS**2 - inner - r**2),
            k * (hole**2 + RADIUS**2 + inner - (1 + 3 * ν) / (3 + ν) * r**2),
        )
        for own, exact, name, colour in zip(
            σ, known, ("radial", "hoop"), ("C0", "C1"), strict=True
        ):
            axes.plot(r, exact, color="0.6", lw=3)
            axes.plot(r, own, color=colour, label=name)
        axes.set(xlabel="r in mm", ylabel="stress in MPa", title=title)
        axes.legend()
    return made


if __name__ == "__main__":
    main()
