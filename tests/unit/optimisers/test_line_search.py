"""The line search: the strong Wolfe conditions, wherever it begins."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.optimisers.quasi_newton.line_search import (
    CURVATURE,
    DECREASE,
    Point,
    _End,
    _within,
    wolfe,
)


@pytest.mark.parametrize("α", [1e-3, 0.3, 1.0, 40.0])
@pytest.mark.parametrize("kind", ["parabola", "wall", "waves"])
def test_the_step_satisfies_the_strong_wolfe_conditions(kind, α):
    φ = {
        "parabola": lambda t: (t - 1.5) ** 2,
        "wall": lambda t: -jnp.log(3 - t) - t,  # not finite beyond 3
        "waves": lambda t: -t / (t**2 + 2) - 0.03 * jnp.sin(20 * t),
    }[kind]

    def evaluate(t):
        value, slope = jax.value_and_grad(φ)(t)
        return Point(value, slope[None], value[None])

    begin_ = evaluate(jnp.asarray(0.0))
    run = jax.jit(lambda a: wolfe(evaluate, begin_, jnp.ones(1), a, jnp.asarray(False)))
    end, finite, trials = run(jnp.asarray(α))
    slope = float(begin_.g[0])
    assert slope < 0 and bool(finite) and trials <= 12
    assert end.α > 0
    assert end.point.φ <= begin_.φ + DECREASE * end.α * slope
    assert abs(float(end.slope)) <= CURVATURE * abs(slope)
    np.testing.assert_allclose(end.point.φ, φ(end.α), rtol=1e-14)


def test_uphill_there_is_no_step():
    def evaluate(t):
        return Point(t, jnp.ones(1), t[None])

    end, *_ = wolfe(
        evaluate, evaluate(jnp.asarray(0.0)), jnp.ones(1), jnp.asarray(1.0), jnp.asarray(False)
    )
    assert end.α == 0


@pytest.mark.parametrize("ends", [(0.2, 2.5), (2.5, 0.2)])
def test_between_two_ends_the_minimiser_of_the_cubic_is_tried(ends):
    """Exact for a cubic: t³/3 − t has its minimum at 1."""
    low, high = (_End(jnp.asarray(t), jnp.asarray(t**3 / 3 - t), jnp.asarray(t**2 - 1))
                 for t in ends)  # fmt: skip
    np.testing.assert_allclose(_within(low, high), 1.0, rtol=1e-14)
