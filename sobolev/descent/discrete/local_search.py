"""A search without derivatives: one variable after the other takes its best entry."""

import numpy as np
from jaxtyping import Int

from sobolev._base.arguments import any_array, shown, whole
from sobolev._base.errors import ConfigError
from sobolev.descent.discrete.chosen import Chosen, Seen
from sobolev.descent.discrete.task import Rated, Task


def local_search(
    task: Task,
    start: Int[np.ndarray, " n"] | None = None,
    *,
    evaluations: int = 10_000,
    starts: int = 16,
    key: int = 0,
) -> Chosen:
    """Each variable in turn takes its best entry, until none changes; then anew from elsewhere.

    Designs that keep to the limits come before those that do not, and these in the order of their
    worst excess. So many `starts` go side by side from random designs, the first from `start` if
    there is one; who has come to an end begins anew, until `evaluations` are spent.
    Raises `ConfigError` for a start that is no design.

    ```python
    local_search(task, start=choose(task).design, starts=1, evaluations=1000)
    ```
    """
    rng, seen, sizes = np.random.default_rng(key), Seen(task), np.array(task.catalogue.sizes)
    most = whole("the number of evaluations", evaluations, 1)
    designs = rng.integers(sizes, size=(whole("the number of starts", starts, 1), len(sizes)))
    if start is not None:
        designs[0] = _design(start, sizes)
    unchanged = np.zeros(len(designs), int)
    while seen.evaluations < most:
        for i in rng.permutation(len(sizes)):
            best = _tried(seen, designs, i, int(sizes[i]))
            unchanged = np.where(best == designs[:, i], unchanged + 1, 0)
            designs[:, i] = best
            if seen.evaluations >= most:
                break
        ended = unchanged >= len(sizes)
        designs[ended] = rng.integers(sizes, size=designs.shape)[ended]
        unchanged[ended] = 0
    return seen.end()


def _tried(seen: Seen, designs: Int[np.ndarray, "s n"], i: int, size: int) -> Int[np.ndarray, " s"]:
    """The best entry of variable i for each design."""
    tried = np.repeat(designs[:, None], size, axis=1)
    tried[:, :, i] = np.arange(size)
    rows = tried.reshape(-1, designs.shape[1])
    (y,) = seen.ask(seen.task.catalogue.at(rows), 0)
    seen.look(rows, y)
    seen.step()
    objective, excess = seen.task.rated(y)
    shape = len(designs), size
    return Rated(objective.reshape(shape), excess.reshape(shape)).best


def _design(start: object, sizes: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    given = any_array(start)
    if given.shape != sizes.shape or given.dtype.kind not in "iu":
        raise ConfigError(f"a design is {len(sizes)} numbers of entries: got {shown(start)}.")
    if not ((given >= 0) & (given < sizes)).all():
        raise ConfigError(f"numbers of entries are counted from 0: got {shown(start)}.")
    return given
