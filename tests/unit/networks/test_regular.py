"""u = r^p N(r²): the parity of a smooth field at an axis, whatever the weights."""

import numpy as np
import pytest

from sobolev import Box, Surrogate
from sobolev.errors import ConfigError
from sobolev.networks import MLP, Face, HardBoundary, Regular

BOX = Box(("z", "r"), (2.0, 0.0), (5.0, 200.0), ("mm", "mm"))
MADE = Regular(MLP((5,)), "r", power=(1, 0))


def surrogate(made=MADE):
    units = {"output_scale": (0.01, 3.0), "output_shift": (0.2, -7.0)}
    return Surrogate.on(BOX, ("u", "w"), made, key=2, **units)


def test_one_output_is_odd_and_the_other_even_in_physical_units():
    x = np.array([[2.5, 40.0], [4.0, 130.0], [3.0, 199.0]])
    here, there = (surrogate().derivatives(x * [1, sign], 2) for sign in (1, -1))
    np.testing.assert_allclose(there[0], here[0] * [-1, 1], rtol=1e-11)
    np.testing.assert_allclose(there[1][..., 1], here[1][..., 1] * [1, -1], rtol=1e-9)
    assert np.abs(here[0]).min() > 1e-5


def test_at_the_axis_the_quotient_is_the_slope():
    axis = np.array([[3.0, 0.0]])
    y, slopes, curved = surrogate().derivatives(axis, 2)
    assert abs(y[0, 0]) < 1e-15 and slopes[0, 1, 1] == 0 and abs(curved[0, 0, 1, 1]) < 1e-12
    near = surrogate().value(np.array([[3.0, 1e-3]]))[0, 0] / 1e-3
    assert near == pytest.approx(slopes[0, 0, 1], rel=1e-6) and abs(near) > 1e-6


def test_it_is_saved_and_lies_inside_a_hard_boundary(tmp_path):
    rim = Surrogate.on(BOX, ("u", "w"), HardBoundary(MADE, (Face("r", 200.0),)), key=1)
    x = np.array([[3.0, 200.0], [3.0, 0.0], [4.0, 70.0]])
    y = rim.value(x)
    np.testing.assert_allclose(y[0], 0.0, atol=1e-15)
    loaded = Surrogate.load(rim.save(tmp_path / "s.npz"))
    assert loaded.architecture == rim.architecture
    np.testing.assert_array_equal(loaded.value(x), y)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Regular(MLP(), "r", -1), "power is a whole number ≥ 0.*got -1"),
        (lambda: Regular(MLP(), "r", 0.5), "power is a whole number ≥ 0.*got 0.5"),
        (lambda: Regular(None), "lies around an architecture: got None"),
        (lambda: surrogate(Regular(MLP(), "x")), "no input 'x': choose one of z, r"),
        (lambda: surrogate(Regular(MLP(), "r", (1, 1, 0))), "one for each of 2 outputs"),
    ],
)
def test_what_is_no_power_is_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()
