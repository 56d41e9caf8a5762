"""Which linear solver a model takes when the user does not say."""

import importlib.util

from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.solvers.banded import BandedCholesky, half_bandwidth
from sobolev.fem.solvers.installed import Pardiso
from sobolev.fem.solvers.multigrid import MultigridCG
from sobolev.fem.solvers.solver import LinearSolver, SuperLU

# Measured in benchmarks/fem_scaling.py, one core. Three dimensions: at 14 000 unknowns 0.15 s for
# the first solve and 0.09 s for each more by multigrid, 0.24 and 0.01 s by a banded factor, 0.8 s
# and 0.01 s by SuperLU; at 23 000 already 0.4 against 5 s. In the plane the two meet at 100 000
# (0.5 s and 0.3, 0.8 s and 0.02); at 500 000 it is 2.6 s and 1.5 against 9.5 s and 0.1, and 11 GB.
LARGE = {1: 10**9, 2: 200_000, 3: 15_000}
# Entries of a band, 8 bytes each: of as many it takes less time, and memory, than SuperLU.
BAND = 60_000_000
# Bodies that are thin one way have narrower bands than squares and cubes of as many unknowns, and
# there a factor wins: half band for each component, entries. In layers of hexahedra 1 : 32 : 1 with
# moduli from 1 to 1000 (benchmarks/mosaic.py) 75 000 unknowns, half band 785, take 1.6 s, and 14 s
# by multigrid; 66 000 of heat, 261, 0.3 s both; a block of 28 000, 923, 0.8 and 0.7 s.
THIN = {1: 0, 2: 225, 3: 300}
ROOM = 140_000_000


def default_solver(pattern: Pattern, symmetric: bool = True, dimension: int = 2) -> LinearSolver:
    """The fastest solver at hand for a pattern, in a space of this dimension.

    Banded for narrow bands; multigrid for large symmetric problems if pyamg is installed, unless
    they are thin; else PARDISO if installed; else banded while the band has room, and SuperLU.
    CHOLMOD's supernodal part is GPL, so it is only taken when asked for.
    """
    band = half_bandwidth(pattern)
    if band <= 200:  # no other comes near it
        return BandedCholesky()
    entries, large = band * pattern.size, pattern.size >= LARGE[dimension]
    thin = large and band <= THIN[dimension] * pattern.components and entries <= ROOM
    if symmetric and large and not thin and _installed("pyamg"):
        return MultigridCG()
    if _installed("pypardiso"):
        return Pardiso()
    if symmetric and (thin or entries <= BAND):
        return BandedCholesky()
    return SuperLU()


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
