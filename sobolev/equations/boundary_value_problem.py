"""A differential equation posed whole."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError, DataError
from sobolev.box import Box
from sobolev.equations.condition import Condition
from sobolev.equations.metric import Errors, errors
from sobolev.function import Function, required
from sobolev.losses import Equation, Points
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.networks import MLP, Architecture, tanh
from sobolev.surrogate import Surrogate

INNER = MLP((20, 20, 20), activation=tanh)


class BoundaryValueProblem(ABC):
    """Equation, domain, conditions, reference and metric, as one value: a frozen dataclass.

    Several problems share a name in the literature; `statement` says all of this one. `network`
    meets some of the `conditions` whatever its weights (`hard` names them), `blocks` poses the
    equation and the rest as terms. The `reference` is computed here, never read from a file.

    ```python
    problem = equations.Burgers()
    start = problem.surrogate(key=0)
    fitted = fit(start, problem.blocks(losses.Uniform(problem.box, 2048, every=5)))
    print(problem.error(fitted.surrogate))
    ```
    """

    outputs: ClassVar[tuple[str, ...]] = ("u",)
    order: ClassVar[int] = 2
    # Any, because both constants and properties of subclasses fill them in.
    hard: Any  # names of the conditions that `network` meets
    shape: Any = (256, 101)  # of the grid of the metric
    level: Any = 0.0  # about which u is compared and scaled: a number that is given, no merit
    scale: Any = 1.0  # the size of the largest part of the equation: what counts as 1

    @property
    @abstractmethod
    def statement(self) -> str:
        """Equation, domain, conditions."""

    @property
    @abstractmethod
    def box(self) -> Box:
        """The domain, with names of the inputs."""

    @abstractmethod
    def pose(self) -> tuple[Condition, ...]:
        """All conditions at the boundary and at the beginning, made anew."""

    @abstractmethod
    def residual(self, u: OfOnePoint, x: Float[Array, " d"]) -> Array:
        """N[u](x) − f(x) at one point, a number."""

    @abstractmethod
    def network(self, inner: Architecture = INNER) -> Architecture:
        """The inner network in one that meets the conditions `hard`."""

    @abstractmethod
    def solve(self) -> Function:
        """The reference, made anew."""

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions; kept, since a function made anew would be compiled anew."""
        return self.pose()

    @cached_property
    def reference(self) -> Function:
        """The solution, to round-off or as near as `solve` says; made when it is first used."""
        return self.solve()

    @property
    def metric(self) -> str:
        """What `error` says, in words."""
        about = f" about {self.level:g}" if self.level else ""
        sides = " × ".join(str(n) for n in self.shape)
        return f"relative L2 and H1 norms{about} on a uniform grid of {sides} points with its ends"

    @cached_property
    def grid(self) -> Float[np.ndarray, "n d"]:
        """The points of the metric."""
        sides = zip(self.box.lower, self.box.upper, self.shape, strict=True)
        axes = [np.linspace(low, high, n) for low, high, n in sides]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))

    def blocks(
        self,
        inside: Points,
        sides: Points | None = None,
        conditions: Sequence[str] | None = None,
    ) -> tuple[Equation, ...]:
        """The equation, and conditions as terms of their own.

        **Arguments:** `inside`, the points of the equation; `sides`, those of each condition, by
        default the same; `conditions` by name that become terms, by default those that `network`
        leaves open. Raises `ConfigError` for a name that there is not.
        """
        known = {condition.name: condition for condition in self.conditions}
        asked = [name for name in known if name not in self.hard]
        asked = asked if conditions is None else list(conditions)
        if unknown := [name for name in asked if name not in known]:
            raise ConfigError(
                f"there is no condition '{unknown[0]}' here: there are {', '.join(known)}."
            )
        at = inside if sides is None else sides
        terms = (Equation(n, known[n], at, order=known[n].order) for n in asked)
        own = Equation("equation", self.residual, inside, order=self.order, scale=self.scale)
        return (own, *terms)

    def surrogate(self, inner: Architecture = INNER, key: int = 0) -> Surrogate:
        """An untrained surrogate on the domain that meets the conditions `hard`."""
        return Surrogate.on(
            self.box, self.outputs, self.network(inner), key=key, output_shift=self.level
        )

    def error(self, function: Function) -> Errors:
        """Of a surrogate or any other function, in the `metric`; `DataError` for other inputs."""
        names = tuple(required("function", function).inputs)
        if names != self.box.names or len(function.outputs) != len(self.outputs):
            raise DataError(
                f"the function is one of {', '.join(names)} with {len(function.outputs)} outputs: "
                f"this problem needs {', '.join(self.box.names)} and {len(self.outputs)}."
            )
        value, slope = function.derivatives(self.grid, 1)
        return errors((value, slope), self._known, self.level)

    @cached_property
    def _known(self) -> tuple[np.ndarray, np.ndarray]:
        value, slope = self.reference.derivatives(self.grid, 1)
        return value, slope
