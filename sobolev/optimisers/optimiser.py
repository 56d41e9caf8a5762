"""What every optimiser works on, and what it carries from epoch to epoch."""

import abc
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from sobolev.losses.batch import Batch
from sobolev.losses.loss import Loss
from sobolev.losses.view import ScalingArrays, View
from sobolev.networks.parameters import unflatten
from sobolev.weighting.points.point_rule import PointWeighting
from sobolev.weighting.scheme import Scheme


class Task(eqx.Module):
    """A network to be trained on a loss: everything that stays the same during a fit.

    Numbers are array leaves and shapes are static, so that a fit with other numbers does not
    compile anew. `network` gives the structure; its parameters travel as one flat vector θ; it lies
    in `scaling`. `points` are weights inside the terms, one weighting for each block: for
    steps on all rows.
    """

    network: eqx.Module
    loss: Loss
    weighting: Scheme
    key: Key[Array, "*m"]  # one, or one for each member of a team
    scaling: ScalingArrays | None = None
    points: tuple[PointWeighting, ...] = ()

    def view(self, θ: Float[Array, " P"]) -> View:
        """The network at θ, as a block sees it."""
        return View(unflatten(self.network, θ), self.scaling)

    def losses(self, θ: Float[Array, " P"], batches: Sequence[Batch]) -> Float[Array, " K"]:
        """L_k at θ on these points."""
        return self.loss.losses(self.view(θ), batches)


class State(NamedTuple):
    """Everything that changes during a fit.

    θ [P]; the states of optimiser and weighting; the weights of the last step and their change
    [K]; training steps done, epochs done, steps that were rejected because they were not finite;
    whether the optimiser cannot improve any more; the state of the weights of the points; and for
    each block the fresh points of the last draw, None where they stay (nothing when all do).
    """

    θ: Float[Array, " P"]
    optimiser: PyTree
    weighting: PyTree
    weights: Float[Array, " K"]
    weight_step: Float[Array, " K"]
    step: Int[Array, ""]
    epoch: Int[Array, ""]
    rejected: Int[Array, ""]
    converged: Array
    points: PyTree = ()
    drawn: tuple[Batch | None, ...] = ()


class Optimiser(eqx.Module):
    """Reduces the weighted loss, an epoch at a time, under jit: abstract, or final.

    What it can do, its class declares; one that is made of others has the traits of its parts.
    `first_order`: its steps follow gradients alone and none is taken back, so that the weights of
    terms and points may change in every step. `batches`: it can take mini-batches.
    `least_squares`: it works on the residuals themselves, so that every term is ½ mean r²;
    `positive`: it asks the same of the terms, to take a root. `attends`: it asks for the weights of
    points, `attended`, and holds them while a step is judged. A step that is not finite is not
    taken, and counted. `conforms` tries an own one; one that transforms the weighted gradient needs
    no class, see `FirstOrder`.

    ```python
    class SignDescent(Optimiser):
        rate: float

        def init(self, task, θ):
            return ()

        def epoch(self, task, state):
            batches = task.loss.batches(state.drawn)
            g = jax.grad(lambda θ: state.weights @ task.losses(θ, batches))(state.θ)
            finite = jnp.isfinite(g).all()
            return state._replace(
                θ=jnp.where(finite, state.θ - self.rate * jnp.sign(g), state.θ),
                step=state.step + 1, epoch=state.epoch + 1, rejected=state.rejected + ~finite,
            )
    ```
    """

    first_order: ClassVar[bool] = False
    batches: ClassVar[bool] = False
    least_squares: ClassVar[bool] = False
    positive: ClassVar[bool] = False
    weighs: ClassVar[bool] = False
    attends: ClassVar[bool] = False

    @abc.abstractmethod
    def init(self, task: Task, θ: Float[Array, " P"]) -> PyTree:
        """The optimiser's own state at the start."""

    @abc.abstractmethod
    def epoch(self, task: Task, state: State) -> State:
        """One pass over the data, or one full-batch step."""

    def steps(self) -> tuple["Optimiser", ...]:
        """Those that make the steps: itself, unless it is made of others."""
        return (self,)

    def rows_a_step(self) -> int | None:
        """On how many rows a step is; None: on all there are."""
        return None

    def evidence(self, state: State) -> Array | None:
        """log p(labels) of what was trained, in nats, without a constant; None: not known."""
        del state
        return None

    def sees_all(self, rows: int) -> bool:
        """Whether each step is on all of so many rows."""
        size = self.rows_a_step()
        return size is None or size >= rows


def keep_if(accept: Array, new: PyTree, old: PyTree) -> PyTree:
    """`new` where the step is accepted, else `old`, leaf by leaf."""
    return jax.tree.map(lambda a, b: jnp.where(accept, a, b), new, old)


def all_finite(*trees: PyTree) -> Array:
    """Whether every number of the trees is finite."""
    leaves = [leaf for leaf in jax.tree.leaves(trees) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in leaves]))


def stays_finite(new: PyTree, old: PyTree) -> Array:
    """Whether no number that was finite has become infinite or NaN."""
    pairs = zip(jax.tree.leaves(new), jax.tree.leaves(old), strict=True)
    lost = [
        jnp.any(jnp.isfinite(before) & ~jnp.isfinite(after))
        for after, before in pairs
        if jnp.issubdtype(after.dtype, jnp.inexact)
    ]
    return ~jnp.any(jnp.stack([jnp.zeros((), bool), *lost]))


T = TypeVar("T")


def when(condition: Array, step: Callable[[T], T], state: T) -> T:
    """`step(state)` where the condition holds, else the state: no copy of it is made.

    A loop of at most one turn: `lax.cond` would copy large arrays that its other branch leaves.
    """

    def once(carry: tuple[Array, T]) -> tuple[Array, T]:
        return jnp.zeros((), bool), step(carry[1])

    return jax.lax.while_loop(lambda carry: carry[0], once, (condition, state))[1]
