"""Which way: what a method of descent is, and the steepest one."""

import abc
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.descent.along import Point
from sobolev.descent.line_search import Armijo, LineSearch


class Method(abc.ABC):
    """A rule for the direction d, from the points so far.

    It is written with derivatives g (which act on functions) and gradients G⁻¹g (functions) alone,
    each product ⟨g, v⟩ of one of each: so every product is that of the inner product, and with the
    Euclidean one the method is the usual one.

    A member has its `search`, makes a `direction` of the point and of what it remembers, and
    remembers (`after`); without memory it begins anew.
    """

    search: LineSearch

    @abc.abstractmethod
    def direction(self, here: Point, memory: Any) -> Float[np.ndarray, " n"]:
        """d, mostly with ⟨g, d⟩ < 0; where it is not, it is asked again without memory."""

    def after(self, memory: Any, old: Point, d: Float[np.ndarray, " n"], new: Point) -> Any:
        """What is remembered after a step from old to new along d."""
        return None

    def natural(self, memory: Any) -> bool:
        """Whether d itself is the step to try first."""
        return False


def check_search(search: object) -> None:
    """Raise `ConfigError` for what is no line search."""
    if not isinstance(search, LineSearch):
        raise ConfigError(
            f"a method searches along its direction by Armijo, Wolfe or FixedStep: got "
            f"{shown(search)}."
        )


@dataclass(frozen=True)
class SteepestDescent(Method):
    """d = −G⁻¹g, the steepest direction in the norm of the inner product.

    ```python
    minimise(energy, start, h1, SteepestDescent(FixedStep(4 / 3)))
    ```
    """

    search: LineSearch = field(default_factory=Armijo)

    def __post_init__(self):
        check_search(self.search)

    def direction(self, here: Point, memory: Any) -> Float[np.ndarray, " n"]:
        """−G⁻¹g."""
        return -here.gradient
