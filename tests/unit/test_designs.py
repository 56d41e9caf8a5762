import numpy as np
import pytest

from sobolev import Box, designs
from sobolev.errors import ConfigError


def _box(d=2):
    return Box(tuple(f"x{i}" for i in range(d)), (0,) * d, (1,) * d)


def test_grid_has_every_combination_and_the_corners():
    points, group = designs.grid(4)(Box(("a", "b"), (1, -2), (5, 2)))
    assert group is None
    assert len(np.unique(points, axis=0)) == 16
    assert points.min(axis=0).tolist() == [1, -2]
    assert points.max(axis=0).tolist() == [5, 2]


def test_the_staggered_grid_of_the_talk():
    points, group = designs.staggered_grid(25, train=320)(_box())
    assert len(points) == 625
    assert (group == "train").sum() == 320
    assert (group == "valid").sum() == 305
    assert (points == designs.grid(25)(_box())[0]).all()


@pytest.mark.parametrize(
    ("n", "d", "train"),
    [(25, 2, 320), (25, 2, None), (3, 1, None), (4, 1, None), (4, 2, None), (6, 2, 25), (4, 3, 40)],
)
def test_validation_points_lie_between_training_points(n, d, train):
    _, group = designs.staggered_grid(n, train)(_box(d))
    training = np.pad((group == "train").reshape((n,) * d), 1)
    assert train is None or training.sum() == train
    between = [np.roll(training, 1, k) & np.roll(training, -1, k) for k in range(d)]
    inside = (slice(1, -1),) * d
    assert (training | np.any(between, axis=0))[inside].all()


def test_moved_points_are_spread_over_the_grid():
    _, few = designs.staggered_grid(25)(_box())
    points, many = designs.staggered_grid(25, train=340)(_box())
    moved = points[few != many]
    assert len(moved) == 27
    assert np.ptp(np.histogram(moved[:, 0], bins=3, range=(0, 1))[0]) <= 2


@pytest.mark.parametrize("d", [1, 2, 5])
def test_latin_hypercube_has_one_point_in_each_slice(d):
    points, _ = designs.latin_hypercube(40, seed=3)(_box(d))
    slices = np.sort(np.floor(points * 40).astype(int), axis=0)
    assert (slices == np.arange(40)[:, None]).all()


@pytest.mark.parametrize("d", [1, 2, 5])
def test_sobol_points_are_balanced_in_every_half_and_quarter(d):
    points, _ = designs.sobol(64, seed=3)(_box(d))
    for parts in (2, 4, 64):
        for axis in points.T:
            assert (np.bincount((axis * parts).astype(int), minlength=parts) == 64 // parts).all()


@pytest.mark.parametrize("make", [designs.latin_hypercube, designs.sobol])
def test_the_seed_decides(make):
    first, again, other = (make(8, seed)(_box())[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


BAD = {
    "grid of one": (lambda: designs.grid(1), "grid must be a whole number ≥ 2: got 1"),
    "half a point": (lambda: designs.grid(2.5), "whole number.*got 2.5"),
    "text": (lambda: designs.latin_hypercube("9"), "latin_hypercube.*got '9'"),
    "staggered of two": (lambda: designs.staggered_grid(2), "staggered_grid.*≥ 3: got 2"),
    "not a power of two": (lambda: designs.sobol(100), "power of two: got n=100"),
    "no points": (lambda: designs.sobol(0), "sobol.*≥ 1: got 0"),
    "negative seed": (lambda: designs.sobol(4, seed=-1), "seed of sobol.*got -1"),
    "few training": (
        lambda: designs.staggered_grid(5, train=12)(_box()),
        "from 13 to 24.*train=12",
    ),
    "all training": (
        lambda: designs.staggered_grid(5, train=25)(_box()),
        "from 13 to 24.*train=25",
    ),
    "huge": (lambda: designs.grid(1000)(_box(6)), "1.0e[+]18 points: take fewer"),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_bad_recipes_are_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
