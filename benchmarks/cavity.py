"""The lid-driven cavity at Re = 100 without data, every wall hard: how near to the reference?

Answer (one seed, one core of a busy machine, 2026-11-26): with the regularised lid the velocities at the five points of
the literature are exact to 2e-4 after 40 CPU s (846 trials; the lid is 1, the bar 1e-2); stopped after 30 it has 1.1e-2 in u and 2.1e-2 in v at 63 points. **The unit lid is not solved**: 15 % in u and 48 % in
v after 60 s, with the equation times ρ⁴ of both upper corners (20 units a layer, 1000 points); masked near the corners alone, as
here, it has not been run to its end. The lid (1 − (2x − 1)¹⁶)² fails too: after 35 s its residual is still 1e6.
The walls hold to 3e-16.

Stream function ψ with u = ψ_y, v = −ψ_x: no continuity equation, no pressure. ψ = g + [16 x(1 − x)y(1 − y)]² N by
`Clamped` walls, so that both velocities are those given at all walls, exactly; the vorticity equation, of fourth order,
is met by Levenberg–Marquardt at points that are drawn anew every 5 trials. Errors of u(½, y) and v(x, ½) at 63 points
against `cavity_reference.py`, relative in L².

The lid is named, as the corners decide. `regularised`: 16 x²(1 − x)². `flat`: (1 − (2x − 1)¹⁶)², whose middle lines are those
of the unit lid to 3.9e-3 in u and 5.8e-3 in v (`cavity_reference.py`). `unit`: 1 up to the corners, where the vorticity has no bound; g
holds Taylor's corner flow of a sliding wall (Stokes), and the equation is masked near both, where inertia grows as 1/ρ².
"""

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np
from cavity_reference import LIDS, RE, reference

jax.config.update("jax_enable_x64", True)

import sobolev as sb  # noqa: E402
from sobolev import networks  # noqa: E402
from sobolev.losses import Equation, Uniform, derivatives_along  # noqa: E402
from sobolev.optimisers import LevenbergMarquardt  # noqa: E402
from sobolev.training import Stop  # noqa: E402
from sobolev.weighting import Unweighted  # noqa: E402

BOX = sb.Box(("x", "y"), (0.0, 0.0), (1.0, 1.0))
WALLS = tuple(networks.Clamped(networks.Between(name, 0.0, 1.0)) for name in BOX.names)
ALONG = jnp.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]])


def scraper(x):
    """Taylor's flow in a corner whose upper wall slides: c (θ (X + πY/2) − π²Y/4), Y downwards."""
    return f"4/(pi**2 - 4)*(atan2(1-y, {x})*({x} + pi*(1-y)/2) - pi**2/4*(1-y))"


# Each has ψ = ψ_x = ψ_y = 0 at the walls, but ψ_y = u at the lid.
GIVEN = {
    "regularised": "16*x**2*(1-x)**2*y**2*(y-1)",
    "flat": "(1-(2*x-1)**16)**2*y**2*(y-1)",
    "unit": f"y**2*(3-2*y)*((1-x)**2*(1+2*x)*{scraper('x')} + x**2*(3-2*x)*{scraper('(1-x)')})",
}


def vorticity(u, p):
    """Δω/Re − (ψ_y ω_x − ψ_x ω_y) with ω = Δψ: four passes give every derivative of order four."""
    a, b, s, d = (derivatives_along(u, p, v, 4)[:, 0] for v in ALONG)
    xyy, xxy = (s[3] + d[3] - 2 * a[3]) / 6, (s[3] - d[3] - 2 * b[3]) / 6
    xxyy = (s[4] + d[4] - 2 * a[4] - 2 * b[4]) / 12
    inertia = b[1] * (a[3] + xyy) - a[1] * (xxy + b[3])
    return (a[4] + 2 * xxyy + b[4]) / RE - inertia


def masked(u, p):
    """The same times ρ⁴/(ρ² + 0.1²)² of both upper corners, where it has no bound."""
    x, y = p[0], 1 - p[1]
    squares = jnp.stack([x**2 + y**2, (1 - x) ** 2 + y**2])
    return vorticity(u, p) * jnp.prod(squares / (squares + 0.01)) ** 2


def solved(lid, seed, seconds, width, count):
    """The fit."""
    made = networks.HardBoundary(
        networks.MLP((width,) * 3, activation=networks.tanh), WALLS, networks.Formula(GIVEN[lid])
    )
    start = sb.Surrogate.on(BOX, ("psi",), made, key=seed, output_scale=0.1)
    of = masked if lid == "unit" else vorticity
    return sb.fit(
        start, [Equation("vorticity", of, Uniform(BOX, count, every=5), order=4)],
        weighting=Unweighted(), optimiser=LevenbergMarquardt(), epochs=10**6, records=10,
        stop=Stop(cpu_seconds=seconds), seed=seed, check=False,
    )  # fmt: skip


def velocities(psi, points):
    """u, v."""
    slope = psi.jacobian(points)[:, 0]
    return slope[:, 1], -slope[:, 0]


def errors(psi, lid):
    """Of u(½, y) and v(x, ½), relative in L², against the solution of this lid."""
    places, u, v = reference(lid)
    half = np.full_like(places, 0.5)
    found = (
        velocities(psi, np.stack([half, places], 1))[0],
        velocities(psi, np.stack([places, half], 1))[1],
    )
    return [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(found, (u, v), strict=True)]


def on_the_walls(psi, lid):
    """The largest |u − lid| and |v| on 1000 points of the walls, the lid's corners apart."""
    s, far = np.linspace(0, 1, 250), []
    for side, at in (("y", 0.0), ("y", 1.0), ("x", 0.0), ("x", 1.0)):
        points = np.stack([s, 0 * s + at] if side == "y" else [0 * s + at, s], 1)
        corner = (points[:, 1] == 1.0) & (points[:, 0] % 1.0 == 0.0)
        points = points[~corner] if lid == "unit" else points
        given = np.where(points[:, 1] == 1.0, LIDS[lid](points[:, 0]), 0.0)
        u, v = velocities(psi, points)
        far += [np.abs(u - given).max(), np.abs(v).max()]
    return max(far)


def draw(psi, path):
    """Streamlines, and the middle lines with those of the unit lid."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = made.subplots(1, 2)
    s = np.linspace(0.0, 1.0, 101)
    x, y = np.meshgrid(s, s)
    values = psi.value(np.stack([x.ravel(), y.ravel()], 1))[:, 0].reshape(x.shape)
    levels = [*np.linspace(-0.1, -0.01, 10), -3e-3, -3e-4, 0.0, 1e-6, 4e-6]
    left.contour(x, y, values, levels, colors="C0", linewidths=1)
    left.set(xlabel="x", ylabel="y", aspect="equal", title="ψ, Re = 100")
    places, u, v = reference("unit")
    middle = np.full_like(s[1:-1], 0.5)
    right.plot(s[1:-1], velocities(psi, np.stack([middle, s[1:-1]], 1))[0], "C0", label="u(½, y)")
    right.plot(s[1:-1], velocities(psi, np.stack([s[1:-1], middle], 1))[1], "C3", label="v(x, ½)")
    right.plot(places[::3], u[::3], "k.", ms=4, label="reference")
    right.plot(places[::3], v[::3], "k.", ms=4)
    right.set(xlabel="y or x", ylabel="velocity")
    right.legend(frameon=False)
    made.savefig(path, dpi=80)


def main():
    """Each lid with each seed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lids", nargs="+", choices=GIVEN, default=list(GIVEN))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--points", type=int, default=600)
    parser.add_argument("--figure", help="where to draw the last solution of the unit lid")
    asked = parser.parse_args()
    for lid in asked.lids:
        for seed in range(asked.seeds):
            begin = time.process_time()
            fitted = solved(lid, seed, asked.seconds, asked.width, asked.points)
            spent, psi = time.process_time() - begin, fitted.surrogate
            own, unit = errors(psi, lid), errors(psi, "unit")
            print(
                f"{lid} seed {seed}: u {own[0]:.1e} v {own[1]:.1e}, against the unit lid "
                f"{unit[0]:.1e} {unit[1]:.1e}, walls {on_the_walls(psi, lid):.1e}, residual "
                f"{fitted.history.loss[-1].sum():.1e}, fresh {fitted.fresh_residual:.1e}, {spent:.0f} CPU s",
                flush=True,
            )
            if asked.figure and lid == "unit":
                draw(psi, asked.figure)


if __name__ == "__main__":
    main()
