"""Whether an equation that stands alone has one solution: what an engineer forgets first."""

from collections.abc import Iterator
from dataclasses import fields

from sobolev.losses.equations.equation import Equation
from sobolev.networks.architecture import Architecture
from sobolev.networks.families.mlp import MLP
from sobolev.networks.wrappers.periodic import Periodic
from sobolev.surrogate import Surrogate
from sobolev.training.notes import Kind, Note
from sobolev.training.trained_and_watched import Posed


def notes_on_conditions(posed: Posed, surrogate: Surrogate) -> tuple[Note, ...]:
    """A note where all there is is one differential equation: no data, no condition.

    Nothing is said where a condition may be hidden: in several equations, or in a network around
    another one that may hold values whatever its weights are.
    """
    equation, architecture = posed.loss.blocks[0], surrogate.architecture
    if posed.data or len(posed.loss.names) > 1 or not isinstance(equation, Equation):
        return ()
    if equation.order == 0 or architecture is None or _may_hold(architecture):
        return ()
    return (
        Note(
            Kind.UNDETERMINED,
            f"'{equation.names[0]}' stands alone, without data, initial or boundary values: one of "
            "its many solutions is found. Give a condition as a further Equation of order 0 at "
            "points of the boundary, or a network that holds it, HardBoundary(...).",
        ),
    )


def _may_hold(architecture: Architecture) -> bool:
    """Whether one of the wrappers may give values; those that are known not to are left aside."""
    around = [each for each in _inside(architecture) if not isinstance(each, Periodic)]
    return len(around) > 1 or not type(around[0]).__module__.startswith(_FAMILIES)


_FAMILIES = MLP.__module__.rpartition(".")[0] + "."  # plain networks, each a file of this room


def _inside(architecture: Architecture) -> Iterator[Architecture]:
    yield architecture
    for field in fields(architecture):  # type: ignore[arg-type]  # each is a frozen dataclass
        part = getattr(architecture, field.name)
        if isinstance(part, Architecture):
            yield from _inside(part)
