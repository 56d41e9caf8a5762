"""Newton's method with load steps: an equilibrium, or `Diverged`, never something in between."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError, Diverged
from sobolev.fem.assembly import Case, Space, System, linearise
from sobolev.fem.linear_solvers import Factorisation, Prepared, Singular, check_condition
from sobolev.fem.materials import Material


@dataclass(frozen=True)
class Newton:
    """Settings: stop at ‖R‖ ≤ `tolerance` · scale; halve the load step down to `least_step`.

    The scale is the norm of all element forces before they cancel, and of the loads. The tolerance
    limits how exact the derivatives are. Raises `ConfigError` for settings out of range.
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
    """Displacement `u [n, 2]`, the tangent factored there, and how Newton went.

    `history` holds the relative residuals ‖R‖ / scale, one tuple for each load step.
    """

    u: Float[np.ndarray, "n 2"]
    tangent: Factorisation
    history: tuple[tuple[float, ...], ...]


class _StepFailed(Exception):
    """This load step needs to be halved."""


def equilibrium(
    material: Material, space: Space, solver: Prepared, case: Case, settings: Newton
) -> Equilibrium:
    """Solve R(u) = 0 for the full load; raise `Diverged` when there is no way to an equilibrium."""
    case = Case(*map(np.asarray, case))
    _check_reference(case)
    prescribed = case.displacement.copy()
    prescribed.reshape(-1)[space.free] = 0.0
    case = case._replace(displacement=prescribed)
    u, reached, step = np.zeros_like(prescribed), 0.0, 1.0
    history, tangent = [], None
    while reached < 1.0:
        target = min(1.0, reached + step)
        try:
            u, tangent, residuals = _load_step(material, space, solver, case, settings, u, target)
        except _StepFailed as failure:
            step /= 2
            if step < settings.least_step:
                raise Diverged(
                    f"no equilibrium was found beyond the load factor {reached:g} of 1: {failure}, "
                    "even with small load steps. Reduce the load, or move the parameters back into "
                    "the range for which the structure holds."
                ) from failure
        else:
            history.append(residuals)
            reached, step = target, min(2 * step, 1.0)
    assert tangent is not None
    return Equilibrium(u, tangent, tuple(history))


def _check_reference(case: Case) -> None:
    for name, array in case._asdict().items():
        if not np.isfinite(array).all():
            raise Diverged(
                f"the parameters give {int((~np.isfinite(array)).sum())} values of the {name} that "
                "are not finite: give finite parameters from the domain of the problem."
            )


def _load_step(material, space, solver, case, settings, u, target):
    """One load step; the first iteration carries the prescribed increment into the interior."""
    at = case._replace(force=target * case.force)
    pending = target * case.displacement - u
    pending.reshape(-1)[space.free] = 0.0
    system = _linearise(material, space, at, u, pending)
    _check_cells(system)
    residuals = []
    for _ in range(settings.iterations):
        factor = _factor(solver, system)
        correction = -factor.solve(np.asarray(system.residual))
        u, system = _damped(material, space, at, u, correction, pending)
        pending = np.zeros_like(pending)
        residuals.append(_relative(system))
        if residuals[-1] <= settings.tolerance:
            # sensitivities need the tangent of this state, not that of the last correction; as it
            # is there, one more correction is nearly free, and takes the noise of u down with it
            factor = _factor(solver, system, final=True)
            u.reshape(-1)[space.free] -= factor.solve(np.asarray(system.residual))
            return u, factor, tuple(residuals)
    raise _StepFailed(
        f"Newton's relative residual was {residuals[-1]:.1e} after {settings.iterations} iterations"
    )


def _linearise(material, space, case, u, pending) -> System:
    return System(*map(np.asarray, linearise(material, space, case, u, pending)))


def _relative(system: System) -> float:
    norm = float(np.linalg.norm(system.residual))
    return norm / float(system.scale) if norm else 0.0


def _check_cells(system: System) -> None:
    if not system.least_J > 0:
        raise Diverged(
            "the geometry turns an element inside out: the least determinant of its map is "
            f"{float(system.least_J):.3g}, it must be positive. Choose a shape that fits."
        )


def _factor(solver: Prepared, system: System, final: bool = False) -> Factorisation:
    try:
        values = np.asarray(system.values)
        factor = solver.factor(values)
        if final:
            check_condition(factor, values, len(system.residual))
        return factor
    except Singular as error:
        raise _StepFailed(
            f"the tangent is singular ({error}), as at a limit point or without enough supports"
        ) from error


def _damped(material, space, case, u, correction, pending):
    """Take the Newton step, halved while it inverts an element.

    A decrease of the residual is not asked for: in bending the first full step raises it by orders
    of magnitude (membrane forces) and the second one removes that.
    """
    full = pending.copy()
    full.reshape(-1)[space.free] = correction
    none = np.zeros_like(pending)
    system = None
    # the prescribed increment must go in whole: when it does not fit, the load step is halved
    for damping in (1.0,) if pending.any() else (1.0, 0.5, 0.25, 0.125):
        trial = u + damping * full
        system = _linearise(material, space, case, trial, none)
        admissible = system.least_F > 0 or not material.finite
        if admissible and np.isfinite(system.residual).all() and np.isfinite(system.scale):
            return trial, system
    assert system is not None
    raise _StepFailed(
        f"an element is turned inside out (least det F = {float(system.least_F):.3g})"
    )
