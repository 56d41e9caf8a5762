"""Derivatives of first and second order along a path of J2, with every kind of hardening."""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.fem import (
    J2,
    Body,
    Displacement,
    Fixed,
    Mean,
    Model,
    Path,
    PlaneStrain,
    Shape,
    Traction,
    grid,
    solve,
    von_mises,
)  # fmt: skip
from sobolev.fem.steps.follow import follow


def waisted(X, depth):
    """A strip 4 x 1 that narrows to its middle, by this part of its height."""
    x, y = 4 * X[:, 0], X[:, 1]
    return jnp.stack([x, y * (1 - depth * jnp.sin(np.pi * x / 4))], 1)


def strip(**path) -> Model:
    """Loaded beyond yield, on, unloaded, and loaded the other way until it yields again."""
    law = PlaneStrain(J2("E", 0.3, "s0", 500.0, 800.0, saturation=320.0, rate=20.0))
    how = dict(times=(1.0, 2.0, 3.0, 4.0, 5.0), factors=(0.7, 1.0, 0.5, 0.0, -0.9))
    return Model(
        grid((4, 1), "quad8"), [Body(law)], [Fixed("left", 0), Fixed("bottom", 1)],
        [Traction("right", ("F", 0.0))],
        {"u": Displacement("right", 0), "stress": Mean(von_mises)},
        Box(("E", "s0", "depth", "F"), (1.9e5, 210.0, 0.2, 240.0), (2.1e5, 240.0, 0.3, 270.0)),
        Shape(waisted, ("depth",)), Path(**how, **path),
    )  # fmt: skip


MODEL = strip()
X = np.array([2e5, 220.0, 0.25, 265.0])
SIZE = np.array([2e5, 220.0, 1.0, 265.0])
V = SIZE * np.array([0.5, -0.7, 0.6, 0.4])


@pytest.fixture(scope="module")
def found():
    return solve(MODEL, X, 2)


def flows(x) -> np.ndarray:
    """Which points flow in which step."""

    def flowed(step):
        return step.after.points[0].accumulated > step.before.points[0].accumulated

    return np.stack([flowed(step) for step in follow(MODEL.route(x))])


def test_remainders_have_the_slopes_two_and_three(found):
    """Material, load and shape at once; the loads keep every point away from the edge of yield."""
    steps = np.array([8e-4, 4e-4, 2e-4])
    status = flows(X)
    assert status.any((1, 2)).tolist() == [True, True, False, False, True]
    assert 0.1 < status.mean() < 0.9
    assert all((flows(X + h * V) == status).all() for h in steps)
    y, J, H = found
    there = np.stack([solve(MODEL, X + h * V, 0).value for h in steps])
    first = np.abs(there - y - steps[:, None] * (J @ V))
    second = np.abs(there - y - steps[:, None] * (J @ V) - steps[:, None] ** 2 / 2 * (V @ H @ V))
    for remainder, slope in ((first, 2), (second, 3)):
        assert np.log2(remainder[:-1] / remainder[1:]) == pytest.approx(slope, abs=0.1)


def test_direct_is_adjoint(found):
    J, H = found.jacobian * SIZE, found.hessian * SIZE * SIZE[:, None]
    direct = solve(MODEL, X, 1, "direct").jacobian * SIZE
    assert direct == pytest.approx(J, abs=1e-11 * np.abs(J).max())
    other = solve(MODEL, X, 1, "adjoint").jacobian * SIZE
    assert other == pytest.approx(J, abs=1e-11 * np.abs(J).max())
    v = np.array([0.3, -0.2, 0.5, 0.1])
    first, second = MODEL.hvp(X, SIZE * v)
    assert first * SIZE == pytest.approx(J, abs=1e-11 * np.abs(J).max())
    assert second * SIZE == pytest.approx(H @ v, abs=1e-10 * np.abs(H).max())
    assert MODEL.jvp(X, SIZE * v)[1] == pytest.approx(J @ v, abs=1e-11 * np.abs(J).max())
    w = np.array([0.4, 0.8])
    assert MODEL.vjp(X, w)[1] * SIZE == pytest.approx(w @ J, abs=1e-11 * np.abs(J).max())


@pytest.mark.parametrize("every", [1, 2, 9])
def test_checkpoints_change_no_bit(found, every):
    kept = strip(checkpoints=every)
    for one, other in zip(solve(kept, X, 2), found, strict=True):
        assert (np.asarray(one) == np.asarray(other)).all()
