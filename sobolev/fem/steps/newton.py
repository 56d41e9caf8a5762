"""Newton's method for one step: an equilibrium at given loads, or a reason why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError, Diverged
from sobolev.fem.kernel.assembly import States, System, linearise, no_states
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.kernel.space import Case, Parts, Space, part_of
from sobolev.fem.solvers.solver import (
    EXACT,
    ROUGH,
    Factorisation,
    Prepared,
    Singular,
    check_condition,
)  # fmt: skip
from sobolev.fem.steps.reasons import (
    check_constants,
    check_symmetry,
    refuse_what_no_step_mends,
    why_inside_out,
)  # fmt: skip

# Where rounding lets the residual fall no further than this, above the tolerance, a full step that
# changes the fields by this part of them has left an error of about its square.
ROUNDED, UNCHANGED = 1e-8, 1e-9


@dataclass(frozen=True)
class Newton:
    """Settings: stop at ‖R‖ ≤ `tolerance` · scale; halve the load step down to `least_step`.

    The scale is the norm of all element forces before they cancel, and of the loads; that at the
    start of a step where it is larger: a body that is free to expand ends without any force. The
    tolerance limits how exact the derivatives are. Large forces that cancel in the cells, of bodies
    that are nearly incompressible, leave a residual above it by round-off: then it stops where the
    residual falls no more, below 1e-8, and a step changes the fields by less than 1e-9 of them.
    Raises `ConfigError` for settings out of range.
    """

    tolerance: float = 1e-12
    iterations: int = 20
    least_step: float = 1 / 64

    def __post_init__(self):
        if not (0 < self.tolerance <= 1e-6 and self.iterations > 0 and 0 < self.least_step <= 1):
            raise ConfigError(
                "Newton needs 0 < tolerance <= 1e-6, iterations >= 1 and 0 < least_step <= 1: got "
                f"{self}."
            )


class Equilibrium(NamedTuple):
    """Fields `u [n, c]`, the tangent factored there, and how Newton went.

    `history` holds the relative residuals ‖R‖ / scale, one tuple for each load step.
    """

    u: Float[np.ndarray, "n c"]
    tangent: Factorisation
    history: tuple[tuple[float, ...], ...]


class StepFailed(Exception):
    """There is no way to an equilibrium from here: the load step needs to be halved."""


class Solving(NamedTuple):
    """What stays the same while a problem is solved at one point of its parameters."""

    parts: Parts
    space: Space
    solver: Prepared
    settings: Newton
    regions: Sequence[np.ndarray] = ()  # numbers of the cells of each piece in the mesh


def equilibrium(solving: Solving, case: Case) -> Equilibrium:
    """Solve R(u) = 0 for the full load of laws without history, in as many load steps as it takes.

    Raises `Diverged` when there is no way to an equilibrium.
    """
    case = prepared_case(case, solving)
    states = no_states(solving.parts)
    u, reached, step = np.zeros_like(case.displacement), 0.0, 1.0
    history, tangent = [], None
    while reached < 1.0:
        target = min(1.0, reached + step)
        try:
            at = part_of(solving.parts, case, target)
            u, tangent, residuals, _ = load_step(solving, at, states, u)
        except StepFailed as failure:
            step /= 2
            if step < solving.settings.least_step:
                from sobolev.fem.steps.limit import beyond  # which takes such steps itself

                why = beyond(solving, case, states, (u, reached), Clock(), failure)
                raise Diverged(
                    f"no equilibrium was found beyond the load factor {reached:g} of 1: {why}"
                ) from failure
        else:
            history.append(residuals)
            reached, step = target, min(2 * step, 1.0)
    assert tangent is not None
    return Equilibrium(u, tangent, tuple(history))


def prepared_case(case: Case, solving: Solving) -> Case:
    """On the host, with prescribed values where they are.

    Raises `Diverged` for what is not finite, and for constants that are not as laws demand.
    """
    space = solving.space
    case = jax.tree.map(np.asarray, case)
    for name, part in case._asdict().items():
        array = np.concatenate([np.zeros(0), *map(np.ravel, jax.tree.leaves(part))])
        if not np.isfinite(array).all():
            raise Diverged(
                f"the parameters give {int((~np.isfinite(array)).sum())} values of the {name} that "
                "are not finite: give finite parameters from the domain of the problem."
            )
    check_constants(solving.parts, case, solving.regions)
    prescribed = case.displacement.copy()
    prescribed.reshape(-1)[space.free] = 0.0
    return case._replace(displacement=prescribed)


def load_step(
    solving: Solving, case: Case, states: States, u: Float[np.ndarray, "n c"],
    clock: Clock = Clock(), least_scale: float = 0.0,
) -> tuple[Float[np.ndarray, "n c"], Factorisation, tuple[float, ...], float]:  # fmt: skip
    """`(u, tangent, residuals, scale)` at the loads of the case, from u; raises `StepFailed`.

    Residuals are relative to the scale, which is `least_scale` at least: after unloading no force
    is left to compare with. The first iteration carries the increment of prescribed values into
    the interior.
    """
    space, settings = solving.space, solving.settings
    pending = case.displacement - u
    pending.reshape(-1)[space.free] = 0.0
    system = linearised(solving, case, states, u, pending, clock)
    check_cells(solving, case, system)
    least_scale, residuals, last = scale_of(system, least_scale), [], None
    for _ in range(settings.iterations):
        last, correction = _corrected(solving, case, u, system, last)
        u, system = _damped(solving, case, states, u, correction, pending, clock)
        pending = np.zeros_like(pending)
        scale = scale_of(system, least_scale)
        residuals.append(relative_residual(system, scale))
        if residuals[-1] <= settings.tolerance or at_round_off(residuals, correction, u):
            # sensitivities need the tangent of this state, not that of the last correction; as it
            # is there, one more correction is nearly free, and takes the noise of u down with it
            (_, factor), correction = _corrected(solving, case, u, system, last, final=True)
            u.reshape(-1)[space.free] += correction
            return u, factor, tuple(residuals), scale
    check_symmetry(solving.parts, space.pattern, np.asarray(system.values))
    raise StepFailed(
        f"Newton's relative residual was {residuals[-1]:.1e} after {settings.iterations} iterations"
    )


def linearised(solving: Solving, case: Case, states: States, u, pending, clock: Clock) -> System:
    """The system at u on the host."""
    parts, space = solving.parts, solving.space
    return jax.tree.map(np.asarray, linearise(parts, space, case, states, u, pending, clock))


def scale_of(system: System, least: float) -> float:
    """What residuals are relative to: the forces here, or those that the step had to balance."""
    here = float(system.scale)
    return max(here, least) if np.isfinite(here) else least


def relative_residual(system: System, scale: float) -> float:
    """‖R‖ / scale, zero of nothing at all."""
    norm = float(np.linalg.norm(system.residual))
    return norm / scale if norm else 0.0


def check_cells(solving: Solving, case: Case, system: System) -> None:
    """Raise `Diverged` where the geometry turns a cell inside out."""
    if not system.least_J > 0:
        raise Diverged(why_inside_out(solving.parts, solving.space, case, solving.regions))


def is_admissible(solving: Solving, system: System) -> bool:
    """Whether no cell is inside out, of laws that mind, and the forces are finite."""
    forces = np.isfinite(system.residual).all() and np.isfinite(system.scale)
    return bool(forces and not _turned(solving, system))


def _turned(solving: Solving, system: System) -> bool:
    finite = any(piece.law.traits().finite for piece in solving.parts.pieces)
    return finite and not system.least_F > 0


def why_inadmissible(solving: Solving, system: System) -> str:
    """What `is_admissible` does not like."""
    if _turned(solving, system):
        return f"an element is turned inside out (least det F = {float(system.least_F):.3g})"
    return "the forces are not finite: a law has been strained beyond what it can answer"


def at_round_off(residuals, correction, u) -> bool:
    """Whether rounding lets the residual fall no further, and what is left does not matter."""
    stalled = len(residuals) > 1 and residuals[-2] / 2 < residuals[-1] < ROUNDED
    return stalled and bool(np.linalg.norm(correction) < UNCHANGED * np.linalg.norm(u))


def _corrected(solving: Solving, case: Case, u, system: System, last, final: bool = False):
    """`((values, factor), Newton's correction)` of the free unknowns, from those of the tangent
    before: of a linear body it is the same one. The last correction is a matter of digits.
    """
    values = np.asarray(system.values)
    try:
        if last is None or not np.array_equal(values, last[0]):
            last = values, solving.solver.factor(values, np.asarray(case.X))
        factor = last[1]
        if final:
            check_condition(factor, values, len(system.residual))
            check_symmetry(solving.parts, solving.space.pattern, values)
        tolerance = ROUGH if final else EXACT
        return last, -factor.solve(np.asarray(system.residual), tolerance=tolerance)
    except Singular as error:
        refuse_what_no_step_mends(solving.parts, solving.space, case, u, values, solving.regions)
        reduced = any(piece.exact is not None for piece in solving.parts.pieces)
        more = " or where a reduced quadrature leaves mechanisms" if reduced else ""
        raise StepFailed(f"the tangent is singular ({error}), as at a limit point{more}") from error


def _damped(solving: Solving, case, states, u, correction, pending, clock):
    """Take the Newton step, halved while it inverts an element.

    A decrease of the residual is not asked for: in bending the first full step raises it by orders
    of magnitude (membrane forces) and the second one removes that.
    """
    full = pending.copy()
    full.reshape(-1)[solving.space.free] = correction
    none = np.zeros_like(pending)
    system = None
    # the prescribed increment must go in whole: when it does not fit, the load step is halved
    for damping in (1.0,) if pending.any() else (1.0, 0.5, 0.25, 0.125):
        trial = u + damping * full
        system = linearised(solving, case, states, trial, none, clock)
        if is_admissible(solving, system):
            return trial, system
    assert system is not None
    raise StepFailed(why_inadmissible(solving, system))
