"""A string under a rough load: the residual in H⁻¹, where a slow and a fast wave are alike.

−u'' = f with u = sin πx + sin 10πx. The mean square of the residual sees the fast wave a hundred
times larger than the slow one in size, ten thousand times in the square, and steps of first order
are lost between the two. In H⁻¹, by sines, the residual is as large as the error is in its slopes:
the same network, points and number of steps find both waves.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev.inner_products import Sines
from sobolev.losses import Equation, Mapped, by_names
from sobolev.networks import MLP, Between, HardBoundary, tanh
from sobolev.optimisers import Adam

jax.config.update("jax_enable_x64", True)

EXPECTED = {"error in the mean square": (2.1, 0.3), "digits in H-1": (2.17, 0.2)}
LINE = sb.Box(("x",), (0.0,), (1.0,))
FAST = 10 * np.pi
NEGATIVE = Sines(LINE, 127).dual


@by_names(LINE, "u")
def string(u, x):
    """−u'' − f, in units of the largest load."""
    load = jnp.pi**2 * jnp.sin(jnp.pi * x) + FAST**2 * jnp.sin(FAST * x)
    return (-u.xx - load) / FAST**2


def exact(x: np.ndarray) -> np.ndarray:
    """The deflection."""
    return np.sin(np.pi * x) + np.sin(FAST * x)


@cache
def solved(negative: bool) -> sb.Surrogate:
    """The same training in both norms."""
    equation = Equation("string", string, NEGATIVE.points)
    network = HardBoundary(MLP((32, 32), activation=tanh), (Between("x", 0.0, 1.0),))
    block = Mapped(equation, NEGATIVE) if negative else equation
    start, how = sb.Surrogate.on(LINE, "u", network), Adam(1e-3, batch_size=None)
    return sb.fit(start, block, optimiser=how, epochs=2000, records=1, check=False).surrogate


def main() -> dict[str, float]:
    """How far the deflection is off, of its own size."""
    x, errors = np.linspace(0, 1, 1001), []
    for name, negative in (("mean square", False), ("H-1", True)):
        off = solved(negative).value(x[:, None])[:, 0] - exact(x)
        errors.append(float(np.linalg.norm(off) / np.linalg.norm(exact(x))))
        print(f"residual in the {name}: u is off by {errors[-1]:.1e} of its size")
    return {"error in the mean square": errors[0], "digits in H-1": -float(np.log10(errors[1]))}


def figure() -> Figure:
    """What each has found."""
    x = np.linspace(0, 1, 401)
    made = Figure(figsize=(8, 3.0), layout="constrained")
    for panel, negative in zip(made.subplots(1, 2, sharey=True), (False, True), strict=True):
        panel.plot(x, exact(x), color="0.8", lw=4, label="exact")
        panel.plot(x, solved(negative).value(x[:, None])[:, 0], lw=1.2, label="network")
        panel.set(xlabel="x", ylabel="u", title="in H⁻¹" if negative else "in the mean square")
    panel.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
