"""Problem and points in, data set out; a kill costs at most the rows at work."""

import os
import pickle
import re
import sys
import warnings

import numpy as np

from sobolev._base.arguments import one_of, whole
from sobolev._base.arrays import real
from sobolev._base.errors import ConfigError, DataError, Diverged, Remedy, SobolevError
from sobolev._base.identity import sha256
from sobolev._base.provenance import versions
from sobolev.data.dataset import Dataset
from sobolev.designs import Design
from sobolev.function import Batched, Function
from sobolev.generation.campaign import Campaign
from sobolev.generation.journal import Journal, open_journal
from sobolev.generation.rows import Asked, Failed, Why, attempt, called, nameless
from sobolev.generation.together import Together
from sobolev.work.executor import Executor
from sobolev.work.processes import Processes
from sobolev.work.progress import Progressed, teller
from sobolev.work.retries import Retries
from sobolev.work.serial import Serial

_RETRIES = Retries()


def generate(
    problem: Function,
    design: Design | np.ndarray,
    *,
    order: int = 1,
    directions: int | np.ndarray | None = None,
    journal: str | os.PathLike | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    retries: Retries = _RETRIES,
    progress: Progressed | None = None,
    on_diverged: str = "raise",
) -> Dataset:
    """Solve `problem` at every point of `design`, with derivatives up to `order`.

    **Arguments:**
    - `problem`: a `Problem`, or any other `Function` with a box: an FE model, a surrogate to be
      distilled, kriging, your own. It is asked one row at a time; a `Batched` one,
      such as `fem.SideBySide`, several rows where they are solved in this process.
    - `design`: a recipe, or points `[n, d]` in the units of `problem.box`.
    - `order`: 0 values, 1 also `jacobian [n, q, d]`, 2 also `hessian [n, q, d, d]`.
    - `directions`: with order 1 slopes along so many random directions a row, ± half the range of
      each input, instead of Jacobians; or along these, `[n, k, d]`. An FE model solves once a row
      and substitutes back once a direction: for many inputs and many responses.
    - `journal`: file that keeps each finished row; the same call with the same journal continues
      where the last one ended, however it ended, with bitwise the same result. A function that is
      no `Problem` is known again by its settings and by its value at the first point, a
      `sources.Program` by its command and the content of its files.
    - `workers`: number of processes; from two on they are spawned, so scripts need the
      `if __name__ == "__main__":` guard. Short for `executor=work.Processes(workers)`. The numbers
      may differ from those of one process by round-off where a library's result depends on its
      number of threads; those of `fem` do not.
    - `executor`: where rows are solved, see `sobolev.work`; the same journal may be continued on
      another one.
    - `retries`: what a failing worker may cost; see `work.Retries`.
    - `progress(p)`: told `p.done` of `p.total` rows at the start and after each row, or after
      several that end together, when they are safely kept.
    - `on_diverged`: rows without a solution "raise" `Diverged` after all others are done, or have
      "absent" labels (NaN); so have rows that failed otherwise, with a warning.

    A row whose problem raises something else, or whose worker fails more often than `retries` has
    it, is a failure with its reason, and the others go on. Only as long as no row has succeeded,
    the third that fails ends the work, and the first that has a wrong shape.

    Raises `Diverged`; `ConfigError` and `DataError` for bad arguments and for a problem that
    returns wrong shapes; `CorruptFile` for a damaged journal, `DataError` for the journal of
    another task; `SobolevError` when rows failed in another way; what the first rows raise.

    ```python
    data = generate(problem, designs.staggered_grid(25), journal="plate.journal", workers=4)
    ```
    """
    _check_options(problem, order, on_diverged)
    whole("workers", workers, 1)
    points, group = _points(problem, design)
    asked = Asked(problem, order, _directions(directions, problem, points, order))
    tell = teller(progress, "done", "total")
    task = _task(asked, points)
    if journal is not None and nameless(problem) and not problem.told_by_settings:
        task |= _seen(problem, points)
    where = _executor(problem, workers, executor, retries)
    with open_journal(journal, task, _made_with(), len(points), asked.shapes()) as book:
        Campaign(asked, points, book, retries).run(where, tell)
    return _dataset(asked, points, group, book, on_diverged)


def _check_options(problem: Function, order: int, on_diverged: str) -> None:
    one_of("order", order, (0, 1, 2))
    one_of("on_diverged", on_diverged, ("raise", "absent"))
    if isinstance(problem, Function):
        if problem.box is None:
            raise ConfigError(
                f"this {type(problem).__name__} has no domain: give it a Box instead of names."
            )
        if order > problem.order:
            raise ConfigError(
                f"this {type(problem).__name__} knows derivatives up to order {problem.order}: "
                f"got order={order}."
            )
        return
    needed = "name", "box", "outputs", "output_units", "solve"
    missing = [name for name in needed if name not in dir(problem)]
    if missing:
        raise ConfigError(
            f"{type(problem).__name__} is not a problem, it has no '{missing[0]}': give a Problem, "
            "or wrap your function in FunctionProblem."
        )


def _points(problem: Function, design) -> tuple[np.ndarray, np.ndarray | None]:
    points, group = design(problem.box) if isinstance(design, Design) else (design, None)
    points, names = real("design", points, 2), problem.box.names
    if points.shape[1] != len(names):
        raise DataError(
            f"the points have shape {points.shape}, but '{called(problem)}' has {len(names)} "
            f"inputs ({', '.join(names)}): give one column for each."
        )
    # Names, units, numbers and groups are refused now, not after hours of work.
    checked = _labelled(problem, points, group, y=np.zeros((len(points), len(problem.outputs))))
    return checked.x, checked.group


def _directions(
    given: int | np.ndarray | None, problem: Function, points: np.ndarray, order: int
) -> np.ndarray | None:
    """`[n, k, d]` in the units of the box: the same for the same points, whoever asks."""
    if given is None:
        return None
    if order != 1:
        raise ConfigError(f"directions are those of first derivatives: give order=1, not {order}.")
    n, d = points.shape
    if isinstance(given, int | np.integer):
        count = whole("the number of directions", given, 1)
        signs = np.random.default_rng(count).integers(0, 2, (n, count, d)) * 2 - 1
        return signs * np.subtract(problem.box.upper, problem.box.lower) / 2
    v = real("directions", given, 3)
    if v.shape[0] != n or v.shape[2] != d or not v.shape[1]:
        raise DataError(
            f"directions have shape {v.shape}: give a number of them, or an array ({n}, k, {d})."
        )
    if not np.isfinite(v).all():
        raise DataError("directions must be finite.")
    return v


def _labelled(problem: Function, points: np.ndarray, group, **labels) -> Dataset:
    return Dataset(
        points,
        **labels,
        inputs=problem.box.names,
        outputs=problem.outputs,
        input_units=problem.box.units,
        output_units=problem.output_units,
        group=group,
    )


def _task(asked: Asked, points: np.ndarray) -> dict:
    """What must be the same for rows of two runs to belong together."""
    problem, order, directions = asked
    along = {} if directions is None else {"SHA-256 of the directions": sha256(directions)}
    with np.printoptions(threshold=sys.maxsize, precision=17):
        settings = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(problem))  # addresses differ by run
    if len(settings) > 1000:
        settings = f"{settings[:500]}... (SHA-256 {sha256(settings)})"
    box = problem.box
    return {
        "problem": called(problem),
        "settings": settings,
        "inputs": [list(part) for part in (box.names, box.lower, box.upper, box.units)],
        "outputs": list(problem.outputs),
        "order": order,
        "number of rows": len(points),
        "SHA-256 of the points": sha256(points.astype("<f8")),
    } | along


def _seen(problem: Function, points: np.ndarray) -> dict:
    """What it answers at the first point: two surrogates of the same settings are not the same.

    None where it fails there: the reason may name a folder or a time, and next time it may not.
    """
    first = attempt(problem, points[0], 0)
    return {"value at the first point": None if isinstance(first, Failed) else list(first.value)}


def _made_with() -> dict:
    """For the record only: a journal may be continued after an update."""
    return versions("python", "sobolev", "numpy", "scipy", "jax")


def _executor(
    problem: Function, workers: int, executor: Executor | None, retries: Retries
) -> Executor:
    if not isinstance(retries, Retries):
        raise ConfigError(
            f"retries is {type(retries).__name__}, and must be Retries: give Retries(times=3)."
        )
    if executor is not None and not isinstance(executor, Executor):
        raise ConfigError(
            f"executor is {type(executor).__name__}, and must be an Executor, such as "
            "sobolev.work.Processes(4)."
        )
    if executor is not None and workers != 1:
        raise ConfigError(
            f"workers={workers} and executor={type(executor).__name__} both say who works: leave "
            "one of them out."
        )
    if executor is None and workers > 1:
        executor = processes(problem, workers)
    where = executor or (Together() if isinstance(problem, Batched) else Serial())
    if retries.patience is not None and not where.leaves_hung:
        raise ConfigError(
            f"patience = {retries.patience:g} s, but {type(where).__name__} cannot end a row that "
            "takes longer:",
            Remedy(
                "give executor=sobolev.work.Processes(1), or leave patience out.",
                option="give --executor processes, or leave --patience out.",
            ),
        )
    return where


def processes(problem: Function, workers: int) -> Processes:
    """Those of `workers=`, which are told of in words of rows."""
    return Processes(workers, pack=lambda common: _pickled(problem, common), what="row")


def _pickled(problem: Function, common: object) -> bytes:
    """Functions by their name: a journal knows a problem by what its functions are called."""
    try:
        return pickle.dumps(common)
    except Exception as error:
        raise ConfigError(
            f"'{called(problem)}' cannot be sent to another process ({error}): put its functions "
            "at the top level of a module,",
            Remedy("or take workers=1.", option="or give --workers 1."),
        ) from error


def _dataset(asked: Asked, points: np.ndarray, group, book: Journal, on_diverged: str) -> Dataset:
    problem, directions = asked.problem, asked.directions
    n, failed = len(points), {r: o for r, o in book.found.items() if isinstance(o, Failed)}
    faults = {row: each for row, each in failed.items() if each.why is not Why.DIVERGED}
    if failed and (on_diverged == "raise" or len(failed) == n):
        kind = SobolevError if faults else Diverged
        raise kind(_told(problem, points, faults or failed, book), _ANEW if faults else _ABSENT)
    if faults:
        said = f"{_told(problem, points, faults, book)} {_ANEW}"
        warnings.warn(said, RuntimeWarning, stacklevel=3)
    labels = [np.full((n, *shape), np.nan) for shape in asked.shapes()]
    for row, outcome in book.found.items():
        if not isinstance(outcome, Failed):
            for array, part in zip(labels, outcome, strict=False):
                array[row] = part
    names = ("y", "jacobian", "hessian") if directions is None else ("y", "jvp")
    known: dict = dict(zip(names, labels, strict=False))
    if directions is not None:
        known["directions"] = directions
    return _labelled(problem, points, group, **known)


def _told(problem: Function, points: np.ndarray, failed: dict[int, Failed], book: Journal) -> str:
    rows = sorted(failed)
    names = problem.box.names
    what = "have no solution" if failed[rows[0]].why is Why.DIVERGED else "failed"

    def described(row: int) -> str:
        values = zip(names, points[row], strict=True)
        return f"row {row} ({', '.join(f'{name}={value:g}' for name, value in values)})"

    said = ", ".join(map(described, rows[:10])) + (", ..." if len(rows) > 10 else "")
    where = "lost without a journal" if book.path is None else f"kept in {book.path}"
    return (
        f"{len(rows)} of {len(points)} rows {what}: {said}. Row {rows[0]} says: "
        f"{failed[rows[0]].reason.rstrip('.')}. The others are {where}."
    )


_ABSENT = Remedy(
    "Give on_diverged='absent' to leave these labels empty, or leave these points out.",
    option="Give --on-diverged absent to leave these labels empty, or leave these points out.",
)
_ANEW = Remedy(
    "Put the cause right and give retries=Retries(again='faults') to try these rows anew, or leave "
    "them out.",
    option="Put the cause right and give --again faults to try these rows anew, or leave them out.",
)
