"""The user's tables: labelled ones to learn from, and points to predict at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sobolev._errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from sobolev.data import Dataset


def names(text: str | None) -> list[str] | None:
    """`a,b` as a list; None when the option was not given."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def read_table(
    path: Path,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> "Dataset":
    """A CSV or NPZ table of values and derivatives; `DataError`."""
    from sobolev.data import read

    return read(path, inputs=inputs, outputs=outputs, columns=columns)


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


def read_points(
    path: Path, inputs: tuple[str, ...], units: tuple[str, ...], ignore_extra: bool
) -> "np.ndarray":
    """Points `[n, d]` in the order of `inputs`, from a CSV with these columns; `DataError`."""
    import numpy as np

    from sobolev._files import read_bytes
    from sobolev.data.csv_table import _numbers, _parse

    try:
        table = _parse(read_bytes(path))
        places = _places(table.header, inputs, units, ignore_extra)
        return np.stack([_numbers(table, place, absent=False) for place in places], axis=1)
    except DataError as error:
        raise error if str(path) in str(error) else DataError(f"{path}: {error}") from error


def _places(
    header: list[str], inputs: tuple[str, ...], units: tuple[str, ...], ignore_extra: bool
) -> list[int]:
    from sobolev.data.csv_columns import split_unit

    found: dict[str, int] = {}
    for number, (name, unit) in enumerate(map(split_unit, header)):
        if name in found:
            raise DataError(f"column '{name}' occurs twice in the header: remove one.")
        found[name] = number
        if name not in inputs:
            if not ignore_extra:
                raise DataError(
                    f"column '{name}' is not an input of the model ({', '.join(inputs)}): remove "
                    "it, or give --ignore-extra."
                )
            continue
        expected = units[inputs.index(name)]
        if unit and expected and unit != expected:
            raise DataError(
                f"column '{name}' is in [{unit}], the model was trained in [{expected}]: convert "
                "the column."
            )
    missing = [name for name in inputs if name not in found]
    if missing:
        raise DataError(
            f"there is no column '{missing[0]}', an input of the model ({', '.join(inputs)}): "
            f"the columns are {', '.join(found)}."
        )
    return [found[name] for name in inputs]
