"""H^s of functions of a box that are free on its sides."""

from collections.abc import Sequence

import equinox as eqx
import numpy as np

from sobolev._base.arguments import not_negative, positive
from sobolev.box import Box
from sobolev.inner_products.modal import Axis, Modal
from sobolev.inner_products.sines import counts_of, finer_count


class Cosines(Modal):
    """(u, v) = Σ_k c_k λ_k^s b_k(u) b_k(v), u = Σ_k b_k Π_i cos(k_i π x_i/L_i): free on the sides.

    λ_k = Σ_i (k_i π/L_i)² and c_k = ∫ Π cos², through the values at midpoints. Its dual belongs to
    Neumann's conditions. The mean k = 0 has λ = 0 and no order: it counts by itself, `mean` times
    as much as the slowest mode, and its entry of a residual vector is the first.

    **Arguments:** `box`; `counts`: how many midpoints in each direction, or one number for all;
    `order` s ≥ 0; `mean` > 0. Raises `ConfigError`.

    ```python
    negative = inner_products.Cosines(box, (64, 32)).dual
    ```
    """

    box: Box = eqx.field(static=True)
    order: float = eqx.field(static=True)
    mean: float = eqx.field(static=True)

    def __init__(
        self, box: Box, counts: int | Sequence[int], order: float = 1.0, mean: float = 1.0
    ):
        self.box, self.order = box, not_negative("the order of an inner product", order)
        self.mean = positive("what the mean counts", mean)
        sides = zip(counts_of(box, counts), box.lower, box.upper, strict=True)
        self._set([_axis(n, low, high - low) for n, low, high in sides], self.order, self.mean)

    def finer(self) -> "Cosines":
        """With half as many more in each direction, none of them at an old place."""
        counts = [finer_count(len(Φ), odd=True) for Φ in self.modes]
        return Cosines(self.box, counts, self.order, self.mean)


def _axis(n: int, low: float, length: float) -> Axis:
    k, t = np.arange(n), (np.arange(n) + 0.5) / n
    squares = length * np.where(k == 0, 1.0, 0.5)
    modes, λ = np.cos(np.pi * np.outer(t, k)), (np.pi * k / length) ** 2
    return Axis(low + length * t, modes, squares, λ, np.full(n, length / n))
