"""Which linear solver a model takes when the user does not say."""

import importlib.util

from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.solvers.banded import BandedCholesky, half_bandwidth
from sobolev.fem.solvers.installed import Pardiso
from sobolev.fem.solvers.multigrid import MultigridCG
from sobolev.fem.solvers.solver import LinearSolver, SuperLU

# Measured in benchmarks/fem_scaling.py, one core. Three dimensions: at 14 000 unknowns 0.15 s for
# the first solve and 0.09 s for each more by multigrid, 0.24 and 0.01 s by a banded factor, 0.8 s
# and 0.01 s by SuperLU; at 23 000 already 0.4 against 5 s.
LARGE = 15_000


def default_solver(pattern: Pattern, symmetric: bool = True, dimension: int = 2) -> LinearSolver:
    """The fastest solver at hand for a pattern, in a space of this dimension.

    Banded for narrow bands; multigrid for large symmetric problems in three dimensions if pyamg is
    installed; else PARDISO if installed; else SuperLU. CHOLMOD's supernodal part is GPL, so it is
    only taken when asked for.
    """
    # measured up to 37 000 unknowns, half-bandwidth 197: four times as fast as SuperLU (53, 200 ms)
    if half_bandwidth(pattern) <= 200:
        return BandedCholesky()
    if dimension == 3 and symmetric and pattern.size >= LARGE and _installed("pyamg"):
        return MultigridCG()
    if _installed("pypardiso"):
        return Pardiso()
    return SuperLU()


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
