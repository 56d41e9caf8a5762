"""Newton's method as one loop in JAX: the first load step of `steps.newton`, to the same tests.

A loop that is mapped over problems goes on until the last of them has ended, and leaves those that
have as they are. One pass assembles, tests, factors and corrects, so that each is compiled once.
What does not get to an equilibrium under the whole load at once is left to `steps.newton`, which
halves the load and knows why.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int

from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import all_broken
from sobolev.fem.kernel.assembly import linearise, no_states, spread
from sobolev.fem.kernel.space import Case, Parts, Space
from sobolev.fem.side_by_side.blocks import Factor, factor, solve
from sobolev.fem.solvers.solver import LEAST_PIVOT_RATIO
from sobolev.fem.steps.newton import ROUNDED, UNCHANGED
from sobolev.fem.values import fill, levels

LEAST_DAMPING = 1 / 8


class Settings(NamedTuple):
    """Of Newton's method, as numbers that do not compile anew."""

    tolerance: float
    iterations: int


class Reached(NamedTuple):
    """Where the loop is: fields `u [n, c]` at the last admissible point, the step on from there and
    how much of it is taken; relative residual, scale and number of the steps taken; the tangent
    factored last, with its entries.
    """

    u: Float[AnyArray, "n c"]
    step: Float[AnyArray, "n c"]
    damping: Float[AnyArray, ""]
    residual: Float[AnyArray, ""]
    scale: Float[AnyArray, ""]
    taken: Int[AnyArray, ""]
    tangent: Factor
    values: Float[AnyArray, "k p b b"]
    going: Bool[AnyArray, ""]
    found: Bool[AnyArray, ""]


def equilibrium_of(
    parts: Parts, space: Space, shape: tuple[int, ...], order: Int[AnyArray, " nf"], case: Case,
    settings: Settings,
) -> Reached:  # fmt: skip
    """Solve R(u) = 0 of laws without history; `found` says whether it was.

    `space` numbers the entries of the tangent as a `Layout` does, whose `shape` and `order` it is.
    """
    space_size, states = len(space.free), no_states(parts)
    none = jnp.zeros(case.displacement.shape)
    prescribed = spread(space, case.displacement, jnp.zeros(space_size))
    case = case._replace(displacement=prescribed)
    finite = any(piece.law.traits().finite for piece in parts.pieces)

    def advance(at: Reached) -> Reached:
        first = at.taken == 0
        u = at.u + at.damping * at.step
        pending = jnp.where(first, prescribed, none)
        system = linearise(parts, space, case, states, u, pending)
        here = jnp.where(jnp.isfinite(system.scale), system.scale, at.scale)
        scale = jnp.maximum(at.scale, here)
        norm = jnp.linalg.norm(system.residual)
        residual = norm / jnp.where(norm > 0, scale, 1.0)

        sound = jnp.isfinite(norm) & jnp.isfinite(system.scale)
        if finite:
            sound &= system.least_F > 0
        sound = jnp.where(first, system.least_J > 0, sound)
        change = jnp.linalg.norm(at.step.reshape(-1)[space.free])
        stalled = (at.residual / 2 < residual) & (residual < ROUNDED) & (at.taken > 1)
        stalled &= change < UNCHANGED * jnp.linalg.norm(u)
        found = sound & ~first & ((residual <= settings.tolerance) | stalled)

        values = system.values.reshape(shape)
        tangent = factor(values, space_size)
        z = -solve(tangent, order, system.residual[:, None])[:, 0]
        regular = jnp.isfinite(z).all() & (tangent.least_pivot_ratio() > LEAST_PIVOT_RATIO)
        # of prescribed values nothing is taken in parts
        again = ~sound & (at.damping > LEAST_DAMPING) & (at.taken > 0)
        again &= (at.taken > 1) | ~prescribed.any()
        more = sound & regular & ~found & (at.taken < settings.iterations)
        step = pending + spread(space, none, z)
        on = Reached(
            jnp.where(found, u + step, u), step, jnp.asarray(1.0), residual,
            # that of the start, or larger ones of where it is now: never of a state in between
            jnp.where(first, here, at.scale), at.taken + 1, tangent, values, more, found & regular,
        )  # fmt: skip
        back = at._replace(damping=at.damping / 2, tangent=tangent, values=values, going=again)
        return jax.tree.map(lambda a, b: a if a is b else jnp.where(sound, a, b), on, back)

    start = Reached(
        none, none, jnp.asarray(1.0), jnp.asarray(jnp.inf), jnp.asarray(0.0), jnp.asarray(0),
        _empty(shape, space_size), jnp.zeros(shape), is_posed(parts, case), jnp.asarray(False),
    )  # fmt: skip
    return jax.lax.while_loop(lambda at: at.going, advance, start)


def _empty(shape, size) -> Factor:
    like = jax.eval_shape(lambda blocks: factor(blocks, size), jnp.zeros(shape))
    return jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), like)


def is_posed(parts: Parts, case: Case) -> Bool[AnyArray, ""]:
    """Whether all of a case is finite, and constants are as laws and loads demand."""
    leaves = map(jnp.asarray, jax.tree.leaves(case))
    sound = jnp.stack([jnp.isfinite(leaf).all() for leaf in leaves]).all()
    laws = zip((piece.law for piece in parts.pieces), case.constants, strict=True)
    loads = zip((each.load for each in parts.followers), case.followers, strict=True)
    filled = [*laws, *((load, of_load) for load, (of_load, _) in loads)]
    for thing, constants in filled:
        # own values of cells as a column, so that they meet those of points
        shaped = [
            jnp.asarray(c)[:, None] if level == 1 else jnp.asarray(c)
            for c, level in zip(constants, levels(thing), strict=True)
        ]
        sound &= ~all_broken(fill(thing, shaped))
    return sound
