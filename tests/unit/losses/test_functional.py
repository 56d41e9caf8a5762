"""Integrals as losses: their rules, what they are measured by, and when they are cheated."""

import re
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, Surrogate, fit
from sobolev.errors import ConfigError, DataError, EquationWarning
from sobolev.losses import (
    Adaptive,
    At,
    Ball,
    Functional,
    Gauss,
    LatinHypercube,
    Region,
    View,
    by_names,
)
from sobolev.networks import MLP, Face, HardBoundary, tanh
from sobolev.optimisers import LBFGS, Adam, LevenbergMarquardt, SSBroyden
from sobolev.training.energy_notes import notes_on_term
from sobolev.training.notes import Kind
from sobolev.training.outcome import Outcome
from sobolev.weighting import Unweighted

LINE = Box(("x",), (0.0,), (1.0,))
PLATE = Box(("x", "y"), (-1.0, 0.0), (2.0, 1.0))
CELLS = 8
HOW = {"weighting": Unweighted(), "check": False, "records": 6}
WAVE = Surrogate.on(LINE, "a", MLP((6,), activation=tanh))


@by_names(LINE, "u")
def stretched(u):
    """A bar under b = 1.5, E = 1."""
    λ = 1 + u.x
    return ((λ**2 - 1) / 2 - jnp.log(λ)) / 2 - 1.5 * u


def wave(a, x):
    """Of u = a(x) sin²(πNx): no slope in the middle of N cells, and all the work of the load."""

    def u(z):
        return a(z)[0] * jnp.sin(jnp.pi * CELLS * z[0]) ** 2

    return jax.grad(u)(x)[0] ** 2 / 2 - u(x)


def deep(u, x):
    """Nothing stored."""
    return -u(x)[0]


def total(batch: At, f) -> float:
    return float(np.asarray(batch.known.each) @ f(np.asarray(batch.x)))


def test_gauss_in_cells_is_exact_wherever_its_points_are():
    rule = Gauss(PLATE, (3, 2), 4)
    exact = (np.exp(2) - np.exp(-1)) * np.sin(1.0)
    f = lambda x: np.exp(x[:, 0]) * np.cos(x[:, 1])  # noqa: E731
    batches = [rule.draw(), rule.draw(jax.random.key(1)), rule.elsewhere(jax.random.key(1))]
    assert [total(b, f) for b in batches[::2]] == pytest.approx([exact] * 2, rel=1e-9)
    assert total(batches[1], f) == pytest.approx(exact, rel=1e-5)
    assert rule.count == len(batches[1].weight) == 96 and len(batches[2].weight) == 4 * 5 * 3 * 5
    x = np.concatenate([np.asarray(b.x) for b in batches])
    assert len(np.unique(x.round(12), axis=0)) == len(x)
    stays = Gauss(PLATE, 2, 1, every=0)
    np.testing.assert_array_equal(stays.draw(jax.random.key(1)).x, stays.draw().x)


def test_points_drawn_evenly_have_the_measure_of_their_region():
    points = LatinHypercube(Region.of(PLATE).boundary("y=0"), 32)
    block = Functional("one", deep, points)
    there = block.elsewhere(jax.random.key(0))
    assert there is not None
    batches = block.draw(jax.random.key(0)), there
    assert [total(b, lambda x: np.ones(len(x))) for b in batches] == pytest.approx([3.0, 3.0])
    assert [len(b.weight) for b in batches] == [32, 128] and block.every == 1


def test_half_of_the_points_stand_for_all_and_a_scale_divides():
    x, ω = np.array([[0.2], [0.4], [0.8]]), np.array([1.0, 2.0, 3.0])
    block, view = Functional("deep", lambda u, x: x[0], x, ω, scale=2.0), View.of(WAVE)
    batch = block.draw()
    assert block.losses(view, batch) == pytest.approx([(0.2 + 0.8 + 2.4) / 2])
    some = batch._replace(weight=jnp.asarray([1.0, 0.0, 1.0]))
    assert block.losses(view, some) == pytest.approx([1.5 * (0.2 + 2.4) / 2])


def test_a_bar_has_its_known_length_and_energy():
    network = HardBoundary(MLP((8, 8), activation=tanh), (Face("x", 0.0),))
    start = Surrogate.on(LINE, "u", network, output_scale=0.5)
    block = Functional("energy", stretched, Gauss(LINE, CELLS, 4))
    found = fit(start, block, optimiser=SSBroyden(hold=20), epochs=200, **HOW)
    assert found.good and not any(note.alarming for note in found.notes), found.result
    assert np.isnan(found.fresh_residual)  # of no equation
    assert found.history.fresh_loss[-1, 0] == pytest.approx(-0.4946809319138875, abs=1e-6)
    assert found.surrogate.value(np.ones((1, 1)))[0, 0] == pytest.approx(1.049642224628, abs=1e-4)


def test_a_sum_that_falls_between_its_points_is_no_minimum():
    """The trap of the middles: the sum has no end, the integral rises."""
    block = Functional("energy", wave, Gauss(LINE, CELLS, 1, every=0))
    with pytest.warns(EquationWarning, match="fell by what lives between its points"):
        found = fit(WAVE, block, optimiser=SSBroyden(hold=20), epochs=30, **HOW)
    history = found.history
    assert history.loss[-1, 0] < history.loss[0, 0] < history.fresh_loss[-1, 0]
    assert found.outcome is Outcome.NO_MINIMUM and not found.good
    assert "'energy' was at last" in found.result and "drawn anew, Gauss(box" in found.result
    assert [note.kind for note in found.notes if note.alarming] == [Kind.NO_MINIMUM]
    # What is returned is the record with the least integral, not with the least sum.
    assert found.best_epoch == history.epoch[np.argmin(history.fresh_loss[:, 0])]


def test_points_that_are_listed_are_measured_by_a_control():
    middles = (np.arange(CELLS)[:, None] + 0.5) / CELLS, np.ones(CELLS) / CELLS
    how = HOW | {"optimiser": Adam(1e-2, None), "epochs": 60}
    alone = fit(WAVE, Functional("energy", wave, *middles), **how)
    assert any("give control=Gauss(box" in str(note) for note in alone.notes)
    block = Functional("energy", wave, *middles, control=Gauss(LINE, CELLS, 4))
    with pytest.warns(EquationWarning, match="between its points"):
        assert fit(WAVE, block, **how).outcome is Outcome.NO_MINIMUM


def test_an_integral_without_an_end_is_told():
    with pytest.warns(EquationWarning, match="has no end: is a movement left that nothing holds"):
        found = fit(
            WAVE, Functional("deep", deep, Gauss(LINE, CELLS, 4)),
            optimiser=LBFGS(), epochs=60, **HOW,
        )  # fmt: skip
    assert found.outcome is Outcome.NO_MINIMUM


def test_a_density_without_a_value_says_where_and_steps_are_shortened():
    """100 u − ln(u − x) has its minimum next to where it has no value, which long steps cross."""
    block = Functional(
        "energy", lambda u, x: 100 * u(x)[0] - jnp.log(u(x)[0] - x[0]), Gauss(LINE, CELLS, 4)
    )
    how = HOW | {"optimiser": SSBroyden(hold=20), "epochs": 100}
    start = Surrogate.on(LINE, "u", MLP((6,), activation=tanh), output_shift=0.5, output_scale=1e-9)
    with pytest.warns(EquationWarning, match=r"at x = 0\.5\d* and in all.*do not cut off"):
        found = fit(start, block, **how)
    assert found.outcome is Outcome.NOT_FINITE_AT_THE_START
    start = Surrogate.on(LINE, "u", MLP((6,), activation=tanh), output_shift=2.0, output_scale=0.2)
    found = fit(start, block, **how)
    assert found.rejected == 0 and found.good
    assert found.surrogate.value(np.array([[0.3]]))[0, 0] == pytest.approx(0.31, rel=1e-2)


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: Functional("e", deep, Adaptive(LINE, 8)),  # pyright: ignore
         ConfigError, "drawn evenly such as"),
        (lambda: Functional("e", deep, LINE),  # pyright: ignore
         ConfigError, "give Gauss.box, cells=16"),
        (lambda: Functional("e", deep, np.ones((3, 1))), ConfigError, "with weights"),
        (lambda: Functional("e", deep, Gauss(LINE), np.ones(64)), ConfigError, "own weights"),
        (lambda: Functional("e", deep, np.ones((3, 2)), np.ones(3)), DataError,
         "a column for each"),
        (lambda: Functional("e", deep, Gauss(PLATE)), DataError, "lie in a box of x, y"),
        (lambda: Functional("e", lambda u, x: u(x)[jnp.array([0, 0])], Gauss(LINE)), ConfigError,
         "must return a number"),
        (lambda: Functional("e", lambda u, x: np.log(u(x)[0]), Gauss(LINE)),  # pyright: ignore
         ConfigError, "cannot be evaluated"),
        (lambda: Gauss(Ball(("x", "y"), (0, 0), 1.0)),  # pyright: ignore
         ConfigError, "one of a box"),
        (lambda: Gauss(PLATE, (2, 2, 2)), ConfigError, "one for each of 2 inputs"),
        (lambda: Gauss(PLATE, 0), ConfigError, "the number of cells must be a whole number"),
    ],
)  # fmt: skip
def test_what_is_no_integral_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        fit(WAVE, make(), optimiser=Adam(1e-3, None), epochs=1, **HOW)


def test_least_squares_refuse_an_energy():
    with pytest.raises(ConfigError, match=r"LevenbergMarquardt works on residuals.*'energy'"):
        fit(WAVE, Functional("energy", wave, Gauss(LINE)), optimiser=LevenbergMarquardt(), **HOW)


@pytest.mark.parametrize(
    "first, own, there, allowance, words",
    [
        (0.0, -0.5, -0.49, 0.02, None),
        (0.0, -0.5, -0.49, None, None),
        (0.0, -0.5, -0.49, 0.001, "-0.5 on its points, from 0 at first, and -0.49 on others"),
        (0.0, -0.5, np.nan, 0.02, "has no value on others"),
        (0.0, -0.5, np.nan, None, None),
        (7.0, -8e6, -8e6, 1.0, "fell from 7 to -8e[+]06 and has no end"),
        (9.0, -8e6, -8e6, 1.0, None),
        (0.0, np.nan, np.nan, 0.02, "none on those drawn next"),
    ],
)
def test_what_is_said_of_an_integral(first, own, there, allowance, words):
    last, fresh = np.array([[first], [own]]), np.array([[first], [there]])
    history = SimpleNamespace(terms=("energy",), loss=last, fresh_loss=fresh)
    notes = notes_on_term(Functional("energy", deep, Gauss(LINE)), 0, allowance, history)  # pyright: ignore
    assert len(notes) == (words is not None)
    assert not words or re.search(words, notes[0].sentence)
