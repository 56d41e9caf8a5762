"""Recorder files that OpenMDAO itself wrote, with scaled variables and other units."""

import json
import sqlite3
import zlib

import numpy as np
import pytest

from sobolev import read
from sobolev.data import read_openmdao
from sobolev.errors import DataError

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
SCALES = {"plain": {}, "ref": dict(ref=10.0, ref0=1.0), "units": dict(ref=7.0, units="cm")}


ARRAYS = {
    "ref": dict(ref=[2.0, 5.0], ref0=[0.5, 1.0]),
    "ref alone": dict(ref=[2.0, 5.0]),
    "scaler": dict(scaler=[2.0, 0.5], adder=[1.0, 0.0]),
    "scaler alone": dict(scaler=[3.0, 0.5]),
}


def problem(om, driver, scales, folder, derivatives=True, of_b=None, of_g=None):
    class Component(om.ExplicitComponent):
        def setup(self):
            self.add_input("a", 1.0, units="mm")
            self.add_input("b", np.ones(2))
            self.add_output("f", 0.0, units="N")
            self.add_output("g", np.zeros(2))
            self.declare_partials("*", "*")

        def compute(self, inputs, outputs):
            a, b = inputs["a"][0], inputs["b"]
            outputs["f"], outputs["g"] = a**2 + np.sum(b**3), b * a

        def compute_partials(self, inputs, partials):
            a, b = inputs["a"][0], inputs["b"]
            partials["f", "a"], partials["f", "b"] = 2 * a, 3 * b[None] ** 2
            partials["g", "a"], partials["g", "b"] = b[:, None], a * np.eye(2)

    found = om.Problem(driver=driver, reports=False)
    variables = found.model.add_subsystem("v", om.IndepVarComp(), promotes=["*"])
    variables.add_output("a", 2.0, units="mm")
    variables.add_output("b", [0.5, 2.0])
    found.model.add_subsystem("c", Component(), promotes=["*"])
    found.model.add_design_var("a", lower=-1, upper=3, **scales)
    found.model.add_design_var("b", lower=-1, upper=3, **(of_b or dict(ref=2.0)))
    found.model.add_objective("f", ref=100.0)
    found.model.add_constraint("g", upper=5.0, **(of_g or dict(ref=4.0)))
    found.driver.add_recorder(
        om.SqliteRecorder(str(folder / "driver.sql"), record_viewer_data=False)
    )
    found.driver.recording_options["record_derivatives"] = derivatives
    found.add_recorder(om.SqliteRecorder(str(folder / "problem.db"), record_viewer_data=False))
    found.recording_options["record_derivatives"] = derivatives
    found.setup()
    found.run_driver()
    found.record("final")
    found.cleanup()


@pytest.fixture
def om(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENMDAO_REPORTS", "0")
    monkeypatch.chdir(tmp_path)
    import openmdao.api

    return openmdao.api


def exact(data):
    a, b = data.x[:, 0], data.x[:, 1:]
    zero = np.zeros_like(a)
    y = np.stack([a**2 + (b**3).sum(axis=1), b[:, 0] * a, b[:, 1] * a], axis=1)
    rows = [[2 * a, *(3 * b.T**2)], [b[:, 0], a, zero], [b[:, 1], zero, a]]
    return y, np.array(rows).transpose(2, 0, 1)


@pytest.mark.parametrize("scales", SCALES.values(), ids=SCALES)
@pytest.mark.parametrize("kind", ["optimiser", "points"])
def test_values_and_derivatives_of_the_same_point(om, tmp_path, kind, scales):
    driver = (
        om.ScipyOptimizeDriver(optimizer="SLSQP", maxiter=4, disp=False)
        if kind == "optimiser"
        else om.DOEDriver(om.UniformGenerator(num_samples=5, seed=1))
    )
    problem(om, driver, scales, tmp_path)
    path = next(tmp_path.rglob("driver.sql"))
    data = read(path)
    assert (data.inputs, data.outputs) == (("a", "b[0]", "b[1]"), ("f", "g[0]", "g[1]"))
    assert (data.input_units, data.output_units) == (("mm", "", ""), ("N", "", ""))
    y, jacobian = exact(data)
    np.testing.assert_allclose(data.y, y, rtol=1e-14)
    there = ~np.isnan(data.jacobian).any(axis=(1, 2))
    assert there.sum() >= 4
    np.testing.assert_allclose(data.jacobian[there], jacobian[there], rtol=1e-12, atol=1e-14)
    part = read_openmdao(path, inputs=("b",), outputs=("g",))
    assert np.array_equal(part.jacobian, data.jacobian[:, 1:, 1:], equal_nan=True)
    with pytest.raises(DataError, match="outputs names 'h', but there are f, g"):
        read_openmdao(path, outputs=("h",))
    final = read(next(tmp_path.rglob("problem.db")))
    y, jacobian = exact(final)
    assert len(final) == 1
    np.testing.assert_allclose(final.y, y, rtol=1e-14)
    np.testing.assert_allclose(final.jacobian, jacobian, rtol=1e-12, atol=1e-14)


def drivers(om):
    yield om.ScipyOptimizeDriver(optimizer="SLSQP", maxiter=4, disp=False)
    yield om.DOEDriver(om.UniformGenerator(num_samples=5, seed=1))


@pytest.mark.parametrize("scales", ARRAYS.values(), ids=ARRAYS)
@pytest.mark.parametrize("kind", [0, 1], ids=["optimiser", "points"])
def test_scales_of_each_entry(om, tmp_path, kind, scales):
    arrays = {name: np.array(value) for name, value in scales.items()}
    problem(om, list(drivers(om))[kind], {}, tmp_path, of_b=arrays, of_g=arrays)
    for name in ("driver.sql", "problem.db"):
        data = read(next(tmp_path.rglob(name)))
        y, jacobian = exact(data)
        np.testing.assert_allclose(data.y, y, rtol=1e-14)
        there = ~np.isnan(data.jacobian).any(axis=(1, 2))
        assert there.any()
        np.testing.assert_allclose(data.jacobian[there], jacobian[there], rtol=1e-12, atol=1e-14)
    part = read_openmdao(next(tmp_path.rglob("driver.sql")), inputs=("a",))
    assert part.inputs == ("a",)


@pytest.mark.parametrize("kind", [0, 1], ids=["optimiser", "points"])
def test_parts_of_arrays_are_read_by_index(om, tmp_path, kind):
    some = dict(indices=[-1], ref=3.0)
    problem(om, list(drivers(om))[kind], {}, tmp_path, of_b=some, of_g=some)
    data = read(next(tmp_path.rglob("driver.sql")))
    assert (data.inputs, data.outputs) == (("a", "b[1]"), ("f", "g[1]"))
    a, b = data.x.T
    np.testing.assert_allclose(data.y, np.stack([a**2 + b**3 + 0.125, b * a], axis=1), rtol=1e-13)
    there = ~np.isnan(data.jacobian).any(axis=(1, 2))
    exact_ = np.array([[2 * a, 3 * b**2], [b, a]]).transpose(2, 0, 1)
    assert there.any()
    np.testing.assert_allclose(data.jacobian[there], exact_[there], rtol=1e-12, atol=1e-14)


def changed(path, change):
    """The recorded settings of the driver's variables, made odd."""
    with sqlite3.connect(path) as database:
        [(blob,)] = database.execute("select var_settings from metadata").fetchall()
        settings = json.loads(zlib.decompress(blob))
        change(settings)
        blob = zlib.compress(json.dumps(settings).encode())
        database.execute("update metadata set var_settings = ?", (blob,))
    database.close()


def test_what_cannot_be_read_does_not_block_the_others(om, tmp_path):
    problem(om, list(drivers(om))[1], {}, tmp_path)
    path = next(tmp_path.rglob("driver.sql"))
    changed(path, lambda settings: settings["g"].update(discrete=True))
    data = read(path)
    assert data.outputs == ("f",) and data.unused.columns == ("g",)
    with pytest.raises(DataError, match="'g' is discrete, which cannot be read: name other output"):
        read_openmdao(path, outputs=("g",))
    changed(path, lambda settings: settings["b"].update(indices=[[0, 0], [0, 1]]))
    with pytest.raises(DataError, match="'b' is a part of an array that is not given by a list"):
        read(path)
    assert read_openmdao(path, inputs=("a",)).inputs == ("a",)


def test_a_recording_of_several_processes(om, tmp_path):
    problem(om, list(drivers(om))[1], {}, tmp_path)
    whole = next(tmp_path.rglob("driver.sql"))
    data = read(whole)
    for name, tables in (
        ("cases.sql_meta", ["driver_iterations", "driver_derivatives", "problem_cases"]),
        ("cases.sql_0", ["metadata"]), ("cases.sql_1", ["metadata"]),
    ):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(whole.read_bytes())
        with sqlite3.connect(path) as database:
            for table in tables:
                database.execute(f"drop table {table}")
            if name.endswith(("0", "1")):
                half = "<=" if name.endswith("0") else ">"
                database.execute(f"delete from driver_iterations where not counter {half} 3")
        database.close()
    first = read(tmp_path / "cases.sql_0")
    assert first.unused.line == "cases.sql_1 hold more cases: give cases.sql_meta for all."
    every = read(tmp_path / "cases.sql_meta")
    np.testing.assert_array_equal(first.x, data.x[: len(first)])
    np.testing.assert_array_equal(every.x, data.x)
    np.testing.assert_array_equal(every.jacobian, data.jacobian)
    (tmp_path / "cases.sql_0").rename(tmp_path / "renamed.sql")
    (tmp_path / "cases.sql_1").unlink()
    with pytest.raises(DataError, match="it is a part of a parallel recording, of one process"):
        read(tmp_path / "renamed.sql")
    with pytest.raises(DataError, match="metadata of a parallel recording, no cases"):
        read(tmp_path / "cases.sql_meta")
    with pytest.raises(DataError, match="must end in"):
        read(tmp_path / "cases.csv_0")


def test_values_alone(om, tmp_path):
    problem(om, om.DOEDriver(om.UniformGenerator(num_samples=3, seed=1)), {}, tmp_path, False)
    data = read(next(tmp_path.rglob("driver.sql")))
    assert data.jacobian is None
    assert len(data) == 3


def test_what_is_no_recorder_file_is_refused(tmp_path):
    path = tmp_path / "x.sql"
    for content in (b"", b"12", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(500)):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"x\.sql"):
            read(path)
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("create table t (a int)")
    with pytest.raises(DataError, match=r"x\.sql.*no such table: metadata"):
        read(path)
