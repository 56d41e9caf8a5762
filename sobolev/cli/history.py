"""The course of a training as a table: `model.history.csv`."""

import csv
import io
from dataclasses import fields
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from sobolev._base.atomic import write_atomically

if TYPE_CHECKING:
    from sobolev.training.recording.history import History


def write_history(path: Path, history: "History") -> None:
    """One row a record; a column for each quantity, for that of each term, or each two terms."""
    header, columns = zip(*_columns(history), strict=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(zip(*columns, strict=True))
    write_atomically(path, text.getvalue().encode())


def _columns(history: "History"):
    """Header and numbers of each column."""
    terms = history.terms
    for field in fields(history):
        values = getattr(history, field.name)
        if field.name == "terms":
            continue
        if values.ndim == 1:
            yield field.name, values.tolist()
        elif values.ndim == 2:
            yield from zip(
                (f"{field.name} {term}" for term in terms), values.T.tolist(), strict=True
            )
        else:  # symmetric: what is above the diagonal
            for j, k in combinations(range(len(terms)), 2):
                yield f"{field.name} {terms[j]}|{terms[k]}", values[:, j, k].tolist()
