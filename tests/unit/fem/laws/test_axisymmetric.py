"""Rings: a pressure that follows a large expansion, and means over the whole turn."""

import numpy as np
import pytest
from scipy.integrate import quad

from sobolev import Box
from sobolev.fem import (
    Axisymmetric,
    Body,
    BoundaryMean,
    Displacement,
    Fixed,
    FollowerPressure,
    MeanDilatation,
    Model,
    MooneyRivlin,
    PerPoint,
    Prescribed,
    grid,
    solve,
)  # fmt: skip


def ring(X, p):
    return X + np.array([[1.0, 0.0]])


def pressure(stretch):
    """Of an incompressible neo-Hookean tube, R from 1 to 2, μ = 1, whose bore is at r = stretch.

    r² = R² + c keeps the volume, and p = ∫ (σ_θ - σ_r) dr / r with σ_θ - σ_r = r²/R² - R²/r².
    """
    c = stretch**2 - 1

    def difference(R):
        r2 = R**2 + c
        return (r2 / R**2 - R**2 / r2) * R / r2  # dr / r = R dR / r²

    return quad(difference, 1.0, 2.0)[0]


def test_a_rubber_tube_under_a_pressure_that_follows():
    """At a bore of 1.3 times its radius; and how fast it grows with the pressure."""
    law = MeanDilatation(MooneyRivlin(0.5, 0.0, 1e4))
    model = Model(
        grid((24, 1)), [Body(Axisymmetric(law))], [Fixed("bottom", 1), Fixed("top", 1)],
        [FollowerPressure("left", "p")], {"a": Displacement("left", 0)},
        Box(("p",), (0.1,), (0.6,)), ring,
    )  # fmt: skip
    value, slope = solve(model, np.array([pressure(1.3)]))
    assert value == pytest.approx([0.3], rel=2e-3)
    wanted = 2e-4 / (pressure(1.3 + 1e-4) - pressure(1.3 - 1e-4))
    assert slope == pytest.approx(np.array([[wanted]]), rel=3e-3)


def radius(x, p):
    return p["strain"] * x[0]


def test_a_mean_over_a_boundary_is_one_over_the_ring():
    """∫ u R dR / ∫ R dR of u = strain R on 1 < R < 2: 14/9, where the section alone has 3/2."""
    model = Model(
        grid((2, 2)), [Body(Axisymmetric(MooneyRivlin(0.5, 0.0, 10.0)))],
        [Fixed("bottom", 1), Prescribed("boundary", 0, PerPoint(radius))], [],
        {"u": BoundaryMean("bottom", 0)}, Box(("strain",), (0.0,), (0.1,)), ring,
    )  # fmt: skip
    value, slope = solve(model, np.array([0.05]))
    assert value == pytest.approx([0.05 * 14 / 9], rel=1e-12)
    assert slope == pytest.approx(np.array([[14 / 9]]), rel=1e-12)
