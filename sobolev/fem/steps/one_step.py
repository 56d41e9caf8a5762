"""One step of a path as JAX functions of the parameters, the fields and the states before it."""

from typing import NamedTuple

from jaxtyping import Float

from sobolev._base.compiled import STEPS, jitted
from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.assembly import States, forces, insert
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.kernel.space import Case
from sobolev.fem.statement import Data, Statement, case_at


class Statics(NamedTuple):
    """A problem in its two halves."""

    statement: Statement
    data: Data


@jitted(STEPS)
def scaled_case(statement: Statement, data: Data, p, time, factor) -> Case:
    """The case at a time, with this part of loads and prescribed values, compiled."""
    return case_of_step(statement, data, p, time, factor)


def case_of_step(statement: Statement, data: Data, p, time, factor) -> Case:
    """The case at a time, with this part of loads and prescribed values."""
    case = case_at(statement, data, p, time)
    return case._replace(force=factor * case.force, displacement=factor * case.displacement)


@jitted(STEPS)
def states_after(
    statement: Statement, data: Data, p, u: Float[AnyArray, "n c"], before: States, clock: Clock,
    factor,
) -> States:  # fmt: skip
    """The states of the points at the end of a step with these fields."""
    case = case_of_step(statement, data, p, clock.time, factor)
    return forces(statement.parts, data.space, case, before, u, clock)[1]


def residual_and_states(
    statement: Statement, data: Data, p, z: Float[AnyArray, " nf"], before: States, clock: Clock,
    factor,
) -> tuple[Float[AnyArray, " nf"], States]:  # fmt: skip
    """`(R [nf], states after)` of a step, in a form that may be differentiated."""
    case = case_of_step(statement, data, p, clock.time, factor)
    u = insert(data.space, case, z)
    internal, after = forces(statement.parts, data.space, case, before, u, clock)
    return (internal - case.force).reshape(-1)[data.space.free], after
