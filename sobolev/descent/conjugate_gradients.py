"""Nonlinear conjugate gradients."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import one_of
from sobolev.descent.along import Point
from sobolev.descent.line_search import LineSearch, Wolfe
from sobolev.descent.method import Method, check_search

RULES = ("polak-ribiere", "hestenes-stiefel")


class _Last(NamedTuple):
    old: Point
    d: Float[np.ndarray, " n"]


@dataclass(frozen=True)
class ConjugateGradients(Method):
    """d = −G⁻¹g + β d_last, with y = g − g_last and β ≥ 0 the positive part of

    | rule | β |
    |---|---|
    | "polak-ribiere" | ⟨y, G⁻¹g⟩/⟨g_last, G⁻¹g_last⟩ |
    | "hestenes-stiefel" | ⟨y, G⁻¹g⟩/⟨y, d_last⟩ |

    Of a quadratic function both are the method of conjugate gradients with G as preconditioner.
    **Arguments:** `rule`; `search`. Source: J. Nocedal, S. J. Wright, Numerical optimization, 2006,
    section 5.2.
    """

    rule: str = "polak-ribiere"
    search: LineSearch = field(default_factory=lambda: Wolfe(curvature=0.1))

    def __post_init__(self):
        one_of("rule of conjugate gradients", self.rule, RULES)
        check_search(self.search)

    def direction(self, here: Point, memory: _Last | None) -> Float[np.ndarray, " n"]:
        """The steepest one at first, and wherever β would be negative."""
        if memory is None:
            return -here.gradient
        old, d = memory
        y = here.g - old.g
        below = old.size**2 if self.rule == "polak-ribiere" else y @ d
        β = max(0.0, y @ here.gradient / below) if below > 0 else 0.0
        return β * d - here.gradient

    def after(
        self, memory: _Last | None, old: Point, d: Float[np.ndarray, " n"], new: Point
    ) -> _Last:
        """The last point and direction."""
        return _Last(old, d)
