"""The journal of a generation: its finished rows in a `Ledger`, in the format it always had."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from sobolev.function.derivatives import NAMES, Derivatives
from sobolev.generation.rows import Failed
from sobolev.work.ledger import Kind, Ledger

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
        if "diverged" in line:
            return row, Failed(str(line["diverged"]))
        parts = zip(NAMES, expected, strict=False)
        arrays = {part: np.array(line[part], np.float64) for part, _ in parts}
        assert [array.shape for array in arrays.values()] == expected
        return row, Derivatives(**arrays)

    return Ledger(path, Kind("journal", _FORMAT, _line, piece), task, made_with)


def _line(row: int, outcome: Derivatives | Failed) -> dict:
    if isinstance(outcome, Failed):
        return {"row": row, "diverged": outcome.reason}
    parts = zip(NAMES, outcome, strict=False)
    return {"row": row} | {part: array.tolist() for part, array in parts}
