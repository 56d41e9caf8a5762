"""What does it bring to solve for the last layer: as a start, and in every step?

Answer: on a linear equation everything. Poisson's equation in the plane takes a small network with Levenberg and
Marquardt's steps to 4e-7 in 8 CPU s, with the last layer projected out of each step to 1e-9, and 200 sine units as they
are drawn, with one solution for the last layer, to 3e-12 in 3 s. On values and slopes (80 rows, three inputs) projection
is at most a factor 2 better than Levenberg and Marquardt at equal time, and the drawn units are 2 times worse in a
twentieth of the time. On Burgers' equation (not linear) projection from the start is worse (1.3e-2 against 2.9e-4 after
about 10 s, one seed); after 20 epochs of Levenberg and Marquardt it does as they do (1.4e-4 after 14 s); of eight seeds only
Levenberg and Marquardt's have been run, 60 epochs: median 2.2e-3 after 6 s. As a start for
Levenberg and Marquardt the solved last layer brings nothing: large weights in it slow the steps that follow; `cutoff`
1e-2 keeps them small, 1e-8 costs two orders of magnitude. One core of two, 8 seeds, the other one busy, 2026-11-26:

    poisson  lm          median 3.7e-07   240 epochs    7.7 CPU s (8.3 the first)  3.5e-07 9.2e-07 3.3e-07 2.4e-07 3.8e-07 2.6e-07 1.0e-06 4.7e-07
    poisson  start, lm   median 4.3e-07   240 epochs   10.8 CPU s (10.6 the first)  8.6e-07 6.0e-07 2.3e-07 5.3e-07 2.1e-07 4.2e-07 3.5e-07 4.5e-07
    poisson  projection  median 9.0e-10   160 epochs    9.5 CPU s (9.4 the first)  1.0e-09 7.0e-10 1.3e-09 8.9e-10 3.8e-10 1.8e-09 9.0e-10 6.7e-10
    poisson  features    median 3.0e-12     2 epochs    2.9 CPU s (3.1 the first)  1.8e-12 1.9e-12 3.1e-12 2.9e-12 7.0e-12 1.0e-11 1.5e-11 2.7e-12
    fit      lm          median 2.5e-03   150 epochs    1.5 CPU s (4.7 the first)  2.3e-03 1.7e-03 1.8e-03 5.4e-03 2.8e-02 2.7e-03 1.8e-03 6.4e-03
    fit      start, lm   median 3.5e-03   150 epochs    1.5 CPU s (3.4 the first)  2.5e-03 3.0e-03 3.9e-03 1.4e-02 1.3e-02 3.1e-03 2.7e-03 4.6e-03
    fit      projection  median 1.6e-03   100 epochs    2.0 CPU s (3.6 the first)  1.3e-03 2.6e-03 1.0e-03 4.4e-03 1.9e-03 1.4e-03 1.0e-03 3.3e-03
    fit      features    median 4.6e-03     2 epochs    0.1 CPU s (1.3 the first)  2.4e-03 4.2e-03 4.9e-03 8.2e-03 8.3e-03 3.3e-03 5.1e-03 3.0e-03
"""

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Box, Dataset, Surrogate, fit  # noqa: E402
from sobolev.losses import Equation, Uniform, derivatives_along  # noqa: E402
from sobolev.networks import MLP, Between, HardBoundary, Periodic, SineNetwork, tanh  # noqa: E402
from sobolev.optimisers import (  # noqa: E402
    LastLayer,
    LevenbergMarquardt,
    Then,
    VariableProjection,
)
from sobolev.weighting import Unweighted  # noqa: E402

FIRST, SECOND = jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])
SQUARE = Box(("x", "y"), (0.0, 0.0), (1.0, 1.0))
WALLS = Between("x", 0.0, 1.0), Between("y", 0.0, 1.0)
STRIP = Box(("x", "t"), (-1.0, 0.0), (1.0, 1.0))
SMALL, FEATURES = MLP((24, 24), activation=tanh), SineNetwork((200,), frequency=2.0)
WAYS = {
    "lm": (SMALL, LevenbergMarquardt()),
    "start, lm": (SMALL, Then(LastLayer(1e-2), 3, LevenbergMarquardt())),
    "projection": (SMALL, VariableProjection()),
    "features": (FEATURES, LastLayer(1e-13)),
}


def relative(off, wanted):
    """Relative error in L²."""
    return float(np.linalg.norm(off) / np.linalg.norm(wanted))


def poisson(made, optimiser, epochs, seed):
    """−Δu = 2π² u on the unit square, u = sin πx sin πy, u = 0 at the walls; 1000 points, every 5."""

    def equation(u, point):
        wanted = jnp.sin(jnp.pi * point[0]) * jnp.sin(jnp.pi * point[1])
        curved = [derivatives_along(u, point, v, 2)[2, 0] for v in (FIRST, SECOND)]
        return curved[0] + curved[1] + 2 * jnp.pi**2 * wanted

    surrogate = Surrogate.on(SQUARE, ("u",), HardBoundary(made, WALLS), key=seed)
    block = Equation("poisson", equation, Uniform(SQUARE, 1000, 5), scale=2 * np.pi**2)
    found = train(surrogate, [block], optimiser, epochs, seed)
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 61)] * 2), -1).reshape(-1, 2)
    wanted = np.sin(np.pi * grid).prod(1)
    return relative(found.surrogate.value(grid)[:, 0] - wanted, wanted)


def burgers(made, optimiser, epochs, seed):
    """u_t + u u_x = 0.01 u_xx, u = −sin πx + t N, periodic; 2048 points, every 5. Cole and Hopf."""

    def whole(u):
        return lambda p: -jnp.sin(jnp.pi * p[:1]) + p[1] * u(p)

    def equation(u, point):
        along_x = derivatives_along(whole(u), point, FIRST, 2)[:, 0]
        along_t = derivatives_along(whole(u), point, SECOND, 1)[1, 0]
        return along_t + along_x[0] * along_x[1] - 0.01 * along_x[2]

    surrogate = Surrogate.on(STRIP, ("n",), Periodic(made, {"x": 2.0}), key=seed)
    block = Equation("burgers", equation, Uniform(STRIP, 2048, 5), scale=3.0)
    found = train(surrogate, [block], optimiser, epochs, seed)
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 101), np.linspace(0.01, 1, 51)), -1)
    x, t = grid.reshape(-1, 2).T
    z = np.linspace(-12, 12, 2001)
    y = x[:, None] - np.sqrt(0.04 * t)[:, None] * z
    power = -np.cos(np.pi * y) / (0.02 * np.pi) - z**2
    kernel = np.exp(power - power.max(1, keepdims=True))
    wanted = -(np.sin(np.pi * y) * kernel).sum(1) / kernel.sum(1)
    value = -np.sin(np.pi * x) + t * found.surrogate.value(np.c_[x, t])[:, 0]
    return relative(value - wanted, wanted)


def sobolev_fit(made, optimiser, epochs, seed):
    """Two responses of three inputs, 80 rows with slopes; the error of the slopes elsewhere."""
    rng = np.random.default_rng(seed)

    def of(x):
        a, b, c = x
        first = jnp.sin(2 * a + b) * jnp.exp(0.4 * c) + 0.3 * a**2 * c
        return jnp.stack([first, jnp.cos(a * b) + c])

    x, elsewhere = rng.uniform(-1, 1, (80, 3)), rng.uniform(-1, 1, (1000, 3))
    data = Dataset(x, np.asarray(jax.vmap(of)(x)), np.asarray(jax.vmap(jax.jacfwd(of))(x)))
    found = train(Surrogate.new(data, made, key=seed), data, optimiser, epochs, seed)
    wanted = np.asarray(jax.vmap(jax.jacfwd(of))(elsewhere))
    return relative(found.surrogate.jacobian(elsewhere) - wanted, wanted)


def train(surrogate, what, optimiser, epochs, seed):
    """Always the same, without weights."""
    settings = {"weighting": Unweighted(), "check": False, "seed": seed, "records": 3}
    return fit(surrogate, what, optimiser=optimiser, epochs=epochs, **settings)


# Epochs of each way that take about the same CPU seconds.
PROBLEMS = {
    "poisson": (poisson, {"lm": 240, "start, lm": 240, "projection": 160, "features": 2}),
    "fit": (sobolev_fit, {"lm": 150, "start, lm": 150, "projection": 100, "features": 2}),
    "burgers": (burgers, {"lm": 60, "start, lm": 60, "projection": 40}),
}


def main():
    """Each way on each problem, all seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--seeds", type=int, default=8)
    asked = parser.parse_args()
    for name in asked.problems:
        problem, epochs = PROBLEMS[name]
        for way, count in epochs.items():
            begin, found = time.process_time(), []
            for seed in range(asked.seeds):
                found.append(problem(*WAYS[way], count, seed))
                if not seed:  # the first compiles
                    first = time.process_time() - begin
            rest = (time.process_time() - begin - first) / max(asked.seeds - 1, 1)
            each = " ".join(f"{error:.1e}" for error in found)
            print(
                f"    {name:8s} {way:11s} median {np.median(found):.1e}  {count:4d} epochs  "
                f"{rest:5.1f} CPU s ({first:.1f} the first)  {each}",
                flush=True,
            )


if __name__ == "__main__":
    main()
