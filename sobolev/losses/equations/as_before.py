"""The former spelling of an equation: it warns, and goes in the next version."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import DataError
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.losses.equations.equation import Equation


@dataclass(frozen=True, eq=False)
class Residual:
    """Deprecated: `Equation` has the same arguments, with `points` in place of `x`.

    `x` None stands for the points of the training data.
    """

    name: str | tuple[str, ...]
    function: Callable[[OfOnePoint, Float[Array, " d"]], Array]
    x: Float[np.ndarray, "m d"] | None = None
    labels: float | np.ndarray = 0.0
    order: int = 2
    scale: float | tuple[float, ...] = 1.0

    def __post_init__(self):
        warnings.warn(
            "Residual is now Equation, with points=x: fit(surrogate, [data, Equation(...)]).",
            DeprecationWarning,
            stacklevel=3,
        )

    def equation(self, of_data: Float[np.ndarray, "n d"] | None) -> Equation:
        """The block that it stands for; `of_data` are the points of the training data, if any."""
        points = of_data if self.x is None else self.x
        if points is None:
            raise DataError(f"the residual '{self.name}' needs points x, as there are no data.")
        return Equation(self.name, self.function, points, self.labels, self.order, self.scale)
