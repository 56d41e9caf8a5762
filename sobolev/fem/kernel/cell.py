"""One cell: from the values at its nodes to force and tangent, by the chain rule at the points.

With the columns B = [∂N/∂X, N] of the shape functions, g = Σ_a u_a ⊗ B_a at a point, the dual
d = [P, b] of the law and the weights w = w_q det(∂X/∂ξ) times the measure of the law,

    force_a = Σ_q w d · B_a,        tangent_ab = Σ_q w B_a · (∂d/∂g) · B_b.

N is among the columns only where the law looks at the values. Everything is written for arrays of
any size, and so for every element, dimension and number of fields.

A law may look at a mean over its cell as well: J(g) of its points, fitted to θ = Π J by a constant
or a linear function (`projection.py`). With its second dual p = ∂ψ/∂θ and p̄ = Π p, N = ∂J/∂g and
N̄ = Π (N · B), in the energy norm of the cell

    force_a = Σ_q w (d + p̄ N) · B_a,
    tangent_ab = Σ_q w [B_a · (∂d/∂g + p̄ ∂²J/∂g²) · B_b + (∂d/∂θ · B_a) N̄_b + N̄_a (∂p/∂g · B_b)
                        + ∂p/∂θ N̄_a N̄_b],

derivatives of one energy where there is one, and so symmetric.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.elements.tables import Tables
from sobolev.fem.kernel.projection import is_linear, projection
from sobolev.fem.laws.answer import dual_of, energy_of
from sobolev.fem.laws.law import Law, Point
from sobolev.fem.laws.tensors import adjugate, determinant
from sobolev.fem.values import fill, levels


class Clock(NamedTuple):
    """The time at the end of a step and the length of the step."""

    time: Float[AnyArray, ""] | float = 1.0
    step: Float[AnyArray, ""] | float = 1.0


class Cell(NamedTuple):
    """What the points of one cell know: `columns` B `[q, a, k]`, weights `[q]`, positions `[q, d]`,
    the least det(∂X/∂ξ), or measure of the law if that is less.
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
    return Cell(columns, tables.weights * det * measure, x, jnp.minimum(det.min(), measure.min()))


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


def point(
    law: Law, g: Float[AnyArray, "c k"], x: Float[AnyArray, " d"], clock: Clock,
    mean: Float[AnyArray, ""] | None = None,
) -> Point:  # fmt: skip
    """What the law is asked at, from the columns and, where it looks at one, the cell's mean."""
    if law.traits().uses_value:
        return Point(g[:, -1], g[:, :-1], x, *clock, mean)
    return Point(jnp.zeros(len(g)), g, x, *clock, mean)


def dual(law: Law, at: Point, state) -> tuple[Float[AnyArray, "c k"], object]:
    """d = [P, b] and the new state of a law that is filled."""
    (P, b, *_), state = dual_of(law, at, state)
    return (jnp.concatenate([P, b[:, None]], 1) if law.traits().uses_value else P), state


def means(
    law: Law, shape: Cell, g: Float[AnyArray, "q c k"], constants, clock: Clock,
    there: Float[AnyArray, "r d"] | None = None,
) -> tuple[Float[AnyArray, " r"], ...]:  # fmt: skip
    """The mean over the cell as its points see it, or other places `there`; () of most laws."""
    if not law.traits().uses_mean:
        return ()
    J = at_points(law, constants, _averaged(law, clock))(g, shape.x)
    return (_fit(shape, shape.x if there is None else there) @ J,)


def _fit(shape, there):
    points, nodes, _ = shape.columns.shape
    linear = is_linear(nodes, points, shape.x.shape[-1])
    return projection(shape.x, shape.weights, there, linear)


def _averaged(law, clock):
    return lambda filled, g, x: filled.averaged(point(law, g, x, clock))


def duals(law: Law, shape: Cell, g, constants, state, clock: Clock):
    """`(d [q, c, k], new states)` at the points of a cell, what works on its mean among d."""
    if not law.traits().uses_mean:

        def stress(filled, g, x, state):
            return dual(filled, point(law, g, x, clock), state)

        return at_points(law, constants, stress)(g, shape.x, state)

    def both(filled, g, mean, x, state):
        return _both(law, filled, point(law, g, x, clock, mean), state)

    (mean,) = means(law, shape, g, constants, clock)
    (P, p), state = at_points(law, constants, both)(g, mean, shape.x, state)
    N = at_points(law, constants, jax.grad(_averaged(law, clock), 1))(g, shape.x)
    return P + (_fit(shape, shape.x) @ p)[:, None, None] * N, state


def _both(law, filled, at, state):
    """`((d, p), new state)`: what works on the gradient, and what works on the mean."""
    (P, b, p), state = dual_of(filled, at, state)
    return ((jnp.concatenate([P, b[:, None]], 1) if law.traits().uses_value else P), p), state


def cell_state(
    law: Law, tables: Tables, u: Float[AnyArray, "a c"], X, constants, state, clock: Clock
) -> CellState:
    """Force and tangent of one cell; twice as fast as differentiating its energy twice."""
    shape = cell(law, tables, X, constants)
    g = gradient(u, shape.columns)
    more = None
    if law.traits().uses_mean:
        P, A, more, state = _with_mean(law, shape, g, constants, state, clock)
    else:
        P, A, state = _at_each(law, shape, g, constants, state, clock)
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
    return CellState(force, BAB if more is None else BAB + more, shape.least, least_F, state)


def _at_each(law, shape: Cell, g, constants, state, clock):
    """`(d, ∂d/∂g, new states)` of a law whose points are on their own."""

    def energy(filled, g, x, _):
        return energy_of(filled, point(law, g, x, clock))

    def stress(filled, g, x, state):
        return dual(filled, point(law, g, x, clock), state)

    if law.traits().energy:
        P = at_points(law, constants, jax.grad(energy, 1))(g, shape.x, state)
        return P, at_points(law, constants, jax.hessian(energy, 1))(g, shape.x, state), state
    P, new = at_points(law, constants, stress)(g, shape.x, state)
    slopes = jax.jacfwd(lambda *at: stress(*at)[0], 1)
    return P, at_points(law, constants, slopes)(g, shape.x, state), new


def _with_mean(law, shape: Cell, g, constants, state, clock):
    """`(d + p̄ N, its slope by g at one mean, the tangent's part by the mean, new states)`."""

    def energy(filled, g, mean, x, _):
        return energy_of(filled, point(law, g, x, clock, mean))

    def stress(filled, g, mean, x, state):
        return _both(law, filled, point(law, g, x, clock, mean), state)

    w, B, J = shape.weights, shape.columns, _averaged(law, clock)
    Π, new = _fit(shape, shape.x), state
    at = g, *means(law, shape, g, constants, clock), shape.x, state
    if law.traits().energy:
        P, p = at_points(law, constants, jax.grad(energy, (1, 2)))(*at)
        slopes = at_points(law, constants, jax.hessian(energy, (1, 2)))(*at)
    else:
        (P, p), new = at_points(law, constants, stress)(*at)
        slopes = at_points(law, constants, jax.jacfwd(lambda *a: stress(*a)[0], (1, 2)))(*at)
    (A, of_mean), (by_g, by_mean) = slopes
    N = at_points(law, constants, jax.grad(J, 1))(g, shape.x)
    bend = at_points(law, constants, jax.hessian(J, 1))(g, shape.x)
    p = (Π @ p)[:, None, None]
    m, n, N̄ = ((each[:, None] * B[:, :, None, :]).sum(-1) for each in (of_mean, by_g, N))
    N̄ = jnp.einsum("qr,rac->qac", Π, N̄)
    half = by_mean[:, None, None] * N̄ / 2
    w = w[:, None, None]
    more = jnp.einsum("qai,qbj->aibj", w * (m + half), N̄)
    more = more + jnp.einsum("qai,qbj->aibj", w * N̄, n + half)
    return P + p * N, A + p[..., None, None] * bend, more, new


def cell_force(law: Law, tables: Tables, u, X, constants, state, clock: Clock):
    """`(force [a, c], new state)`, in a form that may be differentiated again."""
    shape = cell(law, tables, X, constants)
    P, state = duals(law, shape, gradient(u, shape.columns), constants, state, clock)
    P = P * shape.weights[:, None, None]
    return (P[:, None] * shape.columns[:, :, None, :]).sum((0, 3)), state


def cell_work(law: Law, tables: Tables, u, v, X, constants, state, clock: Clock):
    """Σ_q w d · ∂v of one cell: the virtual work of its dual at u along v."""
    if law.traits().energy:  # a slope forwards, which is then smaller to differentiate again
        return jax.jvp(lambda u: cell_energy(law, tables, u, X, constants, clock), (u,), (v,))[1]
    shape = cell(law, tables, X, constants)
    g, dv = (gradient(each, shape.columns) for each in (u, v))
    P, _ = duals(law, shape, g, constants, state, clock)
    return jnp.sum(shape.weights * jnp.sum(P * dv, (1, 2)))


def cell_energy(law: Law, tables: Tables, u, X, constants, clock: Clock) -> Float[AnyArray, ""]:
    """Σ_q w ψ of one cell, of a law with an energy."""
    shape = cell(law, tables, X, constants)
    g = gradient(u, shape.columns)

    def energy(filled, g, x, *mean):
        return energy_of(filled, point(law, g, x, clock, *mean))

    psi = at_points(law, constants, energy)(g, shape.x, *means(law, shape, g, constants, clock))
    return jnp.sum(shape.weights * psi)
