"""Wrong values and stand-ins of failed runs are named with their rows; right ones are not."""

from dataclasses import replace

import numpy as np
import pytest
from faulty_tables import (
    ROUGH,
    SMOOTH,
    STAND_INS,
    table_of,
    with_bad_gradients,
    with_stand_ins,
    with_wrong_values,
)
from helpers import table
from typer.testing import CliRunner

from sobolev import check, write
from sobolev.cli import app

BY_NAME = {response.name: response for response in SMOOTH + ROUGH}
PLAIN = ("sin 2a + b²", "Branin", "beam", "four", "Friedman")


def rows_of(checked) -> tuple[int, ...]:
    return tuple(row for f in checked.findings if f.of_values for row in f.rows)


@pytest.mark.parametrize("size", [1.0, 10.0, 1e4, 1e10])
@pytest.mark.parametrize("slopes", [1.0, 0.7])
def test_one_wrong_value_is_named(size, slopes):
    """A part of benchmarks/wrong_values.py, where more than 95 % of 400 are named."""
    named = 0
    for seed, name in enumerate(PLAIN):
        wrong = with_wrong_values(table_of(BY_NAME[name], 60, seed, slopes=slopes), [size], seed)
        findings = check(wrong.data).findings
        assert [f.rows for f in findings] in ([], [wrong.rows])
        named += bool(findings) and findings[0].kind == "value"
    assert named >= 4 + (size > 1)


def test_several_do_not_hide_each_other():
    named = 0
    for seed, name in enumerate(PLAIN):
        data = table_of(BY_NAME[name], 100, seed)
        wrong = with_wrong_values(data, [1, 2, 2, 1e3, 1e9, 1e9], seed)
        found = set(rows_of(check(wrong.data)))
        assert found <= set(wrong.rows), name
        named += len(found)
    assert named >= 29  # of 30


@pytest.mark.parametrize("kind", STAND_INS)
def test_a_stand_in_is_recognised_as_such(kind):
    for seed, name in enumerate(PLAIN):
        for slopes in (1.0, 0.0) if kind != "zero" else (1.0,):
            wrong = with_stand_ins(table_of(BY_NAME[name], 60, seed, slopes=slopes), kind, 3, seed)
            (found,) = check(wrong.data).findings
            assert (found.kind, found.rows) == ("stand-in", wrong.rows), name


def test_two_kinds_of_stand_ins_are_told_apart():
    data = table(80)
    y, jacobian = data.y.copy(), data.jacobian.copy()
    y[[3, 9, 17]], y[[20, 41]], y[[7, 50]] = -999.0, 1e20, 0.25
    jacobian[[7, 50]] = 0.0
    found = check(replace(data, y=y, jacobian=jacobian)).findings
    assert {f.rows for f in found} == {(3, 9, 17), (20, 41), (7, 50)}
    assert {f.kind for f in found} == {"stand-in"}
    said = " ".join(f.sentence for f in found)
    assert "rows 3, 9, 17 hold the same value -999 of u" in said and "failed run?" in said
    assert "0.25 of u, with slopes of zero," in said


def test_zero_in_a_third_of_the_rows_is_a_state_and_no_failure():
    data = table(80)
    idle = data.x[:, 0] < 0
    y = np.where(idle[:, None], 0.0, 1000.0 + data.y)
    jacobian = np.where(idle[:, None, None], 0.0, data.jacobian)
    assert check(replace(data, y=y, jacobian=jacobian)).good
    assert check(replace(data, y=np.where(idle[:, None], -1.0, 1000.0 + data.y))).findings


@pytest.mark.parametrize("name", BY_NAME)
def test_right_values_are_not_accused(name):
    # A grid has a row on top of the peak, and no other sees it: that cannot be told.
    for seed, design in enumerate(("latin hypercube", "uniform", "grid")[: 2 + (name != "peak")]):
        data = table_of(BY_NAME[name], 60, 40 + seed, design)
        rng = np.random.default_rng(seed)
        noisy = data.y + 0.02 * data.y.std() * rng.normal(size=data.y.shape)
        for each in (data, replace(data, y=noisy)):
            assert rows_of(check(each)) == ()


def test_a_wrong_value_hides_no_wrong_derivative():
    data = table(80)
    y = data.y.copy()
    y[31] += 5 * data.y.std()
    found = check(replace(data, y=y, jacobian=data.jacobian * [1.0, -1.0])).findings
    assert [f.kind for f in found] == ["value", "factor"] and found[0].rows == (31,)
    assert found[1].inputs == ("b",)


@pytest.mark.parametrize("count", [2, 3, 6])
def test_several_bad_gradients_are_named(count):
    for seed in range(4):
        wrong = with_bad_gradients(table_of(BY_NAME["sin 2a + b²"], 60, seed), count, seed)
        found = check(wrong.data).findings
        assert {row for f in found for row in f.rows} == set(wrong.rows)
        assert {f.kind for f in found} == {"row"}


def test_values_all_equal_contradict_slopes():
    data = table(40)
    (found,) = check(replace(data, y=np.full((40, 1), 3.0))).findings
    assert found.kind == "constant" and "values and slopes contradict each other" in found.sentence
    flat = replace(data, y=np.full((40, 1), 3.0), jacobian=1e-9 * data.jacobian)
    assert check(flat).good  # no printed digit would show it


def test_one_row_is_called_one_row():
    assert "one row has no neighbours to be compared with" in check(table(1)).line
    assert "3 values are too few" in check(table(3)).line


def test_a_stand_in_is_found_in_every_row_of_a_large_table():
    data = table(3000)
    rows = np.arange(5, 3000, 400)
    y = data.y.copy()
    y[rows] = 1e30
    (found,) = check(replace(data, y=y)).findings
    assert found.rows == tuple(rows)
    y = data.y.copy()
    y[2345] += 4 * y.std()
    assert check(replace(data, y=y)).findings[0].rows == (2345,)


def test_the_verb_names_the_row_and_ends_with_a_code(tmp_path):
    data, path = table(60), tmp_path / "t.csv"
    y = data.y.copy()
    y[17] = 50.0
    write(path, replace(data, y=y))
    options = [str(path), "--inputs", "a,b", "--outputs", "u"]
    done = CliRunner().invoke(app, ["check", *options, "--json"])
    assert done.exit_code == 2 and '"value"' in done.stdout
    assert "row 17: the value of u does not fit its neighbours and slopes" in done.stderr
