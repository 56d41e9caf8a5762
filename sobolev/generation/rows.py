"""One row of generated data: solve it, check it."""

from enum import Enum
from typing import NamedTuple

import numpy as np

from sobolev._base.errors import DataError, Diverged, SobolevError
from sobolev.function import Batched, Function, Pointwise
from sobolev.function.derivatives import NAMES, Derivatives
from sobolev.problems import Problem
from sobolev.work.process import portable


class Why(Enum):
    """What kind of failure: there is no solution; the problem raised; the worker failed."""

    DIVERGED = "diverged"
    RAISED = "raised"
    DIED = "died"


class Failed(NamedTuple):
    """This row has no values: what kind of failure, and the reason."""

    reason: str
    why: Why = Why.DIVERGED


class Raised(NamedTuple):
    """The problem raised this, which is not `Diverged`."""

    error: Exception

    @property
    def passing(self) -> bool:
        """Whether the machine may be at fault: memory, a file, a connection, a wrong shape."""
        return isinstance(self.error, MemoryError | OSError | DataError)

    @property
    def reason(self) -> str:
        """In a few words."""
        said = str(self.error) if isinstance(self.error, SobolevError) else repr(self.error)
        return " ".join(said.split())


def nameless(problem: Function) -> bool:
    """Whether it is a function and no problem, which has a name; some have that and no class."""
    return isinstance(problem, Function) and not isinstance(problem, Problem)


def called(problem: Function) -> str:
    """The name of a problem; other functions have none, and are called by their class."""
    return type(problem).__name__ if nameless(problem) else problem.name  # pyright: ignore


def attempt(
    problem: Function, x: np.ndarray, order: int, v: np.ndarray | None = None
) -> Derivatives | Failed:
    """Solve one point; anything but finite numbers of the right shapes is refused or `Failed`.

    With directions v `[k, d]` the first derivative is that along each, `[q, k]`. Raises `DataError`
    for a wrong type or shape, and whatever the problem raises but `Diverged`.
    """
    try:
        returned = _asked(problem, x.copy(), order) if v is None else _along(problem, x.copy(), v)
    except Diverged as error:
        return Failed(str(error))
    return checked(problem, returned, order, v)


def checked(
    problem: Function, returned: object, order: int, v: np.ndarray | None = None
) -> Derivatives | Failed:
    """What a problem returned for one point, as `attempt` returns it."""
    if not isinstance(returned, tuple):
        raise DataError(
            f"solve of '{called(problem)}' returned {type(returned).__name__}: return Derivatives."
        )
    parts = (*returned, None, None)
    arrays = [_array(problem, k, parts[k], v) for k in range(order + 1)]
    for part, array in zip(NAMES, arrays, strict=False):
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            output, *inputs = bad[0]
            by = "".join(f", input '{problem.box.names[i]}'" for i in inputs)
            by = by if v is None or not inputs else f", direction {inputs[0]}"
            where = f"output '{problem.outputs[output]}'{by}"
            return Failed(f"the {part} ({where}) is {array[tuple(bad[0])]}")
    return Derivatives(*arrays)


class Asked(NamedTuple):
    """What all rows have in common: of which function what is asked.

    `directions [n, k, d]` of each row, or None for whole Jacobians.
    """

    problem: Function
    order: int
    directions: np.ndarray | None = None

    def shapes(self) -> list[tuple[int, ...]]:
        """Those of the answer at one point, as far as the order goes."""
        v = None if self.directions is None else self.directions[0]
        return [shape(self.problem, part, v) for part in range(self.order + 1)]


def tried(common: Asked, task: tuple[int, np.ndarray]) -> Derivatives | Failed | Raised:
    """`attempt` as work of an executor: what is raised is a result too."""
    (problem, order, directions), (row, x) = common, task
    try:
        return attempt(problem, x, order, None if directions is None else directions[row])
    except Exception as error:
        return Raised(portable(error))


def tried_together(
    common: Asked, tasks: list[tuple[int, np.ndarray]]
) -> list[Derivatives | Failed | Raised]:
    """As `tried`, of several rows of a `Batched` function; an error costs its own row only."""
    problem, order, directions = common
    assert isinstance(problem, Batched)
    if directions is not None:
        return [tried(common, task) for task in tasks]
    try:
        found = problem.outcomes(np.stack([x for _, x in tasks]), order)
        return [
            Failed(str(each)) if isinstance(each, Diverged) else checked(problem, each, order)
            for each in found
        ]
    except Exception:  # of one row, nobody knows of which
        return [tried(common, task) for task in tasks]


def _asked(problem, x: np.ndarray, order: int):
    if isinstance(problem, Batched):  # its sentence without the number of the row
        (found,) = problem.outcomes(x[None], order)
        if isinstance(found, Diverged):
            raise found
        return found
    if isinstance(problem, Function) and not isinstance(problem, Pointwise):
        return tuple(np.asarray(part)[0] for part in problem.compute(x[None], order))
    return problem.solve(x, order)


def _along(problem, x: np.ndarray, v: np.ndarray):
    """Value and slopes along the directions: at one solution where the function knows how."""
    if isinstance(problem, Function):
        y, dy = problem.compute_jvps(x[None], v[None])
        return np.asarray(y)[0], np.asarray(dy)[0]
    y, dy = problem.solve(x, 1)
    return y, np.asarray(dy) @ v.T


def shape(problem: Function, part: int, v: np.ndarray | None = None) -> tuple[int, ...]:
    """Shape of the value (0), the Jacobian (1) or the Hessian (2) at one point; or along v."""
    if part == 1 and v is not None:
        return len(problem.outputs), len(v)
    return (len(problem.outputs), *(problem.box.dimension,) * part)


def _array(problem: Function, part: int, given, v: np.ndarray | None = None) -> np.ndarray:
    expected = shape(problem, part, v)
    who = f"the {NAMES[part]} that '{called(problem)}' returned"
    if given is None:
        raise DataError(f"{who} is None: an array of shape {expected} is needed, or a lower order.")
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise DataError(f"{who} has rows of different lengths: return shape {expected}.") from error
    if array.dtype.kind not in "fiub":
        raise DataError(f"{who} holds {array.dtype}: return real numbers of shape {expected}.")
    if array.shape != expected:
        raise DataError(
            f"{who} has shape {array.shape}, but {expected} is needed ({len(problem.outputs)} "
            f"responses{f', {problem.box.dimension} inputs' if part else ''}): reshape it."
        )
    return array.astype(np.float64)
