"""What is given on a boundary: g, a value with all outputs, and its affine member."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Frame, settle
from sobolev.networks.as_json import Saved
from sobolev.networks.wrappers.hard.boundary import Boundary, Inputs, Numbers

Outputs = Float[Any, "q *n"]
Rows = tuple[tuple[float, ...], ...]


class Given(Saved, ABC):
    """A function g of the inputs that is given, a frozen dataclass with a `name`."""

    @abstractmethod
    def within(self, frame: Frame) -> Self:
        """The same from scaled inputs to scaled outputs; `ConfigError`."""

    @abstractmethod
    def at(self, x: Inputs, distances: Sequence[Numbers]) -> Outputs:
        """g(x) once it is `within` a frame; `distances` φ_i(x) of the boundaries, in order."""

    def check(self, boundaries: tuple[Boundary, ...], frame: Frame, bound: Sequence[int]) -> None:
        """Raise `ConfigError` for scaled boundaries on which it cannot be given, at no time else.

        `bound`: numbers of the outputs that it is given for.
        """
        del boundaries, frame, bound


@dataclass(frozen=True)
class Affine(Given):
    """g(x) = c + S x.

    **Arguments:** `constant`, c: one number for all outputs, or `[q]`; `slope`, S `[q][d]`, () for
    none. Both in the units of outputs and inputs. Raises `ConfigError`.

    ```python
    Affine(0.0, ((0.0, 2.0),))   # 2 times the second of two inputs
    ```
    """

    name: ClassVar[str] = "affine"

    constant: float | tuple[float, ...] = 0.0
    slope: Rows = ()

    def __post_init__(self):
        constant, slope = np.asarray(self.constant, float), np.asarray(self.slope, float)
        if constant.ndim > 1 or not np.isfinite(constant).all() or not np.isfinite(slope).all():
            raise ConfigError(
                f"an affine function has finite numbers [q] and [q][d]: got {self!r}."
            )
        settle(self, constant=nested(constant), slope=nested(slope) if slope.size else ())

    def arrays(self, inputs: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
        """`(constant [q], slope [q, d])`; `ConfigError` when they have another shape."""
        slope = self.slope or np.zeros((outputs, inputs))
        fits = np.shape(self.constant) in ((), (outputs,)) and np.shape(slope) == (outputs, inputs)
        if not fits:
            raise ConfigError(
                f"{self!r} does not fit {inputs} inputs and {outputs} outputs: give a constant for "
                "all or for each output, and a slope for each output and input."
            )
        return np.broadcast_to(np.asarray(self.constant, float), (outputs,)), np.asarray(slope)

    def within(self, frame: Frame) -> "Affine":
        """The same from scaled inputs to scaled outputs."""
        constant, slope = self.arrays(len(frame.inputs), len(frame.outputs))
        moved = (constant + slope @ frame.x_shift - frame.y_shift) / frame.y_scale
        return Affine(nested(moved), nested(slope * frame.x_scale / frame.y_scale[:, None]))

    def at(self, x: Inputs, distances: Sequence[Numbers]) -> Outputs:
        """c + S x."""
        del distances
        xp = x.__array_namespace__()
        return column(self.constant, x) + xp.asarray(self.slope, dtype=x.dtype) @ x


def column(numbers: float | Sequence[float], x: Inputs) -> Float[Any, "k *ones"]:
    """Numbers as an array that fits arrays with the axes of x."""
    made = x.__array_namespace__().asarray(numbers, dtype=x.dtype)
    return made.reshape(-1, *(1,) * (x.ndim - 1))


def nested(array: np.ndarray) -> Any:
    """An array as a number or as tuples."""
    return tuple(nested(part) for part in array) if np.ndim(array) else float(array)
