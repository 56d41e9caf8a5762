"""A file that CasADi loads: the expression of a function."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sobolev._base.arguments import one_of
from sobolev.exporters.casadi.expression import casadi_expression
from sobolev.exporters.exporter import Exporter
from sobolev.exporters.foreign import asked
from sobolev.function.function import Function

CALLED = """
import sys, numpy as np, casadi as ca
function = ca.Function.load(sys.argv[1])
given, found = dict(np.load("given.npz")), {}
d, q = given["v"].shape[1], given["w"].shape[1]
x = ca.MX.sym("x", d)
y = function(x)
dy = ca.jacobian(y, x)
d2y = [ca.hessian(y[i], x)[0] for i in range(q)]
every = ca.Function("every", [x], [y, dy, *d2y])
rows = [[each.full() for each in every(row)] for row in given["x"]]
found = {
    "y": np.array([row[0][:, 0] for row in rows]),
    "dy": np.array([row[1] for row in rows]),
    "d2y": np.array([row[2:] for row in rows]),
}
np.savez("found.npz", **found)
"""


@dataclass(frozen=True)
class CasADi(Exporter):
    """A file `name.casadi` for `casadi.Function.load`: the expression of `casadi_expression`.

    CasADi differentiates it itself; Jacobian and Hessian are compared before it is written.

    **Arguments:** `symbols` "MX" or "SX". Raises `ConfigError`, without CasADi too.

    ```python
    exporters.CasADi().write(surrogate, "wing.casadi")
    f = casadi.Function.load("wing.casadi")
    ```
    """

    name: ClassVar[str] = "casadi"
    suffix: ClassVar[str] = ".casadi"
    order: ClassVar[int] = 2  # pyright: ignore[reportIncompatibleVariableOverride]

    symbols: str = "MX"

    def __post_init__(self):
        super().__post_init__()
        one_of("symbols", self.symbols, ("MX", "SX"))

    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """The file."""
        made = casadi_expression(function, name, self.symbols)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"{name}.casadi")
            made.save(str(path))
            return {path.name: path.read_bytes()}

    def answers(
        self, folder: Path, function: Function, name: str, given: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """What CasADi computes with it, and what it differentiates."""
        return asked(CALLED, folder, given, f"{name}.casadi")
