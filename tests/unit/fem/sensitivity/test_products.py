"""Products with vectors are those of the whole derivatives, and cost no Jacobian."""

import numpy as np
import pytest

from sobolev import Box
from sobolev.fem import (
    Body,
    BoundaryMean,
    Compliance,
    Fixed,
    LinearElastic,
    Model,
    NeoHooke,
    PerCell,
    PlaneStrain,
    PNorm,
    TotalForce,
    grid,
    von_mises,
)  # fmt: skip

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
