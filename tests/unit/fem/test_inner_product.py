"""Inner products of fields on meshes, and of values on their boundaries."""

import numpy as np
import pytest

from sobolev import Box, fem
from sobolev.errors import ConfigError
from sobolev.fem.harmonic_extension import around
from sobolev.inner_products import Circle, Sines


def strip(n, element="quad"):
    """A line of cells across which nothing changes: one dimension."""
    return fem.grid((n, 1), element)


@pytest.mark.parametrize("n", [4, 10, 25])
def test_the_dual_norm_of_one_is_short_by_a_twelfth_of_h_squared(n):
    """Piecewise linear solutions are exact at the nodes: 1/12 − h²/12, from below."""
    negative = fem.inner_product(strip(n), 0.0, 1.0, ("left", "right")).dual
    found = negative.norm(negative.seen(np.ones(len(negative.points)))) ** 2
    assert (found - 1 / 12) * -12 * n**2 == pytest.approx(1.0, rel=1e-9)


def test_transform_and_finite_elements_are_one_riesz_map():
    """−Δφ = r on a rectangle, by sines and by quadratic elements."""
    box = Box(("x", "y"), (0.0, 0.0), (2.0, 1.0))
    mesh = fem.grid((16, 8), "quad9")
    mesh = mesh.moved(mesh.points * [2.0, 1.0])

    def r(x):
        return x[:, 0] * (2 - x[:, 0]) * np.sin(np.pi * x[:, 1])

    sines, elements = Sines(box, (255, 3)), fem.inner_product(mesh, 0.0, 1.0, ("boundary",))
    by_sines = sines.dual.norm(sines.acting(r(sines.points)))
    by_elements = elements.dual.norm(elements.acting(r(elements.rule)))
    assert by_elements == pytest.approx(by_sines, rel=2e-5)
    assert by_elements < by_sines
    φ = elements.riesz(elements.acting(r(elements.rule)))
    there = np.isclose(mesh.points, [1.0, 0.5]).all(1)
    known = sines.riesz(sines.acting(r(sines.points)))[np.isclose(sines.points, [1.0, 0.5]).all(1)]
    assert φ[there] == pytest.approx(known, rel=1e-4)


@pytest.mark.parametrize("element", ["triangle6", "quad8", "quad9", "tetra10", "hexahedron27"])
def test_norms_of_a_quadratic_field(element):
    three = element in ("tetra10", "hexahedron27")
    mesh = fem.grid((2, 3, 2)[: 2 + three], element)
    u = mesh.points[:, 0] ** 2 + mesh.points[:, 1]
    mass, both = fem.inner_product(mesh), fem.inner_product(mesh, 2.0, 0.5)
    assert mass.norm(u) ** 2 == pytest.approx(1 / 5 + 1 / 3 + 1 / 3)
    assert both.norm(u) ** 2 == pytest.approx(2 * (13 / 15) + 0.5 * (4 / 3 + 1))
    one = np.ones(len(mesh.points))
    rule = mass.rule
    assert rule is not None
    np.testing.assert_allclose(mass.acting(rule[:, 0] ** 2 + rule[:, 1]), mass.gram(u), atol=1e-14)
    assert mass.product(one, one) == pytest.approx(1.0)
    finer = mass.finer_rule().rule
    assert not (finer[:, None] == rule[None]).all(2).any()


def test_components_of_a_vector_field_are_measured_alike_and_held_apart():
    mesh = fem.grid((3, 2))
    one = fem.inner_product(mesh, 1.0, 0.3, ("left",))
    two = fem.inner_product(mesh, 1.0, 0.3, (fem.Fixed("left", 0),), components=2)
    g = np.random.default_rng(0).standard_normal((len(mesh.points), 2))
    found = two.riesz(g.ravel()).reshape(-1, 2)
    np.testing.assert_allclose(found[:, 0], one.riesz(g[:, 0]), rtol=1e-12)
    assert np.all(found[mesh.nodes("left"), 0] == 0) and np.all(found[:, 1] != 0)


def disk(rings, around, stretch=1.0):
    """Rings of squares around a fan of triangles."""
    θ = 2 * np.pi / around * np.arange(around)
    r = np.linspace(0, 1, rings + 1)[1:, None, None]
    ring = r * np.stack([stretch * np.cos(θ), np.sin(θ)], axis=1)[None]
    first, second = np.arange(around), np.roll(np.arange(around), -1)
    inner = (np.arange(rings - 1) * around)[:, None] + 1
    ahead, back = inner + first[None], inner + second[None]
    return fem.Mesh(
        np.concatenate([[[0.0, 0.0]], ring.reshape(-1, 2)]),
        {
            "triangle": np.stack([0 * first, 1 + first, 1 + second], axis=1),
            "quad": np.stack([ahead, ahead + around, back + around, back], -1).reshape(-1, 4),
        },
    )


def test_cells_of_several_elements_are_integrated_one_after_the_other():
    mesh = disk(3, 8)
    inner = fem.inner_product(mesh)
    x = mesh.points[:, 0] - 2 * mesh.points[:, 1]
    at_points = inner.rule[:, 0] - 2 * inner.rule[:, 1]
    np.testing.assert_allclose(inner.acting(at_points), inner.gram(x), atol=1e-14)
    both = inner.acting(np.stack([at_points, np.ones(len(at_points))], axis=1))
    assert both[:, 1].sum() == pytest.approx(4 * np.sin(np.pi / 4))  # eight triangles


def test_the_energy_of_the_harmonic_extension_is_that_of_the_circle():
    """As far as linear elements go, which is h²."""
    errors = []
    for n in (1, 2):
        rim = fem.harmonic_extension(disk(12 * n, 48 * n), "boundary")
        θ = np.arctan2(rim.points[:, 1], rim.points[:, 0])
        v = 1.0 + np.cos(2 * θ) - np.sin(3 * θ)
        circle = Circle(48 * n)
        around = np.arctan2(circle.points[:, 1], circle.points[:, 0])
        known = circle.norm(1.0 + np.cos(2 * around) - np.sin(3 * around)) ** 2
        assert known == pytest.approx(5 * np.pi + 2 * np.pi)
        errors.append(rim.norm(v) ** 2 / known - 1)
    assert -0.02 < errors[0] < 0  # polygons lie inside
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.1)


def test_on_an_ellipse_only_the_extension_has_the_energy():
    """x² − y² on an ellipse 2:1 has 10 π; its Fourier series in the angle would have 12.5 π."""
    rim = fem.harmonic_extension(disk(24, 96, 2.0), "boundary")
    v = rim.points[:, 0] ** 2 - rim.points[:, 1] ** 2
    one = np.ones(len(v))
    v = v - rim.product(one, v) / rim.product(one, one)
    assert rim.norm(v) ** 2 == pytest.approx(10 * np.pi, rel=5e-3)
    angle = np.cos(2 * 2 * np.pi / 96 * np.arange(96))
    assert Circle(96).norm(2.5 * angle) ** 2 == pytest.approx(12.5 * np.pi)


@pytest.mark.parametrize("element", ["quad", "quad9", "triangle6"])
def test_a_linear_function_extends_as_itself(element):
    """On a rectangle with sides of any length the energy is the area."""
    mesh = fem.grid((4, 3), element)
    mesh = mesh.moved(mesh.points * [2.0, 1.0])
    rim = fem.harmonic_extension(mesh, "boundary")
    v = rim.points[:, 0] - 1.0
    assert rim.norm(v) ** 2 == pytest.approx(2.0)
    assert rim.norm(v + 3.0) ** 2 == pytest.approx(2.0 + 2 * np.pi * 9)
    steps = np.linalg.norm(np.diff(rim.points, axis=0, append=rim.points[:1]), axis=1)
    assert steps.max() < 0.51  # one after the other


def test_what_is_no_loop_is_refused():
    mesh = fem.grid((3, 2))
    open_ = mesh.where("open", lambda x: x[:, 1] < 1)
    with pytest.raises(ConfigError, match="'open' is no closed loop: 2 of its nodes have not two"):
        fem.harmonic_extension(open_, "open")
    two = fem.Mesh(
        np.concatenate([mesh.points, mesh.points + 2]),
        {"quad": np.concatenate([mesh.cells["quad"], mesh.cells["quad"] + len(mesh.points)])},
    )
    with pytest.raises(ConfigError, match="more than one loop: 10 of its 20 nodes"):
        around(two, "boundary")
    with pytest.raises(ConfigError, match="in a mesh of two dimensions"):
        fem.harmonic_extension(fem.grid((1, 1, 1)), "boundary")
    with pytest.raises(ConfigError, match="no boundary called 'rim'"):
        fem.harmonic_extension(mesh, "rim")


@pytest.mark.parametrize(
    "how, sentence",
    [
        ({"mass": 0.0}, "needs a mass or a stiffness"),
        ({"mass": 0.0, "stiffness": 1.0}, "does not see a constant field: fix some nodes"),
        ({"fixed": "left"}, r"fixed=\('boundary',\): got 'left'"),
        ({"fixed": ("nowhere",)}, "no nodes called 'nowhere'"),
        ({"components": 0}, "number of components of a field"),
        ({"mass": -1.0}, "the mass must be a number ≥ 0"),
    ],
)
def test_what_is_no_inner_product_of_fields_is_refused(how, sentence):
    with pytest.raises(ConfigError, match=sentence):
        fem.inner_product(fem.grid((2, 2)), **how)


def test_residuals_of_vector_fields_are_integrated_by_the_user():
    inner = fem.inner_product(fem.grid((2, 2)), components=2)
    assert inner.points is None and inner.rule is None
    with pytest.raises(ConfigError, match="knows of no integrals"):
        inner.acting(np.ones(4))
