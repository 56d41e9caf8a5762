"""Wrong derivatives are named, right ones never accused; what cannot be judged is said."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from helpers import in_units, jacobians, table, values, with_gaps
from planted import KINDS, PROBLEMS, extra, named, plant
from typer.testing import CliRunner

from sobolev import Dataset, check, estimate_derivatives, write
from sobolev.cli import app
from sobolev.errors import DataError

BY_NAME = {problem.name: problem for problem in PROBLEMS}
table_of = cache(lambda name, seed, order=1: BY_NAME[name].table(seed, order))


@pytest.mark.parametrize("kind", range(1, 13), ids=KINDS)
def test_gross_errors_are_named(kind):
    """A part of the 720 of benchmarks/derivative_check.py; there 99 % are the bar.

    Were the true rate 99 %, a miss of 2 would come up in 2 % of runs; the seed is fixed, so that
    this test is right or wrong for good.
    """
    names = "beam", "Rastrigin", "robot arm", "borehole"
    for name in (names[kind % 4], names[(kind + 1) % 4]):
        wrong = plant(kind, table_of(name, 0, 2 if kind == 10 else 1), 0)
        checked = check(wrong.data)
        assert named(wrong, checked) and not extra(wrong, checked), name


@pytest.mark.parametrize("name", BY_NAME)
def test_clean_tables_are_not_accused(name):
    rng, data = np.random.default_rng(0), table_of(name, 0)
    slopes = 0.01 * np.sqrt((data.jacobian**2).mean(0)) * rng.normal(size=data.jacobian.shape)
    noisy = data.y + 0.01 * data.y.std(0) * rng.normal(size=data.y.shape)
    for each in (data, replace(data, jacobian=data.jacobian + slopes), replace(data, y=noisy)):
        assert check(each).findings == ()


@pytest.mark.parametrize("seed", [74, 80])  # those that were accused before the logarithm
def test_an_input_over_decades_is_compared_in_its_logarithm(seed):
    assert check(table_of("borehole", seed)).good
    x = np.random.default_rng(seed).uniform([1e-3, 0], [1, 1], (80, 2))
    y = np.log(x[:, 0]) + x[:, 1] ** 2
    slopes = np.stack([1 / x[:, 0], 2 * x[:, 1]], axis=1)
    data = Dataset(x, y[:, None], slopes[:, None])
    assert check(data).good and not check(data).unjudged
    (found,) = check(replace(data, jacobian=data.jacobian * [-1.0, 1.0])).findings
    assert (found.kind, found.inputs) == ("factor", ("x1",))


def test_no_order_of_columns_is_read_out_of_a_handful_of_rows():
    assert check(BY_NAME["borehole"].table(1061, 1, rows=4)).good  # 28 swaps, 3 differences


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8, 12])
def test_few_rows_are_no_reason_to_accuse(rows):
    for seed in range(5):
        data = table(rows, outputs=2, order=2, seed=seed)
        assert check(data).good
    assert check(table(3)).unjudged == ("du/da", "du/db")
    assert "cannot be judged" in check(table(3)).line


def test_rows_too_far_apart_are_not_judged():
    x = np.random.default_rng(0).uniform(0, 1, (60, 2))
    phase = x @ np.array([90.0, 70.0])
    data = Dataset(x, np.sin(phase)[:, None], np.cos(phase)[:, None, None] * [90.0, 70.0])
    assert check(data).good and len(check(data).unjudged) == 2
    flipped = replace(data, jacobian=-data.jacobian)
    assert check(flipped).good  # not seen, and so said
    assert "far apart" in check(flipped).line


def test_what_is_found_is_said_with_its_remedy():
    data = table(80, outputs=2)
    jacobian = data.jacobian.copy()
    jacobian[:, 1, 0] *= -1
    checked = check(replace(data, jacobian=jacobian))
    (found,) = checked.findings
    assert (found.kind, found.output, found.inputs, found.rows) == ("factor", "v", ("a",), ())
    assert found.sentence.startswith("dv/da has the wrong sign: multiply by −1")
    assert found.after < 0.2 * found.before
    assert not checked.good and checked.line.startswith("a derivative looks wrong: dv/da")
    assert [j.verdict for j in checked.judged] == ["right", "right", "wrong", "right"]
    assert "1. dv/da" in str(checked)
    assert check(data).line == "derivatives agree with the values (4 columns, 80 rows)"


def test_units_of_length_are_recognised():
    data = table(80)
    jacobian = data.jacobian * np.array([1.0, 1000.0])
    (found,) = check(replace(data, jacobian=jacobian)).findings
    assert "du/db is 1000 times too large: multiply by 0.001 (another unit" in found.sentence


def test_several_errors_at_once():
    data = table(120, outputs=2)
    jacobian = data.jacobian.copy()
    jacobian[:, 0] *= [-1.0, 1e3]
    jacobian[7, 1] *= -1
    found = check(replace(data, jacobian=jacobian)).findings
    assert [(f.output, f.rows) for f in found] == [("u", ()), ("v", (7,))]
    assert found[0].inputs == ("a", "b")


def test_a_wrong_value_is_not_blamed_on_the_derivative():
    data = table(120)
    y = data.y.copy()
    y[31] += 2 * data.y.std()
    assert all(found.kind == "value" for found in check(replace(data, y=y)).findings)


def test_derivatives_of_something_else_are_seen():
    data = table(150)
    other = np.random.default_rng(1).permutation(150)
    (found,) = check(replace(data, jacobian=data.jacobian[other])).findings
    assert (found.kind, found.output) == ("unrelated", "u")


def test_units_and_gaps_change_nothing():
    data = table(120, outputs=2)
    wrong = replace(data, jacobian=data.jacobian * np.array([[1.0, 1.0], [1.0, -1.0]]))
    for each in (
        in_units(wrong, [1e3, 1e-6], [1e-4, 1e5], shift_output=[3.0, -1e6]),
        with_gaps(wrong, 0.2),
        replace(wrong, y=np.where(np.arange(120)[:, None] % 3 == 0, np.nan, wrong.y)),
    ):
        (found,) = check(each).findings
        assert (found.output, found.inputs) == ("v", ("b",))
    assert check(with_gaps(data, 0.3)).good


def test_a_hessian_is_compared_with_the_gradients():
    data = table(120, order=2)
    assert check(data).good
    hessian = data.hessian.copy()
    hessian[:, 0] *= -1
    found = check(replace(data, hessian=hessian)).findings
    assert {f.kind for f in found} == {"sign"} and {f.output for f in found} == {"u/da", "u/db"}
    hessian = data.hessian.copy()
    hessian[5, 0, 0, 1] += 1
    (found,) = check(replace(data, hessian=hessian)).findings
    assert (found.kind, found.inputs, found.rows) == ("asymmetric", ("a", "b"), (5,))


def test_nothing_to_judge():
    data = table(40)
    assert check(replace(data, jacobian=None)).line == "no derivatives to check (40 rows)"
    assert "no values" in check(replace(data, y=np.full((40, 1), np.nan))).line
    constant = replace(data, x=data.x * [1.0, 0.0])
    assert "du/db" in check(constant).unjudged


def test_large_tables_are_sampled_and_the_same_each_time():
    data = table(3000)
    jacobian = np.roll(data.jacobian, 1, axis=0)
    checked = check(replace(data, jacobian=jacobian))
    assert [f.kind for f in checked.findings] == ["rows shifted"]
    assert (checked.rows, checked.of) == (1000, 3000)
    assert str(checked) == str(check(replace(data, jacobian=jacobian)))


def test_repeated_rows_and_grids():
    data = table(60)
    twice = data.rows(np.repeat(np.arange(60), 2))
    assert check(twice).good and not check(twice).unjudged
    a, b = np.meshgrid(np.linspace(-1, 2, 9), np.linspace(0, 1, 9))
    x = np.stack([a.ravel(), b.ravel()], axis=1)
    grid = Dataset(x, values(x), jacobians(x))
    assert check(grid).good and not check(grid).unjudged
    assert not check(replace(grid, jacobian=grid.jacobian[:, :, ::-1])).good


# --- the verb ---------------------------------------------------------------------------------


def test_the_verb_says_it_and_ends_with_a_code(tmp_path):
    data, path = table(60), tmp_path / "t.csv"
    write(path, data)
    options = [str(path), "--inputs", "a,b", "--outputs", "u"]
    done = CliRunner().invoke(app, ["check", *options])
    assert done.exit_code == 0 and "derivatives agree with the values" in done.stdout
    write(path, replace(data, jacobian=-data.jacobian))
    done = CliRunner().invoke(app, ["check", *options])
    assert done.exit_code == 2 and "wrong sign" in done.stdout
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    done = CliRunner().invoke(app, ["check", *options, "--json"])
    said = json.loads(done.stdout)
    assert not said["good"] and said["findings"][0]["kind"] == "sign"


# --- estimates --------------------------------------------------------------------------------


def test_estimates_fill_only_what_is_absent_and_are_marked():
    data = with_gaps(table(60, outputs=2), 0.3)
    data = replace(data, y=values(data.x), noise={"jacobian": 0.5})
    filled = estimate_derivatives(data)
    absent = np.isnan(data.jacobian)
    assert absent.any() and np.isfinite(filled.jacobian).all()
    np.testing.assert_array_equal(filled.jacobian[~absent], data.jacobian[~absent])
    np.testing.assert_array_equal(filled.estimated["jacobian"], absent)
    assert (filled.noise["jacobian"][~absent] == 0.5).all()
    assert (filled.noise["jacobian"][absent] < 0.5).all()
    error = (filled.jacobian - jacobians(data.x))[absent]
    assert np.sqrt(np.mean(error**2)) < 0.05
    assert check(replace(filled, noise={})).good


@pytest.mark.parametrize("name", ["Ishigami", "beam", "Rastrigin", "robot arm", "borehole"])
def test_the_claimed_uncertainty_covers_the_error(name):
    inside = []
    for seed in range(2):
        data = table_of(name, seed)
        filled = estimate_derivatives(replace(data, jacobian=None))
        off = np.abs(filled.jacobian - data.jacobian)
        inside.append(np.mean(off < 2 * filled.noise["jacobian"]))
    assert np.mean(inside) > 0.9


def test_the_claimed_uncertainty_knows_of_noise():
    data = table(200)
    y = data.y + 0.05 * data.y.std() * np.random.default_rng(0).normal(size=data.y.shape)
    filled = estimate_derivatives(Dataset(data.x, y))
    off = np.abs(filled.jacobian - data.jacobian)
    assert np.mean(off < 2 * filled.noise["jacobian"]) > 0.9
    assert filled.noise["jacobian"].mean() < 0.5 * np.abs(data.jacobian).mean()


def test_estimates_of_a_plane_are_exact():
    x = np.random.default_rng(0).uniform(size=(30, 3))
    filled = estimate_derivatives(Dataset(x, (x @ [3.0, -2.0, 0.5])[:, None]))
    np.testing.assert_allclose(filled.jacobian, np.tile([3.0, -2.0, 0.5], (30, 1, 1)), atol=1e-6)


def test_estimates_are_refused_where_values_do_not_tell_them():
    with pytest.raises(DataError, match="has 5 values: an estimate"):
        estimate_derivatives(Dataset(table(5).x, table(5).y))
    with pytest.raises(DataError, match="'b' is constant"):
        estimate_derivatives(Dataset(table(20).x * [1, 0], table(20).y, inputs=("a", "b")))
    noise = np.random.default_rng(0).normal(size=(60, 1))
    with pytest.raises(DataError, match="do not tell its derivatives"):
        estimate_derivatives(Dataset(table(60).x, noise))
