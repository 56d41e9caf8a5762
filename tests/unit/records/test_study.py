"""The files of studies: written and read by the same values, also those of the first version."""

import json
from pathlib import Path

import numpy as np
import pytest

from sobolev.errors import DataError
from sobolev.records.comparison import (
    BASELINE,
    Comparison,
    Run,
    number,
    read_comparison,
    verdicts,
)
from sobolev.records.curves import CURVES, HISTORIES, curve_key, read_arrays, write_arrays
from sobolev.records.study import Contender, DataFacts, Record, Study, Tuning, read_study

OLD = Path(__file__).parents[2] / "support" / "archives" / "eb28a9c"


def study():
    return Study(
        study="a study",
        terms=["eta", "deta/da"],
        schemes=[
            Contender("snn", "SNN", "baseline"),
            Contender("lm", "LM", "baseline", "Second order."),
        ],
        records=[
            Record("3", 5, "snn", 0, {"eta": 0.5, "deta/da": 0.1}, 0.3, 1.0, 2.0, 10, 1e-3, [1.0]),
            Record("3", 5, "lm", 0, {"eta": None, "deta/da": None}, result="2 steps not finite"),
        ],
        data=DataFacts("table", ["a"], ["eta"], ["mm"], [""], 8, 4),
        tuning=[Tuning("3", 5, 1e-3, 0.5, 2)],
        machine={"cpu": "a processor", "cores": 2},
    )


def test_a_study_is_read_as_it_was_written(tmp_path):
    study().write(tmp_path)
    assert json.loads((tmp_path / "results.json").read_text())["format"] == 1
    found = read_study(tmp_path)
    assert found == study()
    good, bad = found.records
    assert (good.error(), good.error("eta"), bad.error()) == (0.3, 0.5, np.inf)
    assert np.isnan(good.error("gone")) and not bad.finished


def trainings():
    return [
        Run("p", scheme, "plain", 0.01, seed, False, error, {"eta": error}, [1.0], "finished")
        for scheme, factor in ((BASELINE, 1.0), ("a", 0.5), ("bad", np.inf))
        for seed, error in enumerate(factor * np.linspace(1, 2, 8))
    ]


def test_a_comparison_is_read_as_it_was_written(tmp_path):
    made = Comparison(
        records=trainings(), verdicts=verdicts(trainings()), settings={"steps": 3},
        budgets={"p": {"steps": 3}}, version="0.1",
    )  # fmt: skip
    made.write(tmp_path)
    text = (tmp_path / "comparison.json").read_text()
    assert json.loads(text)["format"] == 2 and "Infinity" not in text
    found = read_comparison(tmp_path)
    assert [v.says for v in found.verdicts] == ["better", "not told apart", "worse"]
    assert [number(r.error) for r in found.records] == [r.error for r in trainings()]
    assert found.settings == made.settings and found.budgets == made.budgets
    assert "a " in (tmp_path / "comparison.txt").read_text()


def test_the_format_of_a_comparison_can_fail(tmp_path):
    Comparison(records=trainings(), verdicts=verdicts(trainings())).write(tmp_path)
    path = tmp_path / "comparison.json"
    content = json.loads(path.read_text())
    for number_ in (3, 0, "2", None):
        path.write_text(json.dumps(content | {"format": number_}))
        with pytest.raises(DataError, match="has format"):
            read_comparison(tmp_path)
    del content["format"]  # as the first version wrote it
    path.write_text(json.dumps(content))
    assert len(read_comparison(tmp_path).records) == 24


def test_files_of_the_first_version_are_read():
    found = read_study(OLD / "study")
    assert len(found.records) == 36 and {s.kind for s in found.schemes} == {
        "baseline", "adaptive", "control",
    }  # fmt: skip
    arrays = read_arrays(OLD / "study", HISTORIES)
    assert {curve_key("3", "lmax", curve) for curve in CURVES} <= arrays.keys()
    comparison = read_comparison(OLD / "comparison")
    assert {v.scheme for v in comparison.verdicts} == {BASELINE, "config"}
    assert all(np.isfinite(number(r.error)) for r in comparison.records)


def test_arrays_come_back_and_damaged_ones_are_refused(tmp_path):
    assert read_arrays(tmp_path, HISTORIES) == {}
    key = curve_key("5-3", "snn", "weight_step")
    assert key == "5-3/snn/step"
    write_arrays(tmp_path, HISTORIES, {key: np.arange(3.0)})
    np.testing.assert_array_equal(read_arrays(tmp_path, HISTORIES)[key], [0, 1, 2])
    path = tmp_path / HISTORIES
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"cut off or is not an \.npz archive"):
        read_arrays(tmp_path, HISTORIES)
