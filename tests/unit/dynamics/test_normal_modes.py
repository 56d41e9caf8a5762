"""Frequencies of clusters that are known, how they change, and what is no minimum."""

import numpy as np
import pytest

from sobolev import Box
from sobolev.dynamics import normal_modes, relaxed
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.function import of_jax
from sobolev.problems import Ishigami, LennardJones

CLUSTER = LennardJones(7)
X = CLUSTER.minimum
MODES = normal_modes(CLUSTER, X)
KNOWN = 5.88176, 5.88176, 8.11629, 8.11629, 8.32946, 8.97480, 8.97480, 10.91495


def test_the_frequencies_are_those_of_the_books():
    assert len(MODES.squares) == 15
    assert MODES.frequencies[:8] == pytest.approx(KNOWN, abs=1e-5)
    assert MODES.frequencies[-1] == pytest.approx(15.91878, abs=1e-5)
    assert MODES.shapes @ MODES.shapes.T == pytest.approx(np.eye(15), abs=1e-12)
    heavy = normal_modes(CLUSTER, X, np.full(7, 4.0))
    assert heavy.frequencies == pytest.approx(MODES.frequencies / 2, rel=1e-9)


def test_changes_are_differences_of_squares():
    """The mass of one atom changes, as −½(M'H + HM'); a twofold mode by the mean of the two."""
    h, masses = 1e-4, np.ones(7)
    H = CLUSTER.hessian(X)[0]
    m = np.eye(21)[:3].sum(axis=0)
    by = -0.5 * (m[:, None] * H + H * m)
    more, less = (normal_modes(CLUSTER, X, masses + s * h * np.eye(7)[0]).squares for s in (1, -1))
    differences = (more - less) / (2 * h)
    found = MODES.changes(np.stack([by, 2 * by]))
    assert found[1] == pytest.approx(2 * found[0])
    simple = [4, 7, 14]
    assert found[0][simple] == pytest.approx(differences[simple], rel=1e-4, abs=1e-4)
    for pair in ([0, 1], [2, 3], [5, 6]):
        mean = np.full(2, differences[pair].mean())
        assert found[0][pair] == pytest.approx(mean, rel=1e-3, abs=1e-4)
    assert found[0][2] < -10.0


def test_a_cluster_falls_back_into_its_minimum():
    start = X + 0.03 * np.random.default_rng(0).normal(size=21)
    found = relaxed(CLUSTER, start)
    assert CLUSTER.value(found)[0] == pytest.approx(-16.505384168, abs=1e-9)
    assert normal_modes(CLUSTER, found).frequencies == pytest.approx(MODES.frequencies, rel=1e-6)


BOX = Box(tuple(f"X{i}.{a}" for i in (1, 2) for a in "xyz"), (-1.0,) * 6, (1.0,) * 6)
FALLING = of_jax(lambda x: -((x[:3] - x[3:]) ** 2).sum()[None], BOX, ("energy",))


@pytest.mark.parametrize(
    "ask, kind, sentence",
    [
        (lambda: normal_modes(Ishigami(), X[:3]), ConfigError, "got 3 inputs and 1 outputs"),
        (lambda: normal_modes(CLUSTER, X, -1.0), ConfigError, "one positive number, or one for"),
        (lambda: normal_modes(CLUSTER, 1.05 * X), DataError, "frequencies belong to a minimum"),
        (lambda: MODES.changes(np.eye(3)), DataError, r"\[..., 21, 21\]: got \(3, 3\)"),
        (lambda: relaxed(FALLING, np.eye(6)[0]), Diverged, "no minimum near x: after"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(ask, kind, sentence):
    with pytest.raises(kind, match=sentence):
        ask()
