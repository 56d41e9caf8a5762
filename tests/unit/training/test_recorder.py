"""Records of a training as they are taken: in memory, in a file, and resumed."""

import json
from dataclasses import fields

import numpy as np
import pytest
from trainings import stopped_at, train

from sobolev.errors import OutputError
from sobolev.training import JSONLines, Recorder
from sobolev.training.recording.history import History
from sobolev.training.recording.record import NAMES, Record, Source, taken


class Listed(Recorder):
    """In memory."""

    def __init__(self):
        self.records, self.endings = [], []

    def add(self, record):
        self.records.append(record)

    def end(self, ending):
        self.endings.append(ending)


def test_a_recorder_is_handed_what_the_history_has():
    seen = Listed()
    fitted = train(recorder=seen)
    again = History.of(fitted.history.terms, seen.records)
    for name in NAMES:
        np.testing.assert_array_equal(getattr(again, name), getattr(fitted.history, name))
    assert seen.endings == [fitted.ending]
    last = fitted.history.record(-1)
    assert len(fitted.history) == 5 and last.epoch == 12
    np.testing.assert_array_equal(last.cosine, seen.records[-1].cosine)


def test_every_quantity_is_taken_from_one_source():
    kinds = [f.metadata["source"] for f in fields(Record)]
    assert set(kinds) == set(Source)
    seen = [name for source in Source for name in taken(source, Anything())]
    assert sorted(seen) == sorted(NAMES)


class Anything:
    def __getattr__(self, name):
        return self if name == "agreement" else np.ones((2, 2))


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_file_of_lines_follows_the_training(tmp_path):
    path, read = tmp_path / "r.jsonl", []
    fitted = train(recorder=JSONLines(path), progress=lambda p: read.append(len(lines(path))))
    assert read == [3, 4, 5, 6]  # the terms, the start, and the records so far
    head, *records, end = lines(path)
    assert head == {"format": 1, "terms": list(fitted.history.terms)}
    assert end == {"outcome": "FINISHED", "result": "finished"}
    for name in NAMES:
        found = np.array([record[name] for record in records], float)
        np.testing.assert_array_equal(found, getattr(fitted.history, name))


def test_numbers_that_are_none_are_null(tmp_path):
    recorder = JSONLines(tmp_path / "r.jsonl")
    counts = {name: np.array(3) for name in ("epoch", "step", "rejected")}
    pairs, single = {"cosine": np.array([[1.0, np.nan]] * 2)}, ("smallest_cosine", "alignment")
    single = {name: np.array(np.inf) for name in (*single, "valid_error", "seconds", "cpu_seconds")}
    known = counts | pairs | single
    terms = {name: np.array([np.nan, np.inf]) for name in NAMES if name not in known}
    recorder.begin(("y", "z"), [])
    recorder.add(Record(**known, **terms))
    line = lines(recorder.path)[1]
    assert {line[name] for name in counts} == {3} and {line[name] for name in single} == {None}
    assert line["cosine"] == [[1.0, None]] * 2
    assert all(line[name] == [None, None] for name in terms)


def test_a_training_that_continues_has_each_record_once(tmp_path):
    path, kept = tmp_path / "r.jsonl", tmp_path / "c.npz"
    stopped_at(6, kept, recorder=JSONLines(path))
    with open(path, "a") as file:
        file.write('{"epoch": 9, "lo')  # as a kill leaves it
    train(kept, recorder=JSONLines(path))
    assert [line["epoch"] for line in lines(path)[1:-1]] == [0, 3, 6, 9, 12]
    train(kept, recorder=JSONLines(path))  # finished: the file is the same
    assert [line["epoch"] for line in lines(path)[1:-1]] == [0, 3, 6, 9, 12]
    assert lines(path)[-1]["outcome"] == "FINISHED"


def test_a_file_that_cannot_be_begun_is_refused_and_one_that_fails_later_is_a_warning(tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        train(recorder=JSONLines(tmp_path))
    path = tmp_path / "r.jsonl"

    def lose(now):
        if now.epoch == 6:
            path.unlink()
            path.mkdir()

    with pytest.warns(RuntimeWarning, match=r"r\.jsonl .*The training goes on"):
        assert train(recorder=JSONLines(path), progress=lose).good
