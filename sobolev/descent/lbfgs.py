"""Quasi-Newton with few pairs, around the inner product in place of the unit matrix."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import whole
from sobolev.descent.along import Point
from sobolev.descent.line_search import LineSearch, Wolfe
from sobolev.descent.method import Method, check_search


class _Pair(NamedTuple):
    """A step s, the change y of the derivative, G⁻¹y and 1/⟨y, s⟩."""

    s: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]
    z: Float[np.ndarray, " n"]
    ρ: float


_Pairs = tuple[_Pair, ...]


@dataclass(frozen=True)
class LBFGS(Method):
    """d = −Hg, H the BFGS update of γ G⁻¹ by the last pairs s, y, γ = ⟨y, s⟩/⟨y, G⁻¹y⟩.

    The two loops with G⁻¹ where the unit matrix stands otherwise, at no further solve: G⁻¹y is the
    change of the gradient. **Arguments:** `memory`, how many pairs; `search`. Source: J. Nocedal,
    S. J. Wright, Numerical optimization, 2006, algorithm 7.4.

    ```python
    minimise(function, start, fem.inner_product(mesh), LBFGS(memory=20))
    ```
    """

    memory: int = 10
    search: LineSearch = field(default_factory=Wolfe)

    def __post_init__(self):
        whole("the number of pairs", self.memory, 1)
        check_search(self.search)

    def direction(self, here: Point, memory: _Pairs | None) -> Float[np.ndarray, " n"]:
        """Algorithm 7.4, with G⁻¹q carried along with q."""
        if not memory:
            return -here.gradient
        q, primal, shares = here.g, here.gradient, []
        for pair in reversed(memory):
            share = pair.ρ * float(q @ pair.s)
            q, primal = q - share * pair.y, primal - share * pair.z
            shares.append(share)
        last = memory[-1]
        r = primal / (last.ρ * float(last.y @ last.z))
        for pair, share in zip(memory, reversed(shares), strict=True):
            r = r + pair.s * (share - pair.ρ * float(pair.y @ r))
        return -r

    def after(
        self, memory: _Pairs | None, old: Point, d: Float[np.ndarray, " n"], new: Point
    ) -> _Pairs:
        """With one pair more, unless the function is not convex along the step."""
        s, y, z = new.v - old.v, new.g - old.g, new.gradient - old.gradient
        curved = float(y @ s)
        pairs = memory or ()
        if curved <= 1e-14 * float(np.abs(s) @ np.abs(y)):  # rounding is no curvature
            return pairs
        return (*pairs, _Pair(s, y, z, 1 / curved))[-self.memory :]

    def natural(self, memory: _Pairs | None) -> bool:
        """As soon as there is a pair."""
        return bool(memory)
