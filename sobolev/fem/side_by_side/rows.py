"""Many rows of parameters in one compiled call: equilibrium, values and derivatives of each."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from sobolev._base.compiled import STEPS, jitted
from sobolev.fem._arrays import AnyArray
from sobolev.fem.sensitivity.static import Mode, derivatives_by
from sobolev.fem.side_by_side.blocks import Layout, solve
from sobolev.fem.side_by_side.equilibrium import Settings, equilibrium_of
from sobolev.fem.solvers.solver import GREATEST_CONDITION
from sobolev.fem.statement import Data, Statement, case_at
from sobolev.fem.steps.reasons import SAME


@dataclass(frozen=True)
class Plan:
    """The static half: the problem, the shape of its blocks, what is asked, how many rows go at
    once, and whether the law only says that its tangent is symmetric.
    """

    statement: Statement
    shape: tuple[int, int, int, int]
    order: int
    mode: Mode
    lanes: int
    check_symmetry: bool


class RowData(NamedTuple):
    """Its arrays: of the problem, whose tangent is numbered as blocks; the order of the unknowns;
    a random vector, with which the condition of a tangent is estimated; settings of Newton.
    """

    data: Data
    order: Int[AnyArray, " nf"]
    probe: Float[AnyArray, " nf"]
    settings: Settings


class Found(NamedTuple):
    """Of each row whether there is an answer, and the answer; what there is without is no number
    to be used.
    """

    there: Bool[AnyArray, " C"]
    parts: tuple[Float[AnyArray, "C ..."], ...]


def in_blocks(data: Data, layout: Layout) -> Data:
    """The data of a problem with the entries of its tangent numbered as in the layout."""
    space = data.space

    def there(group):
        return tuple(each._replace(slots=layout.slots[each.slots]) for each in group)

    # as many entries as there are in the blocks: the assembly asks nothing else of a pattern
    entries = np.zeros(int(np.prod(layout.shape)), np.int8)
    space = space._replace(
        cells=there(space.cells), boundaries=there(space.boundaries),
        pattern=space.pattern._replace(indices=entries),
    )  # fmt: skip
    return data._replace(space=space)


@jitted(STEPS)
def solve_rows(
    plan: Plan, data: RowData, points: Float[AnyArray, "C d"], count: Int[AnyArray, ""]
) -> Found:
    """The first `count` of the rows, `lanes` at a time."""

    def some(k, found):
        rows = jax.lax.dynamic_slice_in_dim(points, k * plan.lanes, plan.lanes)
        if plan.lanes == 1:  # loops that end when this row does
            new = jax.tree.map(lambda a: a[None], _row(plan, data, rows[0]))
        else:
            new = jax.vmap(lambda p: _row(plan, data, p))(rows)
        return jax.tree.map(
            lambda all, a: jax.lax.dynamic_update_slice_in_dim(all, a, k * plan.lanes, 0),
            found, new,
        )  # fmt: skip

    like = jax.eval_shape(lambda p: _row(plan, data, p), points[0])
    empty = jax.tree.map(lambda a: jnp.zeros((len(points), *a.shape), a.dtype), like)
    return jax.lax.fori_loop(0, -(-count // plan.lanes), some, empty)


def _row(plan: Plan, data: RowData, p: Float[AnyArray, " d"]) -> Found:
    statement, space = plan.statement, data.data.space
    case = case_at(statement, data.data, p)
    reached = equilibrium_of(statement.parts, space, plan.shape, data.order, case, data.settings)
    at = statement, data.data, p, reached.u.reshape(-1)[space.free]

    def inverse(b, transposed=False):
        return solve(reached.tangent, data.order, b, transposed)

    parts, _ = derivatives_by(inverse, at, plan.order, plan.mode)
    there = reached.found & _is_regular(plan, data, reached)
    for part in parts:
        there &= jnp.isfinite(part).all()
    return Found(there, tuple(parts))


def _is_regular(plan: Plan, data: RowData, reached) -> Bool[Any, ""]:
    """As `check_condition` and `check_symmetry` ask of the tangent at a solution."""
    probe = data.probe
    grown = solve(reached.tangent, data.order, probe[:, None])[:, 0]
    growth = jnp.linalg.norm(grown) / jnp.linalg.norm(probe)
    condition = growth * jnp.abs(reached.values).max() * np.sqrt(len(probe))
    regular = condition < GREATEST_CONDITION
    if plan.check_symmetry:
        D, E, F = (reached.values[:, k] for k in range(3))
        gap = jnp.maximum(jnp.abs(D - D.mT).max(), jnp.abs(E - F.mT).max())
        regular &= gap <= SAME * jnp.linalg.norm(reached.values)
    return regular
