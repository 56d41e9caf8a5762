"""Data sets of the same function, one below the other."""

import numpy as np

from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.kinds import LABELS, VECTORS
from sobolev.data.unused import Unused

_SAME = "inputs", "outputs", "input_units", "output_units"


def stack(*parts: Dataset) -> Dataset:
    """All rows of the parts; labels that a part does not have are absent (NaN) in its rows.

    Names and units must be the same; parts may have different kinds of labels and different
    numbers of directions. Raises `DataError`.

    ```python
    values, slopes = Dataset(x, y), Dataset(elsewhere, jacobian=dydx)
    data = stack(values, slopes)
    ```
    """
    if not parts:
        raise DataError("nothing to stack: give at least one data set.")
    first = parts[0]
    for number, part in enumerate(parts):
        for name in _SAME:
            if getattr(part, name) != getattr(first, name):
                raise DataError(
                    f"data set {number} has the {name} {getattr(part, name)}, the first has "
                    f"{getattr(first, name)}: make them the same, in the same order."
                )
    kinds = {kind for part in parts for kind in part.labels()}
    arrays = {n: _joined([getattr(p, n) for p in parts], parts) for n in kinds | _vectors(parts)}
    return Dataset(
        np.concatenate([part.x for part in parts]),
        **arrays,
        **{name: getattr(first, name) for name in _SAME},
        group=_groups(parts),
        noise=_beside("noise", parts, arrays, np.nan),
        estimated=_beside("estimated", parts, arrays, False),
        unused=sum((part.unused for part in parts), Unused()),
    )


def _vectors(parts: tuple[Dataset, ...]) -> set[str]:
    return {name for part in parts for name in VECTORS if getattr(part, name) is not None}


def _joined(arrays: list, parts: tuple[Dataset, ...], fill: float = np.nan) -> np.ndarray:
    """Padded to the same trailing shape, absent arrays filled."""
    shapes = [array.shape[1:] for array in arrays if array is not None]
    shape = tuple(max(sizes) for sizes in zip(*shapes, strict=True))
    joined = np.full((sum(map(len, parts)), *shape), fill)
    start = 0
    for array, part in zip(arrays, parts, strict=True):
        if array is not None:
            joined[(slice(start, start + len(part)), *map(slice, array.shape[1:]))] = array
        start += len(part)
    return joined


def _beside(name: str, parts: tuple[Dataset, ...], arrays: dict, fill) -> dict[str, np.ndarray]:
    kinds = [kind for kind in LABELS if any(kind in getattr(part, name) for part in parts)]
    found = {}
    for kind in kinds:
        given = [getattr(part, name).get(kind) for part in parts]
        joined = np.full(arrays[kind].shape, fill)
        narrow = _joined(given, parts, fill)
        joined[tuple(map(slice, narrow.shape))] = narrow
        found[kind] = joined
    return found


def _groups(parts: tuple[Dataset, ...]) -> np.ndarray | None:
    groups = [part.group for part in parts if part.group is not None]
    return np.concatenate(groups) if len(groups) == len(parts) else None
