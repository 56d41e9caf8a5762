"""A function that is asked several rows at once, and says of each whether there is an answer."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from sobolev._base.errors import Diverged
from sobolev._base.types import Points
from sobolev.function.derivatives import Derivatives
from sobolev.function.function import Function


class Batched(Function):
    """A `Function` that answers several rows together; a row without an answer costs no other one.

    `at_once`: how many rows it likes to be asked. An own one writes `outcomes`.
    """

    at_once: int = 64

    @abstractmethod
    def outcomes(self, rows: Points, order: int) -> list[Derivatives | Diverged]:
        """Value and derivatives up to `order` of each row `[n, d]`, or why there are none."""

    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """All rows; `Diverged` says at which there is no answer."""
        d, q = len(self.inputs), len(self.outputs)
        found = [np.empty((len(rows), q, *(d,) * k)) for k in range(order + 1)]
        for number, outcome in enumerate(self.outcomes(rows, order)):
            if isinstance(outcome, Diverged):
                raise Diverged(
                    f"row {number} of x, {rows[number].tolist()}: {outcome}"
                ) from outcome
            for array, part in zip(found, outcome, strict=False):
                array[number] = part
        return found
