"""The user's tables to learn from, and their split into rows for training and validation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sobolev.data import Dataset


def read_table(
    path: Path,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> "Dataset":
    """A table of values and derivatives in any format that `read` knows; `DataError`."""
    from sobolev.data import read

    return read(path, inputs=inputs, outputs=outputs, columns=columns)


def tell_unused(data: "Dataset") -> None:
    """What of the file is not in the data, in one line: a warning where it may have been meant."""
    from sobolev.cli.exit_codes import warn

    if data.unused:
        (warn if data.unused.alarming else print)(data.unused.line.option)


def split_table(
    data: "Dataset", fraction: float | None, seed: int
) -> tuple["Dataset", "Dataset | None", float | None]:
    """`(train, valid, fraction that was used)`: by the group column, or at random.

    A given fraction wins over the group; 0 keeps every row for training. Without group and
    fraction a fifth of the rows is for validation.
    """
    if fraction == 0:
        return data, None, 0.0
    if fraction is None and data.group is not None:
        return *data.split(), None
    fraction = 0.2 if fraction is None else fraction
    return *data.split(fraction, seed), fraction
