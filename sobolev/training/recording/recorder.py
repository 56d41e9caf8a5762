"""Who is told of the records of a training while it runs: a file that a live monitor reads."""

import json
import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sobolev._base.atomic import write_atomically
from sobolev.training.outcome import Ending
from sobolev.training.recording.record import NAMES, Record

FORMAT = 1


class Recorder(ABC):
    """Receives the records of one training, one by one, as they are taken.

    ```python
    class Printed(Recorder):
        def add(self, record):
            print(record.epoch, record.loss)
    ```
    """

    def begin(self, terms: tuple[str, ...], records: Sequence[Record]) -> None:
        """Before all others: the names of the terms, and what a checkpoint holds already."""
        for record in records:
            self.add(record)

    @abstractmethod
    def add(self, record: Record) -> None:
        """The next record."""

    def end(self, ending: Ending) -> None:
        """How the training ended; not told when it was interrupted."""
        del ending


class JSONLines(Recorder):
    """A file of lines: the terms, one object a record, at last the outcome; NaN is null.

    Each line is there as soon as the record is, so that a monitor can follow the file. A training
    that continues writes it anew. Raises `OutputError` when the file cannot be begun; later that is
    a warning.

    ```python
    fit(surrogate, train, recorder=JSONLines("plate.records.jsonl"))
    ```
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)

    def begin(self, terms: tuple[str, ...], records: Sequence[Record]) -> None:
        """The header and what was recorded before, in one piece."""
        lines = [{"format": FORMAT, "terms": terms}, *map(_plain, records)]
        write_atomically(self.path, "".join(map(_line, lines)).encode())

    def add(self, record: Record) -> None:
        """One line."""
        self._append(_plain(record))

    def end(self, ending: Ending) -> None:
        """The last line."""
        self._append({"outcome": ending.outcome.name, "result": str(ending)})

    def _append(self, content: dict) -> None:
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(_line(content))
        except OSError as error:  # what is in memory is worth more than the file
            warnings.warn(
                f"cannot write {self.path} ({error.strerror}). The training goes on.",
                RuntimeWarning,
                stacklevel=4,
            )


def _plain(record: Record) -> dict:
    return {name: _number(np.asarray(getattr(record, name)).tolist()) for name in NAMES}


def _number(value):
    if isinstance(value, list):
        return [_number(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _line(content: dict) -> str:
    return json.dumps(content, allow_nan=False) + "\n"
