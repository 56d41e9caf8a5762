"""Triaxiality and Lode angle as responses: known states, and Taylor slopes of both orders."""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.fem import (
    Body,
    Fixed,
    LinearElastic,
    Mean,
    Model,
    PlaneStrain,
    PNorm,
    Shape,
    Traction,
    grid,
    lode_angle,
    solve,
    triaxiality,
)  # fmt: skip


class _Stressed:
    """A point with this stress."""

    def __init__(self, *principal):
        self.sigma = jnp.diag(jnp.asarray(principal))


@pytest.mark.parametrize(
    ("principal", "eta", "angle"),
    [
        ((3.0, 0.0, 0.0), 1 / 3, 0.0),
        ((0.0, -3.0, 0.0), -1 / 3, np.pi / 3),
        ((1.0, -1.0, 0.0), 0.0, np.pi / 6),
        ((5.0, 2.0, 2.0), 1.0, 0.0),
        ((2.0, 2.0, 0.0), 2 / 3, np.pi / 3),
    ],
    ids=["tension", "compression", "shear", "tension under pressure", "biaxial"],
)
def test_known_states(principal, eta, angle):
    at = _Stressed(*principal)
    assert triaxiality(at) == pytest.approx(eta, abs=1e-12)
    assert lode_angle(at) == pytest.approx(angle, abs=1e-7)


def tapered(X, end):
    x, y = X.T
    return jnp.stack([2 * x, (y - 0.5) * (1 + (end - 1) * x)], 1)


def void_growth(at):
    """Rice and Tracey's factor, as a p-norm is of what is not negative."""
    return jnp.exp(1.5 * triaxiality(at))


def test_taylor_slopes_of_means_and_norms():
    """By Poisson's ratio, load and shape, of a tapered panel that is pulled and sheared."""
    model = Model(
        grid((2, 2)), [Body(PlaneStrain(LinearElastic(100.0, "nu")))], [Fixed("left")],
        [Traction("right", (10.0, "shear"))],
        {"eta": Mean(triaxiality), "growth": PNorm(void_growth, exponent=4.0),
         "angle": Mean(lode_angle), "norm of angle": PNorm(lode_angle, exponent=8.0)},
        Box(("nu", "shear", "end"), (0.2, 1.0, 0.5), (0.4, 5.0, 1.5)), Shape(tapered, ("end",)),
    )  # fmt: skip
    x, v = np.array([0.3, 3.0, 0.8]), np.array([0.05, -0.8, 0.1])
    y, J, H = solve(model, x, 2)
    steps = np.array([0.1, 0.05, 0.025])
    first = np.stack([solve(model, x + h * v, 0).value - y - h * (J @ v) for h in steps])
    second = first - steps[:, None] ** 2 * (H @ v @ v)[None] / 2
    for remainder, rate in ((first, 2), (second, 3)):
        assert np.log2(np.abs(remainder[1] / remainder[2])) == pytest.approx(rate, abs=0.1)
