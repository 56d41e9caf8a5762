"""What is written for a program: Dakota's parameters file in both styles, and templates."""

import re

import numpy as np
import pytest
from sources_made import BOX, asked

from sobolev.errors import ConfigError, DataError
from sobolev.sources import ParametersFile, Program, ResultsFile, Template

# As the regular expressions of Dakota's own reader ask for them.
STANDARD = r"\s*{value} {tag}\n"
APREPRO = r" {{20}}\{{ {tag} += +{value} \}}\n"


@pytest.mark.parametrize("style, line", [("standard", STANDARD), ("aprepro", APREPRO)])
@pytest.mark.parametrize("order, active", [(0, 1), (1, 3), (2, 7)])
def test_parameters_say_what_is_asked(style, line, order, active):
    text = ParametersFile(style=style).content(asked(order, [1 / 3, -1e-30])).decode()
    counts = ("variables", "functions", "derivative_variables", "analysis_components", "eval_id")
    if style == "aprepro":
        counts = "VARS", "FNS", "DER_VARS", "AN_COMPS", "EVAL_ID"
        counts = tuple(f"DAKOTA_{word}" for word in counts)
    rows = [
        ("2", counts[0]), ("a", "a"), ("b", "b"),
        ("2", counts[1]), (active, "ASV_1:u"), (active, "ASV_2:v"),
        ("2", counts[2]), ("1", "DVV_1:a"), ("2", "DVV_2:b"), ("0", counts[3]), ("1", counts[4]),
    ]  # fmt: skip
    place, found = 0, {}
    for value, tag in rows:
        wanted = r"(\S+)" if tag in ("a", "b") else re.escape(str(value))
        match = re.compile(line.format(value=wanted, tag=re.escape(tag))).match(text, place)
        assert match, (tag, text[place:])
        place = match.end()
        if tag in ("a", "b"):
            found[tag] = float(match[1])
    assert found == {"a": 1 / 3, "b": -1e-30}  # all their digits


def test_a_template_has_the_inputs_in_their_places(tmp_path):
    deck = tmp_path / "beam.inp"
    deck.write_bytes(
        b"** pr\xfcfung {note that} ${a}\n*ELASTIC\n{a}, 0.3\n{b:.3e}\n{ type wall; }\n"
    )
    template = Template(deck)
    template.check(BOX.names)
    assert template.name == "beam.inp" and template.mentions(BOX.names) == {"a", "b"}
    assert template.content(asked(0, [1 / 3, 20.0])) == (
        b"** pr\xfcfung {note that} ${a}\n*ELASTIC\n0.3333333333333333, 0.3\n2.000e+01\n"
        b"{ type wall; }\n"
    )
    before = repr(template)
    deck.write_text("{a} {b}")
    assert repr(Template(deck)) != before  # a journal knows the edited deck
    assert template.mentions(BOX.names) == {"a", "b"}  # it was read once


def test_names_with_signs_are_found(tmp_path):
    deck = tmp_path / "deck"
    deck.write_text("{t/d} {t}")
    template = Template(deck)
    assert template.mentions(("t", "t/d")) == {"t", "t/d"}


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("{a} {b}\n{c}", "deck, line 2: '{c}' is none of the inputs a, b: correct it"),
        ("{a:q} {b}", "deck, line 1: '{a:q}' is no format of a number"),
        ("{a}", "input 'b' is in none of the files that are written (deck)"),
    ],
)
def test_a_deck_that_does_not_fit_is_refused(tmp_path, text, sentence):
    deck = tmp_path / "deck"
    deck.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        Program("true", BOX, ("u",), writes=Template(deck))


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"command": ""}, "needs a command: got none"),
        ({"command": "run 'a"}, "cannot be read"),
        ({"box": ("a",)}, "box is of type tuple: give a sobolev.Box"),
        ({"outputs": ()}, "needs the names of its outputs"),
        ({"order": 3}, "unknown order 3: choose one of 0, 1, 2"),
        ({"keep": "some"}, "unknown keep 'some': choose one of none"),
        ({"patience": -1}, "patience must be a number of seconds"),
        ({"files": "nothing.inp"}, "there is no file nothing.inp"),
        ({"writes": ()}, "input 'a' is in none of the files"),
    ],
)
def test_a_program_that_is_posed_wrongly_is_refused(change, sentence):
    how = {"command": "true", "box": BOX, "outputs": ("u",)} | change
    with pytest.raises(ConfigError, match=sentence):
        Program(**how)
    with pytest.raises(DataError, match="cannot read nothing"):
        Template("nothing")


def test_a_program_is_known_by_the_files_it_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    driver, mesh = tmp_path / "drive.py", tmp_path / "mesh"
    mesh.mkdir()
    driver.write_text("1")
    (mesh / "nodes").write_text("1")

    def known():
        return repr(Program("python drive.py", BOX, ("u",), files="mesh", reads=ResultsFile()))

    before = known()
    assert before == known() and str(tmp_path) not in before
    driver.write_text("2")
    assert (after := known()) != before
    (mesh / "nodes").write_text("2")
    assert known() not in (before, after)
    np.testing.assert_equal(known(), known())
