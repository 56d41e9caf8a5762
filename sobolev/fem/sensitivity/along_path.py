"""Exact derivatives along a path, direct and adjoint, of first and second order.

With R_n(x_n, s_(n-1), p) = 0 and s_n = S_n(x_n, s_(n-1), p) for n = 1 … N, K_n = ∂R_n/∂x_n, and a
response j = w · y; x are the free values, with the load factor where a control finds it:

    direct    K_n x'_n = -(R_p + R_s s'_(n-1)),      s'_n = S_x x'_n + S_s s'_(n-1) + S_p,
    adjoint   backwards from μ_N = 0:  K_nᵀ λ_n = -(j_x + S_xᵀ (μ_n + j_s)),
              dj/dp += j_p + R_pᵀ λ_n + S_pᵀ (μ_n + j_s),
              μ_(n-1) = R_sᵀ λ_n + S_sᵀ (μ_n + j_s),
    second    with ℓ_n = j + λ_n · R_n + μ_n · S_n at fixed multipliers, j seen through S_n,
              and V_n = (1, x'_n, s'_(n-1)):         d²j/dp² = Σ_n V_nᵀ ∇²ℓ_n V_n.

ℓ is stationary in x_n and s_n, so first derivatives of the path give second ones of the response.
One factorisation a step, which Newton's method leaves behind, and one back-substitution for each
parameter or response. The steps themselves, and where they were halved, are not differentiated; nor
are the sets of points that flow: second derivatives hold while no point changes its status.

A limit point is a step beside the path whose time t is free, λ_t = 0. First derivatives do not see
it; of the second with t as one more direction, H - H_pt H_tp / H_tt is left.

Source: P. Michaleris, D. A. Tortorelli, C. A. Vidal, Int. J. Numer. Meth. Eng. 37 (1994) 2471.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float

from sobolev.fem.kernel.cell import Clock
from sobolev.fem.responses.response import Asks
from sobolev.fem.sensitivity import of_step
from sobolev.fem.steps.limit import slope_over_time
from sobolev.fem.steps.path import Step
from sobolev.fem.steps.trail import Trail
from sobolev.function.derivatives import Derivatives


def solve_path(model, p: Float[np.ndarray, " d"], order: int, mode: str | None) -> Derivatives:
    """The responses of a model with a path, and their derivatives up to `order`.

    Raises `Diverged` where the path ends early.
    """
    walk = _Walk(model, p)
    everywhere = np.eye(walk.p.size)
    if order == 0:
        return Derivatives(walk.forwards()[0])
    if order == 1 and (mode or walk.cheaper) == "direct":
        return Derivatives(*walk.forwards(everywhere))
    if order == 1:
        value, _ = walk.forwards()
        first, _ = walk.backwards(np.eye(len(value)))
        return Derivatives(value, first)
    value, direct = walk.forwards(everywhere)
    adjoint, H = walk.backwards(np.eye(len(value)), everywhere)
    first = direct if mode == "direct" else adjoint
    return Derivatives(value, first, (H + H.swapaxes(1, 2)) / 2)


def along(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " q"]]:
    """`(y, ∂y/∂p · v)`, at one back-substitution a step, and no step is kept."""
    value, slopes = along_each(model, p, v[None])
    return value, slopes[:, 0]


def along_each(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, "k d"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, "q k"]]:
    """`(y, ∂y/∂p · v)` of k directions, on one way along the path."""
    return _Walk(model, p).forwards(v)


def against(
    model, p: Float[np.ndarray, " d"], w: Float[np.ndarray, " q"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " d"]]:
    """`(y, w · ∂y/∂p)`, at one back-substitution a step, backwards."""
    walk = _Walk(model, p)
    value, _ = walk.forwards()
    return value, walk.backwards(w[None])[0][0]


def curvature(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"]
) -> tuple[Float[np.ndarray, "q d"], Float[np.ndarray, "q d"]]:
    """`(∂y/∂p, ∂²y/∂p² · v)`: the adjoint of the steps is itself differentiated along v."""
    walk = _Walk(model, p)
    value, _ = walk.forwards(v[None])
    first, second = walk.backwards(np.eye(len(value)), v[None], product=True)
    return first, second


class _Slopes(NamedTuple):
    """Of one step along `size` directions, of the limit point along the time as well: the
    directions as `of_step` wants them, and the memory after.
    """

    size: int
    along: tuple[Any, ...]
    after: Any


class _Walk:
    """A model's path at p, gone forwards, and then backwards."""

    def __init__(self, model, p):
        self.p = np.asarray(p, float)
        self.route = model.route(self.p)
        self.statics = self.route.statics
        self._trail = Trail(self.route)
        self._slopes: dict[int, Any] = {}  # of the memory at the start of each segment
        asks = [response.asks for response in self.statics.course.statement.responses]
        self._of_limit = np.array([each is Asks.LIMIT for each in asks])
        self.cheaper = "adjoint" if len(model.outputs) <= self.p.size else "direct"

    def forwards(
        self, v: Float[np.ndarray, "k d"] | None = None
    ) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, "q k"]]:
        """`(y, ∂y/∂p vᵀ)`; without directions the second is empty."""
        found, of_memory = {}, None if v is None else _zeros(self.route.start().memory, len(v))
        last = None
        for n, step in enumerate(self._trail.forwards()):
            if self._trail.starts_segment(n):
                self._slopes[n] = of_memory
            slopes = None if v is None else self._along(step, v, of_memory)
            if step.kind.limit or (step.kind.asked and self.route.path.every):
                found[n] = self._asked(step, slopes)
            elif step.kind.asked:
                last = n, step, slopes
            if slopes is not None and not step.kind.limit:
                of_memory = slopes.after
        if last is not None and last[0] not in found:
            found[last[0]] = self._asked(*last[1:])
        q, asked = len(self._of_limit), self._trail.asked
        value = np.zeros(q * max(len(asked), 1))
        slopes = np.zeros((len(value), 0 if v is None else len(v)))
        for n, (y, dy) in found.items():
            rows, which = self._rows(n)
            value[rows], slopes[rows] = y[which], dy[which]
        return value, slopes

    def backwards(
        self, w: Float[np.ndarray, "m q"], v: Float[np.ndarray, "k d"] | None = None,
        product: bool = False,
    ) -> tuple[Float[np.ndarray, "m d"], np.ndarray]:  # fmt: skip
        """`(w · ∂y/∂p, w · ∂²y/∂p² along v)`.

        The second is `[m, k, k]` of all pairs of directions, or, as a `product` with the only one,
        `[m, d]`.
        """
        back = _Backwards(self, w, 0 if v is None else len(v), product)
        for n, step, slopes in self._backwards(v):
            weights, (rows, which) = np.zeros((len(w), len(self._of_limit))), self._rows(n)
            weights[:, which] = w[:, rows]
            back.take(step, slopes, weights)
        return back.first, back.second

    def _backwards(self, v) -> Iterator[tuple[int, Step, _Slopes | None]]:
        """Every step with its slopes, the last one first."""
        for first, steps in self._trail.backwards():
            slopes: list[_Slopes | None] = [None] * len(steps)
            of_memory = self._slopes[first]
            if v is not None:
                for k, step in enumerate(steps):
                    slopes[k] = made = self._along(step, v, of_memory)
                    of_memory = of_memory if step.kind.limit else made.after
            for k in reversed(range(len(steps))):
                yield first + k, steps[k], slopes[k]

    def _rows(self, n: int) -> tuple[np.ndarray, Bool[np.ndarray, " q"]]:
        """Which entries of y the step n has, and which of the responses they are."""
        if n == self._trail.limit:
            which, block = self._of_limit, 0
        elif n in self._trail.asked:
            which, block = ~self._of_limit, self._trail.asked.index(n)
        else:
            which, block = np.zeros(len(self._of_limit), bool), 0
        return block * len(which) + np.flatnonzero(which), which

    def _along(self, step: Step, v, of_memory) -> _Slopes:
        """At the limit point the directions are those at a fixed time, and the time behind them."""
        at, k = self.at(step), len(v)
        rest = (Clock(np.zeros(k), np.zeros(k)), np.zeros(k))
        slopes = of_step.residual_along(*self.statics, *at, v, of_memory, *rest)
        dx = -step.tangent.solve(np.asarray(slopes).T).T
        after = of_step.memory_along(*self.statics, *at, v, dx, of_memory)
        along = (v, dx, of_memory, *rest)
        if not step.kind.limit:
            return _Slopes(k, along, after)
        speed = self.route.path.speed(float(step.clock.time))
        one = (
            np.zeros(len(self.p)), slope_over_time(self.route, step),
            jax.tree.map(lambda s: np.zeros(np.shape(s)), step.before),
            Clock(np.ones(()), np.ones(())), np.asarray(speed),
        )  # fmt: skip
        whole = jax.tree.map(lambda a, b: np.concatenate([a, np.asarray(b)[None]]), along, one)
        return _Slopes(k, whole, after)

    def _asked(self, step: Step, slopes: _Slopes | None):
        at = (self.p, step.x, step.after, step.clock, step.part)
        value = np.asarray(of_step.values(*self.statics, *at))
        if slopes is None:
            return value, np.zeros((len(value), 0))
        v, dx = (np.asarray(a)[: slopes.size] for a in slopes.along[:2])
        return value, np.asarray(of_step.values_along(*self.statics, *at, v, dx, slopes.after))

    def at(self, step: Step):
        """What a step starts from and where it ends."""
        return self.p, step.x, step.before, step.clock, step.part


class _Backwards:
    """The sums of the way back, and the multipliers of the memory: `m` rows of responses."""

    def __init__(self, walk: _Walk, w, k: int, product: bool):
        self._walk, self._k, self._product = walk, k, product
        self.first = np.zeros((len(w), walk.p.size))
        self.second = np.zeros((len(w), walk.p.size) if product else (len(w), k, k))
        start = walk.route.start().memory
        self._after = _zeros(start, len(w))
        self._change = _zeros(start, len(w))  # of the multipliers along the direction of a product

    def take(self, step: Step, slopes: _Slopes | None, w) -> None:
        """One step more; what the limit point looks at is added to what the path goes on with."""
        walk, limit = self._walk, step.kind.limit
        statics, at = walk.statics, walk.at(step)
        rows = np.flatnonzero(w.any(1))
        if limit and not len(rows):
            return
        goes_on = self._after, self._change
        if limit:
            self._after, self._change = (jax.tree.map(np.zeros_like, each) for each in goes_on)
        later = after = self._after
        of_x = np.zeros((len(w), len(step.x)))
        if len(rows):
            end = (walk.p, step.x, step.after, step.clock, step.part)
            y_p, y_x, y_s = of_step.values_against(*statics, *end, w[rows])
            self.first[rows] += np.asarray(y_p)
            of_x[rows] += np.asarray(y_x)
            after = jax.tree.map(lambda μ, s: _added(μ, s, rows), later, y_s)
        multipliers, of_p, before = self._pulled(step, at, of_x, after)
        self.first += of_p
        if slopes is not None:
            self._take_second(step, at, slopes, (w, rows), multipliers, later)
        self._after = before
        if limit:
            self._after = _sum(self._after, goes_on[0])
            self._change = _sum(self._change, goes_on[1])

    def _pulled(self, step, at, of_x, after):
        """`(λ, by p, by the memory before)` of slopes by unknowns and memory of a step."""
        statics = self._walk.statics
        if jax.tree.leaves(after):
            of_x = of_x + np.asarray(of_step.memory_against(*statics, *at, after))
        multipliers = -step.tangent.solve(of_x.T, transposed=True).T
        of_p, before = of_step.both_against(*statics, *at, multipliers, after)
        return multipliers, np.asarray(of_p), before

    def _take_second(self, step, at, slopes: _Slopes, asked, multipliers, later):
        statics, (w, rows), limit = self._walk.statics, asked, step.kind.limit
        along = slopes.along
        if limit or not self._product:
            made = of_step.equations_squared(*statics, *at, multipliers, later, along)
            H = np.array(made)
            if len(rows):
                H[rows] += np.asarray(of_step.values_squared(*statics, *at, w[rows], along))
            if not self._product:
                self.second += _without_time(H, rows) if limit else H
                return
            # along v the limit point goes on to where λ_t is zero again
            ahead = -H[rows[0], 1, 0] / H[rows[0], 1, 1]
            one = jax.tree.map(lambda a: a[0] + ahead * a[1], along)
        else:
            one = jax.tree.map(lambda a: a[0], along)
        self._take_product(step, at, one, asked, multipliers, later)

    def _take_product(self, step, at, one, asked, multipliers, later):
        statics, (w, rows) = self._walk.statics, asked
        of_p, of_x, of_s = of_step.equations_curved(*statics, *at, multipliers, later, one)
        of_p, of_x = np.array(of_p), np.array(of_x)
        if len(rows):
            by_p, by_x, by_s = of_step.values_curved(*statics, *at, w[rows], one)
            of_p[rows] += np.asarray(by_p)
            of_x[rows] += np.asarray(by_x)
            of_s = jax.tree.map(lambda μ, s: _added(μ, s, rows), of_s, by_s)
        _, more, before = self._pulled(step, at, of_x, self._change)
        self.second += of_p + more
        self._change = _sum(of_s, before)


def _without_time(H, rows):
    """Of rows that are free in time, the last direction: H - H_pt H_tp / H_tt."""
    reduced = H[:, :-1, :-1].copy()
    for row in rows:
        reduced[row] -= np.outer(H[row, :-1, -1], H[row, -1, :-1]) / H[row, -1, -1]
    return reduced


def _zeros(memory, rows: int):
    return jax.tree.map(lambda s: np.zeros((rows, *np.shape(s))), memory)


def _added(mine, more, rows):
    mine = np.array(mine)
    mine[rows] += np.asarray(more)
    return mine


def _sum(one, other):
    return jax.tree.map(lambda a, b: np.asarray(a) + np.asarray(b), one, other)
