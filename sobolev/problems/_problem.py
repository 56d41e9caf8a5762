"""What a problem is: a named domain, named responses, and a solve that knows its derivatives."""

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from sobolev.box import Box


class Solution(NamedTuple):
    """Responses and their exact derivatives at one point, in physical units.

    `value [q]`, `jacobian [q, d]` (None when order < 1), `hessian [q, d, d]` (None when order < 2).
    """

    value: Float[np.ndarray, " q"]
    jacobian: Float[np.ndarray, "q d"] | None = None
    hessian: Float[np.ndarray, "q d d"] | None = None


@runtime_checkable
class Problem(Protocol):
    """Anything that can be asked for values and derivatives.

    `solve(x, order)` takes one point `x [d]` inside or near `box` and returns a `Solution` with
    derivatives up to `order` (0, 1 or 2); it raises `Diverged` when there is no solution.
    """

    @property
    def name(self) -> str:
        """A short identifier, written into files."""
        ...

    @property
    def box(self) -> Box:
        """Domain, names and units of the inputs."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the q responses."""
        ...

    @property
    def output_units(self) -> tuple[str, ...]:
        """Units of the q responses."""
        ...

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Solution:
        """Value and derivatives up to `order` at one point."""
        ...
