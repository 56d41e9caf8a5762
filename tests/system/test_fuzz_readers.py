"""A short run of `faults/fuzz_readers.py`: damaged files of every format."""

import importlib.util
from pathlib import Path

import pytest

path = Path(__file__).parent / "faults" / "fuzz_readers.py"
spec = importlib.util.spec_from_file_location("fuzz_readers", path)
fuzz = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz)

FORMATS = [".csv", ".parquet", ".npz", ".h5", ".xyz", ".sql", "foreign.parquet", "points.dat",
           "results.1"]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_read_or_refused(tmp_path, name):
    assert fuzz.work(name, 7, 300, tmp_path) == 0


def test_every_format_takes_part(tmp_path):
    assert {*FORMATS} | fuzz.NOT_BY_DEFAULT == set(fuzz.whole_files(tmp_path))


def test_the_fuzzer_can_fail(tmp_path, monkeypatch):
    files = fuzz.whole_files(tmp_path)
    monkeypatch.setattr(fuzz, "whole_files", lambda folder: {".csv": (*broken,)})
    broken = files[".csv"][0], lambda p: float(p.read_bytes()[:1]) if "fuzz" in p.name else 0, None
    assert fuzz.work(".csv", 0, 20, tmp_path) > 10
