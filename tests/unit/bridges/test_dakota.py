"""Names in a deck, as Dakota 6.24 reads them."""

import sys
from dataclasses import replace

import pytest
from helpers import table

from sobolev import Surrogate, bridges, networks
from sobolev.errors import ConfigError, DataError

MODEL = Surrogate.new(table(6), networks.MLP((2,)), key=0)


def test_names_in_a_deck(tmp_path, monkeypatch):
    """The deck starts the Python that has this package; a quote is put into the other ones."""
    monkeypatch.setattr(sys, "executable", "/opt/my-env/bin/python3.11")
    named = replace(MODEL, inputs=("E'", 'b "h"'), outputs=("1st",))
    bridges.write_dakota(named, tmp_path)
    deck = (tmp_path / "study.in").read_text()
    assert """descriptors "E'" 'b_"h"'""" in deck and "descriptors '1st'" in deck
    assert "analysis_drivers = '/opt/my-env/bin/python3.11 driver.py'" in deck
    monkeypatch.setattr(sys, "executable", "/a folder/python")  # which a deck cannot say
    bridges.write_dakota(named, tmp_path)
    assert "'python3 driver.py'" in (tmp_path / "study.in").read_text()


@pytest.mark.parametrize("name", ["1.5", "-2e3", "NaN", "inf", "Infinity", "1d5"])
def test_a_name_that_is_a_number(name, tmp_path):
    with pytest.raises(ConfigError, match="for a number: rename it"):
        bridges.write_dakota(replace(MODEL, inputs=(name, "b")), tmp_path)


def test_a_name_with_both_quotes(tmp_path):
    with pytest.raises(ConfigError, match="both kinds of quotes"):
        bridges.write_dakota(replace(MODEL, inputs=("""a'b"c""", "b")), tmp_path)
    assert list(tmp_path.iterdir()) == []


SET = """                     2 variables
  {a} a
  2.0e-01 b
                     1 functions
                     {bits} ASV_1:u
                     1 derivative_variables
                     2 DVV_1:b
                     0 analysis_components
                     1:{number} eval_id
                     0 metadata
"""


def test_a_batch_is_one_start(tmp_path):
    """As Dakota 6.24 writes and reads it: sets one after the other, answers after a # each."""
    asked, answers = tmp_path / "params.in", tmp_path / "results.out"
    sets = [
        SET.format(a=a, bits=bits, number=n) for n, (a, bits) in enumerate([(0.1, 1), (0.3, 2)])
    ]
    asked.write_text("".join(sets))
    bridges.answer_dakota(MODEL, asked, answers)
    value, slope = MODEL.value([0.1, 0.2])[0], MODEL.jacobian([0.3, 0.2])[0, 1]
    assert answers.read_text() == f"#\n{float(value)!r} u\n#\n[ {float(slope)!r} ]\n"
    asked.write_text("".join([sets[0].replace("0.1", "9.1"), sets[1]]))
    with pytest.raises(DataError, match=r"one has a = 9\.1"):
        bridges.answer_dakota(MODEL, asked, answers, "refuse")
    first, second = answers.read_text().split("#\n")[1:]
    assert first.startswith("FAIL\n1 of 1 points") and second == f"[ {float(slope)!r} ]\n"
