"""One cell: from the values at its nodes to force and tangent, by the chain rule at the points.

With the columns B = [∂N/∂X, N] of the shape functions, g = Σ_a u_a ⊗ B_a at a point, the dual
d = [P, b] of the law and the weights w = w_q det(∂X/∂ξ) times the measure of the law,

    force_a = Σ_q w d · B_a,        tangent_ab = Σ_q w B_a · (∂d/∂g) · B_b.

N is among the columns only where the law looks at the values. Everything is written for arrays of
any size, and so for every element, dimension and number of fields.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.elements.tables import Tables
from sobolev.fem.laws.law import Law, Point
from sobolev.fem.laws.tensors import adjugate, determinant
from sobolev.fem.values import fill, levels


class Clock(NamedTuple):
    """The time at the end of a step and the length of the step."""

    time: Float[AnyArray, ""] | float = 1.0
    step: Float[AnyArray, ""] | float = 1.0


class Cell(NamedTuple):
    """What the points of one cell know: `columns` B `[q, a, k]`, weights `[q]`, positions `[q, d]`,
    the least det(∂X/∂ξ).
    """

    columns: Float[AnyArray, "q a k"]
    weights: Float[AnyArray, " q"]
    x: Float[AnyArray, "q d"]
    least: Float[AnyArray, ""]


class CellState(NamedTuple):
    """What Newton needs from one cell: force `[a, c]`, tangent `[a, c, a, c]`, two minima, and the
    new state of its points.
    """

    force: Float[AnyArray, "a c"]
    tangent: Float[AnyArray, "a c a c"]
    least_J: Float[AnyArray, ""]
    least_F: Float[AnyArray, ""]
    state: object


def kinematics(
    X: Float[AnyArray, "a d"], gradients: Float[AnyArray, "q a d"]
) -> tuple[Float[AnyArray, "q a d"], Float[AnyArray, " q"]]:
    """Gradients ∂N/∂X and the signed determinant det(∂X/∂ξ) at the points of one cell."""
    J = jnp.einsum("ai,qaj->qij", X, gradients)
    det = jax.vmap(determinant)(J)
    return jnp.einsum("qak,qkj->qaj", gradients, jax.vmap(adjugate)(J)) / det[:, None, None], det


def cell(law: Law, tables: Tables, X: Float[AnyArray, "a d"], constants) -> Cell:
    """Geometry of one cell for this law (a skeleton) with its constants."""
    G, det = kinematics(X, tables.gradients)
    x = jnp.einsum("qa,ad->qd", tables.shapes, X)
    measure = at_points(law, constants, lambda filled, x: filled.measure(x) + 0.0)(x)
    columns = G
    if law.traits().uses_value:
        columns = jnp.concatenate([G, jnp.asarray(tables.shapes)[:, :, None]], -1)
    return Cell(columns, tables.weights * det * measure, x, det.min())


def at_points(law: Any, constants: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function(law with its constants, *arrays)` over the points of a cell."""
    axes = tuple(0 if level == 2 else None for level in levels(law))

    def mapped(*arrays):
        def one(constants, *at):
            return function(fill(law, constants), *at)

        if any(axis == 0 for axis in axes):
            return jax.vmap(one, (axes, *[0] * len(arrays)))(tuple(constants), *arrays)
        return jax.vmap(lambda *at: one(constants, *at))(*arrays)

    return mapped


def gradient(u: Float[AnyArray, "a c"], columns: Float[AnyArray, "q a k"]) -> AnyArray:
    """g = Σ_a u_a ⊗ B_a `[q, c, k]` at the points of one cell."""
    return (u[None, :, :, None] * columns[:, :, None, :]).sum(1)


def point(law: Law, g: Float[AnyArray, "c k"], x: Float[AnyArray, " d"], clock: Clock) -> Point:
    """What the law is asked at, from the columns."""
    if law.traits().uses_value:
        return Point(g[:, -1], g[:, :-1], x, *clock)
    return Point(jnp.zeros(len(g)), g, x, *clock)


def dual(law: Law, at: Point, state) -> tuple[Float[AnyArray, "c k"], object]:
    """d = [P, b] and the new state of a law that is filled."""
    (P, b), state = law.dual(at, state)
    return (jnp.concatenate([P, b[:, None]], 1) if law.traits().uses_value else P), state


def cell_state(
    law: Law, tables: Tables, u: Float[AnyArray, "a c"], X, constants, state, clock: Clock
) -> CellState:
    """Force and tangent of one cell; twice as fast as differentiating its energy twice."""
    shape = cell(law, tables, X, constants)
    g = gradient(u, shape.columns)

    def energy(filled, g, x, _):
        return filled.energy(point(law, g, x, clock))

    def stress(filled, g, x, state):
        return dual(filled, point(law, g, x, clock), state)

    if law.traits().energy:
        P = at_points(law, constants, jax.grad(energy, 1))(g, shape.x, state)
        A = at_points(law, constants, jax.hessian(energy, 1))(g, shape.x, state)
    else:
        P, state_new = at_points(law, constants, stress)(g, shape.x, state)
        slopes = jax.jacfwd(lambda *at: stress(*at)[0], 1)
        A, state = at_points(law, constants, slopes)(g, shape.x, state), state_new
    w, B = shape.weights, shape.columns
    P, A = P * w[:, None, None], A * w[:, None, None, None, None]
    force = (P[:, None] * B[:, :, None, :]).sum((0, 3))
    # sums over the two directions one after the other; as one einsum it takes twice as long
    AB = (A[:, :, :, None] * B[:, None, None, :, None, :]).sum(-1)
    BAB = (B[:, :, None, :, None, None] * AB[:, None]).sum((0, 3))
    d = X.shape[-1]
    least_F = jnp.asarray(1.0)
    if law.traits().finite:
        least_F = jax.vmap(determinant)(g[:, :, :d] + np.eye(d)[None]).min()
    return CellState(force, BAB, shape.least, least_F, state)


def cell_force(law: Law, tables: Tables, u, X, constants, state, clock: Clock):
    """`(force [a, c], new state)`, in a form that may be differentiated again."""
    shape = cell(law, tables, X, constants)

    def stress(filled, g, x, state):
        return dual(filled, point(law, g, x, clock), state)

    P, state = at_points(law, constants, stress)(gradient(u, shape.columns), shape.x, state)
    P = P * shape.weights[:, None, None]
    return (P[:, None] * shape.columns[:, :, None, :]).sum((0, 3)), state


def cell_work(law: Law, tables: Tables, u, v, X, constants, state, clock: Clock):
    """Σ_q w d · ∂v of one cell: the virtual work of its dual at u along v."""
    shape = cell(law, tables, X, constants)

    def work(filled, g, dv, x, state):
        return jnp.sum(dual(filled, point(law, g, x, clock), state)[0] * dv)

    along = (gradient(each, shape.columns) for each in (u, v))
    return jnp.sum(shape.weights * at_points(law, constants, work)(*along, shape.x, state))


def cell_energy(law: Law, tables: Tables, u, X, constants, clock: Clock) -> Float[AnyArray, ""]:
    """Σ_q w ψ of one cell, of a law with an energy."""
    shape = cell(law, tables, X, constants)

    def energy(filled, g, x):
        return filled.energy(point(law, g, x, clock))

    psi = at_points(law, constants, energy)(gradient(u, shape.columns), shape.x)
    return jnp.sum(shape.weights * psi)
