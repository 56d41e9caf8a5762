"""`sobolev evaluate` and `predict` from end to end, and each bad input as one sentence."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from cli_runs import FIT, refused, run, warned
from cli_runs import home as home
from cli_runs import quiet as quiet
from hypothesis import given, settings
from hypothesis import strategies as st

from sobolev import Surrogate
from sobolev.cli.verbs.predict import _csv
from sobolev.data import read, read_points, write
from sobolev.errors import DataError
from sobolev.plain_network import plain_network


def test_evaluate_prints_a_table_and_json(home):
    table = run("evaluate", home / "m.npz", home / "t.csv", "--rows", "valid")
    assert table.stderr == "" and "deta/da" in table.stdout
    printed = run("evaluate", home / "m.npz", home / "t.npz", "--rows", "valid", "--json")
    content = json.loads(printed.stdout)
    assert [term["name"] for term in content["terms"]] == ["eta", "deta/da", "deta/db"]
    assert {term["rows"] for term in content["terms"]} == {8}
    assert f"{content['relative_h1']:.3%}" in table.stdout
    assert len(content["model"]["sha256"]) == 64 and "jax" in content["versions"]


def test_evaluate_points_out_training_rows(home):
    result = run("evaluate", home / "m.npz", home / "t.csv")
    assert "16 of 24 rows are marked as training rows" in warned(result)
    refused(run("evaluate", home / "m.npz", home / "plain.csv", "--rows", "valid"), "--rows all")


def test_predict_writes_values_derivatives_and_whether_inside(home, tmp_path):
    out = tmp_path / "q.csv"
    result = run("predict", home / "m.npz", home / "p.csv", "--out", out, "--order", "2")
    assert warned(result).startswith("warning: 1 of 3 rows lie outside")
    header, *rows = [line.split(",") for line in out.read_text().splitlines()]
    second = ["d2eta/dada", "d2eta/dadb", "d2eta/dbdb"]
    assert header == ["a [mm]", "b", "eta", "deta/da", "deta/db", *second, "inside"]
    assert [row[-1] for row in rows] == ["yes", "yes", "no"]
    x = np.array([[1.25, 1.5], [1.75, 1.25], [9, 1.5]])
    surrogate = plain_network(home / "m.npz")  # JAX is beside it in test_networks.py
    numbers = np.array([row[:-1] for row in rows], float)
    np.testing.assert_array_equal(numbers[:, :2], x)
    np.testing.assert_array_equal(numbers[:, 2], surrogate.value(x)[:, 0])
    np.testing.assert_array_equal(numbers[:, 3:5], surrogate.jacobian(x)[:, 0])
    np.testing.assert_array_equal(numbers[:, 6], surrogate.hessian(x)[:, 0, 0, 1])
    assert read(out, inputs=("a", "b"), outputs=("eta",)).hessian is not None


def test_predict_marks_what_no_label_decided(home, tmp_path):
    """A value without a level has a column that says so, a slope without labels is empty."""
    model, out = tmp_path / "m.npz", tmp_path / "q.csv"
    open_ = replace(Surrogate.load(home / "m.npz"), undetermined=("eta", "deta/db"))
    open_.save(model)
    result = run("predict", model, home / "p.csv", "--out", out, "--order", "1")
    assert "without any value of 'eta'" in result.stderr
    assert "no label decides 'deta/db'" in result.stderr
    header, *rows = [line.split(",") for line in out.read_text().splitlines()]
    assert header == ["a [mm]", "b", "eta", "level of eta", "deta/da", "deta/db", "inside"]
    assert {(row[3], row[5]) for row in rows} == {("unknown", "")}
    again = read(out, inputs=("a", "b"), outputs=("eta",), columns=None)
    assert np.isfinite(again.y).all() and np.isnan(again.jacobian[:, 0, 1]).all()
    said = run("evaluate", model, home / "t.csv", "--rows", "valid", "--json").stdout
    assert len(json.loads(said)["notes"]) == 2


class Plane:
    """y = a + 2b under any names."""

    undetermined = ()

    def __init__(self, a, b, y, units=("", "", "")):
        self.inputs, self.outputs = (a, b), (y,)
        self.input_units, self.output_units = units[:2], units[2:]

    def derivatives(self, x, order):
        slopes = np.broadcast_to([[[1.0, 2.0]]], (len(x), 1, 2))
        return (x @ [[1.0], [2.0]], slopes, np.zeros((len(x), 1, 2, 2)))[: order + 1]


NAMES = st.text(alphabet="ab[]()0mM,;#% /d_²", min_size=1, max_size=7).map(str.strip).filter(bool)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(names=st.lists(NAMES, min_size=3, max_size=3, unique=True),
       units=st.lists(st.sampled_from(["", "mm", "N/mm²"]), min_size=3, max_size=3))  # fmt: skip
def test_what_predict_writes_is_read_under_any_names(tmp_path_factory, names, units):
    path, plane = tmp_path_factory.getbasetemp() / "any.csv", Plane(*names, tuple(units))
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    path.write_text(_csv(plane, x, 1, [True, False]))
    np.testing.assert_array_equal(
        read_points(path, plane.inputs, plane.input_units, ignore_extra=True), x
    )
    try:
        data = read(path, inputs=plane.inputs, outputs=plane.outputs)
    except DataError as error:
        assert "ways" in str(error) or "same quantity" in str(error)  # du/da/db, which nobody has
        return
    y, jacobian = plane.derivatives(x, 1)
    np.testing.assert_array_equal(data.y, y)
    np.testing.assert_array_equal(data.jacobian, jacobian)
    assert (data.input_units, data.output_units) == (plane.input_units, plane.output_units)


def test_predict_reads_its_own_table_back_without_being_told_the_names(tmp_path):
    plane = Plane("b[0]", "b[1]", "f")
    for plane.undetermined, columns in (((), ()), (("f", "df/db[1]"), ("level of f",))):
        (tmp_path / "q.csv").write_text(_csv(plane, np.eye(2), 2, [True, True]))
        data = read(tmp_path / "q.csv")
        assert (data.inputs, data.outputs) == (("b[0]", "b[1]"), ("f",))
        assert data.hessian is not None and data.unused.columns == (*columns, "inside")


@pytest.mark.parametrize("suffix", [".npz", ".h5", ".parquet"])
def test_predict_takes_points_of_any_format(home, tmp_path, suffix):
    data = read(home / "t.npz")
    points = write(tmp_path / f"t{suffix}", data)
    more = ["--ignore-extra"] if suffix == ".parquet" else []
    result = run("predict", home / "m.npz", points, "--out", tmp_path / "q.csv", *more)
    assert result.exit_code == 0, result.output
    again = read_points(tmp_path / "q.csv", ("a", "b"), ("mm", ""), ignore_extra=True)
    np.testing.assert_array_equal(again, data.x)
    other = write(tmp_path / f"o{suffix}", replace(data, inputs=("a", "c")))
    refused(run("predict", home / "m.npz", other, "--out", tmp_path / "q.csv", *more), "'b'" if more
            else "column 'c' is not an input of the model")  # fmt: skip


def test_what_of_a_table_is_not_used_is_said(home, tmp_path):
    text = (home / "plain.csv").read_text().replace("deta/da,", "sens_eta_a,")
    (tmp_path / "t.csv").write_text(text)
    names = "--inputs", "a,b", "--outputs", "eta"
    said = (
        "columns not used: sens_eta_a; 'sens_eta_a' looks like a derivative: declare it with "
        "columns = {'eta' = {'a' = 'sens_eta_a'}} in --config."
    )
    checked = run("check", tmp_path / "t.csv", *names)
    assert said in checked.stderr and checked.exit_code == 0
    assert json.loads(run("check", tmp_path / "t.csv", *names, "--json").stdout)["unused"] == said
    fitted = run("fit", tmp_path / "t.csv", "--out", tmp_path / "m.npz", *names, *FIT)
    assert said in warned(fitted)
    assert said in warned(run("evaluate", tmp_path / "m.npz", tmp_path / "t.csv"))


def test_the_same_seed_gives_the_same_bits_of_predictions(home, tmp_path):
    for name in "ab":
        model, out = tmp_path / f"{name}.npz", tmp_path / f"{name}.csv"
        assert run("fit", home / "plain.csv", "--out", model, *FIT, "--seed", "7").exit_code == 0
        assert run("predict", model, home / "p.csv", "--out", out).exit_code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_predict_takes_the_points_of_a_labelled_table_when_extra_columns_are_ignored(
    home, tmp_path
):
    command = "predict", home / "m.npz", home / "t.csv", "--out", tmp_path / "q.csv"
    refused(run(*command), "column 'eta' is not an input of the model (a, b)", "--ignore-extra")
    assert run(*command, "--ignore-extra").exit_code == 0
    command = "predict", home / "m.npz", home / "t.csv", "--out", tmp_path / "r.csv"
    assert run(*command, "--config", tmp_path / "q.predict.toml").exit_code == 0
    assert (tmp_path / "q.csv").read_bytes() == (tmp_path / "r.csv").read_bytes()


@pytest.mark.parametrize(
    "points, words",
    [
        ("a\n1\n", ["no column 'b'", "(a, b)"]),
        ("a,b,b\n1,1,1\n", ["'b' occurs twice"]),
        ("a [cm],b\n1,1\n", ["column 'a' is in [cm]", "[mm]"]),
        ("a,b\n1,x\n", ["column 'b'", "'x'", "line 2"]),
        ("a,b\n1,nan\n", ["column 'b'", "line 2"]),
        ("a,b\n1\n", ["line 2 has 1 cells"]),
        ("a,b\n", ["no row"]),
        ("", ["empty"]),
    ],
)
def test_predict_refuses_points(home, tmp_path, points, words):
    (tmp_path / "bad.csv").write_text(points)
    out = tmp_path / "q.csv"
    refused(run("predict", home / "m.npz", tmp_path / "bad.csv", "--out", out), "bad.csv", *words)
    assert os.listdir(tmp_path) == ["bad.csv"]


@pytest.mark.parametrize("damage", ["half", "flipped", "empty", "other", "missing"])
def test_a_damaged_model_is_refused(home, tmp_path, damage):
    content = (home / "m.npz").read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    other = (home / "t.npz").read_bytes()
    model = tmp_path / "m.npz"
    if damage != "missing":
        choices = {"half": content[:middle], "flipped": flipped, "empty": b"", "other": other}
        model.write_bytes(choices[damage])
    words = {"other": "holds a dataset", "missing": "No such file"}
    word = words.get(damage, "checksum does not match")
    refused(run("evaluate", model, home / "t.csv"), model, word)
    refused(run("predict", model, home / "p.csv", "--out", tmp_path / "q.csv"), model, word)


def test_a_table_with_other_names_is_refused(home, tmp_path):
    (tmp_path / "o.csv").write_text("a,c,eta,deta/da,deta/dc\n1,1,1,2,1\n2,1,4,4,4\n")
    refused(run("evaluate", home / "m.npz", tmp_path / "o.csv"), "'b'")
