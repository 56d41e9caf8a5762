"""Displacement, energy AND their sensitivities converge at the theoretical rate.

Pure bending, u = κ (x y, -(x² + ν y²) / 2), is an exact solution of plane-stress elasticity. It is
prescribed on the whole edge of a rectangle length x height, y in [-height/2, height/2], where it is
smooth: bilinear elements then have an energy-norm error of order h, and the energy, as every smooth
functional, one of order h² (Aubin-Nitsche), with derivatives of the same order. In the linear
case the energy is E κ² L h³ / 24, so errors, and not only differences, are checked.
"""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.fem import (
    Body,
    Displacement,
    Integral,
    LinearElastic,
    Model,
    PerPoint,
    PlaneStress,
    Prescribed,
    SaintVenantKirchhoff,
    Shape,
    energy_density,
    grid,
    solve,
)  # fmt: skip

KAPPA = 0.1
P = np.array([1000.0, 2.0, 1.0])  # E, length, height
NU = 0.3
LAWS = {"linear": LinearElastic, "svk": SaintVenantKirchhoff}


def rectangle(X, length, height):
    return (X - jnp.array([[0, 0.5]])) * jnp.stack([length, height])[None]


def along(x, _):
    return KAPPA * x[0] * x[1]


def across(x, _):
    return -KAPPA * (x[0] ** 2 + NU * x[1] ** 2) / 2


def answers(name, sizes):
    """Values and slopes on some meshes, one row each: energy and slopes, middle and slopes."""
    rows = []
    for n in sizes:
        model = Model(
            grid((n, n)).at("middle", (0.5, 0.5)),
            [Body(PlaneStress(LAWS[name]("E", NU)))],
            [Prescribed("boundary", k, PerPoint(u)) for k, u in enumerate((along, across))],
            responses={"W": Integral(energy_density), "v": Displacement("middle", 1)},
            parameters=Box(("E", "length", "height"), P / 2, P * 2),
            geometry=Shape(rectangle, ("length", "height")),
        )  # fmt: skip
        value, slopes = solve(model, P, 1, "direct")
        rows.append(np.column_stack([value, slopes]).ravel())
    return np.array(rows)


def test_linear_energy_and_its_sensitivities_converge_to_the_exact_ones():
    E, length, height = P
    energy = E * KAPPA**2 * length * height**3 / 24
    middle = -KAPPA * length**2 / 8
    exact = [energy, energy / E, energy / length, 3 * energy / height]
    rows = answers("linear", (8, 16))
    errors = rows[:, :4] / exact - 1
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(2, abs=0.01)
    # the constant as well: the elements are too stiff, by parasitic shear, and never too soft
    # (0.6 % of the energy and 1.8 % of its slope in length on 16 x 16)
    assert (errors > 0).all() and (errors[-1] < 2e-2).all()
    # bilinear elements on a uniform grid are exact at the nodes for this field
    assert rows[:, 4:] == pytest.approx(
        np.tile([middle, 0, 2 * middle / length, 0], (2, 1)), abs=1e-13
    )


def test_svk_responses_and_their_sensitivities_converge_at_order_two():
    rows = answers("svk", (8, 16, 32))[:, [0, 1, 2, 3, 4, 6, 7]]  # without the slope that is zero
    rates = np.log2((rows[0] - rows[1]) / (rows[1] - rows[2]))
    assert rates[:4] == pytest.approx(2, abs=0.1)
    # superconvergent middle: its constant is small, so the next order still shows
    assert rates[4:] == pytest.approx(2, abs=0.25)
