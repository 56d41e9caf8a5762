"""Paths with history against closed forms, and their derivatives."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError, Diverged
from sobolev.fem import (
    J2,
    Axisymmetric,
    Body,
    BoundaryMean,
    Convection,
    Displacement,
    Dissipation,
    ExternalWork,
    Fixed,
    FollowerPressure,
    HeatConduction,
    Integral,
    LinearElastic,
    Model,
    NeoHooke,
    NortonCreep,
    Path,
    Perzyna,
    PlaneStrain,
    Prescribed,
    Pressure,
    Prony,
    Reaction,
    ThermalStrain,
    Traction,
    energy_density,
    grid,
    solutions,
    solve,
)  # fmt: skip
from sobolev.fem.laws.viscous import GAS

HELD = [Fixed("left", 0), Fixed("bottom", 1), Fixed("back", 2)]
CUBE = grid((1, 1, 1))


def ring(X, p):
    return X * np.array([[100.0, 1.0]]) + np.array([[100.0, 0.0]])


def tube(path, cells=80):
    law = J2("E", 0.3, "yield stress")
    return Model(
        grid((cells, 1), "quad9"), [Body(Axisymmetric(law))], [Fixed("bottom", 1), Fixed("top", 1)],
        [Pressure("left", "p")],
        {"outer": BoundaryMean("right", 0), "inner": BoundaryMean("left", 0)},
        Box(("E", "yield stress", "p"), (200e3, 200.0, 100.0), (220e3, 260.0, 200.0), ("MPa",) * 3),
        ring, path,
    )  # fmt: skip


def test_an_elastoplastic_tube_and_its_derivatives():
    """Inner radius 100, outer 200, plane strain, 140 MPa: u from a fine radial J2 solution.

    First derivatives, adjoint and direct, against central differences: no point changes between
    elastic and plastic within their step.
    """
    model = tube(Path(times=(50.0, 80.0, 100.0, 120.0, 140.0)))
    x = np.array([210e3, 240.0, 140.0])
    value, slopes = solve(model, x, 1, "adjoint")
    assert value == pytest.approx([0.0872896, 0.1398476], rel=2e-5)
    direct = solve(model, x, 1, "direct").jacobian
    assert slopes == pytest.approx(direct, abs=1e-12 * np.abs(direct).max())
    for k, h in enumerate(1e-6 * x):
        step = h * np.eye(3)[k]
        difference = (solve(model, x + step, 0).value - solve(model, x - step, 0).value) / (2 * h)
        assert difference == pytest.approx(slopes[:, k], rel=1e-7)


def test_after_unloading_a_strain_stays_and_its_derivatives_are_right():
    """Uniaxial, linear hardening H and H_k: εᵖ = (σ - σ₀)/(H + H_k), in two steps, then unloaded.

    The second plastic step starts from the back stress of the first: its factor 2/3 counts.
    """
    model = Model(
        CUBE, [Body(J2("E", 0.3, "s0", "H", 1000.0))], HELD, [Traction("right", ("s", 0.0, 0.0))],
        {"u": Displacement("right", 0)},
        Box(("E", "s0", "H", "s"), (1e5, 100, 1e3, 200), (2e5, 200, 5e3, 300)),
        path=Path(times=(1.0, 2.0, 3.0, 4.0), factors=(0.8, 1.0, 0.4, 0.0), every=True),
    )  # fmt: skip
    assert model.outputs == ("u[0]", "u[1]", "u[2]", "u[3]")
    E, s0, H, s = x = np.array([1.5e5, 150.0, 2e3, 240.0])
    value, slopes = solve(model, x, 1, "adjoint")
    stiff, reached = H + 1000, np.array([0.8, 1.0, 1.0, 1.0])  # what the load has been
    load = np.array([0.8, 1.0, 0.4, 0.0])
    stays = (reached * s - s0) / stiff
    assert value == pytest.approx(load * s / E + stays, rel=1e-9)
    wanted = np.stack(
        [-load * s / E**2, np.full(4, -1 / stiff), -stays / stiff, load / E + reached / stiff], 1
    )
    assert slopes == pytest.approx(wanted, rel=1e-8, abs=1e-13)
    direct = solve(model, x, 1, "direct").jacobian
    assert slopes == pytest.approx(direct, abs=1e-12 * np.abs(direct).max())

    def u(x):
        E, s0, H, s = x
        return load * s / E + (reached * s - s0) / (H + 1000)

    second = np.asarray(jax.hessian(u)(x)) * x * x[:, None]
    assert solve(model, x, 2).hessian * x * x[:, None] == pytest.approx(second, abs=1e-11)


def test_creep_under_a_constant_stress():
    """ε = σ/E + A σ^n t."""
    model = Model(
        CUBE, [Body(NortonCreep("E", 0.3, "A", "n"))], HELD, [Traction("right", (100.0, 0.0, 0.0))],
        {"u": Displacement("right", 0)}, Box(("E", "A", "n"), (1, 1, 1), (2, 2, 9)),
        path=Path(times=(1e-9, 5.0, 10.0), factors=(1.0, 1.0, 1.0)),
    )  # fmt: skip
    E, A, n = x = np.array([1e5, 1e-10, 3.0])
    value, slopes = solve(model, x, 1)
    crept = A * 100**n * 10
    assert value == pytest.approx([100 / E + crept], rel=1e-9)
    assert slopes == pytest.approx(
        np.array([[-100 / E**2, crept / A, crept * np.log(100)]]), rel=1e-8
    )


def test_relaxation_is_exact_for_any_step():
    """G(t) = G_∞ + Σ G_i e^(-t/τ_i), uniaxial strain held from the start."""
    model = Model(
        grid((2, 1, 1)), [Body(Prony(1000.0, (1.0, 2.0, 1.5), ("tau", 10.0)))],
        [*HELD, Prescribed("right", 0, 0.01), Fixed("top", 1), Fixed("front", 2)],
        responses={"F": Reaction("right", 0)}, parameters=Box(("tau",), (0.1,), (10.0,)),
        path=Path(times=(1e-9, 1.0, 3.0), factors=(1.0, 1.0, 1.0)),
    )  # fmt: skip
    value, slopes = solve(model, np.array([2.0]), 1)
    G = 1 + 2 * np.exp(-3 / 2) + 1.5 * np.exp(-0.3)
    assert value == pytest.approx([0.01 * (1000 + 4 / 3 * G)], rel=1e-9)
    assert slopes[0, 0] == pytest.approx(0.01 * 4 / 3 * 2 * np.exp(-3 / 2) * 3 / 4, rel=1e-8)


def test_a_path_of_an_elastic_body_is_the_static_answer():
    law, box = LinearElastic("E", 0.3), Box(("E",), (1.0,), (2.0,))
    how = dict(supports=HELD, loads=[Traction("right", (1.0, 0.0, 0.0))],
               responses={"u": Displacement("right", 0)}, parameters=box)  # fmt: skip
    x = np.array([1.5])
    static = solve(Model(CUBE, [Body(law)], **how), x)
    model = Model(CUBE, [Body(law)], **how, path=Path(times=(1.0, 2.0)))
    along = solve(model, x)
    for one, other in zip(static, along, strict=True):
        assert other == pytest.approx(one, rel=1e-12)
    # a linear body takes one iteration a step, and the solution says so
    steps = [found.residuals for found in solutions(model, x)]
    assert [len(step) for step in steps] == [1, 1]
    assert [len(residuals) for step in steps for residuals in step] == [1, 1]
    assert max(residuals[-1] for step in steps for residuals in step) < 1e-12


def test_the_work_of_loads_and_supports_is_what_a_body_stores_or_dissipates():
    """Linear: all of it is stored, and so are its derivatives. J2 and back: σ dεᵖ of each step."""
    law = LinearElastic("E", 0.3)
    model = Model(
        CUBE, [Body(law)], [*HELD, Prescribed("top", 1, "lift")],
        [Traction("right", ("s", 0.0, 0.0))],
        {"work": ExternalWork(), "energy": Integral(energy_density)},
        Box(("E", "lift", "s"), (1.0, 0.0, 0.0), (2.0, 1.0, 1.0)), path=Path((1.0, 2.0, 3.0)),
    )  # fmt: skip
    for array in solve(model, np.array([1.5, 0.2, 0.4]), 1):
        assert array[0] == pytest.approx(array[1], rel=1e-11, abs=1e-13)
    E, s0, H, Hk, s = 1.5e5, 150.0, 2e3, 1e3, 240.0
    plastic = Model(
        CUBE, [Body(J2(E, 0.3, s0, H, Hk))], HELD, [Traction("right", (s, 0.0, 0.0))],
        {"work": ExternalWork(), "lost": Dissipation(), "kept": Integral(energy_density)},
        path=Path((1.0, 2.0, 3.0), factors=(s0 / s, 1.0, 0.0)),
    )  # fmt: skip
    flow = (s - s0) / (H + Hk)
    lost, kept = s0 * flow + H * flow**2 / 2, Hk * flow**2 / 2
    value = solve(plastic, np.zeros(0), 0).value
    assert value == pytest.approx([lost + kept, lost, kept], rel=1e-10)


def test_creep_dissipates_all_of_its_work_and_a_damper_what_the_spring_does_not_keep():
    """σ ε̇ t; of a Maxwell body, held, all that it has stored at first."""
    creep = Model(
        CUBE, [Body(NortonCreep(1e5, 0.3, 1e-10, "n"))], HELD,
        [Traction("right", (100.0, 0.0, 0.0))], {"lost": Dissipation()}, Box(("n",), (1,), (9,)),
        path=Path(times=(1e-9, 5.0, 10.0), factors=(1.0, 1.0, 1.0)),
    )  # fmt: skip
    value, slopes = solve(creep, np.array([3.0]), 1)
    assert value == pytest.approx([100 * 1e-10 * 100**3 * 10], rel=1e-6)
    assert slopes == pytest.approx(np.log(100) * value[:, None], rel=1e-6)
    held = [*HELD, Prescribed("right", 0, 0.01), Fixed("top", 1), Fixed("front", 2)]
    maxwell = Model(
        grid((2, 1, 1)), [Body(Prony(1000.0, (1.0, 2.0), (0.5,)))], held,
        responses={"lost": Dissipation(), "kept": Integral(energy_density)},
        path=Path(times=(1e-9, 1.0, 3.0), factors=(1.0, 1.0, 1.0)),
    )  # fmt: skip
    square = 2 / 3 * 0.01**2  # e : e of a strain in one direction
    rest = 1000 / 2 * 0.01**2 + square
    fading = 2.0 * square * np.exp(-2 * 3 / 0.5)
    assert solve(maxwell, np.zeros(0), 0).value == pytest.approx(
        [2.0 * square - fading, rest + fading], rel=1e-6
    )


def test_temperature_is_a_function_of_time():
    """Creep that heats up: Σ Δt A e^(-Q / (R T_n)) σⁿ of backward Euler, and free expansion."""

    def warm(p):
        return 700.0 + p["rate"] * p.time

    def warming(p):
        return p["rate"] * p.time

    law = NortonCreep(1e5, 0.3, 1e6, 2.0, activation="Q", temperature=warm)
    times = (1e-9, 1.0, 2.5, 4.0)
    model = Model(
        CUBE, [Body(ThermalStrain(law, 1e-5, warming))], HELD,
        [Traction("right", (100.0, 0.0, 0.0))], {"u": Displacement("right", 0)},
        Box(("Q", "rate"), (2e5, 0.0), (3e5, 50.0)),
        path=Path(times, (1.0,) * 4, every=True),
    )  # fmt: skip

    def u(x):
        t = np.array(times)
        speed = 1e6 * jnp.exp(-x[0] / (GAS * (700 + x[1] * t))) * 100.0**2
        return 100 / 1e5 + jnp.cumsum(np.diff(t, prepend=0) * speed) + 1e-5 * x[1] * t

    x = np.array([2.5e5, 30.0])
    value, slopes, second = solve(model, x, 2)
    assert value == pytest.approx(np.asarray(u(x)), rel=1e-9)
    assert slopes == pytest.approx(np.asarray(jax.jacobian(u)(x)), rel=1e-8, abs=1e-18)
    wanted = np.asarray(jax.hessian(u)(x)) * x * x[:, None]
    assert second * x * x[:, None] == pytest.approx(wanted, rel=1e-7, abs=1e-12)


def test_a_viscous_body_that_softens_with_temperature():
    """Perzyna without hardening, η α̇ = σ/σ_y(T(t)) - 1 at each time of backward Euler."""

    def softer(p):
        return 100.0 - p["rate"] * p.time

    model = Model(
        CUBE, [Body(Perzyna(1e5, 0.3, softer, 50.0))], HELD,
        [Traction("right", (120.0, 0.0, 0.0))], {"u": Displacement("right", 0)},
        Box(("rate",), (0.0,), (9.0,)), path=Path((1e-9, 1.0, 3.0), (1.0,) * 3),
    )  # fmt: skip

    def u(rate):
        t = np.array([1.0, 3.0])
        return 120 / 1e5 + jnp.sum(np.array([1.0, 2.0]) / 50 * (120 / (100 - rate * t) - 1))

    value, slopes = solve(model, np.array([5.0]), 1)
    assert value == pytest.approx([float(u(5.0))], rel=1e-8)
    assert slopes[0, 0] == pytest.approx(float(jax.grad(u)(5.0)), rel=1e-7)


def test_loads_that_follow_have_the_factor_of_the_path():
    """Half of a pressure on a block; half of the warmth around a slab, which conducts as before."""
    block = Model(
        grid((1, 1)), [Body(PlaneStrain(NeoHooke(100.0, 0.3)))], [Fixed("left")],
        [FollowerPressure("top", "p")], {"v": Displacement("right", 1)}, Box(("p",), (0,), (9,)),
    )  # fmt: skip
    slab = Model(
        grid((1, 1)), [Body(HeatConduction(2.0))], [Fixed("left", 0)],
        [Convection("right", 5.0, "p")], {"T": Displacement("right", 0)},
        Box(("p",), (0,), (9,)),
    )  # fmt: skip
    for model in (block, slab):
        path = Path((1.0, 2.0), (0.5, 1.0), every=True)
        along = solve(dataclasses.replace(model, path=path), np.array([6.0]), 0).value
        static = [solve(model, np.array([p]), 0).value[0] for p in (3.0, 6.0)]
        assert along == pytest.approx(static, rel=1e-11)


def test_where_a_path_ends_early_it_says_when():
    with pytest.raises(Diverged, match=r"no equilibrium was found beyond the time .*, load factor"):
        solve(tube(Path(times=(100.0, 300.0)), cells=80), np.array([210e3, 240.0, 300.0]), 0)


def test_what_a_path_cannot_be():
    with pytest.raises(ConfigError, match="grow from above zero"):
        Path(times=(1.0, 1.0))
    with pytest.raises(ConfigError, match="factor for each of its 2 times: got 1"):
        Path(times=(1.0, 2.0), factors=(1.0,))
    with pytest.raises(ConfigError, match="every k-th step, k ≥ 1: got 0"):
        Path(checkpoints=0)
