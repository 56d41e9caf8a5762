"""A problem of an own mesh with two bodies: responses, fields and pictures agree with statics."""

from dataclasses import replace

import jax.numpy as jnp
import meshio
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError
from sobolev.fem import (
    AtNode,
    Body,
    BodyForce,
    BoundaryMean,
    Compliance,
    Component,
    Convection,
    Displacement,
    Eigenvalue,
    Fixed,
    Flux,
    Form,
    Frequency,
    HeatConduction,
    Integral,
    LinearElastic,
    Mean,
    Model,
    OrthotropicElastic,
    PerCell,
    PerPoint,
    PlaneStress,
    PNorm,
    PointForce,
    Prescribed,
    Pressure,
    Reaction,
    Stress,
    TotalForce,
    Traction,
    Volume,
    energy_density,
    grid,
    hydrostatic,
    lode_angle,
    solution,
    solve,
    triaxiality,
    von_mises,
)  # fmt: skip
from sobolev.fem.solution import _means

MESH = (
    grid((4, 2)).cells_where("left half", lambda x: x[:, 0] < 0.5)
    .cells_where("right half", lambda x: x[:, 0] > 0.5).at("corner", (1.0, 1.0))
)  # fmt: skip
HELD = [Fixed("left", 0), Fixed("bottom", 1)]


def pulled(**more):
    """Uniaxial tension of two halves of different stiffness: σ_xx = 10 everywhere, ν = 0."""
    law = lambda E: PlaneStress(LinearElastic(E, 0.0), thickness="t")  # noqa: E731
    return Model(
        MESH, [Body(law("E"), "left half"), Body(law(200.0), "right half")], HELD,
        more.pop("loads", [Traction("right", (10.0, 0.0))]),
        {"u": BoundaryMean("right", 0), "corner": Displacement("corner", 0),
         "R": Reaction("left", 0), "work": Compliance(), "sx": Mean(Stress(0, 0)),
         "vm": PNorm(von_mises, "right half", 8.0), "W": Integral(energy_density),
         "V": Volume(2.0, "left half"), "eta": Mean(triaxiality), "hydro": Mean(hydrostatic),
         "lode": Mean(lode_angle)},
        Box(("E", "t"), (50.0, 0.5), (150.0, 2.0)), **more,
    )  # fmt: skip


X = np.array([100.0, 2.0])
WANTED = {"u": 0.075, "corner": 0.075, "R": -20.0, "work": 1.5, "sx": 10.0, "vm": 10.0, "W": 0.75,
          "V": 2.0, "eta": 1 / 3, "hydro": 10 / 3, "lode": 0.0}  # fmt: skip


def test_responses_of_uniaxial_tension_and_their_slopes():
    model = pulled()
    value, slopes = solve(model, X)
    assert dict(zip(model.outputs, value, strict=True)) == pytest.approx(WANTED, abs=1e-7)
    of = dict(zip(model.outputs, slopes, strict=True))
    assert of["u"] == pytest.approx([-5 / 100**2, 0], abs=1e-12)
    assert of["R"] == pytest.approx([0, -10], abs=1e-10)
    assert of["W"] == pytest.approx([-0.25 * 2 / 100, 0.375], abs=1e-10)
    assert of["V"] == pytest.approx([0, 1.0], abs=1e-12)


def test_ways_to_load_it_agree():
    """A total force, a pull by pressure and forces at nodes: one resultant, one answer."""
    for load in (TotalForce("right", (20.0, 0.0)), Pressure("right", -10.0)):
        assert solve(pulled(loads=[load]), X, 0).value == pytest.approx(
            list(WANTED.values()), abs=1e-7
        )
    body = solve(pulled(loads=[BodyForce((10.0, 0.0))]), X, 0).value
    assert body[2] == pytest.approx(-20.0)  # the whole volume is 2
    point = solve(pulled(loads=[PointForce("corner", (20.0, 0.0))]), X, 0).value
    assert point[2] == pytest.approx(-20.0)


def test_the_fields_are_written_and_are_those_of_the_responses(tmp_path):
    found = solution(pulled(), X)
    assert found.u[MESH.nodes("corner")][0, 0] == pytest.approx(0.075)
    assert found.reactions[MESH.nodes("left"), 0].sum() == pytest.approx(-20.0)
    assert found.means(Stress(0, 0))["quad"] == pytest.approx(np.full(8, 10.0))
    found.write(tmp_path / "pulled.vtu", {"von Mises": von_mises})
    again = meshio.read(tmp_path / "pulled.vtu")
    assert again.point_data["u"][:, :2] == pytest.approx(found.u)
    assert np.concatenate(again.cell_data["von Mises"]) == pytest.approx(np.full(8, 10.0))


def test_quantities_of_another_solution_compile_nothing():
    """A loop over solutions, or over the times of a path, has the program of the first."""
    found = [solution(pulled(), [E, 2.0]) for E in (100.0, 120.0)]
    found[0].means(von_mises)
    before = _means.programs()
    found[1].means(von_mises)
    assert _means.programs() == before > 0


def heat(T, dT, x, k):
    return k * dT, 0


def test_heat_through_a_slab_with_convection_and_an_own_weak_form():
    """q = (T₀ - T∞) / (1/k + 1/h); the same as a form, with the source in place of a flux."""
    box = Box(("k", "h"), (1.0, 1.0), (3.0, 30.0))
    how = dict(
        supports=[Prescribed("left", 0, 100.0)], loads=[Convection("right", "h", 20.0)],
        responses={"q": Reaction("left", 0), "T": Mean(Component(0), "right half")},
        parameters=box,
    )  # fmt: skip
    k, h = x = np.array([2.0, 10.0])
    q = 80 / (1 / k + 1 / h)
    law = HeatConduction("k", growth=0.0)
    value, slopes, _ = solve(Model(MESH, [Body(law)], **how), x, 2)
    assert value == pytest.approx([q, 100 - 0.75 * q / k], rel=1e-12)
    assert slopes[0] == pytest.approx([q**2 / 80 / k**2, q**2 / 80 / h**2], rel=1e-10)
    own = solve(Model(MESH, [Body(Form(heat, 1, ("k",), symmetric=True))], **how), x)
    assert own.value == pytest.approx(value, rel=1e-12)
    assert own.jacobian == pytest.approx(slopes, rel=1e-9, abs=1e-9)
    how["loads"] = [Flux("right", lambda p: p["h"] / 2)]
    assert solve(Model(MESH, [Body(law)], **how), x, 0).value[0] == pytest.approx(-5.0)


def warm(u, gradient, x, E, alpha, k):
    """A sheet without Poisson's effect, warmed by the third field."""
    strain = (gradient[:2] + gradient[:2].T) / 2
    stress = E * (strain - alpha * u[2] * jnp.eye(2))
    return jnp.concatenate([stress, k * gradient[2:]]), 0


def test_heat_of_coupled_fields_comes_in_by_their_component():
    """Warm at the left, cooled at the right, held between: T falls by a line, σ = -E α T̄."""
    model = Model(
        MESH, [Body(Form(warm, 3, ("E", 1e-3, 2.0)))],
        [*HELD, Fixed("right", 0), Prescribed("left", 2, 100.0)],
        [Convection("right", "h", 20.0, component=2), Flux("top", 0.0, component=2)],
        {"T": BoundaryMean("right", 2), "R": Reaction("right", 0), "q": Reaction("left", 2)},
        Box(("E", "h"), (50.0, 1.0), (150.0, 9.0)),
    )  # fmt: skip
    q = 80 / (1 / 2 + 1 / 4)
    value, slopes = model.solve(np.array([100.0, 4.0]))
    assert value == pytest.approx([20 + q / 4, -0.1 * (100 + 20 + q / 4) / 2, q])
    assert slopes[2] == pytest.approx([0, q**2 / 80 / 16], abs=1e-10)


def test_stress_at_nodes_is_that_of_a_region_where_one_is_named():
    """Held across, two halves differ in σ_yy = ν σ_xx: a node between them has either, or both."""
    mesh = MESH.at("middle", (0.5, 1.0)).at("left end", (0.0, 0.0))
    law = lambda nu: PlaneStress(LinearElastic("E", nu))  # noqa: E731
    asked = {name: AtNode(Stress(1, 1), *where) for name, where in {
        "both": ("middle",), "left": ("middle", "left half"), "right": ("middle", "right half"),
        "all": ("all",), "top": ("top",)}.items()}  # fmt: skip
    model = Model(
        mesh, [Body(law(0.2), "left half"), Body(law(0.4), "right half")],
        [*HELD, Fixed("top", 1)], [Traction("right", (10.0, 0.0))], asked,
        Box(("E",), (50.0,), (150.0,)),
    )  # fmt: skip
    # of five nodes along x two lie left, two right and one between: each counts once
    assert model.solve(np.array([100.0]), 0).value == pytest.approx([3.0, 2.0, 4.0, 3.0, 3.0])


def test_constants_of_cells_and_places():
    """E by cell and by place: two halves in series, and a bar whose stiffness grows along it."""
    box = Box(tuple(f"E[{k}]" for k in range(8)), (50.0,) * 8, (250.0,) * 8)
    law = PlaneStress(LinearElastic(PerCell("E"), 0.0))
    how = dict(supports=HELD, loads=[Traction("right", (10.0, 0.0))],
               responses={"u": BoundaryMean("right", 0)})  # fmt: skip
    x = np.repeat([100.0, 200.0], 4)
    value, slopes = solve(Model(MESH, [Body(law)], parameters=box, **how), x)
    assert value == pytest.approx([0.075])
    assert slopes[0] == pytest.approx(np.repeat([-0.05 / 100 / 4, -0.025 / 200 / 4], 4))
    place = PlaneStress(LinearElastic(PerPoint(lambda at, p: p["E"] * (1 + at[0])), 0.0))
    box = Box(("E",), (50.0,), (150.0,))
    value, _ = solve(Model(MESH, [Body(place)], parameters=box, **how), np.array([100.0]))
    assert value == pytest.approx([0.1 * np.log(2)], rel=5e-3)  # ∫ σ/E(x) dx, cells of 1/4


def test_a_force_of_each_cell_of_a_region_in_two_bodies():
    """∫ N / E dx of f = 50 and 150 on two halves of a bar; of the force of one cell, its place."""
    box = Box(tuple(f"f[{k}]" for k in range(8)), (0.0,) * 8, (250.0,) * 8)
    law = PlaneStress(LinearElastic(100.0, 0.0))
    model = Model(
        MESH, [Body(law, "right half"), Body(law, "left half")], HELD,
        [BodyForce((PerCell("f"), 0.0))], {"u": BoundaryMean("right", 0)}, box,
    )  # fmt: skip
    middles = MESH.points[MESH.cells["quad"]].mean(1)[:, 0]
    value, slopes = solve(model, np.where(middles < 0.5, 50.0, 150.0))
    assert value == pytest.approx([0.625])
    assert slopes[0] == pytest.approx(middles / 8 / 100)
    with pytest.raises(ConfigError, match="PerCell in BodyForce has a value for each of the 8"):
        replace(model, loads=[BodyForce((PerCell(np.ones(3)), 0.0))]).statement  # noqa: B018


def test_a_sheet_that_thins_by_condensation_has_the_energy_of_its_law():
    """An orthotropic law of isotropic constants: energy and its slopes are those of the closed."""
    shear = lambda p: p["E"] / 2.6  # noqa: E731
    law = OrthotropicElastic(("E",) * 3, (0.3,) * 3, (shear,) * 3)
    found = [
        Model(MESH, [Body(PlaneStress(each))], HELD, [Traction("right", (10.0, 2.0))],
              {"W": Integral(energy_density)}, Box(("E",), (50.0,), (150.0,)))
        .solve(np.array([100.0]), 2)
        for each in (law, LinearElastic("E", 0.3))
    ]  # fmt: skip
    for condensed, closed in zip(*found, strict=True):
        assert condensed == pytest.approx(closed, rel=1e-10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bodies": [Body(LinearElastic(1.0, 0.3))]}, "law of 3 dimensions and the mesh has 2"),
        ({"bodies": [Body(PlaneStress(LinearElastic(1.0, 0.3)), "left half")]},
         "4 cells of 'quad' belong to no body"),
        ({"bodies": [Body(PlaneStress(LinearElastic(1.0, 0.3)))] * 2}, "and 8 to several"),
        ({"supports": [Fixed("nowhere")]}, "no nodes called 'nowhere'"),
        ({"supports": [Prescribed("left", 2, 1.0)]}, "component 2 is prescribed at 'left'"),
        ({"supports": [Fixed("left", 2)]}, "component 2 is prescribed at 'left'"),
        ({"supports": ["left"]}, "supports are Fixed"),
        ({"supports": [Fixed("all")]}, "every degree of freedom is prescribed"),
        ({"loads": [Traction("nowhere", (1.0, 0.0))]}, "no boundary called 'nowhere'"),
        ({"loads": ["gravity"]}, "loads are tractions"),
        ({"responses": {"m": Mean(von_mises, "nowhere")}}, "no region called 'nowhere'"),
        ({"responses": {}}, "a model needs responses"),
        ({"geometry": lambda X, p: X[:3]}, r"positions of all nodes, \(15, 2\): got \(3, 2\)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_told(change, message):
    how = dict(bodies=[Body(PlaneStress(LinearElastic("E", 0.3)))], supports=HELD,
               responses={"u": Displacement("corner", 0)},
               parameters=Box(("E",), (1.0,), (2.0,)))  # fmt: skip
    with pytest.raises(ConfigError, match=message):
        solve(Model(MESH, **{**how, **change}), np.array([1.5]))


def test_an_unknown_parameter_and_a_law_of_wrong_shapes_are_named():
    how = dict(supports=HELD, responses={"u": Displacement("corner", 0)},
               parameters=Box(("E",), (1.0,), (2.0,)))  # fmt: skip
    with pytest.raises(ConfigError, match=r"no parameter 'young': the parameters are \['E'\]"):
        solve(Model(MESH, [Body(PlaneStress(LinearElastic("young", 0.3)))], **how), np.array([1.5]))
    wrong = Form(lambda u, du, x, E: (du[0], E * u), 2, ("E",))
    with pytest.raises(ConfigError, match="fields x directions"):
        solve(Model(MESH, [Body(wrong)], **how), np.array([1.5]))


def test_modes_stand_in_the_solution_and_its_file(tmp_path):
    """A bar that is held at one end: half a sine, its free end moves most."""
    model = Model(
        grid((8, 1)), [Body(PlaneStress(LinearElastic(1.0, 0.0)), density=1.0)],
        [Fixed("left", 0), Fixed("bottom", 1), Fixed("top", 1)],
        responses={"first": Frequency(1), "two": Eigenvalue((1, 2))},
    )  # fmt: skip
    found = solution(model, np.zeros(0))
    assert found.modes["two"].shape == (2, 18, 2)
    (mode,) = found.modes["first"]
    assert mode[:, 0] == pytest.approx(np.sin(np.pi / 2 * found.X[:, 0]), abs=1e-3)
    found.write(tmp_path / "bar.vtu")
    stored = meshio.read(tmp_path / "bar.vtu").point_data
    assert stored["first 1"][:, :2] == pytest.approx(mode)
    assert {"two 1", "two 2"} <= set(stored)
