"""Your own function as a problem."""

import functools
import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType

import numpy as np

from sobolev._base.errors import DataError
from sobolev.box import Box
from sobolev.problems._problem import Solution


@dataclass(frozen=True, repr=False)
class FunctionProblem:
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

    def solve(self, x: np.ndarray, order: int = 1) -> Solution:
        """Value and derivatives up to `order` at one point."""
        returned = self.function(x)
        parts = returned if isinstance(returned, tuple) else (returned,)
        if not order < len(parts) <= 3:
            raise DataError(
                f"{self._identity()} returned {len(parts)} of value, first and second derivatives, "
                f"but order={order} needs {order + 1}: return a tuple (y, dy) or (y, dy, d2y)."
            )
        single = len(self.outputs) == 1
        ranked = [
            part[None] if single and part.ndim == k else part
            for k, part in enumerate(map(np.asarray, parts[: order + 1]))
        ]
        return Solution(*ranked)

    def _identity(self) -> str:
        kind = self.function if hasattr(self.function, "__qualname__") else type(self.function)
        return f"{kind.__module__}.{kind.__qualname__}"

    def __repr__(self) -> str:
        # Rows of an edited function must not be mixed with rows of the old one: its code and what
        # it encloses are part of its name. What it calls cannot be seen from here.
        digest = hashlib.sha256(_content(self.function)).hexdigest()[:12]
        return f"FunctionProblem({self._identity()}, code={digest}, {self.box}, {self.outputs})"


def _content(item: object) -> bytes:
    """Everything that decides what a function does, without comments, lines and addresses."""
    if isinstance(item, frozenset):  # printed in an order that differs from run to run
        return b"".join(sorted(map(_content, item)))
    if isinstance(item, CodeType):
        return b"|".join(
            [item.co_code, repr((item.co_names, item.co_varnames)).encode()]
            + [_content(constant) for constant in item.co_consts]
        )
    if isinstance(item, FunctionType):
        enclosed = inspect.getclosurevars(item).nonlocals
        return b"|".join(map(_content, (item.__code__, item.__defaults__, *enclosed.items())))
    if isinstance(item, functools.partial):
        return b"|".join(map(_content, (item.func, item.args, *item.keywords.items())))
    if isinstance(item, tuple):
        return b",".join(map(_content, item))
    if isinstance(item, np.ndarray):
        return repr((item.shape, item.dtype.str)).encode() + item.tobytes()
    if item is None or isinstance(item, (bool, int, float, complex, str, bytes, np.generic)):
        return repr(item).encode()
    return type(item).__qualname__.encode()  # a list or a cache may grow while the rows are solved
