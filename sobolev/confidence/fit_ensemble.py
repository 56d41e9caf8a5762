"""The members of an ensemble trained: one after another, in processes, or all at once."""

import os
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sobolev._base.arguments import one_of, whole
from sobolev._base.errors import ConfigError, Remedy
from sobolev._base.precision import require_x64
from sobolev.confidence.ensemble import Ensemble, LeftOut
from sobolev.data.dataset import Dataset
from sobolev.surrogate import Surrogate
from sobolev.training import Ending, Fit, Outcome, fit
from sobolev.training.fit import fit_together
from sobolev.work.executor import Died
from sobolev.work.processes import Processes
from sobolev.work.progress import Progressed, Tell, teller
from sobolev.work.serial import Serial


def fit_ensemble(
    surrogate: Surrogate | Callable[[int], Surrogate],
    train: Dataset,
    valid: Dataset | None = None,
    *,
    members: int = 8,
    workers: int | None = None,
    together: bool = False,
    first_seed: int = 0,
    progress: Progressed | None = None,
    by: str | None = None,
    **how: Any,
) -> Ensemble:
    """Train many initialisations and keep those that ended well.

    **Arguments:**
    - `surrogate`: one with an architecture, which every member has, as its scaling, initialised
      anew from its own seed, `first_seed`, `first_seed` + 1, …; or a function of the seed that
      returns an untrained surrogate.
    - `workers`: so many processes train the members, spawned, with one pinned core each, so that
      the numbers do not depend on how many there are (a script needs `if __name__ ==
      "__main__":`); None: one member after another in this process, through the same compiled code.
    - `together`: all members in one program, which pays on a GPU and not on a CPU core; the same
      steps to rounding.
    - `progress(p)`: told how many members are done; `how`: everything else that `fit` takes,
      except `seed`, `checkpoint` and `recorder`. `by`, "loop", "processes" or "vmap", is the old
      way to say it, and goes with the next version.

    Training that went wrong is in `Ensemble.left_out`, with its seed and the reason. Raises
    `ConfigError`, also when fewer than two members ended well, and what `fit` raises.

    ```python
    ensemble = fit_ensemble(surrogate, train, valid, members=8, workers=4, epochs=500)
    ```
    """
    require_x64("training on derivatives")
    members = whole("members", members, 2)
    workers = None if workers is None else whole("workers", workers, 1)
    if by is not None:
        workers, together = _by(by, workers)
    _check(workers, together, how)
    seeds = range(first_seed, first_seed + members)
    tell = teller(progress, "what", "done", "total")
    start = surrogate.redrawing() if isinstance(surrogate, Surrogate) else surrogate
    how = {"check": False, **how}  # the same data each time
    if together:
        results = _together([start(seed) for seed in seeds], train, valid, seeds, tell, how)
    else:
        results = _each((start, train, valid, how), seeds, workers and min(workers, members), tell)
    good = {seed: r for seed, r in sorted(results.items()) if isinstance(r, Surrogate)}
    bad = tuple(LeftOut(seed, r) for seed, r in sorted(results.items()) if isinstance(r, Ending))
    return Ensemble(tuple(good.values()), tuple(good), bad)


def _one(task: tuple, seed: int) -> Surrogate | Ending:
    start, train, valid, how = task
    return _what_is_kept(fit(start(seed), train, valid, seed=seed, **how))


def _what_is_kept(fitted: Fit) -> Surrogate | Ending:
    return fitted.surrogate if fitted.good else fitted.ending


def _together(
    starts: list, train: Dataset, valid: Dataset | None, seeds: range, tell: Tell, how: dict
) -> dict[int, Surrogate | Ending]:
    def told(done: int, epochs: int) -> None:
        tell("epochs of all members", done, epochs)

    fits = fit_together(starts, train, valid, seeds, told, **how)
    return dict(zip(seeds, map(_what_is_kept, fits), strict=True))


def _each(
    task: tuple, seeds: range, workers: int | None, tell: Tell
) -> dict[int, Surrogate | Ending]:
    """Results by seed; a member whose process died is tried once more, after all others.

    So one that dies again takes nobody with it.
    """
    alone = Remedy("or leave workers out.", option="or leave the workers out of the command.")
    where = (
        Serial()
        if workers is None
        else Processes.trainings(workers, deaths=2 * len(seeds), alone=alone)
    )
    results: dict[int, Surrogate | Ending] = {}
    waiting, again = deque(seeds), set()
    tell("members", 0, len(seeds))
    try:
        with closing(where.run(_one, task, waiting)) as finished:
            for seed, result in finished:
                if isinstance(result, Died) and seed not in again:
                    again.add(seed)
                    waiting.append(seed)
                    continue
                results[seed] = Ending(Outcome.KILLED) if isinstance(result, Died) else result
                tell("members", len(results), len(seeds))
    except KeyboardInterrupt:
        raise KeyboardInterrupt("no member was kept.") from None
    return results


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check(workers: int | None, together: bool, how: dict) -> None:
    if together and workers is not None:
        raise ConfigError("members are trained together or by workers: leave one of the two out.")
    for name in ("checkpoint", "recorder"):
        if how.get(name) is not None:
            raise ConfigError(f"members have no {name}: leave it out, or call fit for each seed.")
    if "seed" in how:
        raise ConfigError("each member has its own seed: give first_seed instead of seed.")


def _by(by: str, workers: int | None) -> tuple[int | None, bool]:
    """Workers and together, from the way that was said by a word in version 0.1."""
    now = {"loop": "left out", "processes": "workers=...", "vmap": "together=True"}
    one_of("by", by, tuple(now))
    warnings.warn(
        f"fit_ensemble(by='{by}') is {now[by]} now, and the old name goes with the next version.",
        DeprecationWarning,
        stacklevel=3,
    )
    return (workers or _cores()) if by == "processes" else None, by == "vmap"
