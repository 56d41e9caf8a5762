"""Rows of an HDF5 file too large for memory, part by part."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sobolev._base.arguments import whole
from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.hdf5.evaluations import check_file, header_of, opened, rows_of
from sobolev.data.running_statistics import RunningScaling, RunningSizes, RunningSlopes
from sobolev.data.scaling import Scaling


@dataclass(frozen=True)
class HDF5Rows:
    """The rows of a file that `write_hdf5` or `write_parts` wrote; `len(source)` of them.

    A value without an open file: it can be sent to another process. Every part that is read is
    checked as a `Dataset`; a file that changes after `open_rows` is refused.
    """

    path: Path
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_units: tuple[str, ...]
    output_units: tuple[str, ...]
    kinds: tuple[str, ...]
    _header: dict = field(repr=False, compare=False)
    _state: tuple[int, int] = field(repr=False)

    def __len__(self) -> int:
        return self._header["rows"]

    @property
    def dimension(self) -> int:
        """Number of inputs d."""
        return len(self.inputs)

    def count(self, rows: int) -> int:
        """How many parts of `rows` rows there are; the last may be shorter."""
        return -(-len(self) // whole("rows", rows, 1))

    def part(self, index: int, rows: int) -> Dataset:
        """Rows `index·rows` to `(index + 1)·rows`; raises `DataError` outside the file."""
        if not 0 <= index < self.count(rows):
            raise DataError(
                f"part {index} of {rows} rows does not exist: {self.path} has {len(self)} rows, "
                f"parts 0 to {self.count(rows) - 1}."
            )
        return next(self._read(range(index, index + 1), rows))

    def parts(self, rows: int = 65536) -> Iterator[Dataset]:
        """All rows in file order, `rows` at a time; one part is in memory at a time."""
        yield from self._read(range(self.count(rows)), rows)

    def scaling(self, rows: int = 65536) -> Scaling:
        """What `Scaling.of` says of the whole file, up to round-off, in one pass.

        Another pass is made for a response without values, and for an input or a response that is
        the same in all rows. Raises `DataError` as `Scaling.of`.
        """
        running = RunningScaling(self.inputs, self.outputs)
        for part in self.parts(rows):
            running.add(part)
        sizes = RunningSizes(len(self.outputs), self.dimension)
        for part in self.parts(rows) if running.needs_slopes else ():
            sizes.add(part)
        x_scale = running.x_scale(sizes.sizes())
        slopes = RunningSlopes(running.without_values(), x_scale)
        for part in self.parts(rows) if slopes.outputs else ():
            slopes.add(part)
        return running.scaling(x_scale, slopes)

    def _read(self, indices: range, rows: int) -> Iterator[Dataset]:
        with opened(self.path) as file:
            for index in indices:
                if _state(self.path) != self._state:
                    raise DataError(f"{self.path} was changed after it was opened: open it again.")
                yield rows_of(file, self._header, slice(index * rows, (index + 1) * rows))


def open_rows(path: str | os.PathLike) -> HDF5Rows:
    """Open a file of `write_hdf5` or `write_parts` for reading in parts; memory stays bounded.

    The checksum over the whole file is verified once, here. Raises `CorruptFile` when it does not
    match, `DataError` for a file of somebody else: `read_hdf5` and `write_hdf5` convert it.

    ```python
    source = open_rows("big.h5")
    scaling = source.scaling()
    for part in source.parts(rows=65536): ...
    ```
    """
    state = _state(path)
    if not check_file(path):
        raise DataError(
            f"{path} was not written by sobolev: convert it with write_hdf5(new, read_hdf5(path))."
        )
    with opened(path) as file:
        header = header_of(file)
        kinds = tuple(name for name in header["arrays"] if "/" not in name and name != "x")
        return HDF5Rows(
            Path(path), tuple(header["inputs"]), tuple(header["outputs"]),
            tuple(header["input_units"]), tuple(header["output_units"]), kinds, header, state,
        )  # fmt: skip


def _state(path: str | os.PathLike) -> tuple[int, int]:
    try:
        there = os.stat(path)
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}. Check the path and "
            "that you may read it."
        ) from error
    return there.st_size, there.st_mtime_ns
