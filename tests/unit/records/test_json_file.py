"""JSON as dataclasses: what fits is taken, what does not is named by its place."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import pytest

from sobolev.errors import DataError
from sobolev.records.json_file import above, at_least, between, of_format, parsed, some, validated


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Leaf:
    name: str
    size: float = field(metadata=above(0))
    kind: Literal["oak", "elm"] = "oak"
    colour: Colour = Colour.RED
    share: float | None = field(default=None, metadata=between(0, 1))


@dataclass(frozen=True)
class Tree:
    leaves: list[Leaf] = field(metadata=some())
    age: int = field(default=0, metadata=at_least(0))
    about: dict[str, str | int | None] = field(default_factory=dict)
    anything: dict = field(default_factory=dict)


SOUND = {"leaves": [{"name": "a", "size": 2}], "age": 3, "about": {"x": 1, "y": None}, "new": 1}


def read(content):
    return validated(Tree, "tree.json", content)


def test_what_fits_is_taken_and_what_is_not_known_is_left():
    tree = read(SOUND | {"anything": {"a": [1, {"b": 2}]}})
    assert tree.leaves == [Leaf("a", 2.0)] and isinstance(tree.leaves[0].size, float)
    assert tree.leaves[0].colour is Colour.RED
    assert tree.about == {"x": 1, "y": None} and tree.anything == {"a": [1, {"b": 2}]}


@pytest.mark.parametrize(
    "content, said",
    [
        ([], r"'the file' must be a table, and is \[\]"),
        ({}, "'leaves' must be there, and is None"),
        (SOUND | {"leaves": []}, "'leaves' must be with at least one entry"),
        (SOUND | {"leaves": {}}, "'leaves' must be a list"),
        (SOUND | {"leaves": [{"name": "a"}]}, "'leaves.0.size' must be there"),
        (SOUND | {"leaves": [{"name": "a", "size": 0}]}, "'leaves.0.size' must be above 0"),
        (SOUND | {"leaves": [{"name": "a", "size": "2"}]}, "'leaves.0.size' must be a number"),
        (SOUND | {"leaves": [{"name": 1, "size": 2}]}, "'leaves.0.name' must be a text"),
        (SOUND | {"leaves": [SOUND["leaves"][0] | {"kind": "fir"}]}, "kind' must be one of oak, e"),
        (SOUND | {"leaves": [SOUND["leaves"][0] | {"colour": "blue"}]}, "must be one of red"),
        (SOUND | {"leaves": [SOUND["leaves"][0] | {"share": 2}]}, "share' must be from 0 to 1"),
        (SOUND | {"leaves": [SOUND["leaves"][0], 3]}, "'leaves.1' must be a table, and is 3"),
        (SOUND | {"age": -1}, "'age' must be at least 0, and is -1"),
        (SOUND | {"age": 1.5}, "'age' must be a whole number"),
        (SOUND | {"age": True}, "'age' must be a whole number"),
        (SOUND | {"about": {"x": 1.5}}, "'about.x' must be a text"),
        (SOUND | {"about": {"x": [0] * 99}}, r"is \[0, 0.*\.\.\.\. Run the study again"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(content, said):
    with pytest.raises(DataError, match=said) as caught:
        read(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("format_", [None, 0, 3, "2", True, 2.5])
def test_a_format_that_is_not_read_fails(format_, tmp_path):
    of_format(tmp_path, {"format": 2}, 1, 2)
    of_format(tmp_path, {}, 1, 2, unnumbered=1)
    with pytest.raises(DataError, match=r"has format .*, this program reads 1 and 2: update"):
        of_format(tmp_path, {"format": format_}, 1, 2, unnumbered=1)


def test_files_that_are_no_json_are_refused(tmp_path):
    (tmp_path / "f").write_text(json.dumps(SOUND)[:-3])
    for path, said in ((tmp_path / "f", "cut off"), (tmp_path / "gone", "cannot read")):
        with pytest.raises(DataError, match=said):
            parsed(path)
