"""Of a thousand points outside of a box not each is told."""

import warnings

import numpy as np
import pytest

from sobolev import Box, bridges, function
from sobolev.errors import DataError

ONE = function.of_callable(lambda x: (x,), Box(("a",), (0.0,), (1.0,)), ("y",))


def told(model, points):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for x in points:
            model.value([x])
    return [str(each.message) for each in said]


def test_the_first_second_fourth_and_so_on():
    model = bridges.Watched(ONE)
    said = told(model, [0.5, *np.linspace(2, 3, 1000), 0.5])
    assert len(said) == 10  # 1, 2, 4, …, 512
    assert "So far" not in said[0] and said[-1].endswith("So far 512 such points were asked.")
    assert hash(model) == hash(bridges.Watched(ONE)) and model == bridges.Watched(ONE)
    refusing = bridges.Watched(ONE, "refuse")
    for _ in range(2):
        with pytest.raises(DataError, match=r"do not trust what is said there\.$"):
            refusing.value([9.0])
