"""A law of space that is asked at another point than the one its cell has."""

import abc
from dataclasses import dataclass

from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.laws.law import Law, Point, State


@dataclass(frozen=True)
class Wrapper(Law):
    """What the kinematic wrappers share: energy, stress, deformation are those of the law inside.

    A member writes `inside(at, state)`, where its law of space is asked, its `traits`, and the
    `dual`, the transpose of the derivative of `inside`. Raises `ConfigError` around a law that is
    not one of space.
    """

    law: Law

    def __post_init__(self):
        if not isinstance(self.law, Law) or self.law.traits().dimension != 3:
            raise ConfigError(
                f"{type(self).__name__} takes a law of three dimensions: got {self.law!r}. Heat "
                "and other scalar laws need no wrapper; a ring of heat has the thickness 2πR, "
                "HeatConduction(k, thickness=PerPoint(lambda x, p: 2 * jnp.pi * x[0]))."
            )
        super().__post_init__()

    @abc.abstractmethod
    def inside(self, at: Point, state: State = ()) -> Point:
        """Where the law is asked."""

    def start(self) -> State:
        """As the law in it."""
        return self.law.start()

    def energy(self, at: Point) -> Float[AnyArray, ""]:
        """That of the law."""
        return self.law.energy(self.inside(at))

    def stored(self, at: Point, state: State) -> Float[AnyArray, ""]:
        """That of the law."""
        if self.traits().energy:
            return self.energy(at)
        return self.law.stored(self.inside(at, state), state)

    def averaged(self, at: Point) -> Float[AnyArray, ""]:
        """That of the law."""
        return self.law.averaged(self.inside(at))

    def deformation(self, at: Point, state: State = ()) -> Float[AnyArray, "3 3"]:
        """F of the law."""
        return self.law.deformation(self.inside(at, state), state)

    def cauchy(self, at: Point, state: State = ()) -> Float[AnyArray, "3 3"]:
        """σ of the law."""
        return self.law.cauchy(self.inside(at, state), state)
