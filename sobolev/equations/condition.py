"""A condition on one side of a box."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Array, Float

from sobolev.equations.along_inputs import partials
from sobolev.losses.equations.derivatives_along import OfOnePoint


@dataclass(frozen=True)
class Condition:
    """What holds where the input number `place` is `at`: residual(u, x) = 0 there.

    It takes any point of the box and looks at the one of its side that lies straight across, so
    that points of every rule will do, drawn evenly over the box or chosen by the residual.

    **Arguments:** `name` of its term; `residual(u, x)` a number; `order` of its derivatives.

    ```python
    Condition("wall", 0, 1.0, lambda u, x: u(x)[0])   # u = 0 at the upper side of the first input
    ```
    """

    name: str
    place: int
    at: float
    residual: Callable[[OfOnePoint, Float[Array, " d"]], Array]
    order: int = 0

    def __call__(self, u: OfOnePoint, x: Float[Array, " d"]) -> Array:
        """The residual at the point of its side across from x."""
        return self.residual(u, x.at[self.place].set(self.at))


def zero(u: OfOnePoint, x: Float[Array, " d"]) -> Array:
    """u = 0."""
    return u(x)[0]


def walls(names: tuple[str, ...], lower: tuple, upper: tuple) -> tuple[Condition, ...]:
    """u = 0 on both sides of each of the first inputs, as many as there are `names`."""
    ends = zip(names, lower, upper, strict=False)
    return tuple(
        Condition(f"{name} = {at:g}", place, at, zero)
        for place, (name, *sides) in enumerate(ends)
        for at in sides
    )


def periodic(lower: float, upper: float) -> tuple[Condition, ...]:
    """Value and slope of the first input are the same on both of its sides."""

    def jump(u: OfOnePoint, x: Float[Array, " d"]) -> Array:
        return u(x)[0] - u(x.at[0].set(lower))[0]

    def slope_jump(u: OfOnePoint, x: Float[Array, " d"]) -> Array:
        return partials(u, x, 0, 1)[1] - partials(u, x.at[0].set(lower), 0, 1)[1]

    return (
        Condition("periodic", 0, upper, jump),
        Condition("periodic slope", 0, upper, slope_jump, order=1),
    )
