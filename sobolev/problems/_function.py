"""Your own function as a problem."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sobolev._base.errors import DataError
from sobolev._base.identity import code, sha256
from sobolev.box import Box
from sobolev.function import Derivatives
from sobolev.function.pointwise import parts
from sobolev.problems._problem import Problem


@dataclass(frozen=True, repr=False)
class FunctionProblem(Problem):
    """A function that returns its value and its derivatives at one point, in physical units.

    **Arguments:** `function(x)` takes `x [d]` in the units of `box` and returns `(y, dy)` or
    `(y, dy, d2y)` with `y [q]`, `dy [q, d]`, `d2y [q, d, d]`; for a single response `y` may be a
    number, `dy [d]` and `d2y [d, d]`. It raises `Diverged` where there is no solution. `outputs`
    and `output_units` name the q responses. For `workers > 1` it must stand at the top level of a
    module. Raises `DataError` when fewer derivatives come back than were asked for.

    ```python
    problem = FunctionProblem(lambda x: (x[0] ** 2, [2 * x[0]]), Box(("a",), (0,), (1,)), ("y",))
    ```
    """

    function: Callable[[np.ndarray], object]
    box: Box
    outputs: tuple[str, ...]
    output_units: tuple[str, ...] = ()
    name: str = "function"

    def __post_init__(self):
        if isinstance(self.outputs, str):
            raise DataError(f"outputs is the text '{self.outputs}': give ('{self.outputs}',).")
        object.__setattr__(self, "outputs", tuple(self.outputs))
        units = tuple(self.output_units) or ("",) * len(self.outputs)
        object.__setattr__(self, "output_units", units)

    def solve(self, x: np.ndarray, order: int = 1) -> Derivatives:
        """Value and derivatives up to `order` at one point."""
        return parts(self.function(x), order, len(self.outputs), self._identity())

    def _identity(self) -> str:
        kind = self.function if hasattr(self.function, "__qualname__") else type(self.function)
        return f"{kind.__module__}.{kind.__qualname__}"

    def __repr__(self) -> str:
        # Rows of an edited function must not be mixed with rows of the old one: its code and what
        # it encloses are part of its name. What it calls cannot be seen from here.
        digest = sha256(code(self.function))[:12]
        return f"FunctionProblem({self._identity()}, code={digest}, {self.box}, {self.outputs})"
