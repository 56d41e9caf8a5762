"""How far a function is from the reference of an equation, as the literature says it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Errors(NamedTuple):
    """Of a function against a reference u on a grid.

    `l2` = ‖e‖/‖u‖, root mean squares over the grid; `h1` the same with all first derivatives,
    √((‖e‖² + ‖∇e‖²)/(‖u‖² + ‖∇u‖²)) in the units of the problem; `largest` |e|.
    """

    l2: float
    h1: float
    largest: float

    def __str__(self) -> str:
        return f"L2 {self.l2:.2e}  H1 {self.h1:.2e}  largest {self.largest:.2e}"


def errors(
    found: tuple[Float[np.ndarray, "n q"], Float[np.ndarray, "n q d"]],
    known: tuple[Float[np.ndarray, "n q"], Float[np.ndarray, "n q d"]],
    level: float = 0.0,
) -> Errors:
    """Of values and slopes against known ones; u is taken about a `level` that is no merit."""
    off, slope_off = (ours - theirs for ours, theirs in zip(found, known, strict=True))
    u, slope = known[0] - level, known[1]
    squares, all_squares = np.sum(off**2), np.sum(u**2)
    h1 = (squares + np.sum(slope_off**2)) / (all_squares + np.sum(slope**2))
    return Errors(
        float(np.sqrt(squares / all_squares)), float(np.sqrt(h1)), float(np.abs(off).max())
    )
