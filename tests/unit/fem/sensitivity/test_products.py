"""Products with vectors are those of the whole derivatives, and cost no Jacobian."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError, Diverged
from sobolev.fem import (
    Body,
    BodyForce,
    BoundaryMean,
    Compliance,
    Fixed,
    LinearElastic,
    Model,
    NeoHooke,
    Path,
    PerCell,
    PerPoint,
    PlaneStrain,
    PNorm,
    Shape,
    SuperLU,
    ThermalStrain,
    TotalForce,
    grid,
    mesh_gradient,
    von_mises,
)  # fmt: skip
from sobolev.fem.sensitivity import products
from sobolev.fem.solvers.solver import EXACT, ROUGH, Singular

CELLS = 8
NAMES = (*(f"E[{k}]" for k in range(CELLS)), "F")
MODEL = Model(
    grid((4, 2)), [Body(PlaneStrain(NeoHooke(PerCell("E"), 0.3)))], [Fixed("left")],
    [TotalForce("right", (0.0, "F"))],
    {"tip": BoundaryMean("right", 1), "stress": PNorm(von_mises, exponent=4.0)},
    Box(NAMES, (50.0,) * CELLS + (0.5,), (150.0,) * CELLS + (2.0,)),
)  # fmt: skip
RNG = np.random.default_rng(0)
X = MODEL.box.from_unit(RNG.random((1, len(NAMES))))[0]


def test_products_are_those_of_the_arrays():
    y, J, H = MODEL.solve(X, 2)
    v, w = RNG.standard_normal(len(X)), RNG.standard_normal(2)
    value, along = MODEL.jvp(X, v)
    assert value == pytest.approx(y, rel=1e-13)
    assert along == pytest.approx(J @ v, rel=1e-10)
    assert MODEL.vjp(X, w)[1] == pytest.approx(w @ J, rel=1e-9, abs=1e-12)
    first, second = MODEL.hvp(X, v)
    assert first == pytest.approx(J, rel=1e-9, abs=1e-12)
    assert second == pytest.approx(H @ v, abs=1e-10 * np.abs(H @ v).max())


def stretched(X, length, tilt):
    return X * jnp.stack([length, 1.0])[None] + jnp.stack([0 * tilt, tilt])[None] * X[:, :1] ** 2


def heated(x, p):
    return 1e-3 * x[0] * x[1]


SHAPED = Model(
    grid((4, 2)),
    [Body(PlaneStrain(ThermalStrain(LinearElastic(100.0, 0.3), 1.0, PerPoint(heated))))],
    [Fixed("left")], [TotalForce("right", (0.0, 1.0)), BodyForce((0.1, 0.0))],
    {"tip": BoundaryMean("right", 1), "stress": PNorm(von_mises, exponent=4.0)},
    Box(("length", "tilt"), (1.0, 0.0), (4.0, 1.0)), Shape(stretched, ("length", "tilt")),
)  # fmt: skip


def test_the_gradient_by_the_positions_of_all_nodes_is_that_of_every_geometry():
    """Through ∂X/∂p, with tractions, body forces, temperatures and stresses that move along."""
    p, w = np.array([2.0, 0.3]), RNG.standard_normal(2)
    y, of_X = mesh_gradient(SHAPED, p, w)
    of_p = jax.jacfwd(lambda p: stretched(jnp.asarray(SHAPED.mesh.points), *p))(p)
    value, slope = SHAPED.vjp(p, w)
    assert y == pytest.approx(value, rel=1e-13)
    assert np.einsum("ni,nip->p", of_X, of_p) == pytest.approx(slope, rel=1e-11)
    with pytest.raises(ConfigError, match="history"):
        mesh_gradient(replace(SHAPED, path=Path()), p, w)


@dataclass(frozen=True)
class SingularAtTheEnd(SuperLU):
    """Its factor fails once Newton's method has ended; Pardiso's and multigrid's may do so."""

    def prepare(self, pattern, symmetric=True):
        return Failing(super().prepare(pattern, symmetric))


class Failing:
    def __init__(self, of):
        self.of, self.ended = of, False

    def factor(self, values, X=None):
        self.factored, self.ended = self.of.factor(values), False
        return self

    def solve(self, b, transposed=False, tolerance=EXACT):
        if self.ended and tolerance == EXACT:
            raise Singular("planted")
        self.ended |= tolerance == ROUGH
        return self.factored.solve(b, transposed)


@pytest.mark.parametrize("path", [None, Path()], ids=["static", "path"])
def test_a_tangent_that_turns_out_singular_is_said_to_be_so(path):
    model, p = replace(SHAPED, solver=SingularAtTheEnd(), path=path), np.array([2.0, 0.3])
    asked = [
        lambda: model.solve(p, 1), lambda: model.jvp(p, p), lambda: model.vjp(p, p),
        lambda: model.hvp(p, p), lambda: mesh_gradient(model, p, p),
    ]  # fmt: skip
    for ask in asked[: 5 if path is None else 4]:
        with pytest.raises(Diverged, match=r"singular.*derivatives do not exist"):
            ask()


def test_products_that_are_not_numbers_are_refused(monkeypatch):
    monkeypatch.setattr(products, "_response_along", lambda *_: (np.ones(2), np.full(2, np.nan)))
    with pytest.raises(Diverged, match="slope of 'tip' is not finite"):
        SHAPED.jvp(np.array([2.0, 0.3]), np.ones(2))


def test_a_field_of_ten_thousand_parameters():
    """Along random directions, against differences of values."""
    n = 100
    names = tuple(f"E[{k}]" for k in range(n * n))
    model = Model(
        grid((n, n)), [Body(PlaneStrain(LinearElastic(PerCell("E"), 0.3)))], [Fixed("left")],
        [TotalForce("right", (0.0, 1.0))], {"work": Compliance()},
        Box(names, (50.0,) * n * n, (150.0,) * n * n),
    )  # fmt: skip
    x = RNG.uniform(80, 120, n * n)
    slope = model.vjp(x, np.ones(1))[1]
    for _ in range(2):
        v = RNG.standard_normal(n * n)
        along = model.jvp(x, v)[1]
        assert along == pytest.approx([slope @ v], rel=1e-9)
        up, down = (model.solve(x + h * v, 0).value for h in (1e-3, -1e-3))
        assert (up - down) / 2e-3 == pytest.approx(along, rel=1e-6)
