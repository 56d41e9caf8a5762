"""A step length that satisfies the strong Wolfe conditions, with one place of evaluation."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sobolev.optimisers.optimiser import keep_if

DECREASE, CURVATURE = 1e-4, 0.9  # c₁ and c₂ of Nocedal & Wright, usual for quasi-Newton methods
MOST_TRIALS = 14


class Point(NamedTuple):
    """The weighted loss φ, on its scale, its gradient g in θ, and the losses of the terms."""

    φ: Float[Array, ""]
    g: Float[Array, " P"]
    losses: Float[Array, " K"]


class Trial(NamedTuple):
    """A step length α, the point there, and the slope g·d along the direction d."""

    α: Float[Array, ""]
    point: Point
    slope: Float[Array, ""]


class _End(NamedTuple):
    α: Float[Array, ""]
    φ: Float[Array, ""]
    slope: Float[Array, ""]


class _Search(NamedTuple):
    """`low`: the best trial so far; `high`: the other end of the bracket, once there is one.

    `high` may lie before `low` or behind it.
    """

    low: Trial
    high: _End
    bracketed: Bool[Array, ""]
    α: Float[Array, ""]
    trials: Int[Array, ""]
    finite: Bool[Array, ""]
    done: Bool[Array, ""]


def wolfe(
    evaluate: Callable[[Array], Point],
    start: Point,
    d: Array,
    α: Array,
    look: Array,
    weak: bool = False,
) -> tuple[Trial, Bool[Array, ""], Int[Array, ""]]:
    """`(trial, whether any evaluation was finite, how many there were)`.

    φ(α) ≤ φ(0) + c₁αφ′(0) and |φ′(α)| ≤ c₂|φ′(0)|: expansion until a bracket is found, then cubic
    interpolation within it. A trial that is not finite counts as too long. After 14 trials the best
    one with sufficient decrease is returned; α = 0, the start itself, says that there is none.
    With `look` the first trial is taken whatever it is, as long as it is finite. `weak`: φ′(α) ≥
    c₂φ′(0) will do, which a point beyond a kink can meet (Lewis & Overton, Math. Program. 141,
    2013). Source: Nocedal & Wright, Numerical optimization, 2006, algorithms 3.5 and 3.6, eq. 3.59.
    """
    zero = jnp.zeros_like(α)
    # φ′(0) < 0 as long as H is positive definite. Should round-off turn it, no trial can satisfy
    # the second condition, and the best that is lower is returned, or the start.
    slope = start.g @ d
    low = Trial(zero, start, slope)
    search = _Search(
        low,
        _End(zero, start.φ, slope),
        jnp.zeros((), bool),
        α,
        jnp.zeros((), int),
        jnp.zeros((), bool),
        jnp.zeros((), bool),
    )

    # Algorithms 3.5 (expansion) and 3.6 (zoom) are two loops with an evaluation each; here they are
    # one loop with a flag, `bracketed`, so that the loss is compiled once.
    def body(s: _Search) -> _Search:
        point = evaluate(s.α)
        trial = Trial(s.α, point, point.g @ d)
        # An entry of g that is not finite leaves no finite slope, as 0·∞ is no number.
        finite = jnp.isfinite(point.φ) & jnp.isfinite(trial.slope)
        long = ~finite | (point.φ > start.φ + DECREASE * s.α * slope)
        # Not below the best so far although further along: the minimum lies before, too.
        long = (long | (point.φ >= s.low.point.φ)) & ~(look & finite)
        # |φ′| small, not just φ′ > c₂φ′(0): the weak condition also accepts a step far too long.
        size = -trial.slope if weak else jnp.abs(trial.slope)
        done = ~long & ((size <= -CURVATURE * slope) | look)
        return _narrowed(s, trial, long, done, finite)

    end = jax.lax.while_loop(lambda s: ~s.done & (s.trials < MOST_TRIALS), body, search)
    return end.low, end.finite, end.trials


def _narrowed(s: _Search, trial: Trial, long: Array, done: Array, finite: Array) -> _Search:
    best = _End(s.low.α, s.low.point.φ, s.low.slope)
    # Also where only the gradient is not finite: of such an end `_within` cannot make a cubic.
    here = _End(trial.α, jnp.where(finite, trial.point.φ, jnp.inf), trial.slope)
    # Beyond the minimum along d, seen from the lower end: the old lower end becomes the other one.
    passed = trial.slope * jnp.where(s.bracketed, s.high.α - s.low.α, 1.0) >= 0
    # Kept through all of it: low has the smallest value of the trials with sufficient decrease, and
    # its slope points towards high, so between the two lies a point that satisfies both conditions.
    high = keep_if(long, here, keep_if(passed, best, s.high))
    low = keep_if(long, s.low, trial)
    bracketed = s.bracketed | long | passed
    end = _End(low.α, low.point.φ, low.slope)
    α = jnp.where(bracketed, _within(end, high), _beyond(best, here))
    return _Search(low, high, bracketed, α, s.trials + 1, s.finite | finite, done)


def _within(low: _End, high: _End) -> Array:
    """The minimiser of the cubic through both ends, kept off them; a tenth when one is infinite."""
    width = high.α - low.α
    # Eq. 3.59 with α_(i−1) = low and α_i = high, as a share of the way from low to high.
    a = low.slope + high.slope - 3 * (low.φ - high.φ) / (low.α - high.α)
    b = jnp.sign(width) * jnp.sqrt(a**2 - low.slope * high.slope)
    part = 1 - (high.slope + b - a) / (high.slope - low.slope + 2 * b)
    # No minimum of the cubic (the root of a negative number): the middle. An end that overflowed
    # says nothing of where to look, only that it was far too long.
    part = jnp.where(jnp.isfinite(high.φ), jnp.where(jnp.isfinite(part), part, 0.5), 0.1)
    # Off the ends by a tenth: a minimiser at an end would narrow the bracket by next to nothing,
    # and there are only so many trials.
    return low.α + jnp.clip(part, 0.1, 0.9) * width


def _beyond(last: _End, here: _End) -> Array:
    """Where the secant of the slope vanishes, 1.5 to 5 times as far as here."""
    # At least half as far again, or expansion would creep; five times at most, as the secant of two
    # slopes that hardly differ says anything.
    # Still falling steeper than before there is no zero of the secant ahead: five times as far.
    secant = here.α - here.slope * (here.α - last.α) / (here.slope - last.slope)
    return jnp.clip(jnp.where(here.slope > last.slope, secant, jnp.inf), 1.5 * here.α, 5 * here.α)
