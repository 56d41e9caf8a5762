"""A function that knows its derivatives: what every producer, representation and consumer speaks.

A member writes `compute` over checked rows and says its names, units and domain; how one is asked,
at one point or at rows, stands here and nowhere else.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sobolev._base.arrays import points
from sobolev._base.errors import ConfigError, DataError
from sobolev._base.types import Jacobians, Points, Values
from sobolev.function.derivatives import NAMES, Derivatives


class Function(ABC):
    """y(x) of named inputs and outputs, in physical units, with its derivatives.

    `inputs`, `outputs`, `input_units`, `output_units` are tuples of texts, of d inputs and q
    outputs; `box` is its domain, a `Box`, or None; `order` the highest derivative that it knows.
    Every method takes one point `[d]` or rows `[n, d]` and answers with NumPy arrays of the same
    leading axis. Raises `DataError` for points that are none and where an answer is not finite,
    `ConfigError` for an order that it does not know.

    An own one writes `compute`; `sobolev.function.conforms` says whether it can be relied on.

    ```python
    y, dy = function.derivatives(x)
    function.hessian(x), function.jvp(x, v), function.inside(x)
    ```
    """

    # Any, because both fields and properties of subclasses fill them in.
    inputs: Any
    outputs: Any
    input_units: Any
    output_units: Any
    box: Any
    order = 2
    rounding = 0.0  # share of an answer that two right ways to compute it may differ by
    told_by_settings = False  # whether `repr` says all that decides an answer
    remedy = "there is no derivative there. Leave the row out."

    @abstractmethod
    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """`value [n, q]`, `jacobian [n, q, d]`, `hessian [n, q, d, d]` up to `order`.

        `rows [n, d]` are finite 64-bit numbers, also none; whoever calls it looks at the shapes.
        """

    def as_function(self) -> Callable[[Any], Any]:
        """The same as a pure JAX function of one point `[d]`, where it is one; else `ConfigError`.

        To be composed, differentiated and written down in other languages.
        """
        raise ConfigError(
            f"a {type(self).__name__} is not computed by JAX: a surrogate that has learnt it is."
        )

    def derivatives(self, x: Float[np.ndarray, "... d"], order: int = 1) -> Derivatives:
        """Value and derivatives up to `order` (0, 1 or 2), in one pass."""
        rows, single = self._points(x)
        self._check_order(order)
        return self._answer(rows, single, self.compute(rows, order), order, finite=True)

    def value(self, x: Float[np.ndarray, "... d"]) -> Float[np.ndarray, "... q"]:
        """y(x): `[d]` → `[q]`, `[n, d]` → `[n, q]`, in `output_units`."""
        return self.derivatives(x, 0)[0]

    def jacobian(self, x: Float[np.ndarray, "... d"]) -> Float[np.ndarray, "... q d"]:
        """∂y/∂x: `[d]` → `[q, d]`, `[n, d]` → `[n, q, d]`."""
        return self.derivatives(x, 1)[1]

    def hessian(self, x: Float[np.ndarray, "... d"]) -> Float[np.ndarray, "... q d d"]:
        """∂²y/∂x²: `[d]` → `[q, d, d]`, `[n, d]` → `[n, q, d, d]`."""
        return self.derivatives(x, 2)[2]

    def jvp(
        self, x: Float[np.ndarray, "... d"], direction: Float[np.ndarray, "... d"]
    ) -> tuple[Values, Values]:
        """`(y, ∂y/∂x · v)` for one direction v per point, shaped like x."""
        return self._product(self.compute_jvp, x, direction, "direction", 1)

    def vjp(
        self, x: Float[np.ndarray, "... d"], cotangent: Float[np.ndarray, "... q"]
    ) -> tuple[Values, Points]:
        """`(y, w · ∂y/∂x)` for one cotangent w `[q]` per point: the second `[d]` or `[n, d]`."""
        return self._product(self.compute_vjp, x, cotangent, "cotangent", 1)

    def hvp(
        self, x: Float[np.ndarray, "... d"], direction: Float[np.ndarray, "... d"]
    ) -> tuple[Jacobians, Jacobians]:
        """`(∂y/∂x, ∂²y/∂x² · v)` for one direction v per point: both `[q, d]` or `[n, q, d]`."""
        return self._product(self.compute_hvp, x, direction, "direction", 2)

    def inside(self, x: Float[np.ndarray, "... d"]) -> Bool[np.ndarray, "..."]:
        """Whether each point lies in `box`; outside of it, do not trust."""
        rows, single = self._points(x)
        if self.box is None:
            raise ConfigError(
                f"this {type(self).__name__} has no domain: give it a Box instead of names."
            )
        lower, upper = np.array(self.box.lower), np.array(self.box.upper)
        middle, half = lower / 2 + upper / 2, upper / 2 - lower / 2  # ±1e308 would overflow
        with np.errstate(over="ignore"):  # as far outside as a number can be
            within = np.all(np.abs((rows - middle) / half) <= 1 + 1e-12, axis=1)
        return within[0] if single else within

    # Products of rows; a member that has a shorter way than through the arrays overrides them.

    def compute_jvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """Value and `∂y/∂x · v [n, q]` at rows `[n, d]`."""
        y, dy = self.compute(rows, 1)
        return y, np.einsum("nqd,nd->nq", dy, v)

    def compute_jvps(self, rows: Points, v: Float[np.ndarray, "n k d"]) -> Sequence[np.ndarray]:
        """Value and `∂y/∂x · v_k [n, q, k]` for k directions at each of the rows `[n, d]`."""
        y, dy = self.compute(rows, 1)
        return y, np.einsum("nqd,nkd->nqk", dy, v)

    def compute_vjp(self, rows: Points, w: Values) -> tuple[np.ndarray, np.ndarray]:
        """Value and `w · ∂y/∂x [n, d]` at rows `[n, d]`."""
        y, dy = self.compute(rows, 1)
        return y, np.einsum("nq,nqd->nd", w, dy)

    def compute_hvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """`∂y/∂x` and `∂²y/∂x² · v [n, q, d]` at rows `[n, d]`."""
        _, dy, d2y = self.compute(rows, 2)
        return dy, np.einsum("nqij,nj->nqi", d2y, v)

    def _product(self, compute, x, vector, what: str, order: int) -> tuple:
        rows, single = self._points(x)
        self._check_order(order)
        pair = compute(rows, self._vectors(what, vector, rows))
        self._check_finite(rows, pair)
        return tuple(array[0] if single else array for array in pair)

    def _points(self, x) -> tuple[Points, bool]:
        return points("x", x, self.inputs)

    def _vectors(self, what: str, vector, rows: Points) -> np.ndarray:
        of_outputs = what == "cotangent"
        names = (self.outputs, "outputs") if of_outputs else (self.inputs, "inputs")
        v, _ = points(what, vector, *names)
        if len(v) != len(rows):
            raise DataError(f"{what} has shape {v.shape}, x has {rows.shape}: give one each.")
        return v

    def _check_order(self, order: int) -> None:
        if order not in (0, 1, 2):
            raise ConfigError(f"order must be 0, 1 or 2: got {order!r}.")
        if order > self.order:
            raise ConfigError(
                f"this {type(self).__name__} knows derivatives up to order {self.order}: got "
                f"order={order}."
            )

    def _answer(self, rows, single: bool, arrays, order: int, finite: bool) -> Derivatives:
        """The arrays as `Derivatives`, whose shapes and, if need be, finiteness are checked."""
        arrays = [np.asarray(array) for array in arrays]
        shape = (len(rows), len(self.outputs))
        wanted = [(*shape, *(len(self.inputs),) * k) for k in range(order + 1)]
        for name, array, right in zip(NAMES, arrays, wanted, strict=False):
            if array.shape != right:
                raise DataError(
                    f"the {name} that {type(self).__name__} computed has shape {array.shape}, but "
                    f"{right} is needed: rows come first, derivative axes last."
                )
        if len(arrays) != order + 1:
            raise DataError(
                f"{type(self).__name__} computed {len(arrays)} arrays for order={order}: return "
                f"{' and '.join(NAMES[: order + 1])}."
            )
        if finite:
            self._check_finite(rows, arrays)
        return Derivatives(*(array[0] if single else array for array in arrays))

    def _check_finite(self, rows: Points, arrays: Sequence[np.ndarray]) -> None:
        """Refuse what leaves the range of 64-bit numbers."""
        if all(np.isfinite(array).all() for array in arrays):
            return
        bad = {int(place[0]) for array in arrays for place in np.argwhere(~np.isfinite(array))}
        row = min(bad)
        raise DataError(
            f"the prediction for row {row} of x, {rows[row].tolist()}, is not finite: {self.remedy}"
        )


class Uncertain(Function):
    """A function that also says how unsure it is: `spread`, the one name for it in the house."""

    @abstractmethod
    def compute_spread(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """Standard deviations at checked rows, shaped like `compute`; NaN where none is known."""

    def spread(self, x: Float[np.ndarray, "... d"], order: int = 0) -> Derivatives:
        """Standard deviations of value and derivatives up to `order`, like `derivatives`."""
        rows, single = self._points(x)
        self._check_order(order)
        return self._answer(rows, single, self.compute_spread(rows, order), order, finite=False)


def required(argument: str, function: object) -> Function:
    """The function itself; `DataError` in one sentence for what is none."""
    if isinstance(function, Function):
        return function
    raise DataError(
        f"{argument} is of type {type(function).__name__}: give a Surrogate, a problem or another "
        "Function; sobolev.function.of_callable makes one."
    )
