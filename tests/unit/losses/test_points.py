"""Points of blocks: shares of a mini-batch, drawn evenly, drawn where the residual is large."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError
from sobolev.losses import Adaptive, At, Equation, Uniform, View
from sobolev.losses.batch import shuffled

BOX = Box(("x", "t"), (-1.0, 2.0), (3.0, 2.5))
KEY = jax.random.key(0)


def rows(n, first=0.0):
    return At.of(first + jnp.arange(float(n))[:, None])


@pytest.mark.parametrize("counts, size", [((103, 3), 32), ((20, 20), 7), ((50, 1, 9), 10)])
def test_every_step_has_points_of_every_block(counts, size):
    """Each once an epoch; again only in steps that would have none."""
    steps = -(-sum(counts) // size)
    for n, batch in zip(counts, shuffled([rows(n) for n in counts], KEY, size), strict=True):
        each = -(-size * n // sum(counts))
        assert batch.weight.shape == (steps, each)
        assert np.all(batch.weight.sum(axis=1) >= 1)
        seen = np.asarray(batch.x[..., 0])[np.asarray(batch.weight) == 1]
        often = np.bincount(seen.astype(int), minlength=n)
        empty = steps - -(-n // each)
        assert often.min() >= 1 and often.sum() == n + empty * each


def test_the_order_of_a_block_is_its_own_and_fresh_points_are_not_dealt():
    one, none, two = shuffled([rows(9), None, rows(9)], KEY, 6)
    assert none is None
    assert np.any(np.asarray(one.x) != np.asarray(two.x))
    (alone,) = shuffled([rows(9)], KEY, 6)  # the first has the order that it would have alone
    np.testing.assert_array_equal(np.asarray(one.x).ravel()[:9], np.asarray(alone.x).ravel()[:9])


def test_uniform_points_fill_the_box():
    x = np.asarray(Uniform(BOX, 4000).draw(KEY, None).x)
    unit = (x - BOX.lower) / (np.array(BOX.upper) - BOX.lower)
    assert unit.min() >= 0 and unit.max() <= 1
    counts = np.histogramdd(unit, bins=4)[0]  # 16 cells of 250: 4 deviations of about 15
    assert np.abs(counts - 250).max() < 62


def test_adaptive_points_are_where_the_residual_is_large():
    """One half of the box has three times the residual: (3 + c) against (1 + c), c the mean."""
    size = lambda x: jnp.where(x[:, 0] > 1.0, 3.0, 1.0)  # noqa: E731

    def share(**how):
        draw = jax.jit(lambda k: Adaptive(BOX, 200, candidates=40_000, **how).draw(k, size).x)
        x = np.concatenate([draw(jax.random.key(i)) for i in range(5)])
        assert len(np.unique(x, axis=0)) == 1000
        return np.mean(x[:, 0] > 1.0)

    assert share(floor=0.0) == pytest.approx(3 / 4, abs=0.06)
    assert share() == pytest.approx((1.5 + 1) / (1.5 + 0.5 + 2), abs=0.06)
    assert share(power=0.0) == pytest.approx(1 / 2, abs=0.06)


def test_an_adaptive_equation_looks_at_its_residual_less_its_label():
    """u = x: |u − 3| is largest at the left, |u + 1| at the right."""
    equation = lambda f: Equation(  # noqa: E731
        "u", lambda u, x: u(x)[0], Adaptive(BOX, 20, candidates=200, power=20.0, floor=0.0), f, 0
    )
    left, right = (
        np.asarray(equation(f).draw(KEY, View(lambda x: x[:1])).x[:, 0]) for f in (3.0, -1.0)
    )
    assert left.max() < 0.0 and right.min() > 2.0
    nowhere = equation(0.0).draw(KEY, View(lambda x: 0 * x[:1]))  # a residual of 0 everywhere
    assert np.isfinite(nowhere.x).all()


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Uniform(BOX, 0), "the number of points must be a whole number.*≥ 1: got 0"),
        (lambda: Uniform(BOX, 3, every=0.5), "drawn anew must be a whole number"),  # pyright: ignore
        (lambda: Adaptive(BOX, 3, candidates=2), "as many candidates as points, 3: got 2"),
        (lambda: Adaptive(BOX, 3, power=-1.0), "numbers ≥ 0: got -1.0 and 1.0"),
    ],
)
def test_points_without_a_meaning_are_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()


# ---- points that are never trained on


def nothing(u, x):
    return u(x)[0]


def elsewhere(points, labels=0.0):
    found = Equation("e", nothing, points, labels, 0).elsewhere(jax.random.key(7))
    return None if found is None else np.asarray(found.x)


@pytest.mark.parametrize("points", [Uniform(BOX, 50), Adaptive(BOX, 50)], ids=["even", "adaptive"])
def test_drawn_points_have_others_of_their_box_which_are_never_trained_on(points):
    one, two = elsewhere(points), elsewhere(points)
    assert one.shape == (50, 2) and np.array_equal(one, two)
    assert (one >= BOX.lower).all() and (one <= BOX.upper).all()
    assert Equation("e", nothing, points, 3.0, 0).elsewhere(KEY).known.tolist() == [[3.0]] * 50


def test_between_points_that_stay_lie_midpoints_and_those_of_a_wall_on_the_wall():
    grid = np.stack(np.meshgrid(np.linspace(-1, 3, 9), np.linspace(2, 2.5, 6)), -1).reshape(-1, 2)
    wall = grid[(grid == grid.min(0)).any(1) | (grid == grid.max(0)).any(1)]
    inside = np.random.default_rng(0).uniform(BOX.lower, BOX.upper, (200, 2))
    for x in (grid, wall, inside, grid[grid[:, 0] == -1], np.concatenate([inside, wall])):
        found = elsewhere(x)
        assert len(x) / 3 < len(found) <= len(x)
        assert (found >= x.min(0)).all() and (found <= x.max(0)).all()
        nearest = np.linalg.norm(found[:, None] - x[None], axis=2).min(axis=1)
        assert nearest.min() > 1e-6
    assert all(((e == wall.min(0)) | (e == wall.max(0))).any() for e in elsewhere(wall))
    assert np.all(elsewhere(grid[grid[:, 0] == -1])[:, 0] == -1)
    np.testing.assert_allclose(elsewhere(np.array([[0.0], [1.0], [3.0]])), [[0.5], [2.0]])


def test_where_nobody_knows_the_place_between_points_there_is_none():
    angle = np.linspace(0, 2 * np.pi, 60)[:-1]
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert elsewhere(circle) is None
    assert elsewhere(np.array([[1.0, 2.0]])) is None and elsewhere(circle[:1].repeat(3, 0)) is None
    assert elsewhere(circle[:5] + 0.0, np.arange(5.0)) is None  # labels belong to their points
