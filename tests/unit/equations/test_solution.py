"""Solutions for any parameters, of a basis that was trained or not."""

import numpy as np
import pytest

from sobolev import Box, Surrogate
from sobolev.equations import Solution
from sobolev.errors import DataError, Diverged
from sobolev.losses import Equation, LeastSquaresLayer, Slabs, Uniform, by_names
from sobolev.networks import MLP

BOX = Box(("x", "p"), (0.0, 0.0), (1.0, 1.0))
decay = Equation("decay", by_names(BOX, "u")(lambda u, p: u.x + p * u), Uniform(BOX, 32))
start = Equation("start", by_names(BOX, "u")(lambda u: u - 1.0), np.array([[0.0, 0.0]]), scale=0.1)
BASIS = Surrogate.on(BOX, ("a", "b", "c", "d"), MLP((8,)))
ROWS = np.random.default_rng(0).random((6, 2))


def test_a_basis_that_was_never_trained_solves_a_smooth_equation(tmp_path):
    layer = LeastSquaresLayer((decay, start), "p", Slabs("x", (0.0, 0.5, 1.0)), ridge=1e-12)
    u = Solution(BASIS, layer)
    y, slope = u.derivatives(ROWS)
    exact = np.exp(-ROWS[:, 0] * ROWS[:, 1])
    np.testing.assert_allclose(y[:, 0], exact, atol=2e-3)
    np.testing.assert_allclose(slope[:, 0, 1], -ROWS[:, 0] * exact, atol=0.02)
    assert u.outputs == ("u",) and u.inputs == ("x", "p")
    assert 0 < u.jump(np.array([0.3])) < 1e-3
    again = Solution(Surrogate.load(BASIS.save(tmp_path / "basis.npz")), layer)
    np.testing.assert_array_equal(again.value(ROWS), y)


def test_where_nothing_is_found_is_told_by_its_parameters():
    empty = LeastSquaresLayer(start, "p", ridge=0.0)  # one residual for four unknowns
    with pytest.raises(Diverged, match=r"no coefficients at p = 0\.25"):
        Solution(BASIS, empty).value(np.array([[0.5, 0.25]]))


def test_other_inputs_and_other_things_are_refused():
    layer = LeastSquaresLayer((decay, start), "p")
    with pytest.raises(DataError, match="lie in a box of x, p"):
        Solution(Surrogate.on(Box(("x", "t"), (0, 0), (1, 1)), ("a",)), layer)
    with pytest.raises(DataError, match="has the basis of a Surrogate"):
        Solution(layer, layer)  # pyright: ignore
    with pytest.raises(DataError, match="that of a LeastSquaresLayer"):
        Solution(BASIS, decay)  # pyright: ignore
