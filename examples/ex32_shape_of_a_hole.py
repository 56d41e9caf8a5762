"""The best shape of a hole: an ellipse, found in eight steps on any mesh.

A plate is pulled twice as hard along x as along y. Of all holes of one size the stiffest plate has
an ellipse with axes 2:1, along which the stress is the same everywhere. The derivative of the
compliance by the radii at all nodes of the hole, exact, is rough: which step is steepest depends on
how shapes are measured. By the energy of the harmonic function that has the step on the rim
(`fem.harmonic_extension`, H½) eight steps of steepest descent do; in L² three times as many, and
five times on finer meshes. A step that is too long turns cells inside out: the solve says so, and
the step is halved.
"""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import descent, fem, inner_products

jax.config.update("jax_enable_x64", True)

SIZE, PULL = 6.0, (2.0, 1.0)  # of half the plate, with a hole of radius 1; in x and y
ROUND = 64  # nodes around the hole
EXPECTED = {
    "steps in H½": (8, 0.15),
    "steps in L²": (24, 0.2),
    "long axis of the hole over the short one": (1.98, 0.01),
    "largest stress at the hole, of that at the circle": (0.62, 0.03),
}


def mesh(m: int) -> fem.Mesh:
    """Rings of m cells, those of the hole the smallest; nodes of the hole first, by their angle."""
    layers, turn = m // 3, 2 * np.pi * np.arange(m) / m
    ray = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    edge = SIZE * ray / np.abs(ray).max(1, keepdims=True)
    share = (SIZE ** np.linspace(0, 1, layers + 1) - 1) / (SIZE - 1)
    points = ray[None] + share[:, None, None] * (edge - ray)[None]
    inner = np.arange(m) + m * np.arange(layers)[:, None]
    after = np.roll(inner, -1, axis=1)
    cells = np.stack([inner, inner + m, after + m, after], axis=-1).reshape(-1, 4)
    middles = {name: np.array([m * layers + k * m // 4]) for k, name in enumerate(("E", "N", "W"))}
    made = fem.Mesh(points.reshape(-1, 2), {"quad": cells}, sets=middles)
    made = made.where("hole", lambda x: np.hypot(*x.T) < 1 + 1e-9)
    for axis, names in enumerate((("left", "right"), ("bottom", "top"))):
        for sign, name in zip((-1, 1), names, strict=True):
            made = made.where(name, lambda x, a=axis, s=sign: s * x[:, a] > SIZE - 1e-9)
    return made


def of_one_size(X, q):
    """Radii 1 + q of the nodes of the hole, scaled so that it encloses as much as the circle."""
    r, turn = 1 + q, jnp.arctan2(X[:, 1], X[:, 0])
    area = jnp.sum(r * jnp.roll(r, -1) * jnp.sin(jnp.roll(turn, -1) - turn)) / 2
    return X * (r * jnp.sqrt(jnp.pi / area))[:, None]


def plate(m: int) -> fem.Model:
    """Its compliance by q."""
    made, (x, y) = mesh(m), PULL
    pulls = {"right": (x, 0.0), "left": (-x, 0.0), "top": (0.0, y), "bottom": (0.0, -y)}
    return fem.Model(
        made,
        [fem.Body(fem.PlaneStress(fem.LinearElastic(1.0, 0.3)))],
        supports=[fem.Fixed("E", 1), fem.Fixed("W", 1), fem.Fixed("N", 0)],
        loads=[fem.Traction(side, pull) for side, pull in pulls.items()],
        responses={"compliance": fem.Compliance()},
        parameters=sb.Box(tuple(f"q[{k}]" for k in range(m)), (-0.9,) * m, (3.0,) * m),
        geometry=fem.mesh_motion(made, of_one_size, ("q",), moved=("hole",)),
    )


def norms(model: fem.Model, m: int) -> dict[str, inner_products.InnerProduct]:
    """Of steps of the rim, a number for each of its nodes by the angle."""
    rim = fem.harmonic_extension(model.mesh, "hole")
    x, y = np.asarray(rim.points).T
    order = np.argsort(np.arctan2(y, x) % (2 * np.pi - 1e-9))
    half = rim.gram(np.eye(m))[np.ix_(order, order)]
    even = sp.diags_array(np.full(m, 2 * np.pi / m))
    return {"H½": inner_products.Dense(half), "L²": inner_products.Sparse(even)}


def best_hole(
    model: fem.Model, space: inner_products.InnerProduct, method: descent.Method | None = None
) -> descent.Descent:
    """From the circle to a gradient of 1e-4 of the first."""

    def function(q):
        (value,), slope = model.vjp(q, np.ones(1))
        return value, slope

    method = method or descent.SteepestDescent(descent.Armijo(first=0.02))
    return descent.minimise(function, np.zeros(space.size), space, method, tolerance=1e-4)


def stresses(model: fem.Model, q: np.ndarray) -> np.ndarray:
    """Von Mises, in the ring of cells at the hole."""
    return fem.solution(model, q).means(fem.von_mises)["quad"][: len(q)]


def outline(model: fem.Model, q: np.ndarray) -> np.ndarray:
    """Where the nodes of the hole are."""
    return np.asarray(of_one_size(jnp.asarray(model.mesh.points[: len(q)]), jnp.asarray(q)))


def main() -> dict[str, float]:
    """Steps in both norms; the axes of the hole and its stress."""
    model = plate(ROUND)
    found = {name: best_hole(model, space) for name, space in norms(model, ROUND).items()}
    for name, way in found.items():
        print(f"{name}: {way}, compliance {way.values[0]:.3f}, then {way.value:.3f}")
    q = found["H½"].v
    x, y = np.abs(outline(model, q)).max(0)
    before, after = stresses(model, 0 * q).max(), stresses(model, q).max()
    print(f"axes {x:.3f} and {y:.3f}; largest stress at the hole {before:.2f}, then {after:.2f}")
    return {
        "steps in H½": found["H½"].steps,
        "steps in L²": found["L²"].steps,
        "long axis of the hole over the short one": x / y,
        "largest stress at the hole, of that at the circle": after / before,
    }


def figure() -> Figure:
    """The holes, the stress around them, and the gradients on the way."""
    made = Figure(figsize=(11, 3.4), layout="constrained")
    shape, stress, way = made.subplots(1, 3)
    model = plate(ROUND)
    angle = np.degrees(2 * np.pi * (np.arange(ROUND) + 0.5) / ROUND)
    for (name, space), colour in zip(norms(model, ROUND).items(), ("C0", "C3"), strict=True):
        found = best_hole(model, space)
        way.semilogy(found.sizes / found.sizes[0], ".-", color=colour, label=name)
        if name == "H½":
            for q, style, label in ((0 * found.v, "0.6", "before"), (found.v, "C0", "after")):
                shape.plot(*outline(model, q).T, color=style, label=label)
                stress.plot(angle, stresses(model, q), color=style, label=label)
    t = np.linspace(0, 2 * np.pi, 200)
    shape.plot(2**0.5 * np.cos(t), 0.5**0.5 * np.sin(t), "k:", label="ellipse 2:1")
    shape.set(xlabel="x", ylabel="y", aspect="equal", ylim=(-1.2, 1.9))
    stress.set(xlabel="angle in degrees", ylabel="von Mises at the hole", ylim=(0, None))
    way.set(xlabel="steps", ylabel="norm of the gradient, of the first")
    for axes in (shape, way):
        axes.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
