import math

import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError

BAD = {
    "lengths": (dict(names=("a", "b"), lower=(0,), upper=(1, 1)), "2 names, 1 lower"),
    "no names": (dict(names=(), lower=(), upper=()), "0 names"),
    "units": (dict(names=("a",), lower=(0,), upper=(1,), units=("m", "s")), "2 units"),
    "repeated": (dict(names=("a", "a"), lower=(0, 0), upper=(1, 1)), "must differ"),
    "nan": (dict(names=("a",), lower=(math.nan,), upper=(1,)), "'a' must be finite"),
    "inf": (dict(names=("a",), lower=(0,), upper=(math.inf,)), r"\[0.0, inf\]"),
    "swapped": (dict(names=("a", "E"), lower=(0, 2), upper=(1, 1)), "'E'.*lower < upper"),
    "empty": (dict(names=("a",), lower=(1,), upper=(1,)), "lower < upper"),
    "text bound": (dict(names=("a",), lower=("low",), upper=(1,)), "lower.*one number.*low"),
    "no sequence": (dict(names=("a",), lower=0, upper=(1,)), "lower.*one number.*0"),
    "complex": (dict(names=("a",), lower=(0,), upper=(1j,)), "upper.*one number.*1j"),
    "text names": (dict(names="ab", lower=(0, 0), upper=(1, 1)), r"names.*'ab'.*give a tuple"),
    "text units": (dict(names=("a",), lower=(0,), upper=(1,), units="m"), "units.*give a tuple"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_boxes_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Box(**arguments)


def test_units_default_to_none_given():
    box = Box(("a", "b"), (0, 1), (1, 2))
    assert box.units == ("", "")
    assert box.dimension == 2
    assert box == Box(["a", "b"], np.array([0, 1]), [1.0, 2.0])  # arrays and lists become tuples


def test_the_bounds_are_hit_exactly_and_huge_boxes_do_not_overflow():
    box = Box(("a", "b", "c"), (0.1, -1e308, 1e-3), (0.3, 1e308, 7.7))
    corners = box.from_unit([[0, 0, 0], [1, 1, 1]])
    assert (corners == [box.lower, box.upper]).all()
    assert np.isfinite(box.from_unit(np.full((1, 3), 0.5))).all()


@pytest.mark.parametrize("shape", [(2,), (5, 1), (5, 3), (1, 5, 2)])
def test_the_wrong_width_is_not_broadcast(shape):
    with pytest.raises(ConfigError, match=r"shape \(n, 2\).*got"):
        Box(("a", "b"), (0, 0), (1, 1)).from_unit(np.zeros(shape))
