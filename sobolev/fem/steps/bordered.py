"""Newton's method for fields and load factor together, and the linear system it solves.

    [K  R_λ] [δz]   [a]
    [c   0 ] [δλ] = [b]

is solved by back-substitutions with one factor, at limit points too, where K is singular: factored
is K + σ e eᵀ, whose entries are those of K but for one on the diagonal, at the unknown that c looks
at most. What that adds is taken away by a second border, s = e · z:

    [K + σ e eᵀ  R_λ  -σ e] [δz]   [a]
    [c            0     0 ] [δλ] = [b]
    [eᵀ           0    -1 ] [ s]   [0]

Source: E. Riks, Int. J. Solids Struct. 15 (1979) 529, 10.1016/0020-7683(79)90081-7; W. Govaerts,
Numerical methods for bifurcations of dynamical equilibria, 2000, section 3.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sobolev.fem.kernel.assembly import States, System
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.kernel.space import Case, part_of
from sobolev.fem.solvers.solver import EXACT, Factorisation, Singular, check_condition
from sobolev.fem.steps.newton import (
    Solving,
    StepFailed,
    at_round_off,
    check_cells,
    is_admissible,
    linearised,
    relative_residual,
    scale_of,
    why_inadmissible,
)
from sobolev.fem.steps.one_step import slope_by_load

# A border whose solution is smaller than this part of its vectors is round-off.
LEAST_COUPLING = 1e-11


class Holding(NamedTuple):
    """The equation that finds the load factor: the gap c(z), its slopes `[nf]`, its size; of a
    length (`far`), which has no slopes at the start of a step, the direction that the path came
    from and, where there is none, the sign of the load.
    """

    gap: Callable[[Float[np.ndarray, " nf"]], float]
    slopes: Callable[[Float[np.ndarray, " nf"]], Float[np.ndarray, " nf"]]
    size: float
    far: bool = False
    direction: Float[np.ndarray, " nf"] | None = None
    sign: float = 1.0


class Bordered:
    """The factored system of fields and load factor; behaves as a factorisation of size nf + 1.

    **Arguments:** the `factor` of K + `shift` · e eᵀ with the unit vector e of the unknown
    `pinned`; the columns R_λ and the row c `[nf]`. Raises `Singular`.
    """

    def __init__(self, factor: Factorisation, load, slopes, pinned: int, shift: float):
        unit = np.zeros(len(load))
        unit[pinned] = 1.0
        self._factor = factor
        self._columns = np.stack([load, -shift * unit], 1)
        self._rows = np.stack([slopes, unit], 1)
        self._of_columns = factor.solve(self._columns)
        # what is left of the borders when z is eliminated
        self._left = np.diag([0.0, -1.0]) - self._rows.T @ self._of_columns
        coupling = float(np.linalg.det(self._left))
        size = np.linalg.norm(slopes) * np.linalg.norm(self._of_columns[:, 0])
        if not abs(coupling) > LEAST_COUPLING * size:
            raise Singular(
                "the loads do not move what the path prescribes, as at a bifurcation or where the "
                "displacement turns back"
            )

    @functools.cached_property
    def _of_rows(self):
        return self._factor.solve(self._rows, transposed=True)

    def solve(self, b, transposed: bool = False, tolerance: float = EXACT):
        """`[z; λ]` of `[a; b]`, or of the transposed system."""
        a, last = np.ascontiguousarray(b[:-1]), np.stack([b[-1], np.zeros_like(b[-1])])
        across, along, left = self._rows, self._of_columns, self._left
        if transposed:
            across, along, left = self._columns, self._of_rows, self._left.T
        z = self._factor.solve(a, transposed, tolerance)
        border = np.linalg.solve(left, last - across.T @ z)
        return np.concatenate([z - along @ border, border[:1]])


def stiffened(
    pattern: Pattern, values: Float[np.ndarray, " nnz"], pinned: int
) -> tuple[Float[np.ndarray, " nnz"], float]:
    """`(values, σ)` of K + σ e eᵀ: twice the entry on the diagonal of the unknown `pinned`."""
    row = slice(pattern.indptr[pinned], pattern.indptr[pinned + 1])
    place = row.start + int(np.searchsorted(pattern.indices[row], pinned))
    made = values.copy()
    made[place] += abs(values[place])
    return made, abs(float(values[place]))


class Reached(NamedTuple):
    """Where a controlled step ends."""

    u: Float[np.ndarray, "n c"]
    factor: float
    tangent: Bordered
    residuals: tuple[float, ...]
    scale: float


def controlled_step(
    solving: Solving, whole: Case, states: States, u: Float[np.ndarray, "n c"], factor: float,
    holding: Holding, clock: Clock, least_scale: float = 0.0,
) -> Reached:  # fmt: skip
    """From fields and load factor to the equilibrium that the equation asks for.

    `whole` is the case with all of its loads. Raises `StepFailed`.
    """
    at = _At(solving, whole, states, holding, clock)
    u = at.with_prescribed(u, factor)
    system = at.linearised(u, factor)
    check_cells(solving, part_of(solving.parts, whole, factor), system)
    if holding.far:
        u, factor, system = at.predicted(system, u, factor)
    residuals: list[float] = []
    least_scale = scale_of(system, least_scale)
    for _ in range(solving.settings.iterations):
        tangent = at.factored(system, u, factor)
        before, tolerance = u, solving.settings.tolerance
        u, factor, system = at.corrected(tangent, system, u, factor)
        scale = scale_of(system, least_scale)
        residuals.append(relative_residual(system, scale))
        gap = abs(holding.gap(at.free(u))) / holding.size
        settled = residuals[-1] <= tolerance or at_round_off(residuals, u - before, u)
        if settled and gap <= tolerance:
            # as without a control: the tangent of this state, and one more correction with it
            tangent = at.factored(system, u, factor, final=True)
            step = tangent.solve(-at.right_side(system, u))
            factor += float(step[-1])
            u = at.with_prescribed(at.moved(u, step[:-1]), factor)
            return Reached(u, factor, tangent, tuple(residuals), scale)
    raise StepFailed(
        f"Newton's relative residual was {residuals[-1]:.1e} after {solving.settings.iterations} "
        "iterations"
    )


class _At(NamedTuple):
    solving: Solving
    whole: Case
    states: States
    holding: Holding
    clock: Clock

    def free(self, u):
        return u.reshape(-1)[self.solving.space.free]

    def moved(self, u, dz):
        u = u.copy()
        u.reshape(-1)[self.solving.space.free] += dz
        return u

    def with_prescribed(self, u, factor):
        moved = factor * np.asarray(self.whole.displacement)
        moved.reshape(-1)[self.solving.space.free] = self.free(u)
        return moved

    def linearised(self, u, factor) -> System:
        case = part_of(self.solving.parts, self.whole, factor)
        return linearised(self.solving, case, self.states, u, np.zeros_like(u), self.clock)

    def right_side(self, system: System, u):
        return np.append(np.asarray(system.residual), self.holding.gap(self.free(u)))

    def factored(self, system: System, u, factor, final: bool = False) -> Bordered:
        solving, holding = self.solving, self.holding
        z = self.free(u)
        slopes = holding.slopes(z)
        pinned = int(np.argmax(np.abs(slopes)))
        values, shift = stiffened(solving.space.pattern, np.asarray(system.values), pinned)
        try:
            factored = solving.solver.factor(values, np.asarray(self.whole.X))
            if final:
                check_condition(factored, values, len(z))
            return Bordered(factored, self._load(u, factor), slopes, pinned, shift)
        except Singular as error:
            raise StepFailed(f"the tangent of the path is singular ({error})") from error

    def predicted(self, system: System, u, factor):
        """As far along the tangent of the path as the size of the equation asks for."""
        holding = self.holding
        try:
            solver, X = self.solving.solver, np.asarray(self.whole.X)
            along = -solver.factor(np.asarray(system.values), X).solve(self._load(u, factor))
        except Singular as error:
            raise StepFailed(f"the tangent is singular ({error})") from error
        if not along.any():
            raise StepFailed("no load moves the body, and the path has no direction")
        forwards = holding.sign if holding.direction is None else float(holding.direction @ along)
        far = np.copysign(np.sqrt(holding.size / np.mean(along**2)), forwards)
        then = factor + far
        moved = self.with_prescribed(self.moved(u, far * along), then)
        system = self.linearised(moved, then)
        if not is_admissible(self.solving, system):
            raise StepFailed(
                f"at the first guess of the step {why_inadmissible(self.solving, system)}"
            )
        return moved, then, system

    def _load(self, u, factor):
        solving = self.solving
        return np.asarray(
            slope_by_load(
                solving.parts, solving.space, self.whole, self.states, self.free(u), factor,
                self.clock,
            )
        )  # fmt: skip

    def corrected(self, tangent: Bordered, system: System, u, factor):
        """The Newton step, halved while it inverts an element."""
        step = tangent.solve(-self.right_side(system, u))
        trial = None
        for damping in (1.0, 0.5, 0.25, 0.125):
            then = factor + damping * float(step[-1])
            moved = self.with_prescribed(self.moved(u, damping * step[:-1]), then)
            trial = self.linearised(moved, then)
            if is_admissible(self.solving, trial):
                return moved, then, trial
        assert trial is not None
        raise StepFailed(why_inadmissible(self.solving, trial))
