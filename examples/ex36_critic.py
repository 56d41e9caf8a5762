"""A game of two networks: a generator learns eight Gaussians from a critic of bounded slope.

The critic D is to tell true points from generated ones, by the gap E D(true) − E D(fake). That is
a distance as long as D is no steeper than 1, which the penalty E(|∇D| − 1)² between the samples
sees to: a Sobolev seminorm of the critic. `fit` trains one network on one loss and knows no game:
the blocks are public, the loop around them is written here. A short one here:
`python ex36_critic.py 10000` plays on.
"""

import sys
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from matplotlib.figure import Figure

import sobolev as sb
from sobolev.losses import BetweenSamples, Functional, GradientPenalty, View
from sobolev.networks import MLP, relu

jax.config.update("jax_enable_x64", True)

EXPECTED = {"points near a mode": (0.75, 0.3), "mean slope of the critic": (1.0, 0.1)}
STEPS, CRITIC_STEPS, BATCH, LAMBDA = 1200, 5, 64, 10.0
ANGLES = np.arange(8) * np.pi / 4
CENTRES, WIDTH = jnp.asarray(np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)), 0.1
NETWORK, ADAM = MLP((24, 24), activation=relu), optax.adam(2e-3, b1=0.0, b2=0.9)

# Both blocks are given other points in each step.
NONE, HALF = np.zeros((2 * BATCH, 2)), np.full(BATCH, 1 / BATCH)
GAP = Functional("gap", lambda D, x: D(x)[0], NONE, np.r_[HALF, -HALF], order=0)
SLOPE = GradientPenalty("slope", BetweenSamples(NONE[:BATCH], NONE[:BATCH], BATCH))


class Players(NamedTuple):
    """Networks and the state of their optimisers."""

    critic: Callable
    generator: Callable
    of_critic: optax.OptState
    of_generator: optax.OptState


def start(seed: int) -> Players:
    """Before the first step."""
    plane, noise = (sb.Box(names, (-1, -1), (1, 1)) for names in (("x", "y"), ("a", "b")))
    D = sb.Surrogate.on(plane, ("D",), NETWORK, key=2 * seed).network
    G = sb.Surrogate.on(noise, ("x", "y"), NETWORK, key=2 * seed + 1).network
    parts = [eqx.filter(network, eqx.is_inexact_array) for network in (D, G)]
    return Players(D, G, *map(ADAM.init, parts))


def true(key, count: int = BATCH):
    """Points of the mixture."""
    one, two = jax.random.split(key)
    centre = CENTRES[jax.random.randint(one, (count,), 0, 8)]
    return centre + WIDTH * jax.random.normal(two, (count, 2))


def fake(generator, key, count: int = BATCH):
    """Points of the generator."""
    return jax.vmap(generator)(jax.random.normal(key, (count, 2)))


def critic_loss(critic, real, made, weight, key):
    """E D(fake) − E D(true) + λ E(|∇D| − 1)²."""
    view = View(critic)
    both = GAP.draw()._replace(x=jnp.concatenate([made, real]))
    samples = lambda p: (p.points.first, p.points.second, p.weight)  # noqa: E731
    slope = eqx.tree_at(samples, SLOPE, (real, made, 2 * weight))
    return GAP.losses(view, both)[0] + slope.losses(view, slope.draw(key))[0]


def moved(network, gradient, state):
    """A step of Adam."""
    step, state = ADAM.update(gradient, state)
    return eqx.apply_updates(network, step), state


@eqx.filter_jit
def play(players: Players, key, steps, weight, clip) -> Players:
    """So many steps of the generator, each after some of the critic, whose weights are clipped."""

    def learn(_, now):
        D, state, G, key = now
        key, *own = jax.random.split(key, 4)
        real, made = true(own[0]), fake(G, own[1])
        gradient = eqx.filter_grad(critic_loss)(D, real, made, weight, own[2])
        D, state = moved(D, gradient, state)
        bounded = lambda a: jnp.clip(a, -clip, clip) if eqx.is_inexact_array(a) else a  # noqa: E731
        return jax.tree.map(bounded, D), state, G, key

    def one(i, now):
        D, G, of_D, of_G = now
        own, last = jax.random.split(jax.random.fold_in(key, i))
        D, of_D, *_ = jax.lax.fori_loop(0, CRITIC_STEPS, learn, (D, of_D, G, own))
        gradient = eqx.filter_grad(lambda G: -jnp.mean(jax.vmap(D)(fake(G, last))))(G)
        G, of_G = moved(G, gradient, of_G)
        return Players(D, G, of_D, of_G)

    return jax.lax.fori_loop(0, steps, one, players)


@eqx.filter_jit
def looked_at(players: Players, key):
    """Generated points, and |∇D| between true and generated ones."""
    keys = jax.random.split(key, 3)
    made, real = fake(players.generator, keys[0], 2000), true(keys[1], 2000)
    samples = eqx.tree_at(lambda p: (p.points.first, p.points.second), SLOPE, (real, made))
    between = samples.elsewhere(keys[2]).x
    return made, jnp.linalg.norm(jax.vmap(jax.jacrev(players.critic))(between)[:, 0], axis=1)


@cache
def played(steps: int = STEPS, seed: int = 0, weight: float = LAMBDA, clip: float = np.inf):
    """Both networks, points `[2000, 2]`, slopes."""
    key = jax.random.key(seed)
    ended = play(start(seed), key, *map(jnp.asarray, (steps, weight, clip)))
    return ended, *map(np.asarray, looked_at(ended, jax.random.fold_in(key, steps)))


def shares(points: np.ndarray) -> np.ndarray:
    """How many of the points lie within three widths of each centre."""
    apart = np.linalg.norm(points[:, None] - np.asarray(CENTRES), axis=2)
    near = apart.argmin(1)[apart.min(1) < 3 * WIDTH]
    return np.bincount(near, minlength=8) / len(points)


def main(steps: int = STEPS) -> dict[str, float]:
    """How much of the mixture is found, and how steep the critic is."""
    _, points, slopes = played(steps)
    found = shares(points)
    print(f"near the modes: {', '.join(f'{s:.3f}' for s in found)}; of true points 0.124 each")
    print(f"|∇D| between true and generated points: {slopes.mean():.3f} ± {slopes.std():.3f}")
    return dict(zip(EXPECTED, (float(found.sum()), float(slopes.mean())), strict=True))


def figure() -> Figure:
    """Points and critic, with the penalty and with weights clipped at 0.01."""
    made = Figure(figsize=(9, 4), layout="constrained")
    x = np.linspace(-1.6, 1.6, 80)
    grid = np.stack(np.meshgrid(x, x), -1).reshape(-1, 2)
    ways = {"gradient penalty": (LAMBDA, np.inf), "weights clipped at 0.01": (0.0, 0.01)}
    for axes, (name, (weight, clip)) in zip(made.subplots(1, 2), ways.items(), strict=True):
        players, points, _ = played(STEPS, 0, weight, clip)
        D = np.asarray(jax.vmap(players.critic)(jnp.asarray(grid))).reshape(80, 80)
        axes.contourf(x, x, D, 20, cmap="Greys", alpha=0.6)
        axes.plot(*points.T, ".", ms=1.5, color="C0")
        axes.plot(*np.asarray(CENTRES).T, "+", color="C3")
        axes.set(xlabel="x", ylabel="y", title=name, aspect="equal")
    return made


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STEPS)
