"""Finished work on disk, one sealed line a piece: a kill or a power cut costs what is at work.

The first line says whose work this is. Each line ends with the SHA-256 of the first line's checksum
and of itself, so that a line from another ledger is as wrong as an altered one.
"""

import hashlib
import json
import os
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from sobolev._base.atomic import sync_folder
from sobolev._base.errors import CorruptFile, DataError, OutputError, Remedy
from sobolev._base.locked import open_locked

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_TAIL = len(', "sha256": ""}') + 64
_UNREADABLE = AssertionError, AttributeError, KeyError, TypeError, ValueError


@dataclass(frozen=True)
class Kind(Generic[Key, Value]):
    """What a ledger holds: the word for it, its format, a piece as a line and back.

    `line(key, value)` is a dictionary that JSON holds; `piece(line)` is `(key, value)` again and
    raises `ValueError`, `KeyError`, `TypeError` or `AssertionError` for what it did not write.
    What is `passing` may be followed by another piece of its key, which then counts.
    """

    word: str
    format: int
    line: Callable[[Key, Value], dict]
    piece: Callable[[dict], tuple[Key, Value]]
    passing: Callable[[Value], bool] = lambda _: False


class Ledger(Generic[Key, Value]):
    """Finished work, `found[key]`, in memory and, when `path` is not None, in a file; a context.

    `task` identifies the work: a ledger of another task is refused. `made_with` is kept beside it,
    for the record only. Two processes cannot have one ledger at a time. Raises `DataError`,
    `CorruptFile` for altered lines, `OutputError`; a last line that was cut off is work not done.

    ```python
    with Ledger("work.ledger", kind, task={"what": "squares"}) as ledger:
        for n in numbers - ledger.found.keys():
            ledger.add(n, n * n)
    ```
    """

    def __init__(
        self,
        path: str | os.PathLike | None,
        kind: Kind[Key, Value],
        task: Mapping[str, Any],
        made_with: Mapping[str, Any] | None = None,
    ):
        self.path = None if path is None else Path(path)
        self.kind = kind
        self.found: dict[Key, Value] = {}
        self._start = f'{{"sobolev": {json.dumps(kind.word)}, '.encode()
        self._file: BinaryIO | None = None
        if self.path is None:
            return
        try:
            self._file = open_locked(self.path, kind.word)
            self._seal = self._read(dict(task)) or self._begin(task, made_with or {})
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> "Ledger[Key, Value]":
        return self

    def __exit__(self, *_):
        if self._file is not None:
            self._file.close()

    def add(self, key: Key, value: Value) -> None:
        """Keep a finished piece; when this returns, it survives a kill and a power cut."""
        self.add_all({key: value})

    def add_all(self, pieces: Mapping[Key, Value]) -> None:
        """Keep several in one write: it is the sync that takes the time."""
        if self._file is not None and pieces:
            lines = [_sealed(self.kind.line(*piece), self._seal) for piece in pieces.items()]
            self._append(b"".join(lines))
        self.found.update(pieces)

    def _begin(self, task: Mapping, made_with: Mapping) -> bytes:
        head = {"sobolev": self.kind.word, "format": self.kind.format}
        line = _sealed(head | dict(task) | {"made with": made_with}, b"")
        self._append(line)
        assert self.path is not None
        sync_folder(self.path.parent)
        return _digest(line)

    def _append(self, content: bytes) -> None:
        assert self._file is not None
        left = memoryview(content)
        try:
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise OutputError(
                f"cannot write {self.path}: {error.strerror}. What it holds is whole: make room "
                f"and run again with the same {self.kind.word}."
            ) from error

    def _read(self, task: dict) -> bytes | None:
        """Take over what is there; None when there is nothing yet."""
        assert self._file is not None
        self._file.seek(0)
        *lines, torn = self._file.read().split(b"\n")
        if not lines and (torn.startswith(self._start) or self._start.startswith(torn)):
            self._file.truncate(0)
            return None
        header = _unsealed(lines[0], b"") if lines else None
        if header is None or not lines[0].startswith(self._start):
            raise CorruptFile(
                f"{self.path} is not a {self.kind.word} of sobolev, or its first line was altered. "
                "It was left as it is: name another file."
            )
        self._check_task(header, json.loads(json.dumps(task)))
        seal, last = _digest(lines[0]), len(lines)
        for number, line in enumerate(lines[1:], start=2):
            if not self._take(_unsealed(line, seal)):
                if number == last and not torn:  # a torn write may also end in a newline
                    torn = line + b"\n"
                    break
                raise CorruptFile(
                    f"line {number} of {self.path} was altered or is there twice: delete this line "
                    "and run again, what it held is then computed anew."
                )
        if torn:
            self._file.truncate(self._file.tell() - len(torn))
        return seal

    def _take(self, line: dict | None) -> bool:
        if line is None:
            return False
        try:
            key, value = self.kind.piece(line)
        except _UNREADABLE:
            return False
        if key in self.found and not self.kind.passing(self.found[key]):
            return False
        self.found[key] = value
        return True

    def _check_task(self, header: dict, task: dict) -> None:
        word = self.kind.word
        if header.get("format") != self.kind.format:
            raise DataError(
                f"{self.path} has {word} format {header.get('format')}, this program has "
                f"{self.kind.format}: update sobolev, or name another {word}."
            )
        # what is None, here or there, could not be seen then: it tells nothing
        seen = [key for key in task if None not in (header.get(key, ""), task[key])]
        different = [key for key in seen if header.get(key) != task[key]]
        if different:
            shown = "; ".join(
                f"{key} is {header.get(key)} there and {task[key]} here" for key in different
            )
            raise DataError(
                f"{self.path} is the {word} of another task: {shown}.",
                Remedy(
                    f"Name another {word}, or delete this one to start anew.",
                    option="Name another --out, or delete this file to start anew.",
                ),
            )


def whole_lines(path: str | os.PathLike, word: str) -> list[dict]:
    """The pieces of a ledger as their lines, for who only reads; altered ones are left out.

    Raises `CorruptFile` for what is no ledger of this word.
    """
    first, *lines = Path(path).read_bytes().split(b"\n")
    header = _unsealed(first, b"")
    if header is None or header.get("sobolev") != word:
        raise CorruptFile(f"{path} is not a {word} of sobolev, or its first line was altered.")
    seal = _digest(first)
    return [whole for line in lines if (whole := _unsealed(line, seal)) is not None]


def _sealed(record: Mapping, seal: bytes) -> bytes:
    body = json.dumps(record)[:-1].encode()
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
