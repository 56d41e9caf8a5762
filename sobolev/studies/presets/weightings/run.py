"""From settings to a folder with every training's record and the verdicts."""

from dataclasses import asdict
from pathlib import Path

from sobolev import __version__
from sobolev._base.errors import ConfigError
from sobolev.data.dataset import Dataset
from sobolev.records.comparison import Comparison, Verdict, verdicts
from sobolev.studies import engine
from sobolev.studies.presets.weightings.catalogue import baseline
from sobolev.studies.presets.weightings.preset import Weightings
from sobolev.studies.presets.weightings.settings import ComparisonSettings
from sobolev.studies.problems.own_table import OWN, keep_own
from sobolev.work.executor import Executor
from sobolev.work.processes import Processes
from sobolev.work.progress import Progressed, teller
from sobolev.work.serial import IN_PLACE


def compare(
    settings: ComparisonSettings,
    folder: str | Path,
    *,
    data: tuple[Dataset, Dataset] | None = None,
    workers: int | Executor = 2,
    progress: Progressed | None = None,
) -> list[Verdict]:
    """Train everything and write `comparison.json` and `comparison.txt` into the folder.

    Each training is kept when its cell (problem, scheme, variant) is finished: the same call goes
    on after a kill, and one with more rates or initialisations adds to what is there.
    `data`: training and validation rows of the problem "table"; give the settings the network
    (`hidden`) and the number of steps that you would use for them. `workers`: processes with one
    core each, or an `Executor`.
    `progress(p)` is told the cells. Raises `ConfigError`, `OutputError`, and `SobolevError` when a
    worker process dies.

    ```python
    compare(ComparisonSettings(problems=("spread",), initialisations=8), "out/weighting")
    ```
    """
    if data is not None and OWN not in settings.problems:
        raise ConfigError(
            f"rows are given, but '{OWN}' is not among the problems: "
            f"{', '.join(settings.problems)}. Add it, or give no rows."
        )
    own = isinstance(workers, Executor)
    where = workers if own else Processes.trainings(workers, alone=IN_PLACE)
    folder = engine.made(Path(folder))
    if data is not None:
        keep_own(folder, data)
    # Posed here first: what has to be solved is solved once, before the processes ask for it.
    study = Weightings(settings, str(folder))
    posed = {name: study.posed(name) for name in settings.problems}
    tell = teller(progress, "what", "done", "total")
    records = study.records(engine.run(study, folder, where, tell))
    found = verdicts(records, {name: baseline(posed[name].energies) for name in posed})
    budgets = {name: settings.budget(problem) for name, problem in posed.items()}
    Comparison(
        settings=asdict(settings), budgets=budgets, version=__version__, records=records,
        verdicts=found,
    ).write(folder)  # fmt: skip
    return found
