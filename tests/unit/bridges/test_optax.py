"""SSBroyden as a rule of Optax: each direction is that of the matrix, written out."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from sobolev import bridges
from sobolev.errors import ConfigError


def close(found, known):
    return np.allclose(found, known, rtol=1e-10, atol=1e-12)


def explicit(H, s, y, first):
    """One update of the matrix H by the formula of `SSBroyden`, entry by entry."""
    from sobolev.optimisers.quasi_newton.dense import _self_scaled

    H = H * (y @ s) / (y @ y) if first else H
    ys, Hy = y @ s, H @ y
    yHy = y @ Hy
    φ, τ = map(float, _self_scaled(s @ np.linalg.solve(H, s) / ys, yHy / ys, len(s)))
    v = np.sqrt(yHy) * (s / ys - Hy / yHy)
    H = (H - np.outer(Hy, Hy) / yHy + φ * np.outer(v, v)) / τ
    return H + np.outer(s, s) / ys


def test_ssbroyden_for_optax():
    """In a chain, inside jit: Rosenbrock to its minimum, each direction that of the matrix."""

    def rosenbrock(p):
        θ = jnp.concatenate([p["a"], p["b"][None]])
        return jnp.sum(100 * (θ[1:] - θ[:-1] ** 2) ** 2 + (1 - θ[:-1]) ** 2)

    search = optax.scale_by_zoom_linesearch(20, initial_guess_strategy="one")
    rule = optax.chain(bridges.scale_by_ssbroyden(), optax.scale(-1.0), search)
    asked = optax.value_and_grad_from_state(rosenbrock)

    @jax.jit
    def step(params, state):
        value, grad = asked(params, state=state)
        move, state = rule.update(grad, state, params, value=value, grad=grad, value_fn=rosenbrock)
        return optax.apply_updates(params, move), state, value

    params = {"a": np.full(3, -1.2), "b": np.asarray(1.0)}
    state, states = jax.jit(rule.init)(params), []
    for _ in range(60):
        params, state, value = step(params, state)
        states.append(state[0])
    assert value < 1e-20 and close(state[0].θ, np.ones(4))
    H = np.eye(4)
    for k in range(1, 25):
        one, two = states[k - 1], states[k]
        s, y = np.subtract(two.θ, one.θ), np.subtract(two.g, one.g)
        H = explicit(H, s, y, k == 1)
        assert np.array(two.Hg) == pytest.approx(H @ np.array(two.g), rel=1e-6, abs=1e-9)
    with pytest.raises(ConfigError, match="needs params"):
        rule.update(params, state)


def test_ssbroyden_forgets_what_it_cannot_use():
    """Another step than its own teaches nothing; none at all makes H the identity again."""
    rule = bridges.scale_by_ssbroyden()
    update = jax.jit(rule.update)
    θ, g = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 0.5, -0.3, 0.1])
    _, state = update(g, jax.jit(rule.init)(θ), θ)
    beside, _ = update(0.5 * g, state, θ + np.array([0.0, 1.0, 0.0, 0.0]))
    assert close(beside, 0.5 * g)
    along, state = update(0.5 * g, state, θ - 0.25 * g)
    assert not np.allclose(along, 0.5 * g)
    again, after = update(0.5 * g, state, θ - 0.25 * g)
    assert close(again, 0.5 * g) and bool(after.memory.first)
    bad, kept = update(np.full(4, np.nan), state, θ)
    assert close(kept.g, state.g) and np.isnan(bad).all()
