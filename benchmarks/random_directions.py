"""What do random dimensions and directions cost and bring, of equations and of labels?"""

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)

from sobolev import Box, Surrogate, fit  # noqa: E402
from sobolev.losses import (  # noqa: E402
    At,
    Equation,
    Estimated,
    Points,
    RandomDimensions,
    derivatives_along,
)
from sobolev.networks import MLP, tanh  # noqa: E402
from sobolev.optimisers import Adam  # noqa: E402

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


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--d", type=int, default=100)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    a = parser.parse_args()
    for seed in a.seeds:
        print(two_body(a.d, RandomDimensions(16), seed, a.steps, a.rate), flush=True)
