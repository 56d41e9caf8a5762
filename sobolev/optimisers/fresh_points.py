"""Points that are drawn anew: before the first step, and whenever they are due."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from sobolev.losses.batch import Batch
from sobolev.losses.view import View
from sobolev.optimisers import random_streams
from sobolev.optimisers.optimiser import State, Task


def drawn_before(task: Task, θ: Float[Array, " P"]) -> tuple[Batch | None, ...]:
    """The first fresh points of each block, None where they stay; nothing when all do."""
    if not any(block.every for block in task.loss.blocks):
        return ()
    step = jnp.zeros((), int)
    return tuple(
        block.draw(*_seen(task, i, θ, step)) if block.every else None
        for i, block in enumerate(task.loss.blocks)
    )


def with_fresh_points(
    task: Task, state: State, hold: int | Array = 1
) -> tuple[State, Bool[Array, ""]]:
    """The state with new points where they are due, and whether any are.

    Due after as many steps as the block asks for, and not before `hold`: an optimiser that
    remembers something of the points it has seen has to keep them for a while.
    """
    drawn, changed = [], jnp.zeros((), bool)
    for i, (block, last) in enumerate(zip(task.loss.blocks, state.drawn, strict=False)):
        if last is None:
            drawn.append(None)
            continue
        due = state.step % jnp.maximum(block.every, hold) == 0
        seen = lambda i=i: _seen(task, i, state.θ, state.step)  # noqa: E731
        fresh = lambda block=block, last=last, seen=seen: block.redraw(last, *seen())  # noqa: E731
        drawn.append(jax.lax.cond(due, fresh, lambda last=last: last))
        changed = changed | due
    return state._replace(drawn=tuple(drawn)), changed


def _seen(task: Task, i: int, θ: Float[Array, " P"], step: Array) -> tuple[PRNGKeyArray, View]:
    """By what block i draws: a key of this step alone, and the network as it is."""
    return jax.random.fold_in(random_streams.points(task.key, step), i), task.view(θ)
