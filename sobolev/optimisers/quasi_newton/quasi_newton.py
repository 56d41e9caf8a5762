"""Descent along −Hg with a strong Wolfe line search; what H is, a curvature decides."""

from typing import NamedTuple, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from sobolev._base.arguments import shown, whole
from sobolev._base.errors import ConfigError
from sobolev.losses.batch import Batch
from sobolev.optimisers.fresh_points import with_fresh_points
from sobolev.optimisers.in_parts import losses_and_gradient
from sobolev.optimisers.linearisation import weights_without_rows
from sobolev.optimisers.optimiser import (
    Optimiser,
    State,
    Task,
    all_finite,
    keep_if,
    stays_finite,
    when,
)
from sobolev.optimisers.point_weights import attended
from sobolev.optimisers.quasi_newton.line_search import Point, wolfe
from sobolev.optimisers.quasi_newton.loss_scales import Linear, LossScale
from sobolev.weighting.scheme import Statistics

STALLED = 5  # steps in a row that gain nothing but round-off
# Where √L has a kink and log L a pole, a step that asked for so many trials and gained so little is
# one across it: those two marks tell it from the last steps to a smooth minimum, which are easy.
STRUGGLING, CREEPING = 8, 1e-5


class Change(NamedTuple):
    """A step s = αd, the change y of the gradient along it, and the gradient g at its end."""

    s: Float[Array, " P"]
    y: Float[Array, " P"]
    d: Float[Array, " P"]
    α: Float[Array, ""]
    g: Float[Array, " P"]
    valid: Bool[Array, ""]


@runtime_checkable
class Curvature(Protocol):
    """An approximation H of the inverse Hessian, positive definite, learnt from the changes."""

    def init(self, θ: Float[Array, " P"]) -> PyTree:
        """H = I."""
        ...

    def update(
        self, memory: PyTree, change: Change, restart: Array
    ) -> tuple[Float[Array, " P"], PyTree, Bool[Array, ""]]:
        """`(H⁺g, next memory, whether H learnt)`; only from a valid change with y·s > 0.

        With `restart` H⁺ is the identity.
        """
        ...

    def kept(self, memory: PyTree) -> tuple[PyTree, Bool[Array, ""]]:
        """`(H for other points, whether it still is H)`: the identity where it has gone wrong."""
        ...


class Descent(NamedTuple):
    """The point at the present θ, the direction from there, and H.

    `known`: whether point and direction belong to the present weights; when not, the next epoch is
    one evaluation at θ and nothing else, so that the code for it is compiled once. `held`: steps
    since the weights were last asked for. `stalled`: steps in a row without gain. `plain`: whether
    H is still the identity. `gain`: by how much the last step lowered the loss. `evaluations`: of
    loss and gradient, so far. `attention`: weights of points `[n, E]` of each block.
    """

    point: Point
    direction: Float[Array, " P"]
    memory: PyTree
    known: Bool[Array, ""]
    held: Int[Array, ""]
    stalled: Int[Array, ""]
    plain: Bool[Array, ""]
    gain: Float[Array, ""]
    evaluations: Int[Array, ""]
    attention: tuple[Float[Array, "n E"], ...] = ()


class QuasiNewton(Optimiser):
    """θ ← θ − αHg on φ = T(Σ_k w_k L_k), all rows, α by a strong Wolfe line search on φ.

    An epoch is one step; the first one only looks at the loss. The loss never rises while the
    weights stay. Weights that are not constant are frozen for `hold` steps, then asked for again;
    H is kept, it turns with the loss within a few steps. Fresh points are drawn every `hold` steps,
    or more seldom; the step after looks at the loss only, and H is kept if it is positive definite,
    by Cholesky, else it starts anew. Weights of points are those of every `hold`-th step, too, and
    of fresh points. A negative weight counts as 0. A step
    without a finite trial, or without finite weights of which one is positive, is rejected and
    counted. When no step lowers the loss, H starts anew from the identity; after five steps in a
    row without gain the fit has converged. T is the identity, or what `scale` says.
    """

    attends = True

    curvature: Curvature
    hold: Array
    scale: LossScale = eqx.field(static=True)

    def __init__(self, curvature: Curvature, hold: int = 50, scale: LossScale | None = None):
        self.curvature, self.hold = curvature, jnp.asarray(whole("hold", hold, 1, " of steps"))
        self.scale = Linear() if scale is None else scale
        if not isinstance(self.scale, LossScale):
            raise ConfigError(
                f"scale is Linear(), SquareRoot() or Logarithm(), on which the loss is minimised: "
                f"got {shown(scale)}."
            )

    @property
    def positive(self) -> bool:  # pyright: ignore  # a trait that the scale decides
        """Whether there is a root or a logarithm to take."""
        return self.scale.positive

    def init(self, task: Task, θ: Float[Array, " P"]) -> Descent:
        """Nothing known yet."""
        zero, no, none = jnp.zeros((), θ.dtype), jnp.zeros((), bool), jnp.zeros((), int)
        point = Point(zero, jnp.zeros_like(θ), jnp.zeros(len(task.loss.names), θ.dtype))
        memory = self.curvature.init(θ)
        # held = hold: the weights of the start were asked for without moving the weighting on. It
        # is asked in earnest as soon as the losses are known.
        rows = task.loss.blocks if task.points else ()
        attention = tuple(jnp.ones((b.rows, len(b.term_of)), θ.dtype) for b in rows)
        none_yet = Descent(point, jnp.zeros_like(θ), memory, no, self.hold, none, ~no, zero, none)
        return none_yet._replace(attention=attention)

    def epoch(self, task: Task, state: State) -> State:
        """One step; nothing once converged."""
        state = when(~state.converged, lambda s: self._step(task, s), state)
        return state._replace(epoch=state.epoch + 1)

    def _step(self, task: Task, state: State) -> State:
        # One place where the loss is evaluated, whatever this epoch is: a look (the first epoch,
        # new weights) is a line search along d = 0 that takes its first trial. Two places would be
        # compiled twice.
        last: Descent = state.optimiser
        state, changed = with_fresh_points(task, state, self.hold)
        batches, points, attention, other = self._attended(task, state, changed)
        weights, weighting, now = self._weights(task, state, batches)
        usable = all_finite(weights, weighting) & jnp.any(weights > 0)
        weights, weighting = keep_if(usable, (weights, weighting), (state.weights, state.weighting))
        # Value and gradient at θ belong to the weights and points they were taken with: with others
        # the search would compare two different functions.
        # Nor is there a step with weights of no use: it is rejected, and one along 0 moves nothing.
        look = ~last.known | ~usable | changed | other | jnp.any(weights != state.weights)
        d = jnp.where(look, 0.0, last.direction)
        α = _first_length(last, d)

        def evaluate(α):
            losses, g = losses_and_gradient(task, state.θ + α * d, batches, weights)
            φ, slope = self.scale.at(weights @ losses)
            return Point(φ, slope * g, losses)

        # The search starts from the point of the last epoch: its value and gradient are not
        # evaluated again.
        end, finite, trials = wolfe(evaluate, last.point, d, α, look, self.positive)
        point = end.point
        moved = ~look & (end.α > 0)  # α = 0 is the start itself: no step lowers the loss
        gain = last.point.φ - point.φ
        unit = self.scale.unit(point.φ)
        still = gain <= 4 * jnp.finfo(point.φ.dtype).eps * unit
        if self.scale.positive:
            still = still | ((gain <= CREEPING * unit) & (trials >= STRUGGLING))
        # No trial lowers the loss although −Hg points downhill: H is wrong here, and a smaller step
        # along the same d was tried. It is forgotten rather than repaired, as is what was learnt
        # across a kink, which is no curvature.
        fails = ~look & (~moved | (still & self.scale.positive))
        change = Change(s=end.α * d, y=point.g - last.point.g, d=d, α=end.α, g=point.g, valid=moved)
        # No change mixes two sets of points: the step that gets new ones is a look and moves
        # nothing. What H knows of the old ones holds nearly of the new ones.
        memory, kept = self._for_points(last.memory, changed)
        Hg, memory, learnt = self.curvature.update(memory, change, fails)
        # A look compares two functions: its gain means nothing, and it neither counts nor resets.
        stalled = jnp.where(look | ~finite, last.stalled, (last.stalled + 1) * still)
        descent = Descent(
            point=point,
            direction=-Hg,
            memory=memory,
            known=finite | (last.known & ~look),  # a look that failed leaves nothing to start from
            held=jnp.where(now & usable, 1, last.held + ~look),
            stalled=stalled,
            plain=fails | ~kept | (last.plain & ~learnt),
            gain=jnp.where(look, 0.0, gain),
            evaluations=last.evaluations + trials,
            attention=attention,
        )
        return State(
            θ=state.θ + change.s,
            optimiser=descent,
            weighting=weighting,
            weights=weights,
            weight_step=weights - state.weights,
            step=state.step + 1,
            epoch=state.epoch,
            rejected=state.rejected + ~(usable & finite),
            converged=stalled >= STALLED,
            points=points,
            drawn=state.drawn,
        )

    def _for_points(self, memory: PyTree, changed: Array) -> tuple[PyTree, Array]:
        def looked_through(carry: tuple[PyTree, Array]) -> tuple[PyTree, Array]:
            return self.curvature.kept(carry[0])

        return when(changed, looked_through, (memory, jnp.ones((), bool)))

    def _attended(
        self, task: Task, state: State, changed: Array
    ) -> tuple[tuple[Batch, ...], PyTree, tuple[Array, ...], Array]:
        """The batches with the weights of their points, the states of these and the weights.

        And whether they are others than before: held like those of the terms, for the same reason.
        """
        last, batches = state.optimiser, task.loss.batches(state.drawn)
        if not task.points:
            return batches, state.points, (), jnp.zeros((), bool)
        due = changed | (state.step % self.hold == 0)

        def anew() -> tuple[tuple[Array, ...], PyTree]:
            found, points = attended(task, state.θ, state.points, batches)
            λ = tuple(batch.attention for batch in found)
            finite = all_finite(λ) & stays_finite(points, state.points)
            return keep_if(finite, (λ, points), (last.attention, state.points))

        λ, points = jax.lax.cond(due, anew, lambda: (last.attention, state.points))
        pairs = zip(batches, λ, strict=True)
        return tuple(b._replace(attention=own) for b, own in pairs), points, λ, due

    def _weights(
        self, task: Task, state: State, batches: tuple[Batch, ...]
    ) -> tuple[Array, PyTree, Array]:
        """Weights and state of the weighting, and whether it was asked."""
        last: Descent = state.optimiser
        # A weighting that follows the training would change the loss under H at every step, and the
        # y of a change would be one of the weights, not of the gradient: hence they are held.
        if task.weighting.constant:
            # It looks at nothing, so whatever has K entries will do for its losses, and being asked
            # in every step costs nothing.
            now = ~last.known
            weights, weighting = task.weighting.update(Statistics(state.weights), state.weighting)
            return jnp.maximum(weights, 0.0), weighting, now
        # At the last point, whose losses are at hand: not before there is one.
        now = last.known & (last.held >= self.hold)
        weights, weighting = jax.lax.cond(
            now,
            lambda: weights_without_rows(task, state, last.point.losses, batches),
            lambda: (state.weights, state.weighting),
        )
        return jnp.maximum(weights, 0.0), weighting, now


def _first_length(last: Descent, d: Array) -> Array:
    """The step that gains as much as the one before did on a parabola, 0.1 to 1.

    One evaluation a step then suffices, where α = 1 takes 1.6 with self-scaling. From H = I, which
    knows nothing of lengths: a step of length 1 at most. The parabola with slope φ′(0) that falls
    by the last gain has its minimum at 2·gain/|φ′(0)|, and 1 % more lets α reach 1 where H is good
    (Nocedal & Wright, eq. 3.60); 1 is H's own length, and more than that the search finds itself.
    """
    slope = -(last.point.g @ d)
    again = 2.02 * last.gain / jnp.where(slope > 0, slope, 1.0)
    again = jnp.where((slope > 0) & (last.gain > 0), jnp.clip(again, 0.1, 1.0), 1.0)
    return jnp.where(last.plain, 1 / jnp.maximum(1.0, jnp.sqrt(d @ d)), again)
