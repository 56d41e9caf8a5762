"""What second derivatives and slopes as labels did not bring, run again by their benchmarks.

The answers of 0.1 (eb28a9c) are text.
"""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np

Trial = tuple[str, Callable[[Path], str]]
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def _benchmark(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"of_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def second_derivatives(folder: Path) -> str:
    """N10: six draws of 20 rows, the default with and without Hessians."""
    of = _benchmark("hessian_labels")
    unseen = of.table(500, 99)
    without, given = (
        np.array([of.error(of.table(20, seed), unseen, seed, order) for seed in range(6)])
        for order in (1, 2)
    )
    return (
        f"better in {(given < without).sum()} of 6 draws, by x{np.median(without / given):.1f} "
        f"in the median, by x{(without / given).min():.1f} in the worst"
    )


def the_highest_mode(folder: Path) -> str:
    """N11: second-order training with the default weights, medians of 3 initialisations."""
    of = _benchmark("highest_mode")
    said = []
    for rows in (32, 80):
        data, found = of.table(rows), []
        for way in ("values", "slopes"):
            epochs = [
                of.reached(data, of.NETWORKS["mixed"], way, of.SSBroyden(), seed, 3000)[0]
                for seed in range(3)
            ]
            found.append(f"with {way} after {np.median(epochs):.0f}".replace("after inf", "never"))
        said.append(f"{rows} rows: {', '.join(found)}")
    return "; ".join(said)


TRIALS: dict[str, list[Trial]] = {
    "N10": [("worse in 2 of 6 draws, x0.46 in the median", second_derivatives)],
    "N11": [("with slopes at most 2 x sooner; no benchmark", the_highest_mode)],
}
