"""What a file format is: one value, made in the file that reads and writes it."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from sobolev._base.optional import optional
from sobolev.data.dataset import Dataset
from sobolev.data.kinds import LABELS
from sobolev.data.tables.table import Table

NAMES = "inputs", "outputs", "columns"


@dataclass(frozen=True)
class Format:
    """Files of one kind, known by their suffix.

    **Arguments:**
    - `name` and `suffixes`, such as "CSV" and (".csv",).
    - `read(path, **names)` returns a `Dataset` or raises `DataError`; of the arguments `inputs`,
      `outputs`, `columns` of `sobolev.read` it takes those in `asks` (none: the file names its own
      columns).
    - `write(path, data)` writes the file whole or not at all and returns the path; `DataError` for
      what the format cannot say. None for files that are only read.
    - `table(path)`: the file as a table of named columns, for points without outputs.
    - `library`: the module it needs and the extra that installs it, such as ("h5py", "hdf5").
    - `kinds` of labels that it can hold; whether it is `sealed`: its own files carry their names
      and notice every changed bit.
    - `parts`: a regular expression of what may follow the suffix in files that belong together.

    ```python
    sb.data.register(Format("MessagePack", (".msgpack",), read_msgpack, write_msgpack))
    ```
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[..., Dataset]
    write: Callable[[str | os.PathLike, Dataset], Path] | None = None
    asks: tuple[str, ...] = ()
    table: Callable[[str | os.PathLike], Table] | None = None
    library: tuple[str, str] | None = None
    kinds: Collection[str] = tuple(LABELS)
    sealed: bool = False
    parts: str = ""

    def need_library(self) -> None:
        """Raise `DataError` with the line that installs what is missing."""
        if self.library is not None:
            module, extra = self.library
            optional(module, self.name, extra)
