"""A function that is asked for products at one point: what servers of models answer."""

from abc import abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import Diverged
from sobolev._base.types import Points, Values
from sobolev.function import Derivatives, OnBox, Pointwise

Inputs = Float[np.ndarray, " d"]
Outputs = Float[np.ndarray, " q"]


class ByProducts(OnBox, Pointwise):
    """A `Function` by its value and its products with vectors at one point.

    A member says which products it `has`, of "jvp", "vjp" and "hvp". The Jacobian is made of q
    products from the left or d from the right, of what there is the shorter way; the Hessian of d
    products. Products of rows are asked as they are, without an array.
    """

    has: frozenset[str]

    @abstractmethod
    def value_at(self, x: Inputs) -> Outputs:
        """y `[q]`."""

    @abstractmethod
    def jvp_at(self, x: Inputs, v: Inputs) -> Outputs:
        """`∂y/∂x · v [q]`; asked if `has` says so."""

    @abstractmethod
    def vjp_at(self, x: Inputs, w: Outputs) -> Inputs:
        """`w · ∂y/∂x [d]`; asked if `has` says so."""

    @abstractmethod
    def hvp_at(self, x: Inputs, v: Inputs) -> Float[np.ndarray, "q d"]:
        """`∂²y/∂x² · v [q, d]`; asked if `has` says so."""

    def backwards(self) -> bool:
        """Whether the Jacobian is cheaper from the left."""
        return len(self.outputs) <= len(self.inputs)

    def jacobian_at(self, x: Inputs) -> Float[np.ndarray, "q d"]:
        """∂y/∂x `[q, d]`, of products with unit vectors."""
        if "vjp" in self.has and ("jvp" not in self.has or self.backwards()):
            return np.stack([self.vjp_at(x, unit) for unit in np.eye(len(self.outputs))])
        return np.stack([self.jvp_at(x, unit) for unit in np.eye(len(self.inputs))], axis=-1)

    def solve(self, x: Inputs, order: int = 1) -> Derivatives:
        """Value and derivatives at one point."""
        self._check_order(order)
        y = self.value_at(x)
        if order == 0:
            return Derivatives(y)
        dy = self.jacobian_at(x)
        if order == 1:
            return Derivatives(y, dy)
        units = np.eye(len(x))
        return Derivatives(y, dy, np.stack([self.hvp_at(x, unit) for unit in units], axis=-1))

    def compute_jvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """Forwards along v, one product a row."""
        if "jvp" not in self.has:
            return super().compute_jvp(rows, v)
        q = len(self.outputs)
        return self._pairs(rows, v, self.value_at, self.jvp_at, (q,), (q,))

    def compute_jvps(self, rows: Points, v: Float[np.ndarray, "n k d"]) -> Sequence[np.ndarray]:
        """Forwards along each direction, or by the Jacobian where that is fewer products."""
        q, (_, k, d) = len(self.outputs), v.shape
        if "jvp" not in self.has or k > (min(q, d) if "vjp" in self.has else d):
            return super().compute_jvps(rows, v)
        each = lambda x, v: np.stack([self.jvp_at(x, one) for one in v], axis=1)  # noqa: E731
        return self._pairs(rows, v, self.value_at, each, (q,), (q, k))

    def compute_vjp(self, rows: Points, w: Values) -> tuple[np.ndarray, np.ndarray]:
        """Backwards from w, one product a row."""
        if "vjp" not in self.has:
            return super().compute_vjp(rows, w)
        q, d = len(self.outputs), len(self.inputs)
        return self._pairs(rows, w, self.value_at, self.vjp_at, (q,), (d,))

    def compute_hvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """The Jacobian, and the Hessian along v."""
        shape = len(self.outputs), len(self.inputs)
        return self._pairs(rows, v, self.jacobian_at, self.hvp_at, shape, shape)

    def _pairs(
        self, rows: Points, vectors: np.ndarray, lower: Callable, product: Callable, *shapes: tuple
    ) -> tuple[np.ndarray, np.ndarray]:
        found = [np.empty((len(rows), *shape)) for shape in shapes]
        for number, (x, vector) in enumerate(zip(rows, vectors, strict=True)):
            try:
                found[0][number], found[1][number] = lower(x), product(x, vector)
            except Diverged as error:
                raise Diverged(f"row {number} of x, {x.tolist()}: {error}") from error
        return found[0], found[1]
