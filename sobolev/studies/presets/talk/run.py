"""From data to a folder of results."""

import os
from pathlib import Path

from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.studies import engine
from sobolev.studies.presets.talk.data import TALKS, talk_data
from sobolev.studies.presets.talk.preset import Talk
from sobolev.studies.presets.talk.results import write_results
from sobolev.studies.presets.talk.settings import StudySettings
from sobolev.work.executor import Executor
from sobolev.work.processes import Processes
from sobolev.work.progress import Progressed, Tell, teller
from sobolev.work.serial import IN_PLACE


def run_study(
    settings: StudySettings,
    source: str | tuple[Dataset, Dataset],
    folder: str | os.PathLike,
    *,
    described: str = "",
    workers: int | Executor = 2,
    progress: Progressed | None = None,
) -> Path:
    """Train every scheme from every initialisation and write what came out into `folder`.

    **Arguments:** `source` is "talk", "talk-linear" or `(train, valid)`, which `described` names in
    the report; `workers` processes with one core each, or an `Executor`; `progress(p)` is told the
    solves and the trainings. Writes
    `results.json` (one record per network, budget, scheme and seed), `histories.npz`, and
    `surfaces.npz` when there are two inputs on a grid. Finished trainings are kept in
    `study.ledger`: the same call goes on after a kill, one with more initialisations adds to them.
    The same settings give the same numbers (times excepted). Returns the folder. Raises
    `ConfigError`, `DataError`, `OutputError`, `Diverged`.

    ```python
    run_study(StudySettings(initialisations=5), "talk", "out/talk")
    ```
    """
    own = isinstance(workers, Executor)
    where = workers if own else Processes.trainings(workers, alone=IN_PLACE)
    folder = engine.made(Path(folder))
    tell = teller(progress, "what", "done", "total")
    talk = Talk(settings, *_data(source, folder, described, tell))
    write_results(folder, talk, engine.run(talk, folder, where, tell))
    return folder


def _data(source, folder: Path, described: str, tell: Tell) -> tuple[Dataset, Dataset, str]:
    if isinstance(source, str):
        if source not in TALKS:
            raise DataError(f"unknown study '{source}': there are {', '.join(TALKS)}.")
        data, described = talk_data(source, folder, lambda p: tell("solves", p.done, p.total))
        return *data.split(), described
    return *source, described or "the user's table"
