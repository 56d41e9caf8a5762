"""The parts below the command line: TOML, settings, progress, sentences."""

import sys
import time
import tomllib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sobolev._base.errors import Remedy, Traced, again
from sobolev.cli import exit_codes
from sobolev.cli.config import check, resolve
from sobolev.cli.display import Display
from sobolev.cli.problem_names import parse_params, problem_names
from sobolev.cli.toml import dumps
from sobolev.errors import ConfigError, DataError, OutputError
from sobolev.work.progress import Progress

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain = st.one_of(
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False),
    text,
)
values = st.recursive(
    plain, lambda v: st.lists(v, max_size=3) | st.dictionaries(text, v, max_size=3), max_leaves=6
)


@given(st.dictionaries(text.filter(lambda key: key != "record"), values, max_size=5))
def test_what_is_written_as_toml_is_read_back(table):
    read = tomllib.loads(dumps(table, "record", {"command": "fit", "left_out": None}))
    assert read.pop("record") == {"command": "fit"}
    assert read == table
    assert [type(value) for value in read.values()] == [type(value) for value in table.values()]


@dataclass(frozen=True)
class Small:
    size: int = 1
    names: tuple[str, ...] = ()
    more: dict[str, int] | None = None

    def __post_init__(self):
        if self.size > 9:
            raise ConfigError(f"size is {self.size}: at most 9.")


def test_options_win_over_the_file_and_tables_are_merged(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text("size = 2\nnames = ['a']\nmore = {x = 1, y = 2}\n[record]\nsize = 7\n")
    found = resolve(Small, file, {"size": 3, "names": None, "more": {"y": 5}})
    assert found == Small(3, ("a",), {"x": 1, "y": 5})
    assert resolve(Small, None, {}) == Small()


def test_a_wrong_value_is_said_with_its_place():
    with pytest.raises(ConfigError, match=r"^s.toml: size is 10: at most 9\.$"):
        check(Small, {"size": 10}, "s.toml", {})
    with pytest.raises(ConfigError, match=r"^size is 10: at most 9\.$"):
        check(Small, {}, "s.toml", {"size": 10})
    with pytest.raises(ConfigError, match=r"s.toml: unknown key 'sise', did you mean 'size'\?"):
        check(Small, {"sise": 10}, "s.toml", {})
    with pytest.raises(ConfigError, match=r"s.toml: 'names' \(entry 2\) is 3: it must be a valid"):
        check(Small, {"names": ["a", 3]}, "s.toml", {})


def test_every_built_in_problem_is_found_by_itself():
    found = problem_names()
    assert {"plate-with-hole", "cantilever", "ishigami", "beam-deflection"} <= set(found)
    assert not {"problem", "solution", "function-problem"} & set(found)
    for kind in found.values():
        assert kind().box.dimension == len(kind().box.names)


def test_parameters_are_toml_or_text():
    found = parse_params(["material=linear", "n=8", "E=2e5", "on=true", "names=['a','b']", "s=a,b"])
    assert found == {
        "material": "linear", "n": 8, "E": 2e5, "on": True, "names": ["a", "b"], "s": "a,b",
    }  # fmt: skip
    assert parse_params(None) is None


def test_progress_elsewhere_than_on_a_terminal_is_plain_and_sparing(capsys, monkeypatch):
    with Display("rows", pause=0) as display:
        for done in range(101):
            display.show(Progress("rows", done, 100, "error 3 %"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "rows 10 of 100 error 3 %" and len(lines) == 10
    with Display("rows", pause=0) as display:
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now)
        display.show(Progress("rows", 0, 100))
        now += 20
        display.show(Progress("rows", 10, 100, "error 3 %"))
        now += 7180
        display.show(Progress("rows", 20, 100))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "rows 10 of 100, about 3 min left error 3 %",
        "rows 20 of 100, about 8.0 h left",
    ]
    monkeypatch.undo()
    with Display("rows") as display:  # done within the pause: nothing to say
        display.show(Progress("rows", 100, 100))
    assert capsys.readouterr().err == ""


def test_progress_of_several_stages_starts_anew(capsys):
    with Display("", pause=0) as display:
        display.show(Progress("solves", 5, 5))
        display.show(Progress("trainings", 1, 4))
    assert capsys.readouterr().err == "solves 5 of 5\ntrainings 1 of 4\n"


def test_progress_on_a_terminal_is_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with Display("rows") as display:
        display.show(Progress("rows", 3, 10, "[red]not markup"))
    assert "rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error, code, sentence",
    [
        (DataError("no."), 2, "error: no."),
        (OutputError("two\nlines\x1b[31m"), 2, "error: two lines?[31m"),
        (exit_codes.NotConverged("it ended."), 3, "error: it ended."),
        (KeyboardInterrupt(), 130, "interrupted: nothing was written"),
        (KeyboardInterrupt(again("kept in x")), 130, "kept in x: give the same command again"),
        (DataError("no:", Remedy("give a=1.", option="give --a 1.")), 2, "error: no: give --a 1."),
        (DataError("no.", "Give it."), 2, "error: no. Give it."),
        (RuntimeError("odd"), 1, "error: unexpected RuntimeError: odd."),
        (MemoryError(), 1, "error: unexpected MemoryError"),
        (DataError("died:\nTraceback (most recent call last)\n  File\nBad: x"), 2, "died: Bad: x"),
    ],
)
def test_each_error_is_one_sentence(capsys, error, code, sentence):
    assert exit_codes.explain(error) == code
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1 and "Traceback" not in said


def test_notes_of_an_error_are_told_but_not_their_tracebacks(capsys):
    error = DataError("it stopped.")
    error.add_note("3 rows are kept.")
    error.add_note(again("in x"))
    error.add_note(Traced("in a worker process:\nTraceback (most recent call last)"))
    assert exit_codes.explain(error) == 2
    told = "error: it stopped. 3 rows are kept. in x: give the same command again, it continues "
    assert capsys.readouterr().err == f"{told}from there.\n"
