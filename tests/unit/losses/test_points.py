"""Points of blocks: shares of a mini-batch, drawn evenly, drawn where the residual is large."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError
from sobolev.losses import (
    Adaptive,
    At,
    Ball,
    Equation,
    LatinHypercube,
    Refined,
    Region,
    Sobol,
    Unbiased,
    Uniform,
    View,
)  # fmt: skip
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


def unit_cube(x):
    return (np.asarray(x) - BOX.lower) / (np.array(BOX.upper) - BOX.lower)


@pytest.mark.parametrize("kind", [Sobol, LatinHypercube])
def test_designs_are_even_and_other_ones_by_another_key(kind):
    """One in each of m slices of both axes; Sobol' ones also one in each of 8 × 8 cells."""
    points = kind(BOX, 64)
    draw = jax.jit(lambda k: points.draw(k, None).x)
    one, two = unit_cube(draw(KEY)), unit_cube(draw(jax.random.key(1)))
    assert not np.isin(one, two).any()
    for x in (one, two):
        assert np.array_equal(
            np.sort(np.floor(x * 64), axis=0), np.arange(64.0)[:, None].repeat(2, 1)
        )
        cells = np.histogramdd(x, bins=8, range=[(0, 1)] * 2)[0]
        assert np.all(cells == 1) == (kind is Sobol)


def wavy(x):
    """A residual of mean square 1.5 over the box, in x alone."""
    return 1.0 + jnp.sin(np.pi * x[:, 0] / 2)


def test_adaptive_points_have_the_distribution_of_the_residual():
    """χ² of 12 slices in x against ε^k/mean ε^k + c, of 15 free numbers below 37 at 1e-4."""
    edges = np.linspace(-1, 3, 13)
    fine = np.linspace(-1, 3, 12_001)[:-1] + 1 / 6000
    for power, floor in ((1.0, 1.0), (2.0, 0.0), (0.0, 1.0)):
        points = Adaptive(BOX, 400, candidates=40_000, power=power, floor=floor)
        draw = jax.jit(lambda k, p=points: p.draw(k, wavy).x)
        x = np.concatenate([draw(jax.random.key(i)) for i in range(5)])
        assert len(np.unique(x, axis=0)) == 2000
        ε = np.asarray(wavy(jnp.asarray(fine)[:, None])) ** power
        p = (ε / ε.mean() + floor).reshape(12, -1).sum(axis=1)
        expected = 2000 * p / p.sum()
        χ2 = np.sum((np.histogram(x[:, 0], edges)[0] - expected) ** 2 / expected)
        assert χ2 < 37, (power, floor)


def test_unbiased_points_have_the_mean_of_the_region():
    """mean r² over the box is 1.5; adaptive points see ∫ r³/∫ r + … of it."""
    leaning = Adaptive(BOX, 50, candidates=200, floor=0.5)
    points = Unbiased(leaning)

    def mean(key):
        at = points.draw(key, wavy)
        return jnp.mean(at.attention[:, 0] * wavy(at.x) ** 2), jnp.mean(wavy(at.x) ** 2)

    found, raw = map(np.asarray, jax.jit(jax.vmap(mean))(jax.random.split(KEY, 2000)))
    error = found.std() / 2000**0.5
    assert abs(found.mean() - 1.5) < 3.5 * error < 0.03
    assert raw.mean() > 1.8
    equation = Equation("wavy", lambda u, x: u(x)[0], points, order=0)
    view = View(lambda x: wavy(x[None]))
    batch = equation.draw(KEY, view)
    λ = np.asarray(batch.attention)
    want = 0.5 * np.mean(λ[:, 0] * np.asarray(wavy(batch.x)) ** 2)
    np.testing.assert_allclose(equation.losses(view, batch), [want], rtol=1e-12)


def test_where_most_candidates_have_no_chance_weights_are_numbers():
    """Thirty of a residual that is 0 but on a tenth of the box, with no floor under it."""
    points = Unbiased(Adaptive(BOX, 30, candidates=60, floor=0.0))
    at = points.draw(KEY, lambda x: jnp.maximum(wavy(x) - jnp.quantile(wavy(x), 0.9), 0.0))
    assert np.isfinite(at.attention).all() and float(at.attention.min()) > 0


def test_refined_points_stay_and_some_are_added_until_there_are_most():
    points = Refined(BOX, 20, most=44, more=10)
    last = points.draw(KEY, wavy)
    assert last.weight.tolist() == [1.0] * 20 + [0.0] * 24
    redraw = jax.jit(lambda at, k: points.redraw(at, k, wavy))
    for there, then in ((20, 30), (30, 40), (40, 44), (44, 44)):
        new = redraw(last, jax.random.key(there))
        assert new.weight.tolist() == [1.0] * then + [0.0] * (44 - then)
        np.testing.assert_array_equal(new.x[:there], last.x[:there])
        assert then == there or not np.isin(new.x[there:then], last.x).any()
        last = new
    added = np.asarray(Refined(BOX, 1, most=2001, more=2000).redraw(
        Refined(BOX, 1, most=2001).draw(KEY, wavy), KEY, wavy).x[1:])  # fmt: skip
    assert np.mean(np.asarray(wavy(jnp.asarray(added)))) > 1.4  # even ones: 1; p ∝ ε²: 5/3


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
        (lambda: Adaptive(BOX, 3, power=-1.0), "power of the residual must be a number ≥ 0"),
        (lambda: Adaptive(BOX, 3, power=0.0, floor=0.0), "the residual decides nothing"),
        (lambda: Refined(BOX, 3, 9, power=0.0), "refined need a power > 0"),
        (lambda: Refined(BOX, 3, 3), "most points that there will be must be a whole number ≥ 4"),
        (lambda: Sobol(BOX, 12), "Sobol' points are a power of two: got 12"),
        (lambda: Unbiased(Uniform(BOX, 3)), "takes Adaptive points: got Uniform"),  # pyright: ignore
        (lambda: Uniform("box", 3), "a region is a Box, a Ball.*got 'box'"),  # pyright: ignore
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


PUNCHED = Region.of(BOX) - Ball(("x", "t"), (1.0, 2.25), 0.2)


@pytest.mark.parametrize(
    "points",
    [
        Uniform(BOX, 50), Adaptive(BOX, 50), Sobol(PUNCHED, 32), LatinHypercube(BOX, 50),
        Unbiased(Adaptive(PUNCHED, 50)), Refined(BOX, 30, most=50),
    ],
    ids=lambda p: type(p).__name__,
)  # fmt: skip
def test_drawn_points_have_others_of_their_box_which_are_never_trained_on(points):
    one, two = elsewhere(points), elsewhere(points)
    assert one.shape == (points.count, 2) and np.array_equal(one, two)
    assert (one >= BOX.lower).all() and (one <= BOX.upper).all()
    assert (
        Equation("e", nothing, points, 3.0, 0).elsewhere(KEY).known.tolist()
        == [[3.0]] * points.count
    )


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
    line = np.array([[0.0], [1.0], [2.5], [5.0]])  # of the last one no other is a neighbour
    np.testing.assert_allclose(elsewhere(line), [[0.5], [1.75]])
    # At one end of a line holds what does not hold halfway to the other.
    assert elsewhere(np.array([[0.0], [1.0]])) is None


def test_where_nobody_knows_the_place_between_points_there_is_none():
    angle = np.linspace(0, 2 * np.pi, 60)[:-1]
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert elsewhere(circle) is None
    assert elsewhere(np.array([[1.0, 2.0]])) is None and elsewhere(circle[:1].repeat(3, 0)) is None
    assert elsewhere(circle[:5] + 0.0, np.arange(5.0)) is None  # labels belong to their points
