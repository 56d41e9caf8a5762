"""Recorder files that OpenMDAO itself wrote, with scaled variables and other units."""

import sqlite3

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


def problem(om, driver, scales, folder, derivatives=True):
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
    found.model.add_design_var("b", lower=-1, upper=3, ref=2.0)
    found.model.add_objective("f", ref=100.0)
    found.model.add_constraint("g", upper=5.0, ref=4.0)
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
