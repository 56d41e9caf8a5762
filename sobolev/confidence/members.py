"""The members of an ensemble trained: one after another, in processes, or all at once."""

import os
from collections import deque
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sobolev._base.arguments import one_of, whole
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.confidence.at_once import fit_at_once
from sobolev.confidence.ensemble import Ensemble, LeftOut
from sobolev.data.dataset import Dataset
from sobolev.surrogate import Surrogate
from sobolev.training import Ending, Outcome, fit
from sobolev.work.executors import Died, Processes, Serial
from sobolev.work.progress import Progressed, Tell, teller

WAYS = "loop", "processes", "vmap"
AT_ONCE = {"loss", "weighting", "optimiser", "epochs", "records"}


def fit_ensemble(
    surrogate: Surrogate | Callable[[int], Surrogate],
    train: Dataset,
    valid: Dataset | None = None,
    *,
    members: int = 8,
    by: str = "loop",
    workers: int | None = None,
    first_seed: int = 0,
    progress: Progressed | None = None,
    **how: Any,
) -> Ensemble:
    """Train many initialisations and keep those that ended well.

    **Arguments:**
    - `surrogate`: one with an architecture, which every member has, as its scaling, initialised
      anew from its own seed, `first_seed`, `first_seed` + 1, …; or a function of the seed that
      returns an untrained surrogate.
    - `by`: "loop", one after another through the same compiled code; "processes", `workers` of them
      (default: one for each core at hand), spawned, with one pinned core each, so that the numbers
      do not depend on how many there are (a script needs `if __name__ == "__main__":`); "vmap", all
      in one program, which pays on a GPU and not on a CPU core.
    - `progress(p)`: told how many members are done; `how`: everything else that `fit` takes,
      except `seed`.

    Training that went wrong is in `Ensemble.left_out`, with its seed and the reason. Raises
    `ConfigError`, also when fewer than two members ended well, and what `fit` raises.

    ```python
    ensemble = fit_ensemble(surrogate, train, valid, members=8, by="processes", epochs=500)
    ```
    """
    require_x64("training on derivatives")
    members = whole("members", members, 2)
    workers = None if workers is None else whole("workers", workers, 1)
    _check(by, how)
    seeds = range(first_seed, first_seed + members)
    tell = teller(progress, "what", "done", "total")
    start = surrogate.redrawing() if isinstance(surrogate, Surrogate) else surrogate
    if by == "vmap":
        results = fit_at_once([start(seed) for seed in seeds], train, valid, seeds, tell, **how)
    else:
        how = {"check": False, **how}  # the same data each time
        processes = min(workers or _cores(), members) if by == "processes" else None
        results = _each((start, train, valid, how), seeds, processes, tell)
    good = {seed: r for seed, r in sorted(results.items()) if isinstance(r, Surrogate)}
    bad = tuple(LeftOut(seed, r) for seed, r in sorted(results.items()) if isinstance(r, Ending))
    return Ensemble(tuple(good.values()), tuple(good), bad)


def _one(task: tuple, seed: int) -> Surrogate | Ending:
    start, train, valid, how = task
    fitted = fit(start(seed), train, valid, seed=seed, **how)
    return fitted.surrogate if fitted.good else fitted.ending


def _each(
    task: tuple, seeds: range, workers: int | None, tell: Tell
) -> dict[int, Surrogate | Ending]:
    """Results by seed; a member whose process died is tried once more, after all others.

    So one that dies again takes nobody with it.
    """
    where = Serial() if workers is None else Processes.trainings(workers, deaths=2 * len(seeds))
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


def _check(by: str, how: dict) -> None:
    one_of("by", by, WAYS)
    surplus = sorted(how.keys() - AT_ONCE) if by == "vmap" else []
    if surplus:
        raise ConfigError(
            f'{surplus[0]} has no meaning for members that are trained by="vmap", which take '
            f"{', '.join(sorted(AT_ONCE))}: leave it out or take another way."
        )
    if how.get("checkpoint") is not None:
        raise ConfigError("members have no checkpoint: leave it out, or call fit for each seed.")
    if "seed" in how:
        raise ConfigError("each member has its own seed: give first_seed instead of seed.")
