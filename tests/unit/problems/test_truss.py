"""Trusses: statics by hand, the designs that were published, and what is no truss."""

import numpy as np
import pytest

from sobolev.errors import ConfigError
from sobolev.problems import TEN_BAR_LIMITS, TEN_BAR_SECTIONS, Truss, ten_bar_truss

WALL = ((0, 0), (0, 1), (1, 0), (1, 1))
BRACKET = {
    "nodes": ((0.0, 3.0), (0.0, 0.0), (4.0, 0.0)), "bars": ((0, 2), (1, 2)), "supports": WALL,
    "loads": ((2, 1, -6.0),), "modulus": 50.0, "density": 0.5,
}  # fmt: skip


def test_a_bracket_by_hand():
    """3-4-5: the tie has 10, the strut −8; Castigliano's theorem gives the drop."""
    found = Truss(**BRACKET)
    y, dy = found.derivatives(np.array([2.0, 4.0]))
    assert found.outputs == ("weight", "u3x", "u3y", "s1", "s2")
    drop = -(10**2 * 5 / 2 + 8**2 * 4 / 4) / 50 / 6
    np.testing.assert_allclose(y, [0.5 * 26, -8 * 4 / (50 * 4), drop, 10 / 2, -8 / 4], rtol=1e-12)
    np.testing.assert_allclose(dy[0], [2.5, 2.0])
    np.testing.assert_allclose(dy[2], [10**2 * 5 / 4 / 300, 8**2 * 4 / 16 / 300], rtol=1e-12)


def test_a_tripod_in_space():
    """Three equal bars share what pulls along their axis."""
    foot = [(np.cos(a), np.sin(a), 0.0) for a in 2 * np.pi * np.arange(3) / 3]
    held = tuple((i, axis) for i in range(3) for axis in range(3))
    legs = Truss(
        (*foot, (0.0, 0.0, 1.0)), ((0, 3), (1, 3), (2, 3)), held, ((3, 2, -3.0),), 1.0, 1.0
    )
    y = legs.value(np.full(3, 2.0))
    assert legs.outputs == ("weight", "u4x", "u4y", "u4z", "s1", "s2", "s3")
    np.testing.assert_allclose(y[4:], -(2**0.5) / 2, rtol=1e-12)
    np.testing.assert_allclose(y[1:4], [0, 0, -(2**0.5)], atol=1e-12)


@pytest.mark.parametrize(
    ("design", "weight", "move"),
    [
        ([41, 0, 38, 31, 0, 0, 27, 38, 37, 0], 5490.738, 1.998943),
        ([41, 0, 38, 32, 0, 0, 27, 37, 37, 0], 5491.717, 1.998115),
        ([40, 0, 38, 29, 0, 0, 27, 39, 37, 1], 5531.984, 1.999219),
    ],
)
def test_designs_of_ten_bars_that_were_published(design, weight, move):
    truss = ten_bar_truss()
    y = truss.value(np.array(TEN_BAR_SECTIONS)[design])
    assert y[0] == pytest.approx(weight, abs=1e-3) and abs(y[1:9]).max() == pytest.approx(move)
    share = y[1:] / [TEN_BAR_LIMITS[name] for name in truss.outputs[1:]]
    assert np.abs(share).max() < 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"bars": ((0, 2), (1, 3))}, "a bar has the node 3, but the 3 nodes"),
        ({"loads": ((-1, 1, 1.0),)}, "a load has the node -1"),
        ({"supports": (*WALL, (2, 2))}, "axes are 0 to 1: got 2"),
        ({"bars": ((0, 2), (2, 2))}, "bar 1 has no length"),
        ({"bars": ((0, 2),)}, "can move in 1 ways"),
        ({"modulus": 0.0}, "the modulus must be a positive number"),
        ({"density": -1.0}, "the density must be a positive number"),
        ({"areas": (0.0, 1.0)}, "the least area must be a positive number"),
    ],
)
def test_what_is_no_truss_is_told(change, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Truss(**(BRACKET | change))
