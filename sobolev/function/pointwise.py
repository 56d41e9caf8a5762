"""A function that is asked one point at a time: a solver, a formula, a user's own code."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import DataError, Diverged
from sobolev._base.types import Points
from sobolev.function.derivatives import NAMES, Derivatives
from sobolev.function.function import Function


class Pointwise(Function):
    """A `Function` by its answer at one point; rows are one `solve` each, one after another."""

    @abstractmethod
    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Derivatives:
        """Value and derivatives up to `order` at one point; raises `Diverged` where none exist."""

    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """`solve` at each row; `Diverged` says at which."""
        d, q = len(self.inputs), len(self.outputs)
        found = [np.empty((len(rows), q, *(d,) * k)) for k in range(order + 1)]
        for number, row in enumerate(rows):
            for array, part in zip(found, self._solved(row, number, order), strict=True):
                array[number] = part
        return found

    def _solved(
        self, row: Float[np.ndarray, " d"], number: int, order: int
    ) -> tuple[np.ndarray, ...]:
        try:
            return tuple(self.solve(row.copy(), order))[: order + 1]
        except Diverged as error:
            raise Diverged(f"row {number} of x, {row.tolist()}: {error}") from error


def parts(returned: object, order: int, outputs: int, who: str) -> Derivatives:
    """What a user's function returned at one point, with the axes of a single response put back.

    `(y, dy)` or `(y, dy, d2y)`; for a single response `y` may be a number, `dy [d]`, `d2y [d, d]`.
    Raises `DataError` when there is less than was asked for.
    """
    given = returned if isinstance(returned, tuple) else (returned,)
    if not order < len(given) <= len(NAMES):
        raise DataError(
            f"{who} returned {len(given)} of value, first and second derivatives, "
            f"but order={order} needs {order + 1}: return a tuple (y, dy) or (y, dy, d2y)."
        )
    arrays = map(np.asarray, given[: order + 1])
    ranks = enumerate(arrays)
    return Derivatives(*(a[None] if outputs == 1 and a.ndim == k else a for k, a in ranks))
