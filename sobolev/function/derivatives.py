"""A value and its derivatives: what a function that knows them answers."""

import numpy as np

NAMES = "value", "jacobian", "hessian"


class Derivatives(tuple[np.ndarray, ...]):
    """Value, Jacobian and Hessian, as many as were asked for: a tuple with names.

    At one point `value [q]`, `jacobian [q, d]`, `hessian [q, d, d]`; at rows `[n, q]`, `[n, q, d]`,
    `[n, q, d, d]`; in physical units. It has `order + 1` parts, to be unpacked; by name, what was
    not asked for is None.

    ```python
    y, dy = function.derivatives(x, 1)
    dy = function.derivatives(x, 1).jacobian
    ```
    """

    __slots__ = ()

    def __new__(
        cls,
        value: np.ndarray,
        jacobian: np.ndarray | None = None,
        hessian: np.ndarray | None = None,
    ):
        """The parts that are there; a Hessian without its Jacobian is none."""
        if jacobian is None:
            return super().__new__(cls, (value,))
        return super().__new__(
            cls, (value, jacobian) if hessian is None else (value, jacobian, hessian)
        )

    def __getnewargs__(self) -> tuple:
        return tuple(self)  # pickle calls `__new__` with these

    @property
    def order(self) -> int:
        """The highest derivative that is there."""
        return len(self) - 1

    @property
    def value(self) -> np.ndarray:
        """y, `[q]` or `[n, q]`."""
        return self[0]

    @property
    def jacobian(self) -> np.ndarray | None:
        """∂y/∂x, `[q, d]` or `[n, q, d]`; None when it was not asked for."""
        return self[1] if len(self) > 1 else None

    @property
    def hessian(self) -> np.ndarray | None:
        """∂²y/∂x², `[q, d, d]` or `[n, q, d, d]`; None when it was not asked for."""
        return self[2] if len(self) > 2 else None

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={part!r}" for name, part in zip(NAMES, self, strict=False))
        return f"Derivatives({parts})"
