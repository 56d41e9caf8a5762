"""Break the code on purpose, a sign or a factor at a time, and see whether a test notices.

    python tests/system/faults/mutants.py --each 25 --processes 2

Mutants are made by cosmic-ray's operators (Bingham, cosmic-ray, a library for mutation testing):
+ and −, × and ÷, comparisons, numbers, `not`, `and`, `or`. From each part of the package `--each`
are drawn with a fixed seed; each is written into a copy of the package and the tests of that part
run against it. What survives is printed with its line: either the line has no effect, or a test is
missing. `--only` repeats those that are named as they were printed.

The tests of a part run first without any change: they have to pass, fill the cache of compiled
programs, and say how long a mutant may take. The contracts that the package ships are tests
themselves (`conformance.py`) and are not broken. The last run's table is in docs/reliability.md.
"""

import argparse
import ast
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from queue import Queue

TOP = Path(__file__).parents[3]
# What is broken, by the name of its part, and the tests beside it: quick and pointed ones, as each
# mutant costs a run of them. The most pointed come first.
PARTS: dict[str, tuple[str, str]] = {
    "box, designs": ("box.py designs.py", "test_box.py test_designs.py"),
    "derivative names": ("derivative_names.py", "test_derivative_names.py"),
    "evaluation": ("evaluation.py", "test_evaluation.py"),
    "function": ("function", "contracts/test_functions.py"),
    "problems": ("problems", "problems"),
    "data": (
        "data/dataset.py data/scaling.py data/learnt.py data/running_statistics.py data/stack.py",
        "data/test_scaling.py data/test_kinds.py data/test_dataset.py data/test_hdf5.py",
    ),
    "data/files": ("data/hdf5 data/tables data/foreign", "data"),
    "checks": ("checks/evidence checks/judges checks/mistakes checks/estimate.py", "checks"),
    "kriging": ("kriging", "kriging"),
    "fem": (
        "fem/kernel fem/sensitivity fem/steps fem/statement.py fem/values.py",
        "fem",
    ),
    "fem/laws": ("fem/laws fem/responses", "fem contracts/test_laws.py"),
    "fem/meshes": (
        "fem/meshes fem/elements fem/conditions",
        "fem",
    ),
    "equations": ("equations/eulerian.py equations/followed.py", "equations"),
    "networks": (
        "networks/activations.py networks/wrappers networks/derivatives.py"
        " networks/parameters.py networks/capacity_warning.py networks/as_json.py"
        " networks/arrays_by_name.py",
        "networks",
    ),
    "networks/families": ("networks/families", "networks contracts/test_networks.py"),
    "losses": (
        "losses/batch.py losses/block.py losses/loss.py losses/view.py losses/labelled",
        "losses data/test_kinds.py",
    ),
    "losses/equations": (
        "losses/equations losses/functionals losses/norms",
        "losses/test_equations.py losses/test_points.py contracts/test_blocks.py",
    ),
    "weighting/maths": (
        "weighting/maths weighting/conflict.py",
        "weighting/test_maths_cosine.py weighting/test_maths_angles.py"
        " weighting/test_by_loss_histories.py weighting/test_by_loss_own_state.py"
        " weighting/test_by_angle_projections.py weighting/test_by_angle_balances.py",
    ),
    "weighting/statistics": (
        "weighting/statistics.py weighting/schemes/by_size",
        "weighting/test_by_size.py weighting/test_statistics.py weighting/test_wrappers.py",
    ),
    "weighting/wrappers": ("weighting/wrappers", "weighting/test_wrappers.py"),
    "weighting/points": (
        "weighting/points",
        "weighting/test_points.py training/test_point_weights.py",
    ),
    "schemes/by_angle": (
        "weighting/schemes/by_angle",
        "weighting/test_by_angle_projections.py weighting/test_by_angle_balances.py"
        " weighting/test_by_angle_primal.py weighting/test_maths_angles.py"
        " weighting/test_by_angle.py",
    ),
    "schemes/by_loss": (
        "weighting/schemes/by_loss",
        "weighting/test_by_loss_own_state.py weighting/test_by_loss_histories.py"
        " weighting/test_by_loss.py",
    ),
    "schemes/fixed, trained": (
        "weighting/schemes/fixed weighting/schemes/trained",
        "weighting/test_trained.py weighting/test_by_loss_histories.py"
        " weighting/test_schemes_refusals.py",
    ),
    "optimisers": (
        "optimisers/linearisation.py optimisers/point_weights.py optimisers/fresh_points.py"
        " optimisers/random_streams.py optimisers/then.py",
        "optimisers/test_levenberg_marquardt.py optimisers/test_then.py"
        " training/test_point_weights.py training/test_fit_fresh_points.py"
        " weighting/test_by_size.py",
    ),
    "optimisers/first_order": (
        "optimisers/first_order optimisers/by_terms",
        "optimisers/test_first_order.py optimisers/test_unit_length.py optimisers/test_by_rows.py"
        " optimisers/test_then.py",
    ),
    "optimisers/least_squares": (
        "optimisers/least_squares",
        "optimisers/test_levenberg_marquardt.py optimisers/test_gradient_regularised.py",
    ),
    "optimisers/quasi_newton": (
        "optimisers/quasi_newton",
        "optimisers/test_line_search.py optimisers/test_quasi_newton.py",
    ),
    "training": (
        "training/feed.py training/settings/stop.py training/trained_and_watched.py"
        " training/loop/course.py training/loop/epochs.py training/loop/run.py"
        " training/preparation training/recording",
        "training/test_feed.py training/test_stop.py training/test_fit.py"
        " training/test_history.py training/test_recorder.py",
    ),
    "confidence": ("confidence", "confidence"),
    "selection": ("selection", "selection"),
    "records": ("records", "records"),
    "reports/claims": ("reports/claims", "reports"),
    "studies": ("studies/problems studies/cells.py", "studies/test_weightings.py"),
    "arrays, identity": (
        "_base/triangles.py _base/arrays.py _base/identity.py",
        "_base/test_identity.py data/test_dataset.py test_surrogate.py test_loading.py"
        " confidence/test_laplace.py",
    ),
}
WANTED = (
    "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Mul_Add", "Lt_Gt", "Gt_Lt", "LtE_Gt", "GtE_Lt",
    "NumberReplacer", "USub_UAdd", "Delete_USub", "RemoveNot", "ReplaceAndWithOr",
    "ReplaceOrWithAnd", "Delete_Not", "AddNot",
)  # fmt: skip
# Before JAX is imported. A program that runs once is not worth the compiler's care.
SETTINGS = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}
# What every test imports: once, in the process from which each run is forked.
IMPORTED = ["equinox", "optax", "pydantic", "pytest", "scipy.optimize", "scipy.stats"]


@dataclass(frozen=True)
class Mutant:
    """One change: which operator, at which of the places where it can be applied."""

    part: str
    path: Path
    operator: str
    occurrence: int
    line: int

    @property
    def name(self) -> str:
        """`fem/mesh.py:31:NumberReplacer:7`."""
        where = self.path.relative_to(TOP / "sobolev")
        return f"{where}:{self.line}:{self.operator.split('/')[-1]}:{self.occurrence}"

    @property
    def changed(self) -> str:
        """The source of the file with the change."""
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        source = self.path.read_text()
        changed = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        assert changed is not None and changed != source, self
        return changed

    @property
    def new_line(self) -> str:
        """What now stands where the change is."""
        before, after = self.path.read_text().splitlines(), self.changed.splitlines()
        return next(b for a, b in zip(before, after, strict=False) if a != b).strip()


@cache
def mutants(part: str) -> list[Mutant]:
    """All that can be made of a part; annotations and sentences are left alone."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.plugins import get_operator, operator_names

    wholes = [TOP / "sobolev" / source for source in PARTS[part][0].split()]
    assert all(whole.exists() for whole in wholes), wholes
    paths = [p for w in wholes for p in ([w] if w.is_file() else sorted(w.rglob("*.py")))]
    operators = [name for name in operator_names() if name.endswith(WANTED)]
    found = []
    for path in (path for path in paths if path.name != "conformance.py"):
        still, nodes = quiet_lines(path), list(ast_nodes(get_ast_from_path(path)))
        for name in operators:
            operator = get_operator(name)()
            lines = [start[0] for node in nodes for start, _ in operator.mutation_positions(node)]
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


def run_tests(home: Path, tests: list[str]) -> None:
    """In a process of its own: exit code 0 when all pass."""
    import pytest

    os.chdir(home)
    os.environ["PYTHONPATH"] = str(home)
    sys.path.insert(0, str(home))
    sys.dont_write_bytecode = True  # a change within a second of the last one would not be seen
    out = os.open(home / "out.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    known = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"  # see IMPORTED
    sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", known, *tests]))


@dataclass
class Bench:
    """Copies of the project to break, and processes that run tests in them."""

    context: ForkServerContext
    homes: Queue[Path]

    def passes(self, part: str, limit: float | None = None, mutant: Mutant | None = None) -> bool:
        """Whether the tests of the part pass in a copy, in the time, with or without a mutant."""
        home = self.homes.get()
        target = None if mutant is None else home / mutant.path.relative_to(TOP)
        try:
            if mutant and target:
                target.write_text(mutant.changed)
            tests = [
                f"tests/{test}" if test.startswith("contracts") else f"tests/unit/{test}"
                for test in PARTS[part][1].split()
            ]
            process = self.context.Process(target=run_tests, args=(home, tests))
            process.start()
            process.join(limit)
            if process.is_alive():
                process.kill()
                process.join()
            if mutant is None and process.exitcode:
                print((home / "out.txt").read_text()[-1500:])
            return process.exitcode == 0
        finally:
            if mutant and target:
                target.write_text(mutant.path.read_text())
            self.homes.put(home)


def copy(where: Path) -> Path:
    """A copy of package and tests to break, and of what the tests read."""
    home = Path(tempfile.mkdtemp(dir=where))
    for name in ("sobolev", "tests", "benchmarks", "docs", "examples"):
        shutil.copytree(TOP / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in TOP.glob("*.*"):
        if file.is_file():
            shutil.copy(file, home)
    return home


def main() -> int:
    """Draw, break, test; a table by part and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=25, help="mutants of each part")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--only", nargs="*", default=[], help="mutants by name, as printed")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        where = Path(folder)
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(where / "compiled"))
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(IMPORTED)
        bench = Bench(context, Queue())
        for _ in range(chosen.processes):
            bench.homes.put(copy(where))
        return table(bench, chosen)


def table(bench: Bench, chosen: argparse.Namespace) -> int:
    """A row for each part; 1 if the tests of one fail without any change."""
    total = lost = 0
    with ThreadPoolExecutor(chosen.processes) as threads:
        for part in chosen.parts:
            every = mutants(part)
            drawn = random.Random(0).sample(every, min(chosen.each, len(every)))
            if chosen.only:
                drawn = [mutant for mutant in every if mutant.name in chosen.only]
            if not drawn:
                continue
            start = time.monotonic()
            if not bench.passes(part):
                print(f"the tests of {part} fail without any change")
                return 1
            limit = 30 + 5 * (time.monotonic() - start)
            dead = list(threads.map(lambda m, p=part, s=limit: not bench.passes(p, s, m), drawn))
            print(f"| {part} | {len(drawn)} of {len(every)} | {sum(dead)} |", flush=True)
            for mutant in (m for m, gone in zip(drawn, dead, strict=True) if not gone):
                print(f"    {mutant.name}: {mutant.new_line}", flush=True)
            total, lost = total + len(drawn), lost + len(drawn) - sum(dead)
    print(f"{total - lost} of {total} noticed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
