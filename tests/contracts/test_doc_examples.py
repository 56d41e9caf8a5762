"""Examples in docstrings and pages call what there is, with arguments that it takes."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import sobolev as sb
from sobolev import fem, sources

ROOT = Path(__file__).parents[2]
FILES = [*(ROOT / "sobolev").rglob("*.py"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
KNOWN = {
    name: getattr(room, name)
    for room in (sb, fem, sources) for name in dir(room) if not name.startswith("_")
}  # fmt: skip


def examples() -> Iterator[tuple[str, ast.AST]]:
    """Every block of Python in a docstring or a page that can be read, and where it is."""
    for file in FILES:
        text = file.read_text()
        for found in re.finditer(r"```python\n(.*?)```", text, re.DOTALL):
            try:
                tree = ast.parse(textwrap.dedent(found.group(1)))
            except SyntaxError:  # a part is left out with dots
                continue
            yield f"{file.relative_to(ROOT)}:{text[: found.start()].count(chr(10)) + 1}", tree


def faults(tree: ast.AST) -> Iterator[str]:
    """Names of `fem` that there are not, and calls with arguments that are not taken."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name("fem"), attr=name) if name not in dir(fem):
                yield f"there is no fem.{name}"
            case ast.Call(func=ast.Name(name) | ast.Attribute(ast.Name("fem" | "sb"), name)):
                if name in KNOWN and not any(isinstance(a, ast.Starred) for a in node.args):
                    named = {each.arg: 0 for each in node.keywords if each.arg}
                    try:
                        inspect.signature(KNOWN[name]).bind_partial(*node.args, **named)
                    except (TypeError, ValueError) as error:
                        yield f"{name}: {error}"


def test_examples_call_what_there_is():
    found = [f"{where}: {fault}" for where, tree in examples() for fault in faults(tree)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("wrong", ["fem.Nothing()", "fem.PerPoint(place=1)", "Box(1, 2, 3, 4, 5)"])
def test_a_wrong_example_is_found(wrong):
    assert list(faults(ast.parse(wrong)))
