"""A journal of finished rows that survives a kill: one line a row, each with its own checksum.

The first line says whose rows these are. Each line ends with the SHA-256 of the first line's
checksum and of itself, so that a line from another journal is as wrong as an altered one.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from sobolev._base.errors import CorruptFile, DataError, OutputError
from sobolev._base.files import open_locked, sync_folder
from sobolev.generation.rows import PARTS, Failed
from sobolev.problems import Solution

_START = b'{"sobolev": "journal", '
_FORMAT = 1
_TAIL = len(', "sha256": ""}') + 64


class Journal:
    """Finished rows, `rows[i]`, in memory and, when `path` is not None, in a file; a context.

    `task` identifies the rows: a journal of another task is refused. `made_with` is kept beside it.
    `size` is the number of rows, `shapes` are those of the value, the Jacobian and the Hessian.
    Raises `DataError`, `CorruptFile`, `OutputError`.
    """

    def __init__(
        self,
        path: str | os.PathLike | None,
        task: Mapping,
        made_with: Mapping,
        size: int,
        shapes: Sequence[tuple[int, ...]],
    ):
        self.path = None if path is None else Path(path)
        self.rows: dict[int, Solution | Failed] = {}
        self._size, self._shapes = size, list(shapes)
        self._file: BinaryIO | None = None
        if self.path is None:
            return
        try:
            self._file = open_locked(self.path, "journal")
            self._seal = self._read(dict(task)) or self._begin(task, made_with)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_):
        if self._file is not None:
            self._file.close()

    def add(self, row: int, outcome: Solution | Failed) -> None:
        """Keep a finished row; when this returns, it survives a kill and a power cut."""
        if self._file is not None:
            if isinstance(outcome, Failed):
                record = {"row": row, "diverged": outcome.reason}
            else:
                parts = zip(PARTS, outcome, strict=True)
                record = {"row": row} | {k: a.tolist() for k, a in parts if a is not None}
            self._append(_sealed(record, self._seal))
        self.rows[row] = outcome

    def _begin(self, task: Mapping, made_with: Mapping) -> bytes:
        record = {"sobolev": "journal", "format": _FORMAT, **task, "made with": made_with}
        line = _sealed(record, b"")
        self._append(line)
        assert self.path is not None
        sync_folder(self.path.parent)
        return _digest(line)

    def _append(self, line: bytes) -> None:
        assert self._file is not None
        left = memoryview(line)
        try:
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise OutputError(
                f"cannot write {self.path}: {error.strerror}. What it holds is whole: make room "
                "and run again with the same journal."
            ) from error

    def _read(self, task: dict) -> bytes | None:
        """Take over what is there; None when there is nothing yet."""
        assert self._file is not None
        self._file.seek(0)
        *lines, torn = self._file.read().split(b"\n")
        if not lines and (torn.startswith(_START) or _START.startswith(torn)):
            self._file.truncate(0)
            return None
        header = _unsealed(lines[0], b"") if lines else None
        if header is None or not lines[0].startswith(_START):
            raise CorruptFile(
                f"{self.path} is not a journal of sobolev, or its first line was altered. It was "
                "left as it is: name another file."
            )
        _check_task(self.path, header, json.loads(json.dumps(task)))
        seal, last = _digest(lines[0]), len(lines)
        for number, line in enumerate(lines[1:], start=2):
            if not self._take(_unsealed(line, seal)):
                if number == last and not torn:  # a torn write may also end in a newline
                    torn = line + b"\n"
                    break
                raise CorruptFile(
                    f"line {number} of {self.path} was altered or is there twice: delete this line "
                    "and run again, its row is then computed anew."
                )
        if torn:
            self._file.truncate(self._file.tell() - len(torn))
        return seal

    def _take(self, record: dict | None) -> bool:
        try:
            assert record is not None
            row = record["row"]
            assert isinstance(row, int) and 0 <= row < self._size and row not in self.rows
            if "diverged" in record:
                self.rows[row] = Failed(str(record["diverged"]))
            else:
                parts = zip(PARTS, self._shapes, strict=False)
                arrays = {part: np.array(record[part], np.float64) for part, _ in parts}
                assert [array.shape for array in arrays.values()] == self._shapes
                self.rows[row] = Solution(**arrays)
        except (AssertionError, KeyError, TypeError, ValueError):
            return False
        return True


def _sealed(record: Mapping, seal: bytes) -> bytes:
    body = json.dumps(record, allow_nan=False)[:-1].encode()
    digest = hashlib.sha256(seal + body).hexdigest()
    return body + f', "sha256": "{digest}"}}\n'.encode()


def _unsealed(line: bytes, seal: bytes) -> dict | None:
    body = line[:-_TAIL]
    digest = hashlib.sha256(seal + body).hexdigest()
    if line[-_TAIL:] != f', "sha256": "{digest}"}}'.encode():
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _digest(line: bytes) -> bytes:
    return line.rstrip(b"\n")[-66:-2]


def _check_task(path, header: dict, task: dict) -> None:
    if header.get("format") != _FORMAT:
        raise DataError(f"{path} has journal format {header.get('format')}: update sobolev.")
    different = [key for key in task if header.get(key) != task[key]]
    if different:
        said = "; ".join(
            f"{key} is {header.get(key)} there and {task[key]} here" for key in different
        )
        raise DataError(
            f"{path} is the journal of another task: {said}. Name another journal, or delete this "
            "one to start anew."
        )
