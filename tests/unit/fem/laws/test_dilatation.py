"""Nearly incompressible cells: no locking, no loss of what a cell must be, exact derivatives."""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError
from sobolev.fem import (
    J2,
    Axisymmetric,
    Body,
    Displacement,
    Fixed,
    Integral,
    LinearElastic,
    MeanDilatation,
    Model,
    MooneyRivlin,
    NeoHooke,
    Path,
    PlaneStrain,
    PlaneStress,
    PNorm,
    Pressure,
    Shape,
    Traction,
    energy_density,
    grid,
    solution,
    solve,
    von_mises,
)  # fmt: skip
from sobolev.fem.elements.tables import at_nodes
from sobolev.fem.laws.tensors import determinant


def trapezium(X, end):
    x, y = X.T
    return jnp.stack([48 * x, 44 * x + y * (44 - (44 - end) * x)], 1)


def cook(law, n, element="quad", responses=None, path=None):
    return Model(
        grid((n, n), element).at("middle", (1.0, 0.5)), [Body(PlaneStrain(law))], [Fixed("left")],
        [Traction("right", (0.0, lambda p: p["F"] / p["end"]))],
        responses or {"v": Displacement("middle", 1)},
        Box(("nu", "F", "end"), (0.45, 50.0, 12.0), (0.4999, 100.0, 20.0)),
        Shape(trapezium, ("end",)), path,
    )  # fmt: skip


X = np.array([0.4999, 100.0, 16.0])


def test_cooks_membrane_does_not_lock():
    """ν = 0.4999: 7.40477; without the mean 16 x 16 cells give a third of it."""
    law = LinearElastic(250.0, "nu")
    (locked,), (free,) = (solve(cook(each, 16), X, 0).value for each in (law, MeanDilatation(law)))
    assert locked < 2.4
    assert free == pytest.approx(7.40477, rel=0.02)
    (fine,) = solve(cook(MeanDilatation(law), 8, "quad9"), X, 0).value
    assert fine == pytest.approx(7.40477, rel=3e-3)


def test_cooks_membrane_of_rubber_in_load_steps():
    """κ / μ = 5000: 6.9621, on 8 x 8 cells of nine nodes."""
    mu = 80.194
    law = MooneyRivlin(mu / 2, 0.0, lambda p: mu * 2 / 3 * (1 + p["nu"]) / (1 - 2 * p["nu"]))
    law = MeanDilatation(law)
    path = Path((0.25, 0.5, 0.75, 1.0))
    (value,) = solve(cook(law, 8, "quad9", path=path), X, 0).value
    assert value == pytest.approx(6.9621, rel=5e-3)


def dilatation(at):
    return determinant(at.F)


def test_sensitivities_of_first_and_second_order_see_the_averaged_cell():
    """Of stress and energy; by material, load and shape: Taylor slopes 2 and 3."""
    responses = {"stress": PNorm(von_mises, exponent=6.0), "energy": Integral(energy_density)}
    model = cook(MeanDilatation(NeoHooke(250.0, "nu")), 2, responses=responses)
    x, scale = np.array([0.48, 60.0, 15.0]), np.array([0.01, 10.0, 2.0])
    y, J, H = solve(model, x, 2)
    direct = solve(model, x, 1, "direct").jacobian
    assert direct == pytest.approx(J, abs=1e-10 * np.abs(J).max())
    v = scale * np.array([1.0, -0.7, 0.5])
    steps = np.array([0.4, 0.2, 0.1, 0.05])
    first = np.stack([solve(model, x + h * v, 0).value - y - h * (J @ v) for h in steps])
    second = first - steps[:, None] ** 2 * (H @ v @ v)[None] / 2
    for remainder, rate in ((first, 2), (second, 3)):
        slopes = np.log2(np.abs(remainder[:-1] / remainder[1:]))
        assert slopes[-1] == pytest.approx(rate, abs=0.1)


def test_what_is_asked_of_a_point_is_asked_at_the_mean():
    """Pressure and volume change are the same all over a cell, at its nodes, too."""
    model = cook(MeanDilatation(NeoHooke(250.0, "nu")), 2)
    found = solution(model, X)
    J = np.asarray(found.fields.of_piece(dilatation, 0, np.arange(4))[0])
    assert np.ptp(J, 1).max() < 1e-13
    assert np.ptp(J) > 1e-6
    elsewhere = found.fields.of_piece(dilatation, 0, np.arange(4), at_nodes("quad"))[0]
    assert elsewhere == pytest.approx(J, abs=1e-13)
    u, places = found.u, found.X
    (cells,) = model.mesh.cells.values()
    before, after = (_areas(at[cells]) for at in (places, places + u))
    assert J[:, 0] == pytest.approx(after / before, rel=1e-12)


def _areas(x):
    x, y = x[..., 0], x[..., 1]
    return np.sum(x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1), 1) / 2


def test_plastic_flow_along_a_path():
    """Flow keeps the volume: beyond the collapse load, locked cells still carry it."""
    path = Path((0.3, 1.0))
    law = J2(250.0, "nu", lambda p: p["F"] / 10, 2.0)
    x = np.array([0.3, 10.0, 16.0])
    models = [cook(each, 4, path=path) for each in (law, MeanDilatation(law))]
    (locked,), (free,) = (solve(model, x, 0).value for model in models)
    assert free > 10 * locked
    slopes = solve(models[1], x, 1, "adjoint").jacobian
    direct = solve(models[1], x, 1, "direct").jacobian
    assert slopes == pytest.approx(direct, rel=1e-10, abs=1e-14)


def ring(X, p):
    return X * jnp.array([[100.0, 1.0]]) + jnp.array([[100.0, 0.0]])


def test_a_thick_tube_of_rubber():
    """Lamé at ν = 0.4999: u_b on 8 cells, which lock to a fifth of it, and its slope by ν."""

    def posed(law):
        return Model(
            grid((8, 1)), [Body(Axisymmetric(law))], [Fixed("bottom", 1), Fixed("top", 1)],
            [Pressure("left", 100.0)], {"u": Displacement("right", 0)},
            Box(("nu",), (0.3,), (0.4999,)), ring,
        )  # fmt: skip

    def exact(nu):
        return (1 + nu) / 210e3 * 100 * 100**2 / 3e4 * ((1 - 2 * nu) * 200 + 200)

    law = LinearElastic(210e3, "nu")
    nu = np.array([0.4999])
    (locked, _), (u, slope) = (solve(posed(each), nu) for each in (law, MeanDilatation(law)))
    assert locked < 0.2 * exact(0.4999)
    assert u == pytest.approx([exact(0.4999)], rel=2e-3)
    wanted = (exact(0.4999 + 1e-5) - exact(0.4999 - 1e-5)) / 2e-5
    assert slope == pytest.approx(np.array([[wanted]]), rel=2e-3)


def test_where_it_does_nothing_it_is_refused():
    law = LinearElastic(1.0, 0.3)
    with pytest.raises(ConfigError, match="'triangle' has one gradient"):
        cook(MeanDilatation(law), 2, "triangle").statement  # noqa: B018
    with pytest.raises(ConfigError, match="leave MeanDilatation away"):
        PlaneStress(MeanDilatation(law))
    with pytest.raises(ConfigError, match="already"):
        MeanDilatation(MeanDilatation(law))
    with pytest.raises(ConfigError, match="law of three dimensions"):
        MeanDilatation(PlaneStrain(law))
