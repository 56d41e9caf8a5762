"""A member of each family can be written outside the package, in few lines: the examples do it."""

import ast
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("ex0?_own_*.py"))
MOST = 40


def test_there_is_one_of_each_kind():
    kinds = {path.stem.split("_own_")[1] for path in EXAMPLES}
    assert kinds == {"scheme", "function", "network", "block", "format"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_takes_few_lines_and_public_names_only(path):
    """What comes before the data and the figure of the example is the member itself."""
    tree = ast.parse(path.read_text())
    member = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in ("main", "data", "trained", "figure"):
            break
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            member.append(node.end_lineno - node.lineno + 1)
    assert 0 < sum(member) <= MOST
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("sobolev")
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")
