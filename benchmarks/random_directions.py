"""What do random dimensions and directions cost and bring, of equations and of labels?

Answer: `Estimated` is right in the mean (1e5 draws: 0.06 standard errors off), the usual square is too large by its formula
(1.0008 of it). Two bodies in 100 dimensions, 16 at a time, 1500 steps: 4.4e-3, 5.0e-3, 4.3e-3,
4.6e-3, 4.8e-3, 4.4e-3, 4.5e-3, 4.8e-3 (seeds 0 to 7; 60 to 90 CPU s each; published
7.2e-3 after 10 000 steps). A step: 46 ms with 100 inputs, 49 ms with 1000, the least of three (1.06 times; single pairs 0.96
to 1.38). Labels of 200 modes of stiffness, 400 rows, seed 0, values and slopes: whole Jacobians 7.6e-3, 1.3e-2 in 52 CPU s; stored ones
along 8 directions anew in each step 6.3e-3, 9.9e-3 in 24 CPU s and 3000 steps (×1.38, ×1.33 in as many steps, 1200). Eight fixed directions a row are much worse at equal rows (0.39, 0.64) and
as good with 2800 (7.2e-3, 1.1e-2), at equal cost of labels. With 200 patches of independent stiffness, 1200 steps each: 4.3e-2, 6.5e-2; anew
5.2e-2, 7.6e-2; fixed 0.53, 0.85. CPU ms a row, value, 8 slopes too, Jacobian by inputs, by responses: 800 cells 2.2, 3.1, 21.9,
3.0; 7200 cells 22, 31, 275, 30. One core of two, the other one busy, 2026-11-26; of labels
eight seeds have not been run yet; seed 0 once more: 7.5e-3, 6.1e-3, 0.49, 7.1e-3.
"""

import argparse
import json
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)

from sobolev import Box, Surrogate, designs, fem, fit, generate  # noqa: E402
from sobolev.losses import (  # noqa: E402
    At,
    Directional,
    Equation,
    Estimated,
    Points,
    RandomDimensions,
    RandomDirections,
    SobolevLoss,
    View,
    derivatives_along,
)
from sobolev.networks import MLP, tanh  # noqa: E402
from sobolev.optimisers import SOAP, Adam  # noqa: E402

# ---- the two-body problem on the unit ball: Δu + u − u³ = f, u = (1 − |x|²) Σ c_i sin A_i


class InRadius(Points):
    """Points of the unit ball, even in their distance from the middle, as published."""

    inputs: tuple[str, ...]

    def __init__(self, inputs, count):
        self.inputs, self.count, self.every = tuple(inputs), count, 1

    def draw(self, key, size):
        return At.of(in_ball(key, self.count, len(self.inputs)))

    def elsewhere(self, key, count):
        return in_ball(key, count, len(self.inputs))

    def check(self, of, inputs):
        assert self.inputs == inputs


def in_ball(key, count, d):
    """Any direction, any distance."""
    of_direction, of_distance = jax.random.split(key)
    v = jax.random.normal(of_direction, (count, d))
    distance = jax.random.uniform(of_distance, (count, 1))
    return distance * v / jnp.linalg.norm(v, axis=1, keepdims=True)


class TwoBody:
    """The solution, its Laplacian and f, each at a cost of d."""

    def __init__(self, d, seed=0):
        self.d, self.c = d, np.random.default_rng(seed).normal(size=d - 1)

    def parts(self, x):
        """g, x·∇g, Δg."""
        c, a, b = jnp.asarray(self.c), x[:-1], x[1:]
        A = a + jnp.cos(b) + b * jnp.cos(a)
        by_a, by_b = 1 - b * jnp.sin(a), jnp.cos(a) - jnp.sin(b)
        curved = jnp.cos(A) * (-b * jnp.cos(a) - jnp.cos(b)) - jnp.sin(A) * (by_a**2 + by_b**2)
        return c @ jnp.sin(A), c @ (jnp.cos(A) * (by_a * a + by_b * b)), c @ curved

    def u(self, x):
        return (1 - x @ x) * self.parts(x)[0]

    def f(self, x):
        g, along, curved = self.parts(x)
        u = (1 - x @ x) * g
        return (1 - x @ x) * curved - 4 * along - 2 * self.d * g + u - u**3

    def residual(self, u, x, v):
        """Of u = (1 − |x|²) N."""
        inside = lambda p: (1 - p @ p) * u(p)  # noqa: E731
        value, _, curved = derivatives_along(inside, x, v, 2)[:, 0]
        return curved + value - value**3 - self.f(x)

    @property
    def box(self):
        names = tuple(f"x{i}" for i in range(self.d))
        return Box(names, (-1.0,) * self.d, (1.0,) * self.d)

    def block(self, directions, points=100):
        x = np.asarray(in_ball(jax.random.key(1), 1000, self.d))
        scale = float(np.sqrt(np.mean(np.asarray(jax.vmap(self.f)(jnp.asarray(x))) ** 2)))
        at = InRadius(self.box.names, points)
        return Estimated(Equation("two-body", self.residual, at, scale=scale), directions)

    def error(self, surrogate, count=20_000):
        """Relative error in L², on points of the same law."""

        def of(x):
            found = (1 - jnp.sum(x**2, axis=1)) * jax.vmap(surrogate.as_function())(x)[:, 0]
            return jnp.sum((found - jax.vmap(self.u)(x)) ** 2), jnp.sum(jax.vmap(self.u)(x) ** 2)

        x = in_ball(jax.random.key(2), count, self.d).reshape(20, -1, self.d)
        off, size = np.sum(np.array(jax.lax.map(of, x)), axis=1)
        return float(np.sqrt(off / size))


def two_body(d, directions, seed, steps, rate=1e-3):
    problem = TwoBody(d)
    start = Surrogate.on(problem.box, ("u",), MLP((128, 128, 128), activation=tanh), key=seed)
    began = time.process_time()
    fitted = fit(
        start, problem.block(directions), seed=seed, epochs=steps, records=3,
        optimiser=Adam(optax.linear_schedule(rate, 0.0, steps), None),
    )  # fmt: skip
    spent = time.process_time() - began
    return {
        "error": problem.error(fitted.surrogate),
        "fresh": fitted.fresh_residual,
        "seconds": spent,
        "loss": fitted.history.loss[:, 0].tolist(),
        "fresh_loss": fitted.history.fresh_loss[:, 0].tolist(),
    }


# ---- labels: displacements of a plate by the stiffness of 200 patches


def plate(fine=2, field=False):
    """A cantilever of 20 × 10 patches, each of fine × fine cells: displacements at 8 places."""
    nx, ny = 20 * fine, 10 * fine
    mesh = fem.grid((nx, ny))
    mesh = mesh.moved(mesh.points * np.array([2.0, 1.0]))
    places = [(x, y) for x in (0.5, 1.0, 1.5, 2.0) for y in (0.0, 1.0)]
    for number, place in enumerate(places):
        mesh = mesh.at(f"p{number}", place)
    across, along = np.divmod(np.arange(nx * ny), ny)
    patch = across // fine * 10 + along // fine
    assert patch.max() == 199
    end = 3**0.5 if field else 1.0
    return fem.Model(
        mesh,
        bodies=[
            fem.Body(fem.PlaneStress(fem.LinearElastic(fem.PerCell(Stiffness(patch, field)), 0.3)))
        ],
        supports=[fem.Fixed("left")],
        loads=[fem.TotalForce("right", (0.3, -1.0))],
        responses={f"u{number}": fem.Displacement(f"p{number}", 1) for number in range(8)},
        parameters=Box(tuple(f"s[{k}]" for k in range(200)), (-end,) * 200, (end,) * 200),
    )


class Stiffness:
    """E = exp(M s) of the patch of each cell: M = 1, or the modes of an even random field."""

    def __init__(self, patch, field):
        place = np.stack(np.divmod(np.arange(200), 10), axis=1) / 10
        gap = np.linalg.norm(place[:, None] - place[None], axis=2)
        λ, φ = np.linalg.eigh(0.3**2 * np.exp(-gap / 0.5))
        self.patch, self.map = patch, φ * np.sqrt(λ) if field else 0.4 * np.eye(200)

    def __call__(self, p):
        return jnp.exp(self.map @ p["s"])[self.patch]


def label_cost(fine, rows=4):
    """CPU seconds a row: the value, 8 slopes more, the Jacobian by its inputs and by responses."""
    model, rng = plate(fine), np.random.default_rng(0)
    x, v = rng.uniform(-1, 1, (rows + 1, 200)), rng.choice([-1.0, 1.0], (8, 200))
    ways = {
        "value": lambda p: model.solve(p, 0),
        "8 directions": lambda p: model.compute_jvps(p[None], v[None]),
        "direct": lambda p: model.solve(p, 1, mode="direct"),
        "adjoint": lambda p: model.solve(p, 1, mode="adjoint"),
    }
    found = {}
    for name, way in ways.items():
        way(x[0])  # compiles
        began = time.process_time()
        for p in x[1:]:
            way(p)
        found[name] = (time.process_time() - began) / rows
    return found


def labels(arm, seed, rows, epochs, batch=None, field=True):
    """Relative errors of values and Jacobians at 200 other points."""
    model = plate(field=field)
    whole = generate(model, designs.latin_hypercube(rows, seed=seed))
    test = generate(model, designs.latin_hypercube(200, seed=1000))
    surrogate = Surrogate.new(whole, MLP((32, 32)), key=seed)
    train, loss = whole, SobolevLoss.of(whole, group="by_order")
    if arm == "values":
        loss = SobolevLoss.of(whole, order=0, group="by_order")
    elif arm == "8 directions":
        train = generate(model, whole.x, directions=8)
        loss = SobolevLoss.of(train, group="by_order")
    elif arm != "Jacobians":
        train = Directional.of(whole, surrogate.scaling, RandomDirections(8), group="by_order")
        loss = None
    steps = epochs * (-(-rows // batch) if batch else 1)
    optimiser = SOAP(optax.linear_schedule(3e-3, 0.0, steps), batch_size=batch)
    began = time.process_time()
    fitted = fit(
        surrogate, train, loss=loss, seed=seed, epochs=epochs, records=2, check=False,
        optimiser=optimiser,
    )  # fmt: skip
    spent = time.process_time() - began
    y, dy = fitted.surrogate.derivatives(test.x, 1)
    scale = test.y.std(axis=0)
    norm = np.linalg.norm
    return {
        "value": float(norm((y - test.y) / scale) / norm((test.y - test.y.mean(0)) / scale)),
        "slopes": float(
            norm((dy - test.jacobian) / scale[:, None]) / norm(test.jacobian / scale[:, None])
        ),
        "seconds": spent,
    }


def unbiased(d=100, count=16, draws=100_000):
    """Of 1.01 u at four points: the loss in the mean over draws, and the bias of the usual square."""
    problem, x = TwoBody(d), in_ball(jax.random.key(5), 4, d)
    view = View(lambda p: 1.01 * problem.parts(p)[0][None])
    scale = float(problem.block(RandomDimensions(count)).equation.scale[0])
    block = Estimated(
        Equation("two-body", problem.residual, np.asarray(x), scale=scale), RandomDimensions(count)
    )
    along = RandomDimensions(count).every(d)
    one = jax.vmap(problem.residual, (None, None, 0))
    parts = jax.jit(jax.vmap(lambda x: one(view.physical, x, along) / scale))(x)
    known = 0.5 * float(jnp.mean(jnp.mean(parts, axis=1) ** 2))
    variance = (1 - count / d) * jnp.var(parts, axis=1, ddof=1) / count

    def both(key):
        batch = block.draw(key)
        usual = 0.5 * jnp.mean(block.raw_residuals(view, batch) ** 2)
        return block.losses(view, batch)[0], usual

    keys = jax.random.split(jax.random.key(0), (draws // 1000, 1000))
    own, usual = (
        np.ravel(a) for a in jax.jit(lambda keys: jax.lax.map(jax.vmap(both), keys))(keys)
    )
    return {
        "loss": known,
        "off, in standard errors": float((own.mean() - known) / (own.std() / draws**0.5)),
        "bias of the usual square by its formula": float(
            (usual.mean() - known) / (0.5 * jnp.mean(variance))
        ),
    }


def step_seconds(d, tries=4):
    """CPU seconds of a step, the least of some tries."""
    found = []
    for _ in range(tries):
        few, more = (two_body(d, RandomDimensions(16), 0, n)["seconds"] for n in (10, 50))
        found.append((more - few) / 40)
    return min(found[1:])


WHAT = {
    "unbiased": lambda seed: unbiased(),
    "two-body": lambda seed: two_body(100, RandomDimensions(16), seed, 1500),
    "two-body, ±1": lambda seed: two_body(100, RandomDirections(16), seed, 1500),
    "step": lambda seed: {d: step_seconds(d) for d in (100, 1000)},
    "cost of labels": lambda seed: {fine: label_cost(fine) for fine in (2, 6)},
    "labels": lambda seed: {
        "Jacobians, 400 rows": labels("Jacobians", seed, 400, 1200),
        "8 of stored, redrawn": labels("8 of stored, redrawn", seed, 400, 3000),
        "8 directions, 400 rows": labels("8 directions", seed, 400, 1200),
        "8 directions, 2800 rows": labels("8 directions", seed, 2800, 340, 400),
    },
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=WHAT, nargs="*", default=[*WHAT])
    parser.add_argument("--seeds", type=int, nargs="*", default=list(range(8)))
    parser.add_argument("--file", type=Path, help="rows so far; it goes on where it was")
    given = parser.parse_args()
    lines = given.file.read_text().splitlines() if given.file and given.file.exists() else []
    done = [(row["what"], row["seed"]) for row in map(json.loads, lines)]
    for what in given.what:
        for seed in given.seeds if what in ("two-body", "two-body, ±1", "labels") else [0]:
            if (what, seed) in done:
                continue
            row = json.dumps({"what": what, "seed": seed} | WHAT[what](seed))
            print(row, flush=True)
            if given.file:
                with given.file.open("a") as file:
                    file.write(row + "\n")
