"""The formats that data are read and written in; the suffix of a path says which.

One more format is one file that makes a `Format` and one line in `FORMATS`.
"""

import os
import re
from collections.abc import Collection
from pathlib import Path

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError, DataError
from sobolev.data.foreign.extxyz import EXTXYZ
from sobolev.data.foreign.openmdao_recorder import OPENMDAO
from sobolev.data.format import Format
from sobolev.data.hdf5.evaluations import HDF5
from sobolev.data.npz import NPZ
from sobolev.data.tables.csv_table import CSV
from sobolev.data.tables.parquet import PARQUET

FORMATS: list[Format] = [CSV, PARQUET, NPZ, HDF5, EXTXYZ, OPENMDAO]


def register(format: Format) -> None:
    """Let `read` and `write` know an own format, for as long as this process lives.

    A format of the same name takes the place of the one before. Raises `ConfigError` for suffixes
    that are none or that another format has.

    ```python
    sb.data.register(sb.data.Format("tab", (".tab",), read_tab, write_tab))
    data = sb.read("plate.tab")
    ```
    """
    if not format.suffixes or not all(s[:1] == "." and s == s.lower() for s in format.suffixes):
        raise ConfigError(
            f"the suffixes of a format are texts like '.csv', in small letters: got "
            f"{shown(format.suffixes)}."
        )
    others = [other for other in FORMATS if other.name != format.name]
    for other in others:
        taken = [suffix for suffix in format.suffixes if suffix in other.suffixes]
        if taken:
            raise ConfigError(f"'{taken[0]}' is a suffix of {other.name}: give another one.")
    FORMATS[:] = [*others, format]


def formats() -> dict[str, Format]:
    """Every format by its suffixes."""
    return {suffix: format for format in FORMATS for suffix in format.suffixes}


def writable() -> tuple[str, ...]:
    """Suffixes that `write` knows."""
    return tuple(suffix for suffix, format in formats().items() if format.write is not None)


def format_of(path: str | os.PathLike, known: Collection[str]) -> Format:
    """The format of a file whose suffix is one of those `known`; `DataError`."""
    if not isinstance(path, str | os.PathLike):
        raise DataError(
            f"a path of a file is needed first, not a {type(path).__name__}: read(path), "
            "write(path, data)."
        )
    suffix = Path(path).suffix.lower()
    for format in FORMATS:
        whole = re.sub(f"{format.parts}$", "", suffix) if format.parts else suffix
        if whole in format.suffixes and whole in known:
            return format
    if suffix not in known:
        *most, last = known
        raise DataError(
            f"{path} must end in {', '.join(most)} or {last}: got '{suffix}'. Rename it."
        )
    return formats()[suffix]
