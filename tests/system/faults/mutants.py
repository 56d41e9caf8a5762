"""Break the code on purpose, a sign or a factor at a time, and see whether a test notices.

    python tests/system/faults/mutants.py --each 25 --processes 2

Mutants are made by cosmic-ray's operators (Bingham, cosmic-ray, a library for mutation testing):
+ and −, × and ÷, comparisons, numbers, `not`, `and`, `or`. From each part of the package `--each`
are drawn with a fixed seed; each is written into a copy of the package and the tests of that part
run against it. What survives is printed with its line: either the line has no effect, or a test is
missing. The table of the last whole run is in docs/reliability.md.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

TOP = Path(__file__).parents[3]
PARTS = {
    "losses": ["tests/unit/losses", "tests/contracts/test_blocks.py"],
    "data/scaling.py": ["tests/unit/data/test_scaling.py", "tests/unit/data/test_labels.py"],
    "derivative_names.py": ["tests/unit/test_derivative_names.py"],
    "function.py": ["tests/contracts/test_functions.py"],
    "evaluation.py": ["tests/unit/test_evaluation.py"],
    "fem": ["tests/unit/fem", "tests/unit/problems"],
    "kriging": ["tests/unit/kriging"],
    "networks": ["tests/unit/networks", "tests/contracts/test_networks.py"],
    "weighting/maths": ["tests/unit/weighting"],
    "optimisers/least_squares": ["tests/unit/optimisers/test_levenberg_marquardt.py"],
    "optimisers/quasi_newton": ["tests/unit/optimisers/test_quasi_newton.py"],
    "records": ["tests/unit/records", "tests/unit/reports"],
}
WANTED = (
    "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Mul_Add", "Lt_Gt", "Gt_Lt", "LtE_Gt", "GtE_Lt",
    "NumberReplacer", "USub_UAdd", "Delete_USub", "RemoveNot", "ReplaceAndWithOr",
    "ReplaceOrWithAnd", "Delete_Not", "AddNot",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: which operator, at which of the places where it can be applied."""

    part: str
    path: Path
    operator: str
    occurrence: int
    line: int


def mutants(part: str) -> list[Mutant]:
    """All that can be made of a part; annotations and assertions of shape are left alone."""
    whole = TOP / "sobolev" / part
    paths = [whole] if whole.is_file() else sorted(whole.rglob("*.py"))
    found = []
    for path in paths:
        still = quiet_lines(path)
        for name in filter(lambda n: n.endswith(WANTED), operator_names()):
            operator = get_operator(name)()
            lines = [
                start[0]
                for node in ast_nodes(get_ast_from_path(path))
                for start, _ in operator.mutation_positions(node)
            ]
            found += [
                Mutant(part, path, name, at, line)
                for at, line in enumerate(lines)
                if line not in still
            ]
    return found


def quiet_lines(path: Path) -> set[int]:
    """Lines of messages and docstrings, where another number is another word."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if (text or isinstance(node, ast.Raise | ast.arguments)) and hasattr(node, "lineno"):
            found |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def killed(mutant: Mutant, home: Path) -> bool:
    """Whether the tests of its part notice the mutant in the copy of the project at `home`."""
    target = home / mutant.path.relative_to(TOP)
    source = mutant.path.read_text()
    changed = mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)
    assert changed is not None and changed != source, mutant
    target.write_text(changed)
    tests = [test for test in PARTS[mutant.part] if (home / test).exists()]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
            cwd=home,
            env={**os.environ, "PYTHONPATH": str(home)},
            capture_output=True,
            timeout=300,
        )
        return done.returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        target.write_text(source)


def copy() -> Path:
    """A copy of package and tests to break."""
    home = Path(tempfile.mkdtemp(prefix="mutants-"))
    for name in ("sobolev", "tests", "benchmarks", "docs"):
        shutil.copytree(TOP / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "pyproject.toml", home)
    return home


def main() -> int:
    """Draw, break, test; a table by part and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=25, help="mutants of each part")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=list(PARTS))
    chosen = parser.parse_args()
    homes: Queue[Path] = Queue()
    for _ in range(chosen.processes):
        homes.put(copy())

    def judge(mutant: Mutant) -> bool:
        home = homes.get()
        try:
            return killed(mutant, home)
        finally:
            homes.put(home)

    total = lost = 0
    with ThreadPoolExecutor(chosen.processes) as threads:
        for part in chosen.parts:
            every = mutants(part)
            drawn = random.Random(0).sample(every, min(chosen.each, len(every)))
            outcome = list(threads.map(judge, drawn))
            survivors = [m for m, dead in zip(drawn, outcome, strict=True) if not dead]
            print(f"| `{part}` | {len(drawn)} of {len(every)} | {sum(outcome)} |", flush=True)
            for m in survivors:
                code = m.path.read_text().splitlines()[m.line - 1].strip()
                print(f"    {m.path.relative_to(TOP)}:{m.line} {m.operator}: {code}", flush=True)
            total, lost = total + len(drawn), lost + len(survivors)
    print(f"{total - lost} of {total} noticed")
    while not homes.empty():
        shutil.rmtree(homes.get())
    return 0


if __name__ == "__main__":
    sys.exit(main())
