"""Published benchmarks, against converged values and their derivatives.

NAFEMS LE1 and LE11 (The standard NAFEMS benchmarks, TNSB, 1990), Cook's membrane (R. D. Cook,
J. Struct. Div. ASCE 100, 1974) and Timoshenko's cantilever. The reference values are converged
ones of high-order solutions, not the rounded ones of the books: LE11's −105 is −105.66.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.fem import (
    AtNode,
    Axisymmetric,
    Body,
    Compliance,
    Displacement,
    Fixed,
    LinearElastic,
    Model,
    NeoHooke,
    PerPoint,
    PlaneStrain,
    PlaneStress,
    Prescribed,
    Shape,
    Stress,
    ThermalStrain,
    Traction,
    grid,
    hydrostatic,
    solve,
)  # fmt: skip


def between_ellipses(X, a, b):
    """From the inner ellipse (a, b) to the outer one (3.25, 2.75); x along the radius."""
    t, angle = X[:, 0], X[:, 1] * jnp.pi / 2
    inner = jnp.stack([a * jnp.cos(angle), b * jnp.sin(angle)], 1)
    outer = jnp.stack([3.25 * jnp.cos(angle), 2.75 * jnp.sin(angle)], 1)
    return (1 - t)[:, None] * inner + t[:, None] * outer


def outward(k):
    """The normal of the outer ellipse, n ~ (x / 3.25², y / 2.75²), times the tension of 10."""

    def component(x, _):
        n = x / jnp.array([3.25**2, 2.75**2])
        return 10.0 * n[k] / jnp.sqrt(jnp.sum(n**2))

    return component


X = np.array([2.0, 1.0, 210e3, 0.3])


def test_le1_elliptic_membrane_with_its_shape_derivatives():
    """σ_yy(D) 92.6582; the work, and its slopes by the semi-axes by a formula of the boundary.

    An inner edge that moves into the material by v_n raises f · u by ∫ σ_t² / E v_n ds (J.
    Hadamard, 1908), of the stress σ_t along it: a shape derivative without the code's own.
    """
    model = Model(
        grid((16, 32), "quad9").at("D", (0.0, 0.0)),
        [Body(PlaneStress(LinearElastic("E", "nu")))],
        [Fixed("bottom", 1), Fixed("top", 0)],
        [Traction("right", tuple(PerPoint(outward(k)) for k in (0, 1)))],
        {"stress": AtNode(Stress(1, 1), "D"), "work": Compliance()},
        Box(("a", "b", "E", "nu"), (1.9, 0.9, 2e5, 0.2), (2.1, 1.1, 2.2e5, 0.4)),
        Shape(between_ellipses, ("a", "b")),
    )
    value, slopes = solve(model, X)
    assert value[0] == pytest.approx(92.6582, rel=5e-3)
    # a plane stress under tractions depends on neither E nor ν, but for what the mesh gets wrong
    assert abs(slopes[0, 2]) < 1e-9
    assert abs(slopes[0, 3]) < 2.5
    assert value[1] == pytest.approx(0.01216747193, rel=1e-5)
    assert slopes[1, 2:] == pytest.approx([-value[1] / 210e3, -6.685234e-3], rel=1e-4)
    inner = sorted(model.mesh.nodes("left"), key=lambda node: model.mesh.points[node, 1])[::2]
    mesh = dataclasses.replace(model.mesh, sets={f"n{k}": [i] for k, i in enumerate(inner)})
    along = {f"n{k}": AtNode(hydrostatic, f"n{k}") for k in range(len(inner))}
    stress = 3 * solve(dataclasses.replace(model, mesh=mesh, responses=along), X, 0).value
    angle = np.linspace(0, np.pi / 2, len(inner))
    moved = np.stack([1.0 * np.cos(angle) ** 2, 2.0 * np.sin(angle) ** 2])  # v_n ds / dangle
    wanted = np.trapezoid(stress**2 / 210e3 * moved, angle)
    assert slopes[1, :2] == pytest.approx(wanted, rel=0.03)


def solid_cylinder(X):
    """LE11's section: s along the inner contour from A by E to H, t outwards."""
    t, s = X[:, 0], X[:, 1]
    # breaks at the ends of the inner arc, s = 1/2, and of the outer arc and taper, s = 1/3 and 2/3
    arc = jnp.minimum(s * 2, 1) * jnp.pi / 4
    up = jnp.maximum(s * 2 - 1, 0)
    corner = np.sqrt(0.5)
    inner = jnp.stack([jnp.cos(arc), jnp.sin(arc) + up * (1.79 - corner)], 1)
    turn = jnp.minimum(s * 4, 1) * jnp.pi / 6
    taper, straight = jnp.clip(s * 4 - 1, 0, 1), jnp.maximum(s * 2 - 1, 0)
    corner = jnp.array([1.4 * np.cos(np.pi / 6), 0.7])
    r = jnp.where(s <= 0.25, 1.4 * jnp.cos(turn), corner[0] + taper * (1.0 - corner[0]))
    z = jnp.where(s <= 0.25, 1.4 * jnp.sin(turn), corner[1] + taper * (1.39 - corner[1]))
    outer = jnp.stack([r, z + straight * 0.4], 1)
    return (1 - t)[:, None] * inner + t[:, None] * outer


def warmer(x, _):
    return x[0] + x[1]


def test_le11_solid_cylinder_that_is_warmed():
    """σ_zz(A) −105.66 (the book has −105), u_R(A) 6.46239e-4."""
    law = ThermalStrain(LinearElastic(210e3, 0.3), "alpha", PerPoint(warmer))
    mesh = grid((8, 24), "quad9").at("A", (0.0, 0.0))
    model = Model(
        mesh, [Body(Axisymmetric(law))], [Fixed("bottom", 1), Fixed("top", 1)],
        responses={"stress": AtNode(Stress(1, 1), "A"), "u": Displacement("A", 0)},
        parameters=Box(("alpha",), (2e-4,), (3e-4,)), geometry=Shape(solid_cylinder),
    )  # fmt: skip
    value, slopes = solve(model, np.array([2.3e-4]))
    assert value == pytest.approx([-105.663, 6.46239e-4], rel=5e-3)
    assert slopes[:, 0] == pytest.approx(value / 2.3e-4, rel=1e-9)


def trapezium(X):
    x, y = X.T
    return jnp.stack([48 * x, 44 * x + y * (44 - 28 * x)], 1)


@pytest.mark.parametrize(
    ("law", "nu", "force", "wanted", "bound"),
    [
        (PlaneStress(LinearElastic(1.0, "nu")), 1 / 3, 1.0, 23.96774, 1e-3),
        (PlaneStrain(LinearElastic(70.0, "nu")), 1 / 3, 100.0, 30.74939, 1e-3),
        (PlaneStrain(NeoHooke(2 * 80.194 * 1.3, "nu")), 0.3, 100.0, 8.89799, 3e-3),
    ],
    ids=["plane stress", "plane strain", "neo-Hooke"],
)
def test_cooks_membrane(law, nu, force, wanted, bound):
    model = Model(
        grid((24, 24), "quad9").at("middle", (1.0, 0.5)), [Body(law)], [Fixed("left")],
        [Traction("right", (0.0, force / 16))], {"v": Displacement("middle", 1)},
        Box(("nu",), (0.2,), (0.4,)), Shape(trapezium),
    )  # fmt: skip
    value, slopes = solve(model, np.array([nu]))
    assert value == pytest.approx([wanted], rel=bound)
    if wanted == 23.96774:
        assert slopes == pytest.approx(np.array([[1.64219]]), rel=0.04)  # the corner


L, D, P, E, NU = 8.0, 2.0, 1.0, 1000.0, 0.3
INERTIA = D**3 / 12


def exact(k):
    """Displacement of Timoshenko's cantilever at x = 0, with the parameters of the model."""

    def component(x, p):
        y = x[1]
        if k == 0:
            return -P * y / (6 * p["E"] * INERTIA) * (2 + NU) * (y**2 - D**2 / 4)
        return P / (6 * p["E"] * INERTIA) * 3 * NU * y**2 * L

    return component


def parabola(x, _):
    return P / (2 * INERTIA) * (D**2 / 4 - x[1] ** 2)


def beam(X):
    return (X - jnp.array([[0.0, 0.5]])) * jnp.array([[L, D]])


def test_timoshenkos_cantilever_is_met_to_round_off_by_nothing_and_nearly_by_nine_nodes():
    model = Model(
        grid((8, 4), "quad9").at("tip", (1.0, 0.5)), [Body(PlaneStress(LinearElastic("E", NU)))],
        [Prescribed("left", k, PerPoint(exact(k))) for k in (0, 1)],
        [Traction("right", (0.0, PerPoint(parabola)))], {"v": Displacement("tip", 1)},
        Box(("E",), (500.0,), (2000.0,)), Shape(beam),
    )  # fmt: skip
    value, slopes = solve(model, np.array([E]))
    tip = P * L**3 / (3 * E * INERTIA) + (4 + 5 * NU) * P * D**2 * L / (24 * E * INERTIA)
    assert value == pytest.approx([tip], rel=2e-4)
    assert slopes == pytest.approx(np.array([[-value[0] / E]]), rel=1e-10)
