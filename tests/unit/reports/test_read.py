"""What the report reads: bad results are one sentence, terms have names and units."""

import math
import re

import numpy as np
import pytest
from report_studies import histories, save, study, surfaces

from sobolev.errors import DataError
from sobolev.reports import words, write_report
from sobolev.reports.read.study import Cell, read_results


def _drop(key):
    return lambda content: content.pop(key)


def _set(**values):
    return lambda content: content.update(values)


def _record_set(**values):
    return lambda content: content["records"][0].update(values)


@pytest.mark.parametrize(
    ("change", "words_"),
    [
        (_set(format=2), "format 2"),
        (_drop("format"), "format None"),
        (_set(records=[]), "no runs"),
        (_set(records={}), "records"),
        (_drop("terms"), "terms"),
        (_set(terms=[]), "terms"),
        (_record_set(scheme="magic"), "not listed"),
        (_record_set(relative_h1=math.nan), "is nan"),
        (_record_set(relative_h1=-1.0), "is -1.0"),
        (_record_set(relative_h1=None), "is None"),
        (_record_set(rmse={"eta": math.inf}), "'eta' is inf"),
        (_record_set(seed="first"), "records.0.seed"),
        (_record_set(seed=1), "twice"),
        (lambda c: c["schemes"].append(c["schemes"][0]), "defined twice"),
        (lambda c: c["schemes"][0].update(kind="other"), "schemes.0.kind"),
    ],
)
def test_bad_results_are_one_sentence(tmp_path, change, words_):
    content = study(("5-3-3",), (10,), 2, ("nn", "snn"))
    change(content)
    with pytest.raises(DataError, match=re.escape(words_)) as caught:
        write_report(save(tmp_path, content))
    assert "\n" not in str(caught.value) and not (tmp_path / "report.html").exists()


def test_missing_and_half_written_files(tmp_path):
    with pytest.raises(DataError, match="cannot read"):
        write_report(tmp_path / "nowhere")
    save(tmp_path, study(("5-3-3",), (10,), 2, ("nn", "snn")))
    path = tmp_path / "results.json"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="cut off or is not JSON"):
        write_report(tmp_path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a text file"):
        write_report(tmp_path)
    path.write_text("[1, 2]")
    with pytest.raises(DataError, match="format None"):
        write_report(tmp_path)


@pytest.mark.parametrize("name", ["histories.npz", "surfaces.npz"])
@pytest.mark.parametrize("damage", ["cut", "text", "flipped"])
def test_damaged_archives(tmp_path, name, damage):
    content = study(("5-3-3",), (10,), 2, ("nn", "snn"))
    save(tmp_path, content, histories(content, 10), surfaces(("snn",), 5))
    path = tmp_path / name
    data = bytearray(path.read_bytes())
    data[300] ^= 255
    half = bytes(data[: len(data) // 2])
    path.write_bytes({"cut": half, "text": b"not an archive", "flipped": bytes(data)}[damage])
    with pytest.raises(DataError, match=re.escape(name)):
        write_report(tmp_path)


def test_arrays_of_the_wrong_shape(tmp_path):
    content = study(("5-3-3",), (10,), 2, ("nn", "snn"))
    curves = histories(content, 10)
    curves["5-3-3/snn/loss"] = np.ones((2, 10, 2))
    with pytest.raises(DataError, match="has the shape"):
        write_report(save(tmp_path / "a", content, curves))
    fields = surfaces(("snn",), 5)
    fields["model/eta"] = np.ones((5, 4))
    with pytest.raises(DataError, match="the grid is"):
        write_report(save(tmp_path / "b", content, None, fields))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0471, "0.0471"), (12.34, "12.3"), (1234.5, "1234"), (1e-7, "1.00e-7"), (0.0, "0.00")],
)
def test_numbers_have_three_digits(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("name", "shown", "unit"),
    [
        ("eta", "eta", "MPa"),
        ("deta/da", "∂eta/∂a", "MPa/mm"),
        ("d eta/d b", "∂eta/∂b", "MPa"),
        ("d2eta/dada", "∂²eta/∂a²", "MPa/mm/mm"),
        ("d2eta/dadb", "∂²eta/∂a∂b", "MPa/mm"),
        ("residual", "residual", ""),
    ],
)
def test_terms_are_written_with_their_unit(tmp_path, name, shown, unit):
    content = study(("5-3-3",), (10,), 1, ("snn",))
    content["data"].update(input_units=["mm", ""], output_units=["MPa"])
    results = read_results(save(tmp_path, content))
    assert (results.term(name), results.unit(name)) == (shown, unit)


def test_the_command_is_taken_from_the_settings_beside_the_results(tmp_path):
    folder = save(tmp_path, study(("5-3-3",), (10,), 1, ("snn",)))
    assert read_results(folder).command == ""
    path = folder / "study.config.toml"
    path.write_text('[record]\nsource = "talk"\n', encoding="utf-8")
    assert read_results(folder).command.startswith("sobolev study talk --config")
    path.write_text("[record", encoding="utf-8")
    assert read_results(folder).command == ""


def test_cells_are_ordered_and_named(tmp_path):
    content = study(("b", "a"), (1000, 200), 1, ("snn",))
    cells = read_results(save(tmp_path, content)).cells
    assert cells == [Cell("b", 200), Cell("b", 1000), Cell("a", 200), Cell("a", 1000)]
    assert str(cells[0]) == "b, 200 epochs"
