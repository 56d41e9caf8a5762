"""A study from settings and data to a folder of results."""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sobolev import __version__
from sobolev._base.errors import DataError, OutputError, SobolevError
from sobolev.data.dataset import Dataset
from sobolev.studies import parts
from sobolev.studies.job import Bench, Outcome, best_rates
from sobolev.studies.results import write_results
from sobolev.studies.schemes import BASELINES
from sobolev.studies.settings import StudySettings, network_name
from sobolev.studies.talk import TALKS, talk_data
from sobolev.studies.worker import TUNING, work
from sobolev.work.executors import Died, Processes
from sobolev.work.progress import Progressed, Tell, teller


def run_study(
    settings: StudySettings,
    source: str | tuple[Dataset, Dataset],
    folder: str | os.PathLike,
    *,
    described: str = "",
    workers: int = 2,
    progress: Progressed | None = None,
) -> Path:
    """Train every scheme from every initialisation and write what came out into `folder`.

    **Arguments:** `source` is "talk", "talk-linear" or `(train, valid)`, which `described` names in
    the report; `workers` processes with one core each; `progress(p)` is told. Writes
    `results.json` (one record per network, budget, scheme and seed), `histories.npz`, and
    `surfaces.npz` when there are two inputs on a grid. Finished jobs are kept in `parts/`: the same
    call goes on after a kill. The same settings give the same numbers (times excepted). Returns the
    folder. Raises `ConfigError`, `DataError`, `OutputError`, `Diverged`.

    ```python
    run_study(StudySettings(initialisations=5), "talk", "out/talk")
    ```
    """
    folder = _made(folder)
    tell = teller(progress, "what", "done", "total")
    train, valid, described = _data(source, folder, described, tell)
    belongs = parts.fingerprint(settings, train, valid, __version__)
    benches = [Bench(settings, hidden, train, valid) for hidden in settings.networks]
    tuning: dict[str, list[dict]] = {}
    outcomes: dict[str, list[Outcome]] = {network_name(b.hidden): [] for b in benches}
    for bench, name, result in _finished(benches, folder / "parts", belongs, workers, tell):
        network = network_name(bench.hidden)
        if name == TUNING:
            tuning[network] = result
        else:
            outcomes[network] += result
    order = _names(settings, benches[0])
    for found in outcomes.values():
        found.sort(key=lambda o: (order.index(o.scheme.of or o.scheme.name), o.scheme.name))
    write_results(folder, settings, described, benches, tuning, outcomes)
    return folder


def _names(settings: StudySettings, bench: Bench) -> list[str]:
    per_trial = settings.epochs_per_trial[settings.networks.index(bench.hidden)]
    return [name for name in BASELINES if name != "lm" or per_trial] + list(settings.schemes)


def _finished(benches, folder: Path, belongs: str, workers: int, tell: Tell) -> Iterator[tuple]:
    """`(bench, job name, result)` of every job, stored ones first, the others as they finish."""
    jobs = [(bench, name) for bench in benches for name in _names(benches[0].settings, bench)]
    total, done, missing = len(jobs), 0, []
    for bench, name in jobs:
        stored = parts.load(folder / f"{network_name(bench.hidden)}__{name}.npz", belongs)
        if stored is None:
            missing.append((bench, name))
        else:
            done += 1
            yield bench, name, stored
    tell("trainings", done, total)
    waiting = deque((bench, TUNING, {}) for bench in benches)
    where = Processes.trainings(workers)
    try:
        with closing(where.run(_worked, None, waiting)) as finished:
            for (bench, name, _), result in finished:
                if isinstance(result, Died):
                    raise SobolevError(_KILLED)
                if name == TUNING:
                    rates = best_rates(result)
                    waiting.extend(
                        (bench, n, rates) for b, n in missing if b.hidden == bench.hidden
                    )
                else:
                    part = folder / f"{network_name(bench.hidden)}__{name}.npz"
                    parts.store(part, belongs, result)
                    done += 1
                    tell("trainings", done, total)
                yield bench, name, result
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_INTERRUPTED) from None


def _worked(_: None, task: tuple) -> list:
    return work(*task)


_KILLED = (
    "a worker process of the study was killed (out of memory?): finished trainings are kept, call "
    "again with fewer workers to go on."
)
_INTERRUPTED = "finished trainings are kept: the same command goes on from there."


def _made(folder: str | os.PathLike) -> Path:
    folder = Path(folder)
    try:
        (folder / "parts").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the folder {folder}: {error.strerror}. Choose another one."
        ) from error
    return folder


def _data(source, folder: Path, described: str, tell: Tell) -> tuple[Dataset, Dataset, str]:
    if isinstance(source, str):
        if source not in TALKS:
            raise DataError(f"unknown study '{source}': there are {', '.join(TALKS)}.")
        data, described = talk_data(source, folder, lambda p: tell("solves", p.done, p.total))
        return *data.split(), described
    return *source, described or "the user's table"
