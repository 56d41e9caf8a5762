"""A wave that steepens while it is carried along: a network that follows it, instead of u(x, t).

u_t + u u_x = ν u_xx on a ring, from u = 50 + sin x: the wave goes around eight times while its
front becomes steep. Of what began at X the network learns where it is, x = X + d(X, t), and its
state u(X, t), both of which are smooth and slow; both starts hold whatever the weights. `Eulerian`
turns it into u(x, t) with exact derivatives, and refuses where characteristics cross. A plain
network u(x, t) is 90 % off after ten seconds (benchmarks/characteristics.py).
"""

from functools import cache

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev.equations import Eulerian, MovingBurgers
from sobolev.losses import Equation, Uniform, by_names
from sobolev.networks import MLP, Face, Formula, HardBoundary, Periodic, tanh
from sobolev.optimisers import LevenbergMarquardt

jax.config.update("jax_enable_x64", True)

EXPECTED = {"digits of u - 50": (2.5, 0.2), "least J": (0.161, 0.1)}
SPEED, VISCOSITY = 50.0, 0.1
KNOWN = MovingBurgers(SPEED, VISCOSITY)
TURN = 2 * np.pi


@by_names(KNOWN.box, ("d", "u"))
def burgers(d, u):
    """Along a characteristic: x' = u and u' = ν u_xx, multiplied by J³; J = ∂x/∂X."""
    J = 1 + d.x
    return d.t - u, J**3 * u.t - VISCOSITY * (J * u.xx - d.xx * u.x)


@cache
def solved() -> Eulerian:
    """u(x, t)."""
    inner = Periodic(MLP((12, 12), activation=tanh), {"x": TURN})
    start = Formula(("0", f"{SPEED} + sin(x)"))
    network = HardBoundary(inner, (Face("t", 0.0),), start)
    surrogate = sb.Surrogate.on(
        KNOWN.box, ("d", "u"), network, output_scale=(SPEED, 1.0), output_shift=(0.0, SPEED)
    )
    equations = Equation(("characteristic", "state"), burgers, Uniform(KNOWN.box, 256, every=5))
    fitted = sb.fit(surrogate, equations, optimiser=LevenbergMarquardt(), epochs=300, records=1)
    return Eulerian(fitted.surrogate, "d", "x", period=TURN)


def main() -> dict[str, float]:
    """How right it is, and how near characteristics come."""
    u, x = solved(), KNOWN.box.from_unit(np.random.default_rng(0).random((1000, 2)))
    known = KNOWN.reference.value(x)
    error = np.linalg.norm(u.value(x) - known) / np.linalg.norm(known - SPEED)
    print(f"u - 50 is off by {error:.1e} of its size")
    print(f"least J = ∂x/∂X of all characteristics: {u.least_stretch:.3f}")
    return {"digits of u - 50": -float(np.log10(error)), "least J": u.least_stretch}


def figure() -> Figure:
    """Characteristics, seen by who moves along, and the wave."""
    u = solved()
    made = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = made.subplots(1, 2)
    t = np.linspace(0, 1, 41)
    for X in np.linspace(0, TURN, 25):
        d = u.surrogate.value(np.stack([np.full_like(t, X), t], 1))[:, 0]
        left.plot(X + d - SPEED * t, t, color="C0", lw=0.8)
    left.set(xlabel="x - 50 t", ylabel="t", title="characteristics")
    x = np.linspace(0, TURN, 201)
    for k, at in enumerate((0.0, 0.5, 1.0)):
        rows = np.stack([x + SPEED * at, np.full_like(x, at)], 1)
        right.plot(x, KNOWN.reference.value(rows)[:, 0], color="0.75", lw=4)
        right.plot(x, u.value(rows)[:, 0], f"C{k}", lw=1.2, label=f"t = {at:g}")
    right.set(xlabel="x - 50 t", ylabel="u", title="network, and exact in grey")
    right.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
