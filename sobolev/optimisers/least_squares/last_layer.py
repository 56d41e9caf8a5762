"""The last layer by linear least squares: a start for any network that is linear in it."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import positive
from sobolev.losses.batch import Batch
from sobolev.optimisers.least_squares.in_trials import InTrials
from sobolev.optimisers.least_squares.linear_part import Projection, last_layer
from sobolev.optimisers.linearisation import linearised, square_sum, stacked, updated_weights
from sobolev.optimisers.optimiser import State, Task, all_finite

HALVINGS = 12
SETTLED = 1e-6  # the loss falls no more


class Nothing(NamedTuple):
    """It remembers nothing."""


class LastLayer(InTrials):
    """c ← c − A⁺r: the parameters c of the last layer by linear least squares, the others stay.

    r are all weighted residuals, of values, slopes and equations alike, and A their derivatives in
    c. Where the terms are linear in the function, one epoch is the exact answer for the hidden
    units as they are; a network that was just drawn then is a sum of random features. Where they
    are not, an epoch is a step of Newton's method on c, halved until the loss falls. It has
    converged when the loss falls no more: `Then` goes on at once.

    **Arguments:** `cutoff`: singular values of A, columns scaled to length 1, below this share of
    the largest are left out, which keeps c small. Needs a network with a last layer
    (`networks.WithLastLayer`). Raises `ConfigError`. Source: Huang, Zhu & Siew, Extreme learning
    machine, Neurocomputing 70 (2006) 489; S. Dong & Z. Li, Comput. Methods Appl. Mech. Engrg. 387
    (2021) 114129, arXiv 2012.02895, for differential equations.

    ```python
    fit(surrogate, train, optimiser=Then(LastLayer(), 5, LevenbergMarquardt()), epochs=200)
    ```
    """

    cutoff: Array

    def __init__(self, cutoff: float = 1e-8):
        self.cutoff = jnp.asarray(positive("the cut-off of singular values", cutoff))

    def init(self, task: Task, θ: Float[Array, " P"]) -> Nothing:
        """Nothing."""
        last_layer(task)
        return Nothing()

    def epoch(self, task: Task, state: State) -> State:
        """One solution, also of what is solved: its points may be new."""
        return self.step(task, state)._replace(epoch=state.epoch + 1)

    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """One solution."""
        here = linearised(task, state.θ, batches)
        weights, weighting = updated_weights(task, state, here)
        r, J = stacked(task, here, weights)
        places = last_layer(task)
        δ = Projection.of(J[:, places], self.cutoff).solved(r)

        def loss(share: Array) -> Array:
            return square_sum(task, state.θ.at[places].add(share * δ), batches, weights)

        before = r @ r

        def worse(turn: tuple) -> Array:
            _, after, count = turn
            return ~(after < before) & (count < HALVINGS)

        def halved(turn: tuple) -> tuple:
            share, _, count = turn
            return share / 2, loss(share / 2), count + 1

        one = jnp.ones((), r.dtype)
        share, after, _ = jax.lax.while_loop(worse, halved, (one, loss(one), jnp.zeros((), int)))
        accept = after < before
        finite = all_finite(r, weights, weighting) & jnp.any(weights > 0)
        tried = state._replace(
            θ=jnp.where(accept, state.θ.at[places].add(share * δ), state.θ),
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            converged=~(after < (1 - SETTLED) * before),
        )
        return tried, finite
