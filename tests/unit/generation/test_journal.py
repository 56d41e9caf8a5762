"""The journal: what is finished survives, whatever happens to the file."""

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from generate_problems import _again, _broken, _function, _Plate, _problem, _same
from generate_problems import journal as journal

from sobolev import designs
from sobolev.errors import CorruptFile, DataError, OutputError
from sobolev.generation import generate


class _Stop(BaseException):
    pass


@pytest.mark.parametrize("error", [_Stop, KeyboardInterrupt])
def test_an_interrupted_run_continues_with_the_same_bits(tmp_path, error):
    whole = generate(_problem(), designs.latin_hypercube(12), order=2)
    calls = []

    def function(x):
        calls.append(x[0])
        if len(calls) in (4, 9):
            raise error
        return _function(x)

    run = functools.partial(
        generate, _problem(function), designs.latin_hypercube(12), order=2,
        journal=tmp_path / "new" / "journal",
    )  # fmt: skip
    for kept in (3, 7):
        with pytest.raises(error) as raised:
            run()
        said = str(raised.value) + "".join(getattr(raised.value, "__notes__", []))
        assert f"{kept} of 12 rows are kept in" in said
        assert "make the same call again" in said
    _same(run(), whole)
    assert len(calls) == 14  # 12 rows and the two that were interrupted
    assert os.listdir(tmp_path / "new") == ["journal"]


def test_a_torn_last_line_is_solved_again(journal):
    whole, content = _again(journal), journal.read_bytes()
    header, last = content.index(b"\n") + 1, content.rindex(b"\n", 0, -1) + 1
    for cut in (0, 1, 20, 60, header - 1, header, header + 5, last + 1, len(content) - 1):
        journal.write_bytes(content[:cut])
        _same(_again(journal), whole)
        assert journal.read_bytes() == content


def test_no_flipped_bit_changes_the_data(journal):
    """Damage is an error that names the line, or lies in the last line, which is solved again."""
    whole, content = _again(journal), journal.read_bytes()
    rng, refused = np.random.default_rng(0), 0
    for bit in rng.choice(8 * len(content), 400, replace=False):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        journal.write_bytes(damaged)
        try:
            _same(_again(journal), whole)
            assert content.rindex(b"\n", 0, -1) <= bit // 8
        except CorruptFile as error:
            refused += 1
            assert journal.read_bytes() == damaged
            assert "line" in str(error)
    assert 300 < refused < 400


def test_a_damaged_repeated_or_foreign_line_is_named(journal, tmp_path):
    lines = journal.read_bytes().splitlines(keepends=True)
    other = tmp_path / "other"
    generate(_problem(), designs.grid(3), journal=other)
    foreign = other.read_bytes().splitlines(keepends=True)[4]
    whole = _again(journal)
    for wrong in (b"\n", b"{}\n", lines[4][:50] + lines[4][51:], foreign, lines[2]):
        journal.write_bytes(b"".join([*lines[:3], wrong, *lines[4:]]))
        with pytest.raises(CorruptFile, match=r"line 4 of .*journal was altered.*delete this line"):
            _again(journal)
    journal.write_bytes(b"".join([*lines[:3], *lines[4:]]))  # the remedy
    _same(_again(journal), whole)


def _scaled(factor):
    return lambda x: tuple(factor * part for part in _function(x))


def _times(factor, x):
    return tuple(factor * part for part in _function(x))


ANOTHER = {
    "load": (_Plate(1.0), _Plate(2.0), {}, r"settings is _Plate\(load=1.0.*there and .*load=2.0"),
    "problem": (_Plate(1.0), _Plate(1.0, "slab"), {}, "problem is plate there and slab here"),
    "order": (_problem(), _problem(), {"order": 2}, "order is 1 there and 2 here"),
    "points": (_problem(), _problem(), {"design": designs.grid(4)}, "number of rows is 9 there"),
    "shift": (_problem(), _problem(), {"design": designs.latin_hypercube(9)}, "SHA-256 of the poi"),
    "code": (_problem(), _problem(_broken), {}, "_function, code.*_broken, code"),
    "enclosed": (_problem(_scaled(1.0)), _problem(_scaled(2.0)), {}, "settings is"),
    "table": (_problem(_scaled(np.eye(2)[0])), _problem(_scaled(np.eye(2)[1])), {}, "settings is"),
    "partial": (_problem(functools.partial(_times, 1)), _problem(functools.partial(_times, 2)), {},
                "settings is"),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second", "changes", "said"), ANOTHER.values(), ids=ANOTHER)
def test_a_journal_of_another_task_is_refused(tmp_path, first, second, changes, said):
    path, again = tmp_path / "journal", {"design": designs.grid(3)}
    generate(first, **again, journal=path)
    content = path.read_bytes()
    with pytest.raises(DataError, match=f"(?s)another task: .*{said}.*delete this one"):
        generate(second, **(again | changes), journal=path)
    assert path.read_bytes() == content


def test_settings_do_not_depend_on_the_run():
    """Same function, other process: the same words, whatever the addresses and hash seeds are."""
    code = (
        "from sobolev import Box; from sobolev.problems import FunctionProblem\n"
        "def make(f): return lambda x: f(x) if x in {'a', 'b', 'c', 'd'} else (lambda: x)()\n"
        "print(FunctionProblem(make(lambda x: x), Box(('a',), (0,), (1,)), ('y',)))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in "12"
    }  # fmt: skip
    assert len(said) == 1


def test_large_settings_are_compared_in_full(tmp_path):
    """NumPy prints large arrays with dots: two problems that differ in the middle are not one."""
    table = np.arange(5000.0)
    generate(_Plate(np.float64(1), outputs=("u", "v")), designs.grid(2), journal=tmp_path / "a")

    @dataclass(frozen=True)
    class Table(_Plate):
        table: np.ndarray = None

    generate(Table(1.0, table=table), designs.grid(2), journal=tmp_path / "b")
    other = table.copy()
    other[2500] += 1e-9
    with pytest.raises(DataError, match="another task: settings is"):
        generate(Table(1.0, table=other), designs.grid(2), journal=tmp_path / "b")


def test_the_journal_tells_what_it_was_made_with(journal):
    header = json.loads(journal.read_text().splitlines()[0])
    assert header["problem"] == "function"
    assert header["made with"]["numpy"] == np.__version__


def test_files_that_are_no_journals_are_left_alone(tmp_path):
    for content in (b"my only copy", b"my only copy\n", b"{}\n", b"\n\n"):
        (tmp_path / "thesis").write_bytes(content)
        with pytest.raises(CorruptFile, match=r"not a journal of sobolev.*left as it is"):
            generate(_problem(), designs.grid(2), journal=tmp_path / "thesis")
        assert (tmp_path / "thesis").read_bytes() == content


def test_unwritable_journals_are_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "below", os.devnull, "zero\0byte"):
        with pytest.raises(OutputError, match="cannot write"):
            generate(_problem(_broken), designs.grid(2), journal=path)


def test_two_processes_cannot_share_a_journal(tmp_path):
    def function(x):
        with pytest.raises(OutputError, match="in use by another process: wait"):
            generate(_problem(), designs.grid(2), journal=tmp_path / "journal")
        return _function(x)

    generate(_problem(function), designs.grid(2), journal=tmp_path / "journal")


def test_a_full_disk_keeps_the_finished_rows(tmp_path, monkeypatch):
    calls, sync = [], os.fsync

    def full(file):
        calls.append(file)
        if len(calls) == 5:
            raise OSError(28, "No space left on device")
        sync(file)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"journal: No space left.*make room and run again"):
        generate(_problem(), designs.grid(3), journal=tmp_path / "journal")
    monkeypatch.undo()
    whole = generate(_problem(), designs.grid(3))
    _same(generate(_problem(), designs.grid(3), journal=tmp_path / "journal"), whole)
