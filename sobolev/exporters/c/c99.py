"""C99 of a function and its derivatives: two files, nothing else is needed to compile them."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sobolev._base.errors import ConfigError, OutputError
from sobolev.exporters.c.source import source
from sobolev.exporters.exporter import Exporter, signature
from sobolev.exporters.foreign import asked, farthest
from sobolev.exporters.ways import Entry, entries
from sobolev.function.function import Function

HEADERS = frozenset(
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdarg "
    "stdbool stddef stdint stdio stdlib string tgmath time wchar wctype".split()
)
FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared")
# In a process of its own: whatever a compiled file does, this one lives on. No package but NumPy.
CALLED = """
import ctypes, json, sys, numpy as np
library, asked, out = ctypes.CDLL(sys.argv[1]), json.load(open("asked.json")), {}
given = dict(np.load("given.npz"))
for name, arguments, results in asked:
    rows = len(given["x"])
    found = {what: np.empty((rows, size)) for what, size in results}
    for i in range(rows):
        arrays = [np.ascontiguousarray(given[what][i]) for what, _ in arguments]
        arrays += [found[what][i] for what, _ in results]
        library[name](*(array.ctypes.data_as(ctypes.c_void_p) for array in arrays))
    for what, array in found.items():
        out.setdefault(what, []).append(array)
np.savez("found.npz", **{what: np.stack(arrays) for what, arrays in out.items()})
"""


@dataclass(frozen=True)
class C99(Exporter):
    """C99 files `name.c` and `name.h`: value, Jacobian, Hessian, and products with vectors.

        void name_value(const double x[d], double y[q]);
        void name_jacobian(x, y, dy);       /* dy[i][j] = dy_i/dx_j, row after row */
        void name_hessian(x, y, dy, d2y);   /* d2y[i][j][k] = d2y_i/dx_j dx_k */
        void name_jvp(x, v, y, jv);  void name_vjp(x, w, y, wj);  void name_hvp(x, w, v, wj, wh);

    in the units of the function, with its names, units and bounds as constants. They need the
    mathematical library and nothing else, allocate nothing and keep nothing, so they may be called
    from any number of threads, and two exported functions live in one program. Each is made from
    JAX's own derivatives, forwards, backwards or unit by unit, whichever takes fewer operations.

    **Arguments:** `order`: the highest derivative, 0, 1 or 2. Raises `ConfigError`.

    ```python
    exporters.C99().write(surrogate, "wing.c")      # and wing.h; compiled and compared before
    ```
    """

    name: ClassVar[str] = "c"
    suffix: ClassVar[str] = ".c"
    taken: ClassVar[frozenset[str]] = HEADERS

    order: int = 2

    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """The two files."""
        made = entries(function, self.order)
        header, text = source(function, name, made, signature(function))
        return {f"{name}.h": header.encode(), f"{name}.c": text.encode()}

    def answers(
        self, folder: Path, function: Function, name: str, given: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """What they compute, compiled by the C compiler that is found here."""
        library = folder / "library.so"
        compiled(folder, [f"{name}.c"], library)
        return called(library, lambda e: f"{name}_{e.suffix}", self.entries(function), given)

    def entries(self, function: Function) -> list[Entry]:
        """The functions of the files."""
        return entries(function, self.order)


def compiler() -> str:
    """The C compiler: what the variable CC says, or cc, gcc or clang; `ConfigError`."""
    for word in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if word and shutil.which(word):
            return word
    raise ConfigError(
        "no C compiler was found, so that nobody can say whether the file is right: install gcc or "
        "clang, or name yours in the variable CC."
    )


def compiled(folder: Path, files: list[str], library: Path, *more: str) -> None:
    """Files of a folder as one shared library; `OutputError` with what the compiler said."""
    command = [compiler(), *FLAGS, *more, *files, "-o", str(library), "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OutputError(
            f"the C compiler refused the file, so it was not written: {done.stderr.strip()[:500]}. "
            "Please report this, with the model."
        )


def called(
    library: Path,
    symbol: Callable[[Entry], str],
    made: Sequence[Entry],
    given: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """The results of each function of a library; of one that several give, those farthest apart
    from the first stand for all."""
    folder = library.parent
    rows = [(symbol(e), e.arguments, e.results) for e in made]
    (folder / "asked.json").write_text(json.dumps(rows))
    found = asked(CALLED, folder, given, str(library))
    return {what: farthest(several) for what, several in found.items()}
