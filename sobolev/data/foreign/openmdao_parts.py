"""Which files belong to a recording of OpenMDAO: one, or one a process and one of metadata."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

PART = r"_(\d+|meta)"  # cases.sql_0, cases.sql_meta


@dataclass(frozen=True)
class Parts:
    """The file with the metadata, those with the cases, and what is to be said about others."""

    metadata: Path
    cases: tuple[Path, ...]
    remarks: tuple[str, ...] = ()


def parts_of(path: str | os.PathLike) -> Parts:
    """The files of the recording that `path` stands for: `_meta` for all, `_0` for its process."""
    path = Path(path)
    match = re.fullmatch(rf"(.*){PART}(\.\w+)?", path.name)
    if match is None:
        return Parts(path, (path,))
    stem, which, end = match[1], match[2], match[3] or ""
    metadata = path.with_name(f"{stem}_meta{end}")
    if path.suffix == end and which.isdigit() and not metadata.exists():
        return Parts(path, (path,))  # a file of its own, whose name ends so by chance
    others = _numbered(path.parent, stem, end)
    if which == "meta":
        return Parts(path, tuple(others) or (path,))
    more = [other.name for other in others if other != path]
    said = f"{', '.join(more)} hold more cases: give {metadata.name} for all"
    return Parts(metadata if metadata.exists() else path, (path,), (said,) if more else ())


def _numbered(folder: Path, stem: str, end: str) -> list[Path]:
    try:
        names = [other.name for other in folder.iterdir()]
    except OSError:
        return []
    found = [re.fullmatch(rf"{re.escape(stem)}_(\d+){re.escape(end)}", name) for name in names]
    return [folder / m[0] for m in sorted((m for m in found if m), key=lambda m: int(m[1]))]
