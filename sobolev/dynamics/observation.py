"""What is asked of a trajectory."""

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
from jaxtyping import Array, Bool, Float

from sobolev.dynamics.integrator import Integrator, Sense
from sobolev.dynamics.system import System

Quantity = Callable[[Float[Array, ""], Float[Array, " s"], Float[Array, " d"]], Float[Array, " m"]]


class Observed(NamedTuple):
    """The answers `[q]`, and why there are none: not `ended`, with the time that was `reached`."""

    answers: Float[Array, " q"]
    reached: Float[Array, ""]
    ended: Bool[Array, ""]
    found: Bool[Array, ""]


class Observation(eqx.Module):
    """Answers of one trajectory, in a fixed number, as a smooth function of its parameters."""

    @abstractmethod
    def outputs(self, system: System) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the answers; `ConfigError`."""

    @abstractmethod
    def observe(
        self, system: System, integrator: Integrator, p: Float[Array, " d"], sense: Sense
    ) -> Observed:
        """The answers at p."""

    @property
    @abstractmethod
    def end(self) -> float:
        """The time after which nothing is asked."""
