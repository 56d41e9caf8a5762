"""The figures of the house stay within their bounds; `make house` prints them."""

from pathlib import Path

import house
import pytest


@pytest.fixture(scope="module")
def figures():
    return house.figures()


def test_every_figure_is_within_its_bound(figures):
    outside = {name: value for name, (value, good) in figures.items() if not good}
    assert not outside


def test_the_bounds_are_those_of_the_design(figures):
    assert (house.MOST_NAMES, house.MOST_LINES, house.MOST_FILES) == (60, 400, 20)
    assert house.MEDIAN_LINES == 120
    assert len(figures) == 10


def test_who_looks_instead_of_asking_the_class_is_found(monkeypatch, tmp_path):
    code = (
        "def f(weighting, result, x):\n"
        "    hasattr(weighting, 'after')\n"
        "    getattr(self.inner, 'due', None)\n"
        "    str(result).startswith('finished')\n"
        "    x.message.replace('records=', '--records ')\n"
        "    getattr(x, 'name', None), hasattr(f, '__name__'), x.path.replace('a', 'b')\n"
    )
    (tmp_path / "seen.py").write_text(code)
    monkeypatch.setattr(house, "ROOT", tmp_path)
    assert house.found_by_looking() == ["seen.py:2", "seen.py:3"]
    assert house.parsed_prose() == ["seen.py:4", "seen.py:5"]


def test_a_circle_is_found(monkeypatch):
    monkeypatch.setattr(house, "arrows", lambda: {"a": set(), "b": {"a", "c"}, "c": {"b"}})
    with pytest.raises(ValueError, match=r"circle: \['b', 'c'\]"):
        house.floors()


UNIT = Path(__file__).parents[1] / "unit"


def strangers(tests):
    """Files of tests that are not called by a module or folder of their room, or by the room."""
    found = []
    for path in sorted(tests.rglob("test_*.py")):
        place = house.ROOT / path.parent.relative_to(tests)
        inside = [each for each in place.rglob("*") if each.suffix == ".py" or each.is_dir()]
        names = {place.name, *(each.stem for each in inside)}
        names |= {"_".join(each.relative_to(place).with_suffix("").parts) for each in inside}
        called = path.stem.removeprefix("test_")
        if not any(called == name or called.startswith(f"{name}_") for name in names):
            found.append(path.relative_to(tests).as_posix())
    return found


def test_unit_tests_are_called_by_what_they_test():
    assert not strangers(UNIT)


def test_a_file_of_tests_without_a_module_is_found(tmp_path):
    (tmp_path / "fem").mkdir()
    for name in ("mesh", "mesh_of_plates", "fem_signs", "signs"):
        (tmp_path / "fem" / f"test_{name}.py").touch()
    assert strangers(tmp_path) == ["fem/test_signs.py"]
