"""What an architecture is: a value that builds networks, and whose fields are what is saved."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.as_json import Saved


@dataclass(frozen=True, eq=False)
class Frame:
    """Between which scalings a network lies: x̂ = (x − x₀)/sₓ, ŷ = (y − y₀)/s_y, with names.

    `x_shift`, `x_scale [d]` in the units of the inputs, `y_shift`, `y_scale [q]` in those of the
    outputs. Networks map x̂, which is in [−1, 1]ᵈ where the data are, to ŷ. `of_box`: ±1 are the
    ends of the domain itself, not only of the rows that were found in it.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    x_shift: Float[np.ndarray, " d"]
    x_scale: Float[np.ndarray, " d"]
    y_shift: Float[np.ndarray, " q"]
    y_scale: Float[np.ndarray, " q"]
    of_box: bool = False

    @classmethod
    def plain(cls, inputs: int, outputs: int) -> "Frame":
        """The frame in which scaled and physical are the same, with names x0, x1, … and y0, …"""
        names = [tuple(f"{a}{i}" for i in range(n)) for a, n in (("x", inputs), ("y", outputs))]
        zeros, ones = (lambda n: np.zeros(n)), (lambda n: np.ones(n))
        return cls(
            names[0], names[1], zeros(inputs), ones(inputs), zeros(outputs), ones(outputs)
        )  # fmt: skip

    def scaled_input(self, place: int, value: float) -> float:
        """The value x̂ of an input that has this value in its unit."""
        return float((value - self.x_shift[place]) / self.x_scale[place])

    def place(self, what: str, name: str | int) -> int:
        """Number of an "input" or "output" that is given by name or number; `ConfigError`."""
        names = self.inputs if what == "input" else self.outputs
        if name in names:
            return names.index(name)  # type: ignore
        if isinstance(name, str) or not 0 <= name < len(names):
            raise ConfigError(f"there is no {what} {name!r}: choose one of {', '.join(names)}.")
        return int(name)


class Architecture(Saved, ABC):
    """How a network is built: a frozen dataclass with a `name`, equal to others by its fields.

    The fields are all that a file holds of it, so that a network can be built again and its arrays
    put in. What it builds lies between the scalings of a surrogate. One of your own is a frozen
    dataclass below this class, with a name that no other has; `networks.conforms` tries it, and
    `networks.register` makes files with it readable.

    ```python
    architecture = MLP((16, 16))
    network = architecture.build(2, 1, jax.random.key(0))   # x̂ [2] -> ŷ [1]
    ```
    """

    plain: ClassVar[bool] = False  # whether no value of it is given by anything but its weights

    @abstractmethod
    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> Callable:
        """An Equinox module x̂ `[d]` → ŷ `[q]` with weights drawn from `key`; `ConfigError`.

        The same key gives the same bits; another key gives other arrays of the same shapes.
        """

    def explicit(self, inputs: int, outputs: int) -> Self:
        """The same with every constant written out that `build` would draw by a rule of its own.

        A surrogate keeps this form: a file then does not depend on the generator that drew them.
        """
        return self._inside(lambda inner: inner.explicit(inputs, outputs))

    def within(self, frame: Frame) -> Self:
        """The same with what is given by names and in physical units in numbers and scaled units.

        It is what a surrogate builds; it keeps, and saves, the physical form.
        """
        return self._inside(lambda inner: inner.within(frame))

    def held(self, frame: Frame) -> Float[np.ndarray, "d 2 q"] | None:
        """How many conditions hold on each side of the box whatever the weights; None: not known.

        Sides are x̂_i = −1 and 1; the value of an output is one condition there, its normal slope a
        second one. An input in which everything repeats itself has infinitely many.
        """
        return np.zeros((len(frame.inputs), 2, len(frame.outputs))) if self.plain else None

    def _inside(self, change: Callable[["Architecture"], "Architecture"]) -> Self:
        """The same around changed inner architectures."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore
        inner: dict[str, Any] = {
            name: change(part) for name, part in parts.items() if isinstance(part, Architecture)
        }
        return replace(self, **inner) if inner else self  # type: ignore


def settle(value: object, **fields: object) -> None:
    """Set fields of a frozen value to their normal form, from its `__post_init__`."""
    for name, content in fields.items():
        object.__setattr__(value, name, content)
