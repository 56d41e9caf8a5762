"""The figures of the house, read from its source: `make house`.

Whether the house stays one: few public names, small files, small folders, protocols that are
declared instead of found, and imports that go down only. A test holds each figure to its bound.
"""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent / "sobolev"
MOST_LINES, MOST_FILES, MOST_NAMES, MEDIAN_LINES = 400, 20, 60, 120
FAMILIES = (
    "bridges", "checks", "confidence", "data", "descent", "designs", "dynamics", "equations",
    "errors", "fem", "inner_products", "kriging", "losses", "networks", "optimisers", "problems",
    "reports", "sources", "studies", "weighting", "work",
)  # fmt: skip


def files() -> list[Path]:
    """Every module of the package."""
    return sorted(path for path in ROOT.rglob("*.py"))


def room(path: Path) -> str:
    """To which room a module belongs: the first word below the package."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """`(module, at the top?)` of everything that a file imports, with the names taken."""
    tree = ast.parse(path.read_text())
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ["sobolev", *path.relative_to(ROOT).parts[:-1]]
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "sobolev":
                yield from ((f"sobolev.{alias.name}", id(node) in top) for alias in node.names)
            else:
                yield module, id(node) in top


def arrows() -> dict[str, set[str]]:
    """Which rooms each room imports."""
    found: dict[str, set[str]] = {}
    for path in files():
        if path == ROOT / "__init__.py":
            continue
        here = found.setdefault(room(path), set())
        for module, _ in imports(path):
            top, _, rest = module.partition(".")
            if top == "sobolev" and not rest.startswith("__"):
                here.add(rest.split(".")[0])
    return {here: there - {here} for here, there in found.items()}


def floors() -> list[list[str]]:
    """The rooms floor by floor: each stands on rooms below it only; `ValueError` for a circle."""
    left, standing = arrows(), set()
    storeys = []
    while left:
        storey = sorted(here for here, there in left.items() if there <= standing)
        if not storey:
            raise ValueError(f"rooms import each other in a circle: {sorted(left)}")
        storeys.append(storey)
        standing |= set(storey)
        left = {here: there for here, there in left.items() if here not in storey}
    return storeys


def public_names() -> list[str]:
    """`dir(sobolev)` without underscores, of a fresh process."""
    code = "import sobolev; print(*(n for n in dir(sobolev) if n[0] != '_'))"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


def unreachable() -> list[str]:
    """Families that are not there right after the import, each in a fresh process."""
    code = "import sobolev, sys; [getattr(sobolev, n) for n in sys.argv[1:]]"
    missing = []
    for name in FAMILIES:
        done = subprocess.run([sys.executable, "-c", code, name], capture_output=True)
        missing += [name] if done.returncode else []
    return missing


# A protocol is declared by its class; whoever asks `hasattr` finds it by looking.
PROTOCOLS = {
    "weighting", "scheme", "optimiser", "law", "block", "model", "function", "network",
    "inner", "aggregator", "architecture", "problem", "surrogate",
}  # fmt: skip
PROSE = {"result", "message", "note", "sentence", "text"}


def found_by_looking() -> list[str]:
    """Places that ask `hasattr` or a defaulted `getattr` of a member of a protocol."""
    return [
        place
        for place, node in _calls()
        if isinstance(node.func, ast.Name)
        and node.func.id in ("hasattr", "getattr")
        and (node.func.id == "hasattr" or len(node.args) == 3)
        and _last_name(node.args[0]) in PROTOCOLS
        and not ast.unparse(node.args[1]).startswith("'__")  # what any Python function may have
    ]


def parsed_prose() -> list[str]:
    """Places that look into a result's sentence, or rewrite a message word by word."""
    return [
        place
        for place, node in _calls()
        if isinstance(node.func, ast.Attribute)
        and (
            (node.func.attr in ("startswith", "endswith") and _prose(node.func.value))
            or (node.func.attr == "replace" and _prose(node.func.value) and len(node.args) == 2)
        )
    ]


def _prose(node: ast.expr) -> bool:
    return _last_name(node) in PROSE


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _last_name(node: ast.expr) -> str:
    """`x.inner` → "inner", `str(result)` → "result"."""
    if isinstance(node, ast.Call) and node.args:
        return _last_name(node.args[0])
    if isinstance(node, ast.Attribute):
        return node.attr.lstrip("_")
    return node.id.lstrip("_") if isinstance(node, ast.Name) else ""


def lines() -> dict[str, int]:
    """Lines of each module."""
    return {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in files()}


def crowded() -> dict[str, int]:
    """Modules in each folder, its `__init__` aside."""
    folders: dict[str, int] = {}
    for path in files():
        if path.name != "__init__.py":
            folder = str(path.parent.relative_to(ROOT))
            folders[folder] = folders.get(folder, 0) + 1
    return folders


def functions() -> list[int]:
    """Lines of each function."""
    nodes = (node for p in files() for node in ast.walk(ast.parse(p.read_text())))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [n.end_lineno - n.lineno + 1 for n in nodes if isinstance(n, kinds) and n.end_lineno]


def figures() -> dict[str, tuple[object, bool]]:
    """Each figure with whether it is within its bound."""
    length, folders, names = lines(), crowded(), public_names()
    modules = [n for path, n in length.items() if not path.endswith("__init__.py")]
    long = {path: n for path, n in length.items() if n > MOST_LINES}
    full = {folder: n for folder, n in folders.items() if n > MOST_FILES}
    sizes = sorted(functions())
    return {
        f"public names (at most {MOST_NAMES})": (len(names), len(names) <= MOST_NAMES),
        "families that are not there after import": (missing := unreachable(), not missing),
        f"files of more than {MOST_LINES} lines": (long, not long),
        f"folders of more than {MOST_FILES} files": (full, not full),
        f"median lines of a file (at most {MEDIAN_LINES})": (
            median := int(statistics.median(modules)),
            median <= MEDIAN_LINES,
        ),
        "protocols found by looking": (looked := found_by_looking(), not looked),
        "sentences that are parsed": (parsed := parsed_prose(), not parsed),
        "floors": (len(floors()), True),
        "files, lines": (f"{len(length)}, {sum(length.values())}", True),
        "lines of a function: median, 90 %, largest": (
            f"{sizes[len(sizes) // 2]}, {sizes[len(sizes) * 9 // 10]}, {sizes[-1]}",
            True,
        ),
    }


def main() -> int:
    """Print the figures; 1 when one is out of its bound."""
    found = figures()
    for name, (value, good) in found.items():
        print(f"{'ok ' if good else 'NO '} {name}: {value if value or value == 0 else 'none'}")
    return int(not all(good for _, good in found.values()))


if __name__ == "__main__":
    sys.exit(main())
