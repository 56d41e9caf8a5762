"""The members of an ensemble trained: one after another, in processes, or all at once."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import replace
from numbers import Integral
from typing import Any

import equinox as eqx
import jax

from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.confidence.at_once import fit_at_once
from sobolev.confidence.ensemble import Ensemble, LeftOut
from sobolev.data.dataset import Dataset
from sobolev.networks.families import describe, make
from sobolev.surrogate import Surrogate
from sobolev.training import fit
from sobolev.work.pool import packed, pinned_pool, shared

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
    progress: Callable[[str, int, int], object] | None = None,
    **how: Any,
) -> Ensemble:
    """Train many initialisations and keep those that ended well.

    **Arguments:**
    - `surrogate`: one of the network families, whose architecture and scaling every member has,
      initialised anew from its own seed, `first_seed`, `first_seed` + 1, …; or a function of the
      seed that returns an untrained surrogate.
    - `by`: "loop", one after another through the same compiled code; "processes", `workers` of them
      (default: one for each core at hand), spawned, with one pinned core each, so that the numbers
      do not depend on how many there are (a script needs `if __name__ == "__main__":`); "vmap", all
      in one program, which pays on a GPU and not on a CPU core.
    - `progress(what, done, total)`; `how`: everything else that `fit` takes, except `seed`.

    Training that went wrong is in `Ensemble.left_out`, with its seed and the reason. Raises
    `ConfigError`, also when fewer than two members ended well, and what `fit` raises.

    ```python
    ensemble = fit_ensemble(surrogate, train, valid, members=8, by="processes", epochs=500)
    ```
    """
    require_x64("training on derivatives")
    _check(members, by, workers, how)
    seeds = range(first_seed, first_seed + members)
    tell = progress or (lambda *_: None)
    start = surrogate if callable(surrogate) else _Redrawn(surrogate)
    if by == "processes":
        results = _in_processes((start, train, valid, how), seeds, workers, tell)
    elif by == "vmap":
        results = fit_at_once([start(seed) for seed in seeds], train, valid, seeds, tell, **how)
    else:
        results = {}
        for done, seed in enumerate(seeds):
            tell("members", done, members)
            results[seed] = _one(start, train, valid, how, seed)
        tell("members", members, members)
    good = {seed: r for seed, r in sorted(results.items()) if isinstance(r, Surrogate)}
    bad = tuple(LeftOut(seed, r) for seed, r in sorted(results.items()) if isinstance(r, str))
    return Ensemble(tuple(good.values()), tuple(good), bad)


class _Redrawn:
    """The same architecture and scaling from another seed."""

    def __init__(self, surrogate: Surrogate):
        self.surrogate, made = surrogate, describe(surrogate.network)
        self.kind, self.hidden = made.pop("kind"), made.pop("hidden")
        self.settings = made

    def __call__(self, seed: int) -> Surrogate:
        sizes = len(self.surrogate.inputs), self.hidden, len(self.surrogate.outputs)
        network = make(self.kind, *sizes, key=jax.random.key(seed), **self.settings)
        drawn = eqx.filter(network, eqx.is_inexact_array)
        kept = eqx.filter(self.surrogate.network, eqx.is_inexact_array, inverse=True)
        return replace(self.surrogate, network=eqx.combine(drawn, kept))


def _one(start, train, valid, how: dict, seed: int) -> Surrogate | str:
    how = {"check": False, **how}  # the same data each time
    fitted = fit(start(seed), train, valid, seed=seed, **how)
    return fitted.surrogate if fitted.good else fitted.result


def _work(seed: int) -> Surrogate | str:
    start, train, valid, how = shared()
    return _one(start, train, valid, how, seed)


_KILLED = "a worker process was killed (out of memory?): take fewer workers."
_INTERRUPTED = "no member was kept."
_DIED = "its process was killed (out of memory? take fewer workers)"


def _in_processes(task: tuple, seeds: range, workers: int | None, tell) -> dict:
    """Results by seed; after a death each that is missing is tried once more, in its own process.

    So one that dies again takes nobody with it.
    """
    share, results = packed(task), {}
    workers = min(workers or _cores(), len(seeds))
    tell("members", 0, len(seeds))
    for seed, result in _from_pool(share, list(seeds), workers):
        results[seed] = result
        tell("members", len(results), len(seeds))
    for seed in seeds:
        if seed not in results:
            results[seed] = dict(_from_pool(share, [seed], 1)).get(seed, _DIED)
            tell("members", len(results), len(seeds))
    return results


def _from_pool(share: bytes, seeds: list[int], workers: int) -> Iterator[tuple]:
    """`(seed, result)` of those that finish; after the death of a process the rest is missing."""
    with pinned_pool(workers, _KILLED, _INTERRUPTED, share) as pool:
        running = {pool.submit(_work, seed): seed for seed in seeds}
        for future in as_completed(running):
            with suppress(BrokenProcessPool):
                yield running[future], future.result()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check(members: int, by: str, workers: int | None, how: dict) -> None:
    for what, number, least in (("members", members, 2), ("workers", workers or 1, 1)):
        if not (isinstance(number, Integral) and int(number) >= least):
            raise ConfigError(f"{what} must be a whole number ≥ {least}: got {number}.")
    if by not in WAYS:
        raise ConfigError(f"an ensemble is trained by {', '.join(WAYS)}: got '{by}'.")
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
