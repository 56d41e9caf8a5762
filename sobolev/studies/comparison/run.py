"""From settings to a folder with every training's record and the verdicts."""

import json
from collections import deque
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from sobolev import __version__
from sobolev._base import files as _files
from sobolev._base.digest import sha256
from sobolev._base.errors import ConfigError, DataError, OutputError, SobolevError
from sobolev.data.dataset import Dataset
from sobolev.records.comparison import Comparison, Run, Verdict, verdicts
from sobolev.studies.comparison.catalogue import baseline
from sobolev.studies.comparison.cell import cell
from sobolev.studies.comparison.own import OWN, keep_own
from sobolev.studies.comparison.plan import asked, following
from sobolev.studies.comparison.problems import PROBLEMS
from sobolev.studies.comparison.settings import ComparisonSettings
from sobolev.work.executors import Died, Processes
from sobolev.work.progress import Progressed, teller

KIND, FORMAT = "comparison part", 1


def compare(
    settings: ComparisonSettings,
    folder: str | Path,
    *,
    data: tuple[Dataset, Dataset] | None = None,
    workers: int = 2,
    progress: Progressed | None = None,
) -> list[Verdict]:
    """Train everything and write `comparison.json` and `comparison.txt` into the folder.

    Each cell (problem, scheme, variant) is kept when it is finished: the same call goes on after a
    kill, and one with more rates or initialisations adds to what is there.
    `data`: training and validation rows of the problem "table"; give the settings the network
    (`hidden`) and the number of steps that you would use for them.
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
    folder = Path(folder)
    tell = teller(progress, "what", "done", "total")
    try:
        (folder / "parts").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}.") from error
    if data is not None:
        keep_own(folder, data)
    # Solved once, before the processes ask for it.
    posed = {name: PROBLEMS[name](folder) for name in settings.problems}
    cells = [place for name in posed for place in settings.cells(name, posed[name])]
    budgets = {name: settings.budget(problem) for name, problem in posed.items()}
    part = {place: _part(folder, place, budgets[place[0]]) for place in cells}
    records = {place: _load(part[place]) for place in cells}

    def plan(place):
        return budgets[place[0]], settings.tuning_seeds, settings.seeds, records[place]

    missing = [place for place in cells if following(*plan(place)) is not None]
    tell("cells", len(cells) - len(missing), len(cells))
    waiting = deque((str(folder), *place, records[place]) for place in missing)
    where = Processes.trainings(min(workers, max(1, len(missing))))
    done = len(cells) - len(missing)
    try:
        with closing(where.run(_worked, settings, waiting)) as finished:
            for (_, problem, scheme, variant, _), result in finished:
                if isinstance(result, Died):
                    raise SobolevError(_KILLED)
                place = problem, scheme, variant
                records[place] = result
                _store(part[place], result)
                done += 1
                tell("cells", done, len(cells))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_INTERRUPTED) from None
    every = [Run(**record) for place in cells for record in asked(*plan(place))]
    found = verdicts(every, {name: baseline(posed[name].energies) for name in posed})
    Comparison(every, found, asdict(settings), budgets, __version__).write(folder)
    return found


def _worked(settings: ComparisonSettings, task: tuple) -> list[dict]:
    return cell(settings, *task)


def _part(folder: Path, place: tuple[str, str, str], budget: dict) -> Path:
    """A name that says what the part belongs to: what changes the numbers, and the version."""
    decides = {name: budget[name] for name in ("steps", "hidden", "rows") if name in budget}
    digest = sha256(json.dumps([decides, place, __version__]))[:12]
    return folder / "parts" / f"{place[0]}__{place[1]}__{digest}.npz"


def _store(path: Path, records: list[dict]) -> None:
    _files.write_archive(path, KIND, FORMAT, {"records": _plain(records)}, {})


def _load(path: Path) -> list[dict]:
    if not path.exists():
        return []
    try:
        header, _ = _files.read_archive(path, KIND, FORMAT)
    except DataError:
        return []  # damaged: the cell is simply done again
    return [
        r | {"error": float("inf") if r["error"] is None else r["error"]} for r in header["records"]
    ]


def _plain(content):
    """Infinite and NaN as null, which JSON can say."""
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, float) and not abs(content) < float("inf"):
        return None
    return content


_KILLED = "a worker process was killed (out of memory?): finished cells are kept, call again."
_INTERRUPTED = "finished cells are kept: the same command goes on from there."
