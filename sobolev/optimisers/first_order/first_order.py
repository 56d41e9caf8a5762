"""Any optax transformation on the weighted gradient, full batch or mini-batches."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from sobolev._base.arguments import positive, whole
from sobolev._base.late import Late
from sobolev.losses.batch import Batch, filled, shuffled
from sobolev.networks.parameters import parameter_tree
from sobolev.optimisers import random_streams
from sobolev.optimisers.fresh_points import with_fresh_points
from sobolev.optimisers.linearisation import traces
from sobolev.optimisers.optimiser import Optimiser, State, Task, all_finite, keep_if, stays_finite
from sobolev.optimisers.point_weights import Step, with_attention
from sobolev.weighting.statistics import weighted_gradient

if TYPE_CHECKING:
    import optax
else:
    optax = Late("optax")  # a tenth of what importing takes; the default does without


class FirstOrder(Optimiser):
    """θ ← θ − η T(Σ_k w_k ∇L_k) with an optax transformation T without a learning rate.

    **Arguments:** `transform` T, e.g. `optax.scale_by_adam()`; `learning_rate` η, a number or a
    function of the step; `batch_size` rows per step, None for all; the rows are shuffled anew each
    epoch, every block gives its share, at least one, and a last, smaller batch is padded with rows
    of weight 0; fresh points are drawn before a step, which has all of them; `structured` gives T
    the arrays of the network instead of one flat vector, for transformations that look at matrices
    (SOAP, Muon). A step that is not finite is rejected and counted. Raises `ConfigError`.
    """

    first_order = True
    batches = True
    attends = True

    transform: "optax.GradientTransformation" = eqx.field(static=True)
    learning_rate: Array | Callable[[Array], Array]
    batch_size: int | None = eqx.field(static=True)
    structured: bool = eqx.field(static=True)

    def __init__(
        self,
        transform: "optax.GradientTransformation",
        learning_rate: float | Array | Callable[[Array], Array],
        batch_size: int | None = None,
        structured: bool = False,
    ):
        self.transform = transform
        self.learning_rate = checked_rate(learning_rate)
        self.batch_size = checked_size(batch_size)
        self.structured = structured

    def init(self, task: Task, θ: Float[Array, " P"]) -> PyTree:
        """The state of the optax transformation."""
        return self.transform.init(parameter_tree(task.network, θ) if self.structured else θ)

    def rows_a_step(self) -> int | None:
        """The size of a batch."""
        return self.batch_size

    def epoch(self, task: Task, state: State) -> State:
        """One step per batch."""
        return batch_by_batch(self._step, task, state, self.batch_size)

    def _step(self, task: Task, state: State, batches: Sequence[Batch]) -> State:
        gradient, losses, weights, weighting = weighted_gradient(
            lambda θ: task.losses(θ, batches),
            state.θ,
            task.weighting,
            state.weighting,
            random_streams.sketch(task.key, state.step),
            lambda θ: traces(task, θ, batches),
        )
        direction, optimiser = self._transformed(task, gradient, state)
        step = rate_at(self.learning_rate, state.step) * direction
        return after_step(task, batches, state, step, optimiser, losses, weights, weighting)

    def _transformed(self, task: Task, gradient: Array, state: State) -> tuple[Array, PyTree]:
        if not self.structured:
            direction, optimiser = self.transform.update(gradient, state.optimiser, state.θ)
            return jnp.asarray(direction), optimiser
        gradients, parameters = (parameter_tree(task.network, a) for a in (gradient, state.θ))
        direction, optimiser = self.transform.update(gradients, state.optimiser, parameters)
        return ravel_pytree(direction)[0], optimiser


def checked_rate(learning_rate: float | Array | Callable) -> Array | Callable[[Array], Array]:
    """A learning rate as an array leaf, or the function of the step itself; `ConfigError`."""
    if callable(learning_rate):
        return learning_rate
    return jnp.asarray(positive("the learning rate", learning_rate))


def checked_size(batch_size: int | None) -> int | None:
    """A whole number of rows, or None for all; `ConfigError`."""
    if batch_size is None:
        return None
    return whole("the batch size", batch_size, 1, " of rows", ", or None for all")


def rate_at(learning_rate: Array | Callable[[Array], Array], step: Array) -> Array:
    """The learning rate of this step."""
    return learning_rate(step) if callable(learning_rate) else learning_rate


def batch_by_batch(step: Step, task: Task, state: State, batch_size: int | None) -> State:
    """An epoch: one step per batch of rows in a new order, or one on all rows.

    Of every block a step has rows in proportion, and of fresh points all.
    """
    loss = task.loss
    if batch_size is None or batch_size >= loss.rows:
        state, _ = with_fresh_points(task, state)
        state = with_attention(step)(task, state, loss.batches(state.drawn))
        return state._replace(epoch=state.epoch + 1)

    def one(state: State, rows: tuple[Batch | None, ...]) -> tuple[State, None]:
        state, _ = with_fresh_points(task, state)
        return step(task, state, filled(rows, state.drawn)), None

    stay = [None if block.every else block.draw() for block in loss.blocks]
    order = random_streams.shuffle(task.key, state.epoch)
    state, _ = jax.lax.scan(one, state, shuffled(stay, order, batch_size))
    return state._replace(epoch=state.epoch + 1)


def after_step(
    task: Task,
    batches: Sequence[Batch],
    state: State,
    step: Array,
    optimiser: PyTree,
    losses: Array,
    weights: Array,
    weighting: PyTree,
) -> State:
    """θ − step with the next states, unless anything is not finite: then only the counts go on."""
    θ = state.θ - step
    if task.weighting.looks_back:
        weighting = task.weighting.after(task.losses(θ, batches), weighting)
    moved = state._replace(
        θ=θ,
        optimiser=optimiser,
        weighting=weighting,
        weights=weights,
        weight_step=weights - state.weights,
    )
    # An overflow in the optimiser's own state would freeze θ for ever, and θ does not show it.
    accept = all_finite(losses, θ, weights, weighting) & stays_finite(optimiser, state.optimiser)
    state = keep_if(accept, moved, state)
    return state._replace(step=state.step + 1, rejected=state.rejected + ~accept)


def Adam(
    learning_rate: float | Callable = 1e-3,
    batch_size: int | None = 32,
    b1: float = 0.9,
    b2: float | None = None,
) -> FirstOrder:
    """Adam (Kingma & Ba, ICLR 2015) through optax.

    `b1`, `b2`: the shares that its first and second moment keep in a step. `b2` None is 0.999 in
    batches and 0.99 on all rows, whose gradients have no noise to be averaged, while a long memory
    of larger ones holds the steps back (measured: `docs/how-to-choose.md`).

    ```python
    fit(surrogate, train, optimiser=Adam(1e-3, batch_size=32), epochs=1000)
    ```
    """
    if b2 is None:
        b2 = 0.99 if batch_size is None else 0.999
    return FirstOrder(_scale_by_adam(b1, b2), learning_rate, batch_size)


@lru_cache(maxsize=64)
def _scale_by_adam(b1: float, b2: float) -> "optax.GradientTransformation":
    """The same object for the same numbers: compiled code is found again by its identity."""
    return optax.scale_by_adam(b1, b2)
