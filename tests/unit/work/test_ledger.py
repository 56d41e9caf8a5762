"""The ledger: what is finished survives, whatever happens to the file."""

import json
import os

import numpy as np
import pytest

from sobolev.errors import CorruptFile, DataError, OutputError
from sobolev.work.ledger import Kind, Ledger


def line(key, value):
    return {"piece": key, "value": value}


def piece(found):
    return found["piece"], found["value"] + 0.0


KIND = Kind("notebook", 3, line, piece)
TASK = {"what": "thirds", "sizes": (1, 2)}


def written(path, count=6):
    with Ledger(path, KIND, TASK, {"python": "3"}) as ledger:
        for n in range(len(ledger.found), count):
            ledger.add(n, n / 3)
    return ledger.found


@pytest.fixture
def path(tmp_path):
    written(tmp_path / "kept")
    return tmp_path / "kept"


def test_pieces_come_back_with_the_same_bits(path):
    with Ledger(path, KIND, TASK) as ledger:
        assert ledger.found == {n: n / 3 for n in range(6)}
    header = json.loads(path.read_text().splitlines()[0])
    assert header["sobolev"] == "notebook" and header["made with"] == {"python": "3"}


def test_without_a_path_it_is_in_memory():
    with Ledger(None, KIND, TASK) as ledger:
        ledger.add("a", 1.0)
    assert ledger.found == {"a": 1.0} and ledger.path is None


def test_each_piece_is_synced_before_it_counts(tmp_path, monkeypatch):
    path, synced = tmp_path / "kept", []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (sync(file), synced.append(path.read_bytes())))
    with Ledger(path, KIND, TASK) as ledger:
        for n in range(3):
            assert n not in ledger.found
            ledger.add(n, 1.0)
            assert path.read_bytes() == synced[-1] and synced[-1].count(b'"piece": ') == n + 1


def test_a_line_that_was_cut_off_is_not_done(path):
    whole = path.read_bytes()
    header = whole.index(b"\n") + 1
    for cut in (*range(0, 30), header - 1, header, header + 5, len(whole) - 70, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert written(path).keys() == set(range(6))
        again = path.read_bytes().splitlines()[1:]
        assert again == whole.splitlines()[1:] or cut < header


def test_no_flipped_bit_changes_a_piece(path):
    """Damage is an error that names the line, or lies in the last line, which is done again."""
    whole, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    for bit in rng.choice(8 * len(whole), 600, replace=False):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            with Ledger(path, KIND, TASK) as ledger:
                assert all(value == n / 3 for n, value in ledger.found.items())
                assert len(ledger.found) >= 5
        except CorruptFile:
            refused += 1
            assert path.read_bytes() == damaged
    assert 400 < refused < 600


def test_another_task_format_or_file_is_refused_and_left_alone(path):
    whole = path.read_bytes()
    for kind, task, said in (
        (KIND, TASK | {"what": "halves"}, "notebook of another task: what is thirds there and hal"),
        (Kind("notebook", 4, line, piece), TASK, "has notebook format 3, this program has 4"),
    ):
        with pytest.raises(DataError, match=said):
            Ledger(path, kind, task)
    with pytest.raises(CorruptFile, match="not a journal of sobolev"):
        Ledger(path, Kind("journal", 3, line, piece), TASK)
    assert path.read_bytes() == whole


def test_a_line_from_another_ledger_or_twice_is_named(path, tmp_path):
    lines = path.read_bytes().splitlines(keepends=True)
    with Ledger(tmp_path / "other", KIND, {"what": "other"}) as other:
        other.add(2, 2 / 3)
    foreign = (tmp_path / "other").read_bytes().splitlines(keepends=True)[1]
    for wrong in (foreign, lines[1], b"{}\n"):
        path.write_bytes(b"".join([*lines[:3], wrong, *lines[4:]]))
        with pytest.raises(CorruptFile, match=r"line 4 of .*altered or is there twice: delete"):
            Ledger(path, KIND, TASK)


def test_what_the_kind_cannot_read_is_an_altered_line(path):
    def strict(found):
        assert found["piece"] != 2
        return piece(found)

    with pytest.raises(CorruptFile, match="line 4 of"):
        Ledger(path, Kind("notebook", 3, line, strict), TASK)


def test_one_process_at_a_time(path):
    with (
        Ledger(path, KIND, TASK),
        pytest.raises(OutputError, match="in use by another process: wait for it, or name another"),
    ):
        Ledger(path, KIND, TASK)
    Ledger(path, KIND, TASK).__exit__()


def test_a_full_disk_keeps_what_is_there(path, monkeypatch):
    def full(file):
        raise OSError(28, "No space left on device")

    with Ledger(path, KIND, TASK) as ledger:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match=r"kept: No space left.*same notebook"):
            ledger.add(6, 2.0)
        monkeypatch.undo()
    assert written(path, 8).keys() == set(range(8))
