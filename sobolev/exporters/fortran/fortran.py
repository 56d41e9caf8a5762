"""Fortran of a function and its derivatives: one file for fixed form and for free form."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sobolev._base.errors import ConfigError, OutputError
from sobolev.exporters.c.c99 import called
from sobolev.exporters.exporter import Exporter, signature
from sobolev.exporters.fortran.source import source
from sobolev.exporters.ways import entries
from sobolev.function.function import Function

FLAGS = ("-O2", "-fPIC", "-shared")
LONGEST = 20  # with what follows, a name of Fortran 95 and a line of 72 columns


@dataclass(frozen=True)
class Fortran(Exporter):
    """A file `name.f` of subroutines: value, Jacobian, Hessian, and products with vectors.

        CALL NAME_VALUE(X, Y)                CALL NAME_JVP(X, V, Y, JV)
        CALL NAME_JACOBIAN(X, Y, DY)         CALL NAME_VJP(X, W, Y, WJ)
        CALL NAME_HESSIAN(X, Y, DY, D2Y)     CALL NAME_HVP(X, W, V, WJ, WH)

    in double precision, with `DY(I, J)` = ∂y_i/∂x_j, and `NAME_BOX(LOWER, UPPER)`. No line is
    continued and none is longer than 72 columns, so that the same text is fixed form, extended
    fixed form and free form: user routines of solvers are compiled in all three. Subroutines are
    `RECURSIVE`, and keep nothing but constants, so that threads may call them.

    **Arguments:** `order`: the highest derivative, 0, 1 or 2. Raises `ConfigError`.

    ```python
    exporters.Fortran().write(surrogate, "wing.f")      # compiled and compared before
    ```
    """

    name: ClassVar[str] = "fortran"
    suffix: ClassVar[str] = ".f"

    order: int = 2

    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """The file."""
        name = short_name(name)
        made = entries(function, self.order)
        return {f"{name}.f": source(function, name, made, signature(function)).encode()}

    def answers(
        self, folder: Path, function: Function, name: str, given: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """What it computes, compiled by the Fortran compiler that is found here."""
        library = folder / "library.so"
        compiled(folder, [f"{name}.f"], library)
        made = entries(function, self.order)
        found = called(library, lambda e: f"{name}_{e.suffix}_".lower(), made, given)
        q, d = len(function.outputs), len(function.inputs)
        for what, shape in (("dy", (d, q)), ("d2y", (d, d, q))):  # they lie column by column
            if what in found:
                array = found[what].reshape(-1, *shape)
                found[what] = array.transpose(0, *range(array.ndim - 1, 0, -1))
        return found


def short_name(name: str) -> str:
    """A name that Fortran has room for; `ConfigError`."""
    if len(name) > LONGEST:
        raise ConfigError(
            f"the name {name!r} is too long for subroutines of Fortran: take at most "
            f"{LONGEST} letters."
        )
    return name


def compiler() -> str:
    """The Fortran compiler: what the variable FC says, or gfortran or flang; `ConfigError`."""
    for word in (os.environ.get("FC", ""), "gfortran", "flang"):
        if word and shutil.which(word):
            return word
    raise ConfigError(
        "no Fortran compiler was found, so that nobody can say whether the file is right: install "
        "gfortran, or name yours in the variable FC."
    )


def compiled(folder: Path, files: list[str], library: Path) -> None:
    """Files of a folder as one shared library; `OutputError` with what the compiler said."""
    command = [compiler(), *FLAGS, *files, "-o", str(library)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OutputError(
            f"the Fortran compiler refused the file, so it was not written: "
            f"{done.stderr.strip()[:500]}. Please report this, with the model."
        )
