"""Problems that work, fail and kill, for the tests of `generate`."""

from dataclasses import dataclass

import numpy as np
import pytest

from sobolev import Box, designs
from sobolev.errors import Diverged
from sobolev.function import Derivatives
from sobolev.generation import generate
from sobolev.problems import FunctionProblem

BOX = Box(("a", "b"), (0.5, -1), (2, 3), ("mm", ""))


def _function(x):
    a, b = x
    y = np.array([a**2 * np.sin(b), a / 3])
    dy = np.array([[2 * a * np.sin(b), a**2 * np.cos(b)], [1 / 3, -0.0]])
    d2y = np.array([[[2 * np.sin(b), 2 * a * np.cos(b)]] * 2, [[0, 0]] * 2])
    return y, dy, d2y


def _steep(x):
    """No solution for a > 1.5; not a number for b > 2."""
    if x[0] > 1.5:
        raise Diverged("Newton's method stopped after 20 iterations.")
    return _function(x)[0] * (np.nan if x[1] > 2 else 1), _function(x)[1]


def _broken(x):
    raise ZeroDivisionError("no stiffness")


def _problem(function=_function, **changes):
    return FunctionProblem(function, **(dict(box=BOX, outputs=("u", "v")) | changes))


def _same(ours, theirs):
    assert ours.x.tobytes() == theirs.x.tobytes()
    assert ours.labels().keys() == theirs.labels().keys()
    for name, array in ours.labels().items():
        assert array.tobytes() == theirs.labels()[name].tobytes()


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal"
    generate(_problem(_steep), designs.grid(3), journal=path, on_diverged="absent")
    return path


def _again(path):
    return generate(_problem(_steep), designs.grid(3), journal=path, on_diverged="absent")


@dataclass(frozen=True)
class _Plate:
    load: float
    name: str = "plate"
    box: Box = BOX
    outputs: tuple = ("u", "v")
    output_units: tuple = ("", "")

    def solve(self, x, order=1):
        y, dy, _ = _function(x)
        return Derivatives(self.load * y, self.load * dy)
