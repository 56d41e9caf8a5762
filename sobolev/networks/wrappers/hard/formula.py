"""Values on a boundary as formulas of the inputs, which a file holds as their text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Frame, settle
from sobolev.networks.wrappers.hard.boundary import Boundary, Inputs, Numbers
from sobolev.networks.wrappers.hard.expression import check_names, evaluated, tree_of
from sobolev.networks.wrappers.hard.given import Given, Outputs, column, nested
from sobolev.networks.wrappers.hard.traces import place, trace


@dataclass(frozen=True)
class Formula(Given):
    """g(x) as text, in the names and units of the inputs, in the units of the outputs.

    It may hold numbers, names of inputs, `pi`, + − * / **, brackets, and sin, cos, tan, sinh, cosh,
    tanh, exp, log, sqrt, abs, atan, atan2, min and max. It is read, never run as code. On the
    boundary only its values matter; inside any smooth continuation will do.

    **Arguments:** `texts`, one for all outputs, or a tuple of one for each. Raises `ConfigError`
    with the place of what cannot be read.

    ```python
    HardBoundary(MLP(), (Face("t", 0.0),), Formula("-sin(pi*x)"))   # the start of Burgers' equation
    ```
    """

    name: ClassVar[str] = "formula"

    texts: str | tuple[str, ...]

    def __post_init__(self):
        texts = tuple(self.texts) if isinstance(self.texts, tuple | list) else self.texts
        for text in texts if isinstance(texts, tuple) else (texts,):
            tree_of(text)
        if texts == ():
            raise ConfigError("a formula is a text, or one for each output: got ().")
        settle(self, texts=texts)

    def within(self, frame: Frame) -> "Framed":  # type: ignore[override]
        """The same from scaled inputs to scaled outputs."""
        q = len(frame.outputs)
        texts = (self.texts,) * q if isinstance(self.texts, str) else self.texts
        if len(texts) != q:
            raise ConfigError(
                f"there are {len(texts)} formulas for the {q} outputs {', '.join(frame.outputs)}: "
                "give one for all, or one for each."
            )
        for text in texts:
            check_names(text, frame.inputs)
        arrays = (frame.x_shift, frame.x_scale, frame.y_shift, frame.y_scale)
        return Framed(texts, frame.inputs, *(nested(array) for array in arrays))

    def at(self, x: Inputs, distances: Sequence[Numbers]) -> Outputs:
        """Without a frame a formula does not know which input is which."""
        raise AssertionError("call within(frame) before")

    def check(self, boundaries: tuple[Boundary, ...], frame: Frame, bound: Sequence[int]) -> None:
        """Refuse a formula that is no number somewhere on a boundary in the range."""
        framed = self.within(frame)
        for part in boundaries:
            points = trace(part, boundaries, frame)
            with np.errstate(all="ignore"):
                values = framed.at(points.T, ())
            lost = [(row, k) for k, row in np.argwhere(~np.isfinite(values)) if k in bound]
            for row, k in lost[:1]:
                raise ConfigError(
                    f"the formula '{framed.texts[k]}' is {values[k, row]} at "
                    f"{place(frame, points[row])}, on {part.called}: give one that is finite on "
                    "the boundary."
                )


@dataclass(frozen=True)
class Framed(Given):
    """A `Formula` from scaled inputs to scaled outputs. Built, never saved."""

    name: ClassVar[str] = "framed"

    texts: tuple[str, ...]
    inputs: tuple[str, ...]
    x_shift: tuple[float, ...]
    x_scale: tuple[float, ...]
    y_shift: tuple[float, ...]
    y_scale: tuple[float, ...]

    def within(self, frame: Frame) -> "Framed":
        """The same where both are scaled once more."""
        x_scale, y_scale = np.array(self.x_scale), np.array(self.y_scale)
        x_shift, y_shift = x_scale * frame.x_shift, y_scale * frame.y_shift
        arrays = (
            self.x_shift + x_shift, x_scale * frame.x_scale,
            self.y_shift + y_shift, y_scale * frame.y_scale,
        )  # fmt: skip
        return Framed(self.texts, self.inputs, *(nested(array) for array in arrays))

    def at(self, x: Inputs, distances: Sequence[Numbers]) -> Outputs:
        """g(x)."""
        del distances
        xp = x.__array_namespace__()
        rows = column(self.x_shift, x) + column(self.x_scale, x) * x
        values = dict(zip(self.inputs, rows, strict=True))
        g = xp.stack([evaluated(text, values, xp) for text in self.texts])
        return (g - column(self.y_shift, x)) / column(self.y_scale, x)
