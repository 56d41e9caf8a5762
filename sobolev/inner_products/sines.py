"""H^s of functions of a box that vanish on its sides."""

from collections.abc import Sequence
from math import gcd

import equinox as eqx
import numpy as np

from sobolev._base.arguments import array_of, not_negative, one_of, shown, whole
from sobolev._base.errors import ConfigError
from sobolev.box import Box
from sobolev.inner_products.modal import Axis, Modal

PLACES = ("nodes", "midpoints")


class Sines(Modal):
    """(u, v) = |Ω|/2^d Σ_k λ_k^s b_k(u) b_k(v) of functions of a box that vanish on its sides.

    u = Σ_k b_k Π_i sin(k_i π x_i/L_i) through its values on a grid, λ_k = Σ_i (k_i π/L_i)² the
    eigenvalues of −Δ. With s = 1 it is ∫ ∇u·∇v, with s = 0 ∫ u v, with s = 2 ∫ Δu Δv. The `dual` of
    s = 1 measures a residual r in H⁻¹, ‖r‖² = ∫ |∇φ|² with −Δφ = r: the error in energy of what
    left that residual, where the equation is −Δu = f.

    **Arguments:** `box`; `counts`: how many points in each direction, or one number for all;
    `order` s ≥ 0, also a fraction; `at`: "nodes" x = j L/(n + 1) or "midpoints" x = (j − ½) L/n,
    twice as exact for an r that does not vanish on the sides. Raises `ConfigError`.

    ```python
    negative = inner_products.Sines(box, 127).dual
    ```
    """

    box: Box = eqx.field(static=True)
    order: float = eqx.field(static=True)
    at: str = eqx.field(static=True)

    def __init__(
        self, box: Box, counts: int | Sequence[int], order: float = 1.0, at: str = "nodes"
    ):
        self.box, self.order = box, not_negative("the order of an inner product", order)
        self.at = one_of("places of sines", at, PLACES)
        axis = _at_nodes if at == "nodes" else _at_midpoints
        sides = zip(counts_of(box, counts), box.lower, box.upper, strict=True)
        self._set([axis(n, low, high - low) for n, low, high in sides], self.order, 1.0)

    def finer(self) -> "Sines":
        """With half as many more in each direction, none of them at an old place."""
        # Nodes j/N and i/M coincide only where N and M have a common factor.
        add = 1 if self.at == "nodes" else 0
        counts = [finer_count(len(Φ) + add, odd=not add) - add for Φ in self.modes]
        return Sines(self.box, counts, self.order, self.at)


def counts_of(box: Box, counts: int | Sequence[int]) -> list[int]:
    """How many points in each direction of a box. Raises `ConfigError`."""
    given = array_of(counts)
    if given.ndim > 1 or given.size not in (1, box.dimension):
        raise ConfigError(
            f"a grid in a box of {', '.join(box.names)} has a number of points for each, or one "
            f"for all: got {shown(counts)}."
        )
    each = np.broadcast_to(given, box.dimension)
    return [whole("the number of points of a grid", n, 2) for n in each.tolist()]


def finer_count(parts: int, odd: bool) -> int:
    """Half as many parts more, so that no place is one of before.

    Midpoints (2j + 1)/2N and (2i + 1)/2M differ where one of N and M is odd and the other even.
    """
    more = parts + (parts + 1) // 2
    while (gcd(more, parts) > 1) if not odd else (more + parts) % 2 == 0:
        more += 1
    return more


def _at_nodes(n: int, low: float, length: float) -> Axis:
    """Σ_j sin²(kπj/(n+1)) = (n+1)/2, the sine transform of the first kind."""
    k = np.arange(1, n + 1)
    modes = np.sin(np.pi / (n + 1) * np.outer(k, k))
    ω = np.full(n, length / (n + 1))
    return Axis(low + ω * k, modes, np.full(n, length / 2), (np.pi * k / length) ** 2, ω)


def _at_midpoints(n: int, low: float, length: float) -> Axis:
    """That of the second kind; the last mode is ±1 there."""
    k, t = np.arange(1, n + 1), (np.arange(n) + 0.5) / n
    modes, ω = np.sin(np.pi * np.outer(t, k)), np.full(n, length / n)
    return Axis(low + length * t, modes, np.full(n, length / 2), (np.pi * k / length) ** 2, ω)
