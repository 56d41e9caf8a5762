"""One step of a path as JAX functions of parameters, unknowns and what the step before hands on.

The unknowns x are the free values z, and behind them the load factor λ where a control finds it.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.compiled import STEPS, jitted
from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.assembly import States, first_states, forces, insert, residual
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.kernel.space import Case, Parts, Space, part_of
from sobolev.fem.responses.fields import Progress
from sobolev.fem.responses.response import Asks
from sobolev.fem.statement import Data, Statement, answers, case_at
from sobolev.fem.steps.control import Control
from sobolev.fem.values import Parameters, evaluate, fill


@dataclass(frozen=True)
class Course:
    """The static half of a path: the problem, and the skeleton of its control."""

    statement: Statement
    control: Control


class CourseData(NamedTuple):
    """Its arrays: those of the problem, the numbers of the control and the unknowns it looks at."""

    data: Data
    numbers: tuple[Any, ...]
    place: np.ndarray


class Statics(NamedTuple):
    """A path in its two halves."""

    course: Course
    data: CourseData


class Memory(NamedTuple):
    """What a step hands on: the states of the points; for controls that look back, the unknowns and
    the part of the path; for work, the fields, the internal forces, and the work so far.
    """

    points: States
    back: tuple[Any, ...] = ()
    work: tuple[Any, ...] = ()


def first_memory(course: Course, data: CourseData) -> Memory:
    """Nothing has happened."""
    statement, space = course.statement, data.data.space
    shape = (len(data.data.points), statement.components)
    back = (np.zeros(len(space.free)), np.zeros(())) if course.control.remembers else ()
    work = (np.zeros(shape), np.zeros(shape), np.zeros(())) if _works(course) else ()
    return Memory(first_states(statement.parts, space), back, work)


def _works(course: Course) -> bool:
    return any(response.asks is Asks.WORK for response in course.statement.responses)


@jitted(STEPS)
def whole_case(course: Course, data: CourseData, p, time) -> Case:
    """The case at a time, with all of its loads and prescribed values, compiled."""
    return case_at(course.statement, data.data, p, time)


@jitted(STEPS)
def slope_by_load(
    parts: Parts, space: Space, whole: Case, states: States, z: Float[AnyArray, " nf"], factor,
    clock: Clock,
) -> Float[AnyArray, " nf"]:  # fmt: skip
    """∂R/∂λ of all loads and prescribed values, at the load factor λ."""

    def R(factor):
        return residual(parts, space, part_of(parts, whole, factor), states, z, clock)

    factor = jnp.asarray(factor, float)
    return jax.jvp(R, (factor,), (jnp.ones_like(factor),))[1]


def control_of(course: Course, data: CourseData, p, time) -> Control:
    """The control with its constants."""
    given = Parameters(course.statement.names, p, time)
    return fill(course.control, evaluate(course.control, data.numbers, given))


def unknowns(course: Course, x: Float[AnyArray, " nx"], part):
    """`(z, λ)`: the load factor is the last of them, or the part of the path that is asked for."""
    return (x[:-1], x[-1]) if course.control.finds_load else (x, part)


def _ended(course, data, p, x, clock: Clock, part):
    """The case of a step, and the fields at its end."""
    z, factor = unknowns(course, x, part)
    statement, space = course.statement, data.data.space
    case = part_of(statement.parts, case_at(statement, data.data, p, clock.time), factor)
    return case, insert(space, case, z), z


def residual_and_memory(
    course: Course, data: CourseData, p, x: Float[AnyArray, " nx"], before: Memory, clock: Clock,
    part,
) -> tuple[Float[AnyArray, " nx"], Memory]:  # fmt: skip
    """`(residual [nx], memory after)` of a step, in a form that may be differentiated."""
    parts, space = course.statement.parts, data.data.space
    case, u, z = _ended(course, data, p, x, clock, part)
    internal, points = forces(parts, space, case, before.points, u, clock)
    R = (internal - case.force).reshape(-1)[space.free]
    back, work = (), ()
    if course.control.finds_load:
        control = control_of(course, data, p, clock.time)
        last, last_part = before.back or (z, part)  # of those that do not look back
        gap = control.gap(data.place, z, last, part, part - last_part)
        R = jnp.concatenate([R, gap[None]])
    if before.back:
        back = (z, jnp.asarray(part, float))
    if before.work:
        # the forces inside alone: what follows the fields is one of the loads whose work is asked
        if parts.followers:
            alone = parts._replace(followers=())
            inside = case._replace(followers=())
            internal, _ = forces(
                alone, space._replace(boundaries=()), inside, before.points, u, clock
            )
        u0, internal0, done = before.work
        # the trapezoidal rule: second order in the steps
        work = (u, internal, done + jnp.sum((internal + internal0) * (u - u0)) / 2)
    return R, Memory(points, back, work)


@jitted(STEPS)
def memory_after(course: Course, data: CourseData, p, x, before: Memory, clock: Clock, part):
    """What a step hands on, compiled."""
    return residual_and_memory(course, data, p, x, before, clock, part)[1]


def responses_of_step(
    course: Course, data: CourseData, p, x, after: Memory, clock: Clock, part
) -> Float[AnyArray, " q"]:
    """The responses at the end of a step, in a form that may be differentiated."""
    case, u, _ = _ended(course, data, p, x, clock, part)
    _, factor = unknowns(course, x, part)
    progress = Progress(factor, after.work[2] if after.work else 0.0)
    return answers(course.statement, data.data, p, case, after.points, u, clock.time, progress)
