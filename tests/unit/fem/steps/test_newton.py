"""Newton: quadratic, step-cutting, and never a wrong answer."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError, Diverged
from sobolev.fem import (
    J2,
    Body,
    BoundaryMean,
    Fixed,
    LinearElastic,
    Model,
    NeoHooke,
    Newton,
    Path,
    PlaneStrain,
    PlaneStress,
    SuperLU,
    ThermalStrain,
    TotalForce,
    Traction,
    grid,
    solve,
)
from sobolev.fem.statement import describe
from sobolev.fem.steps.newton import equilibrium
from sobolev.problems import Cantilever, PlateWithHole

BEAM = Cantilever(divisions=4)
X = np.array([1000.0, 0.3])


def run(model: Model, x=X):
    return equilibrium(model.solving, describe(model.statement, model.data, x))


def with_force(force) -> Model:
    load = TotalForce("right", (0.0, force))
    return dataclasses.replace(BEAM.model, loads=[load])


def test_newton_converges_quadratically():
    """The plate: each drop is twice as many decades as the one before, down to round-off."""
    plate = PlateWithHole(divisions=4, displacement=2.0)
    (history,) = run(plate.model, np.array([2.5, 2.5])).history
    drops = np.diff(np.log([r for r in history if r > 1e-11]))
    assert len(drops) >= 2
    assert (drops[1:] / drops[:-1] > 1.8).all()
    assert history[-1] <= 1e-12


def test_derivatives_use_the_tangent_of_the_solution():
    """A loose tolerance shows it: the tangent before the last is wrong by 1e-3, the last not."""
    plate, x = PlateWithHole(divisions=4), np.array([2.5, 2.5])
    loose = dataclasses.replace(plate.model, newton=Newton(tolerance=1e-6))
    assert solve(loose, x).jacobian == pytest.approx(plate.solve(x).jacobian, rel=1e-5)


def test_a_linear_problem_needs_one_iteration():
    (history,) = run(Cantilever("linear", divisions=4).model).history
    assert len(history) == 1


def test_the_tangent_of_a_linear_problem_is_factored_once(monkeypatch):
    factored = []
    model = dataclasses.replace(Cantilever("linear", divisions=4).model)
    prepared = model.prepared
    factor = prepared.factor
    monkeypatch.setattr(
        prepared, "factor", lambda values, X=None: factored.append(values) or factor(values, X)
    )
    run(model)
    assert len(factored) == 1
    run(model, X * 1.1)  # and another tangent anew
    assert len(factored) == 2


def test_the_answer_does_not_depend_on_the_load_steps_or_the_solver():
    heavy = with_force(6.0)  # the tip turns by about 60 degrees
    free = run(heavy)
    patient = dataclasses.replace(heavy, newton=Newton(iterations=5), solver=SuperLU())
    cut = run(patient)
    assert len(cut.history) > len(free.history)
    assert np.abs(cut.u - free.u).max() < 1e-11 * np.abs(free.u).max()


def test_a_structure_without_supports_has_no_equilibrium():
    model = dataclasses.replace(BEAM.model, supports=())
    with pytest.raises(ConfigError, match="move along x, move along y and rotate about z"):
        solve(model, X)


def test_an_absurd_force_is_refused():
    with pytest.raises(Diverged, match="no equilibrium was found beyond the load factor"):
        solve(with_force(1e7), X, order=0)


def test_a_force_that_is_not_a_number_is_refused():
    with pytest.raises(ConfigError, match="must be finite: got nan"):
        solve(with_force(float("nan")), X)
    with pytest.raises(Diverged, match="values of the force that are not finite"):
        solve(with_force(lambda p: jnp.log(-p["E"])), X)


def test_no_load_gives_no_displacement():
    assert solve(with_force(0.0), X, order=0).value[0] == 0


def warmed(law, **more) -> Model:
    """A square that is free to grow by α ΔT = 2 %, without any stress at the end."""
    body = Body(PlaneStrain(ThermalStrain(law, 1e-3, lambda p: p["T"] * jnp.sin(p.time))))
    return Model(
        grid((2, 2)), [body], [Fixed("left", 0), Fixed("bottom", 1)],
        responses={"u": BoundaryMean("right", 0)}, parameters=Box(("T",), (10.0,), (30.0,)), **more,
    )  # fmt: skip


def test_a_body_that_is_free_to_expand_ends_without_stress_and_is_solved():
    grown = 1e-3 * np.sin(1.0)
    value, slopes = warmed(LinearElastic(2e3, 0.3)).solve(np.array([20.0]))
    assert [*value, *slopes[0]] == pytest.approx([1.3 * 20 * grown, 1.3 * grown], rel=1e-10)
    assert warmed(NeoHooke(2e3, 0.3)).solve(np.array([20.0]), 0).value[0] > 20 * grown
    warm_and_cold = Path((1.0, np.pi, 4.0), every=True)
    value, slopes = warmed(J2(2e3, 0.3, 100.0), path=warm_and_cold).solve(np.array([20.0]))
    wanted = 1.3e-3 * np.sin([1.0, np.pi, 4.0])
    assert value == pytest.approx(20 * wanted, abs=1e-14)
    assert slopes[:, 0] == pytest.approx(wanted, abs=1e-15)


def test_forces_that_are_not_finite_are_not_told_as_cells_inside_out():
    """A sheet of rubber that is torn apart: it has thinned to nothing, and no cell has turned."""
    sheet = Model(
        grid((2, 1)), [Body(PlaneStress(NeoHooke("E", 0.3)))], [Fixed("left")],
        [Traction("right", (100.0, 0.0))], {"u": BoundaryMean("right", 0)},
        Box(("E",), (1.0,), (3.0,)),
    )  # fmt: skip
    with pytest.raises(Diverged, match="the forces are not finite"):
        sheet.solve(np.array([2.0]), 0)


@pytest.mark.parametrize("settings", [{"tolerance": 1e-3}, {"iterations": 0}, {"least_step": 0.0}])
def test_careless_settings_are_refused(settings):
    with pytest.raises(ConfigError, match="Newton needs"):
        Newton(**settings)
