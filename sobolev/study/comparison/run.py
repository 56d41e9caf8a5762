"""From settings to a folder with every training's record and the verdicts."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import as_completed
from dataclasses import asdict
from pathlib import Path

from sobolev import __version__, _files
from sobolev._errors import DataError, OutputError
from sobolev._pool import pinned_pool
from sobolev.study.comparison.catalogue import compared
from sobolev.study.comparison.cell import cell
from sobolev.study.comparison.problems import PROBLEMS
from sobolev.study.comparison.settings import ComparisonSettings
from sobolev.study.comparison.verdict import Verdict, table, verdicts

KIND, FORMAT = "comparison part", 1


def compare(
    settings: ComparisonSettings,
    folder: str | Path,
    *,
    workers: int = 2,
    progress: Callable[[str, int, int], object] | None = None,
) -> list[Verdict]:
    """Train everything and write `comparison.json` and `comparison.txt` into the folder.

    Each cell (problem, scheme, variant) is kept when it is finished: the same call goes on after a
    kill. `progress(what, done, total)`. Raises `ConfigError`, `OutputError`, and `SobolevError`
    when a worker process dies.

    ```python
    compare(ComparisonSettings(problems=("spread",), initialisations=8), "out/weighting")
    ```
    """
    folder = Path(folder)
    tell = progress or (lambda *_: None)
    try:
        (folder / "parts").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}.") from error
    for problem in settings.problems:  # solved once, before the processes ask for it
        PROBLEMS[problem](folder)
    cells = [
        (problem, scheme, variant)
        for problem in settings.problems
        for scheme in settings.names
        for variant in settings.variants
        if compared(scheme, variant)
    ]
    records = {place: _load(_part(settings, folder, place)) for place in cells}
    missing = [place for place, found in records.items() if found is None]
    tell("cells", len(cells) - len(missing), len(cells))
    if missing:
        with pinned_pool(workers, _KILLED, _INTERRUPTED) as pool:
            running = {pool.submit(cell, settings, str(folder), *p): p for p in missing}
            for done, future in enumerate(as_completed(running), len(cells) - len(missing) + 1):
                place = running[future]
                records[place] = future.result()
                _store(_part(settings, folder, place), future.result())
                tell("cells", done, len(cells))
    every = [record for place in cells for record in records[place] or []]
    found = verdicts(every)
    content = {
        "settings": asdict(settings),
        "version": __version__,
        "records": every,
        "verdicts": [asdict(v) for v in found],
    }
    text = json.dumps(_plain(content), indent=1, allow_nan=False)
    _files.write_atomically(folder / "comparison.json", text.encode())
    _files.write_atomically(folder / "comparison.txt", (table(found) + "\n").encode())
    return found


def _part(settings: ComparisonSettings, folder: Path, place: tuple[str, str, str]) -> Path:
    """A name that says what the part belongs to: what changes the numbers, and the version."""
    kept = {
        k: v for k, v in asdict(settings).items() if k not in ("problems", "schemes", "variants")
    }
    digest = hashlib.sha256(json.dumps([kept, place, __version__]).encode()).hexdigest()[:12]
    return folder / "parts" / f"{place[0]}__{place[1]}__{digest}.npz"


def _store(path: Path, records: list[dict]) -> None:
    _files.write_archive(path, KIND, FORMAT, {"records": _plain(records)}, {})


def _load(path: Path) -> list[dict] | None:
    if not path.exists():
        return None
    try:
        header, _ = _files.read_archive(path, KIND, FORMAT)
    except DataError:
        return None  # damaged: the cell is simply done again
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
