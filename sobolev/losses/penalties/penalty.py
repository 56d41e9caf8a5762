"""A derivative that is kept small: what is between the labels bends no more than it must."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.arguments import not_negative
from sobolev.losses.batch import At
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.losses.equations.equation import Equation
from sobolev.losses.equations.points import Points


class Penalty(Equation):
    """L = w ½ mean (D[u]/scale)² over points, ≈ w/|Ω| ½ ∫ (D u/scale)² dx: a low-pass filter.

    Written as an `Equation` D[u] = 0 is, and its residual is a vector as well, so that all
    optimisers of least squares take it. It is none: nothing says that D u is 0, so no conditions
    are asked for, and that it is not met is no news. Its points have to see what the network can
    do between the labels: several to each wiggle, or drawn anew, else what bends hides between
    them.

    **Arguments:** `name`, `function`, `points`, `order`, `scale` as of an `Equation`; `weight` w ≥
    0, by which the term counts beside the others where the weighting is `Unweighted()`. Beside n
    values of an output in scaled units this is the smoothing parameter λ of Σ (u − y)² + λ ∫ (D
    u)² dx with w = λ |Ω| (scale/s)²/n, s the output's scale. `cross_validated` chooses it. Raises
    `ConfigError`, `DataError`.

    Source: G. Wahba, Spline models for observational data, SIAM, 1990, chapters 1 and 4.

    ```python
    bent = by_names(box, "u")(lambda u: u.xx)
    fit(surrogate, [data, Penalty("bent", bent, x, weight=1e-6)], weighting=Unweighted())
    ```
    """

    weight: Float[Array, ""]

    vanishes = False

    def __init__(
        self,
        name: str | tuple[str, ...],
        function: Callable[[OfOnePoint, Float[Array, " d"]], Array],
        points: Points | Float[np.ndarray, "m d"],
        weight: float = 1.0,
        labels: float | np.ndarray = 0.0,
        order: int | None = None,
        scale: float | tuple[float, ...] = 1.0,
    ):
        super().__init__(name, function, points, labels, order, scale)
        self.weight = jnp.asarray(not_negative(f"the weight of '{name}'", weight))

    @property
    def _called(self) -> str:
        return f"the penalty '{', '.join(self.names)}'"

    def scales(self, batch: At) -> Float[Array, "o n"]:
        """√(w λ/N)."""
        return jnp.sqrt(self.weight) * super().scales(batch)
