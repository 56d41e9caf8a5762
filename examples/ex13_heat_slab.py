"""Heat through a slab whose conductivity grows with temperature: closed form and derivatives.

k(T) = k₀ (1 + β T) between two temperatures. With Kirchhoff's Θ = T + β T² / 2 the problem is
linear, the flux k₀ ((T₁ - T₂) + β/2 (T₁² - T₂²)) / L. Every derivative, by the thickness too, is
held to the formula; that by β exists at β = 0, where the formula of T must not cancel.
"""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import fem

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "flux": (5795.0, 1e-9),
    "temperature in the middle": (59.726328, 1e-6),
    "slopes, against the formula, the worst": (1.0, 1e-9),
    "curvatures, against the formula, the worst": (1.0, 1e-9),
    "slopes at β = 0, the worst": (1.0, 1e-9),
}
BOX = sb.Box(
    ("k", "beta", "hot", "cold", "L"), (1, -0.004, 50, -20, 0.5), (50, 0.02, 150, 40, 2),
    ("W/(m K)", "1/K", "°C", "°C", "m"),
)  # fmt: skip
X = np.array([40.0, 0.01, 100.0, 5.0, 1.0])


def thickness(X, L):
    """A strip through the slab."""
    return X * jnp.stack([L, 0.1])[None]


def slab() -> fem.Model:
    """Ten cells through the thickness; nothing happens along it."""
    return fem.Model(
        fem.grid((10, 1), "quad9").at("middle", (0.5, 0.5)),
        bodies=[fem.Body(fem.HeatConduction("k", growth="beta"))],
        supports=[fem.Prescribed("left", 0, "hot"), fem.Prescribed("right", 0, "cold")],
        responses={"heat": fem.Reaction("left", 0), "middle": fem.Displacement("middle", 0)},
        parameters=BOX,
        geometry=fem.Shape(thickness, ("L",)),
        units=("W/m", "°C"),
    )


def exact(p, x=0.5):
    """The heat through the strip of 0.1 m, and the temperature at x L."""
    k, beta, hot, cold, L = p
    flux = k * ((hot - cold) + beta / 2 * (hot**2 - cold**2)) / L
    theta = (1 - x) * (hot + beta / 2 * hot**2) + x * (cold + beta / 2 * cold**2)
    return jnp.stack([0.1 * flux, 2 * theta / (1 + jnp.sqrt(1 + 2 * beta * theta))])


def main() -> dict[str, float]:
    """The flux and the temperature, with slopes and curvatures, at β = 0.01 and at 0."""
    model = slab()
    value, slopes, curvatures = model.solve(X, 2)
    slopes_of, curvatures_of = jax.jit(jax.jacobian(exact)), jax.jit(jax.hessian(exact))
    wanted, bent = np.asarray(slopes_of(X)), np.asarray(curvatures_of(X))
    print(f"heat {value[0]:.4f} W/m, middle {value[1]:.6f} °C; exact {np.asarray(exact(X))}")
    even = np.where(np.arange(5) == 1, 0.0, X)
    level, flat = model.solve(even)
    print(f"at β = 0: {level}, d by β = {flat[:, 1]}")
    straight = np.asarray(slopes_of(even))
    return {
        "flux": float(value[0] / 0.1),
        "temperature in the middle": float(value[1]),
        "slopes, against the formula, the worst": worst(slopes, wanted),
        "curvatures, against the formula, the worst": worst(curvatures, bent),
        "slopes at β = 0, the worst": worst(flat, straight),
    }


def worst(found: np.ndarray, wanted: np.ndarray) -> float:
    """The quotient farthest from 1 of what does not vanish."""
    ratio = found[wanted != 0] / wanted[wanted != 0]
    return float(ratio[np.abs(ratio - 1).argmax()])


def figure() -> Figure:
    """Temperatures through the slab at three β, and what a change of β does to them."""
    model, made = slab(), Figure(figsize=(9, 3.2), layout="constrained")
    left, right = made.subplots(1, 2)
    x = np.linspace(0, 1, 101)
    curve = jax.jit(jax.vmap(lambda p, x: exact(p, x)[1], (None, 0)))
    slope = jax.jit(jax.vmap(jax.grad(lambda p, x: exact(p, x)[1]), (None, 0)))
    for beta, colour in ((-0.004, "C0"), (0.0, "C1"), (0.02, "C2")):
        p = np.where(np.arange(5) == 1, beta, X)
        found = fem.solution(model, p)
        nodes = model.mesh.nodes("bottom")
        place = found.X[nodes, 0]
        left.plot(place, found.u[nodes, 0], "o", ms=3, color=colour)
        left.plot(x, curve(p, x), color=colour, label=f"β = {beta}")
        right.plot(place, fem.field_slopes(model, p, "beta").u[nodes, 0], "o", ms=3, color=colour)
        right.plot(x, slope(p, x)[:, 1], color=colour)
    left.set(xlabel="x in m", ylabel="T in °C; dots are nodes")
    left.legend(frameon=False)
    right.set(xlabel="x in m", ylabel="∂T/∂β in °C K")
    return made


if __name__ == "__main__":
    main()
