"""The journal of a generation: its finished rows in a `Ledger`, in the format it always had."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from sobolev.function.derivatives import NAMES, Derivatives
from sobolev.generation.rows import Failed, Why
from sobolev.work.ledger import Kind, Ledger, whole_lines

Journal = Ledger[int, Derivatives | Failed]
_FORMAT = 1


def open_journal(
    path: str | os.PathLike | None,
    task: Mapping,
    made_with: Mapping,
    size: int,
    shapes: Sequence[tuple[int, ...]],
) -> Journal:
    """The finished rows by their number; `path` None: in memory only.

    `size` is the number of rows, `shapes` are those of the value, the Jacobian and the Hessian, as
    far as the order goes. Raises what `Ledger` raises.
    """
    expected = list(shapes)

    def piece(line: dict) -> tuple[int, Derivatives | Failed]:
        row = line["row"]
        assert isinstance(row, int) and 0 <= row < size
        for why in Why:
            if why.value in line:
                return row, Failed(str(line[why.value]), why)
        parts = zip(NAMES, expected, strict=False)
        arrays = {part: np.array(line[part], np.float64) for part, _ in parts}
        assert [array.shape for array in arrays.values()] == expected
        return row, Derivatives(**arrays)

    return Ledger(path, Kind("journal", _FORMAT, _line, piece, _passing), task, made_with)


def failures(path: str | os.PathLike) -> dict[int, Failed]:
    """Rows of a journal that have no values, with the reason of each; the journal is only read.

    Raises `CorruptFile` for what is no journal, `OSError` for what cannot be read.

    ```python
    for row, failed in failures("plate.journal").items():
        print(row, failed.why.value, failed.reason)
    ```
    """
    last: dict[int, Failed | None] = {}
    for line in whole_lines(path, "journal"):
        found = [Failed(str(line[why.value]), why) for why in Why if why.value in line]
        last[line["row"]] = found[0] if found else None
    return {row: failed for row, failed in last.items() if failed is not None}


def _passing(outcome: Derivatives | Failed) -> bool:
    """A failure may be followed by what came of the row when it was tried anew."""
    return isinstance(outcome, Failed)


def _line(row: int, outcome: Derivatives | Failed) -> dict:
    if isinstance(outcome, Failed):
        return {"row": row, outcome.why.value: outcome.reason}
    parts = zip(NAMES, outcome, strict=False)
    return {"row": row} | {part: array.tolist() for part, array in parts}
