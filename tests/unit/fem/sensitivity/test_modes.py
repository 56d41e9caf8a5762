"""Frequencies and buckling factors against closed forms, with first and second derivatives.

A clamped-free beam in plane stress: Euler's closed forms, of a solid less by the shear (Engesser).
A square membrane: λ_mn = π² (m²/a² + n²/b²), of which λ_12 = λ_21.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError, Diverged
from sobolev.fem import (
    J2,
    Axisymmetric,
    Body,
    BucklingFactor,
    Eigenvalue,
    Fixed,
    FollowerPressure,
    Form,
    Frequency,
    LinearElastic,
    Mass,
    Model,
    Path,
    PerCell,
    PerPoint,
    PlaneStrain,
    PlaneStress,
    SaintVenantKirchhoff,
    Shape,
    TotalForce,
    Volume,
    as_function,
    grid,
)  # fmt: skip
from sobolev.fem.sensitivity import modes

E, RHO, L, H, NU = 210e3, 7.85e-9, 400.0, 20.0, 0.3
NAMES = ("E", "rho", "t", "length", "height", "F")
X = np.array([E, RHO, 2.0, L, H, 1.0])


def stretched(X, length, height):
    return (X - jnp.array([[0.0, 0.5]])) * jnp.stack([length, height])[None]


def pushed(law=LinearElastic, n=(20, 1), **more):
    """The beam under a push F at its free end; all that it is made of is a parameter."""
    given = {
        "responses": {
            "first": Frequency(1), "second": Frequency(2), "factor": BucklingFactor(1),
            "mass": Mass(),
        },
        "loads": [TotalForce("right", (lambda p: -p["F"], 0.0))],
        "bodies": [Body(PlaneStress(law("E", NU), "t"), density="rho")],
        "geometry": Shape(stretched, ("length", "height")),
    }  # fmt: skip
    # the wall holds x alone, and lets the beam grow thicker: no end effect
    supports = [Fixed("left", 0), Fixed("pin", 1)]
    mesh = grid(n, "quad8").at("pin", (0.0, 0.5))
    return Model(
        mesh, supports=supports, parameters=Box(NAMES, X / 2, 2 * X), **(given | more),
    )  # fmt: skip


BEAM = pushed()


@pytest.fixture(scope="module")
def solved():
    return BEAM.solve(X, 2)


def taylor(model, x, v, answer, steps=(0.02, 0.01)):
    """Rates at which the remainders of first and second order vanish."""
    y, J, H = answer
    rest = []
    for h in steps:
        gap = model.solve(x + h * v, 0).value - y - h * J @ v
        rest.append((np.abs(gap), np.abs(gap - h**2 / 2 * np.einsum("qij,i,j->q", H, v, v))))
    return np.log2(rest[0][0] / rest[1][0]), np.log2(rest[0][1] / rest[1][1])


def test_closed_forms_of_the_beam(solved):
    y = dict(zip(BEAM.outputs, solved.value, strict=True))
    area, inertia = 2 * H, 2 * H**3 / 12
    euler = np.array([1.8751040687, 4.6940911330]) ** 2 * np.sqrt(E * inertia / RHO / area / L**4)
    # shear and rotary inertia lower the second one by 1 %
    assert y["first"] == pytest.approx(euler[0] / 2 / np.pi, rel=2e-3)
    assert 0.985 < y["second"] / (euler[1] / 2 / np.pi) < 0.995
    # Engesser's load P (1 + N / κGA) = N, N = (π/2L)² h²/12 (EA - P): fibres are stretched, too
    slender, shear = (np.pi / 2 / L) ** 2 * H**2 / 12, 5 / (6 + 5 * NU) * E / 2
    roots = np.roots([-slender / shear / area, 1 + slender * (1 + E / shear), -slender * E * area])
    assert y["factor"] == pytest.approx(min(roots), rel=3e-4)
    assert y["mass"] == pytest.approx(RHO * area * L, rel=1e-14)


def test_logarithmic_slopes_of_the_beam(solved):
    y, J, _ = solved
    first, second, factor, mass = J * X / y[:, None]
    for slopes in (first, second):
        assert slopes[:3] == pytest.approx([0.5, -0.5, 0.0], abs=1e-9)
        assert slopes[5] == pytest.approx(0.0, abs=1e-12)
        # lengths in one scale: f falls as 1/size, exactly
        assert slopes[3] + slopes[4] == pytest.approx(-1.0, abs=1e-9)
    assert first[3:5] == pytest.approx([-2.0, 1.0], abs=0.01)
    assert factor[[0, 1, 2, 5]] == pytest.approx([1.0, 0.0, 1.0, -1.0], abs=1e-9)
    assert factor[3:5] == pytest.approx([-2.0, 3.0], abs=0.01)
    assert factor[3] + factor[4] == pytest.approx(1.0, abs=1e-9)
    assert mass == pytest.approx([0, 1, 1, 1, 1, 0], abs=1e-12)


def test_both_ways_and_products_agree(solved):
    y, J, H = solved
    for mode in ("adjoint", "direct"):
        again = BEAM.solve(X, 1, mode=mode).jacobian
        assert again * X / y[:, None] == pytest.approx(J * X / y[:, None], abs=1e-10)
    rng = np.random.default_rng(0)
    v, w = X * rng.standard_normal(len(X)), rng.standard_normal(len(y)) / y
    assert BEAM.jvp(X, v)[1] == pytest.approx(J @ v, rel=1e-9)
    assert BEAM.vjp(X, w)[1] * X == pytest.approx(w @ J * X, rel=1e-9, abs=1e-9)
    first, second = BEAM.hvp(X, v)
    scale = X / y[:, None]
    assert first * scale == pytest.approx(J * scale, abs=1e-10)
    assert second * scale == pytest.approx((H @ v) * scale, abs=1e-8)


def test_taylor_remainders(solved):
    v = X * np.array([0.3, -0.5, 0.4, 0.5, 1.0, 0.7])
    first, second = taylor(BEAM, X, v, solved)
    assert first == pytest.approx(2.0, abs=0.1)
    assert second[:3] == pytest.approx(3.0, abs=0.1)


def test_a_prestressed_beam_loses_its_frequency_where_it_buckles():
    """λ(F) is zero where the factor is 1: there K_σ stands alone, here the tangent has it."""
    model = pushed(SaintVenantKirchhoff, responses={"value": Eigenvalue(1)})
    critical = pushed(responses={"factor": BucklingFactor(1)}).solve(X, 0).value[0]
    at = np.outer(np.ones(3), X)
    at[:, 5] = np.array([0.0, 0.5, 0.999]) * critical
    values, slopes, curvatures = zip(*(model.solve(x, 2) for x in at), strict=True)
    # its shape is not quite that of buckling: not quite a straight line, but a concave one
    assert values[1] / values[0] == pytest.approx(0.52, abs=1e-2)
    assert values[2] / values[0] < 2e-3
    assert at[2, 5] - values[2] / slopes[2][0, 5] == pytest.approx(critical, rel=1e-3)
    v = X * np.array([0.3, -0.5, 0.4, 0.5, 0.7, 0.0])
    v[5] = critical * 0.3
    rates = taylor(model, at[1], v, (values[1], slopes[1], curvatures[1]), (0.01, 0.005))
    assert np.ravel(rates) == pytest.approx([2.0, 3.0], abs=0.1)
    beyond = X.copy()
    beyond[5] = 1.02 * critical
    with pytest.raises(Diverged, match="not stable: its tangent has 1 negative eigenvalue,"):
        model.solve(beyond, 1)


def shrinking(u, du, x, k):
    return du, k * u


def test_a_negative_value_of_a_form_is_no_rate():
    """-ΔT + k T = λ T on the square: λ = 2π² + k."""
    form = Form(shrinking, 1, ("k",), symmetric=True)
    model = Model(
        grid((6, 6), "quad9"), [Body(form, density=1.0)], [Fixed(s) for s in ("left", "right",
        "bottom", "top")], responses={"rate": Eigenvalue(1)}, parameters=Box(("k",), (-20,), (-1,)),
    )  # fmt: skip
    y, J = model.solve(np.array([-10.0]), 1)
    assert y == pytest.approx([2 * np.pi**2 - 10], rel=1e-3) and J == pytest.approx(np.ones((1, 1)))
    with pytest.raises(Diverged, match=r"'rate' is of an equilibrium that is not stable.*is -10"):
        model.solve(np.array([-30.0]), 1)


def laplace(u, du, x, k):
    return k * du, 0


def wide(X, a, b):
    return X * jnp.stack([a, b])[None]


def membrane(responses, n=6, **more):
    given = {
        "bodies": [Body(Form(laplace, 1, ("k",), symmetric=True), density="rho")],
        "supports": [Fixed(side) for side in ("left", "right", "bottom", "top")],
    }
    return Model(
        grid((n, n), "quad9"), responses=responses,
        parameters=Box(("k", "rho", "a", "b"), (0.5,) * 4, (2.0,) * 4),
        geometry=Shape(wide, ("a", "b")), **(given | more),
    )  # fmt: skip


def test_a_pair_of_equal_values_has_derivatives_together():
    """Their mean; each for itself is refused by name, and its value is still there."""
    model, x = membrane({"pair": Eigenvalue((2, 3)), "rms": Frequency((3, 2))}), np.ones(4)
    y, J, H = model.solve(x, 2)
    mean = 5 * np.pi**2
    assert y == pytest.approx([mean, np.sqrt(mean) / 2 / np.pi], rel=2e-3)
    assert J[0] == pytest.approx(y[0] * np.array([1, -1, -1, -1]), rel=1e-9)
    # of π²/2 (1/a² + 4/b² + 4/a² + 1/b²): 15 π² twice and no mixed one
    assert H[0, 2:, 2:] == pytest.approx(15 * np.pi**2 * np.eye(2), abs=0.5)
    v = np.array([0.3, 0.2, 1.0, -0.5])
    first, second = taylor(model, x, v, (y, J, H))
    assert first == pytest.approx(2.0, abs=0.1) and second == pytest.approx(3.0, abs=0.1)
    assert model.hvp(x, v)[1] == pytest.approx(H @ v, rel=1e-9)
    alone = membrane({"third": Eigenvalue(3)})
    assert alone.solve(x, 0).value == pytest.approx([y[0]])
    refusal = (
        r"'third' has no derivative: the modes 2 and 3 coincide, 49\.4.*Eigenvalue\(\(2, 3\)\)"
    )
    with pytest.raises(Diverged, match=refusal):
        alone.solve(x, 1)
    apart = alone.solve(np.array([1.0, 1.0, 1.0, 1.1]), 1)
    assert apart.value == pytest.approx([np.pi**2 * (4 + 1 / 1.21)], rel=2e-3)
    assert apart.jacobian[0, 2:] == pytest.approx(-2 * np.pi**2 * np.array([4, 1.1**-3]), rel=5e-3)


def test_a_column_buckles_under_a_reversed_load_too():
    """The factor of a pull is that of the push with the other sign, slopes and all."""
    push, pull = (pushed(responses={"factor": BucklingFactor(n)}) for n in (1, -1))
    reversed_load = X * [1, 1, 1, 1, 1, -1]
    y, J = push.solve(X, 1)
    again, J_again = pull.solve(reversed_load, 1)
    assert again == pytest.approx(-y, rel=1e-9) and y[0] > 0
    assert J_again * reversed_load == pytest.approx(-J * X, abs=1e-8 * y[0])
    with pytest.raises(Diverged, match="'factor' asks for mode 1, and the structure has 0"):
        push.solve(reversed_load, 1)


@pytest.mark.parametrize(
    "kind", ["triangle", "triangle6", "quad", "quad8", "quad9", "tetra", "tetra10", "hexahedron",
             "hexahedron20", "hexahedron27"],
)  # fmt: skip
def test_the_mass_matrix_of_every_element_moves_a_body_with_its_mass(kind):
    """A whole displacement has the momentum of the mass; one point in a cell would have no rank."""
    d = 3 if kind[:3] in ("tet", "hex") else 2
    law = LinearElastic(E, NU) if d == 3 else PlaneStress(LinearElastic(E, NU), 2.0)
    model = Model(
        grid((2,) * d, kind), [Body(law, density=PerPoint(lambda x, p: p["rho"] * x[0]))],
        responses={"mass": Mass()}, parameters=Box(("rho",), (1.0,), (2.0,)),
    )  # fmt: skip
    cells, x = model.data.responses[0][1], np.ones(1)
    z = np.zeros(len(model.data.space.free))
    kind = model.statement, Eigenvalue.problem
    values = np.asarray(modes._other_values(kind, model.data, x, z, cells))
    M = modes.matrix(model.data.space.pattern, values)
    whole = np.zeros((len(z) // d, d))
    whole[:, 0] = 1.0
    total = 0.5 if d == 3 else 1.0
    assert whole.ravel() @ (M @ whole.ravel()) == pytest.approx(total, rel=1e-12)
    assert np.linalg.eigvalsh(M.toarray())[0] > 1e-6 * M.diagonal().max()


def test_a_field_of_densities_and_parts_without_mass():
    """∂λ/∂ρ_k: they sum to -λ/ρ; a part that has no mass takes no part in it."""
    names = tuple(f"rho[{k}]" for k in range(4))
    law = PlaneStrain(LinearElastic(1.0, NU))
    mesh = grid((4, 1), "quad8").cells_where("tip", lambda x: x[:, 0] > 0.75)
    mesh = mesh.cells_where("rest", lambda x: x[:, 0] < 0.75)
    given = {"supports": [Fixed("left")], "parameters": Box(names, (0.5,) * 4, (2.0,) * 4)}
    model = Model(
        mesh, [Body(law, density=PerCell("rho"))], responses={"value": Eigenvalue(1)}, **given
    )  # fmt: skip
    y, J = model.solve(np.ones(4), 1)
    assert J.sum() == pytest.approx(-y[0], rel=1e-10) and (J < 0).all()
    given["parameters"] = Box(("rho",), (0.5,), (2.0,))
    light = Model(
        mesh, [Body(law, "rest", density="rho"), Body(law, "tip", density=0.0)],
        responses={"value": Eigenvalue(1), "mass": Mass(), "volume": Volume()}, **given,
    )  # fmt: skip
    lighter, mass, volume = light.solve(np.ones(1), 0).value
    assert (mass, volume) == pytest.approx((0.75, 1.0))
    few = model.solve(np.array([1.0, 1.0, 1.0, 1e-9]), 0).value[0]
    assert lighter == pytest.approx(few, rel=1e-6) and lighter > y[0]


def test_what_has_no_modes_says_so():
    law = PlaneStress(SaintVenantKirchhoff("E", NU), "t")
    small = {"n": (2, 1)}

    def refused(error, match, x=X, **more):
        with pytest.raises(error, match=match):
            pushed(**(small | more)).solve(x, 1)

    refused(ConfigError, "a body of PlaneStress has no density: give Body", bodies=[Body(law)])
    first = {"f": Frequency(1)}
    refused(Diverged, "a density is negative", responses=first, x=X * [1, -1, 1, 1, 1, 1])
    none = [Body(law, density=lambda p: 0 * p["rho"])]
    refused(Diverged, "no part of the structure has mass", responses=first, bodies=none)
    refused(Diverged, "asks for mode 99", responses={"f": Frequency(99)})
    factor = {"b": BucklingFactor(1)}
    refused(Diverged, "nothing is stressed, and nothing buckles", responses=factor,
            loads=[TotalForce("right", (lambda p: 0 * p["F"], 0.0))])  # fmt: skip
    follower = [FollowerPressure("top", "F")]
    refused(ConfigError, "modes and their derivatives are of symmetric", responses=factor,
            loads=follower)  # fmt: skip
    ring = [Body(Axisymmetric(LinearElastic(lambda p: p["E"] * p["t"], NU)), density="rho")]
    refused(ConfigError, "Axisymmetric is not of them alone", responses=factor, bodies=ring)
    refused(ConfigError, "is of a static solution", responses=first, path=Path((1.0,)))
    plastic = [Body(PlaneStrain(J2("E", NU, 240.0), "t"), density="rho")]
    refused(ConfigError, "is of a static solution", responses=first, bodies=plastic)
    with pytest.raises(ConfigError, match="is of a static solution"):
        as_function(pushed(responses=first, **small))(jnp.asarray(X))
    with pytest.raises(ConfigError, match="Form is not of them alone"):
        membrane(factor, n=1).solve(np.ones(4), 1)


@pytest.mark.parametrize("n", [0, (1, 1), (1, -2), (), 1.5, (0, 1)], ids=str)
def test_numbers_of_modes_that_are_none(n):
    with pytest.raises(ConfigError, match="modes are numbered 1, 2, … from the first"):
        Frequency(n)


@pytest.mark.parametrize(
    "density, match",
    [((1.0, 2.0), "density of a Body is a number"), (PerCell(np.ones(3)), "each of the 2 cells"),
     ("mass", "'mass'")], ids=str,
)  # fmt: skip
def test_densities_that_are_none(density, match):
    bodies = [Body(PlaneStress(LinearElastic("E", NU), "t"), density=density)]
    with pytest.raises(ConfigError, match=match):
        _ = pushed(n=(2, 1), bodies=bodies).statement


def test_a_gap_out_of_range():
    with pytest.raises(ConfigError, match="least gap between modes is in"):
        Eigenvalue(1, gap=0.0)
    assert dataclasses.replace(Frequency(2), gap=1e-3).gap == 1e-3
