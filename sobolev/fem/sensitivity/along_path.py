"""Exact derivatives along a path, direct and adjoint, of first and second order.

With R_n(z_n, s_(n-1), p) = 0 and s_n = S_n(z_n, s_(n-1), p) for n = 1 … N, K_n = ∂R_n/∂z_n, and a
response j = w · y:

    direct    K_n z'_n = -(R_p + R_s s'_(n-1)),      s'_n = S_z z'_n + S_s s'_(n-1) + S_p,
    adjoint   backwards from μ_N = 0:  K_nᵀ λ_n = -(j_z + S_zᵀ (μ_n + j_s)),
              dj/dp += j_p + R_pᵀ λ_n + S_pᵀ (μ_n + j_s),
              μ_(n-1) = R_sᵀ λ_n + S_sᵀ (μ_n + j_s),
    second    with ℓ_n = j + λ_n · R_n + μ_n · S_n at fixed multipliers, j seen through S_n,
              and V_n = (1, z'_n, s'_(n-1)):         d²j/dp² = Σ_n V_nᵀ ∇²ℓ_n V_n.

ℓ is stationary in z_n and s_n, so first derivatives of the path give second ones of the response.
One factorisation a step, which Newton's method leaves behind, and one back-substitution for each
parameter or response. The steps themselves, and where they were halved, are not differentiated; nor
are the sets of points that flow: second derivatives hold while no point changes its status.

Source: P. Michaleris, D. A. Tortorelli, C. A. Vidal, Int. J. Numer. Meth. Eng. 37 (1994) 2471.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from sobolev.fem.sensitivity import of_step
from sobolev.fem.steps.one_step import Statics
from sobolev.fem.steps.path import Path, Route, Step
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
    value, slopes = _Walk(model, p).forwards(v[None])
    return value, slopes[:, 0]


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
    """Of one step along k directions: of its unknowns `[k, nf]`, of the states before and after."""

    z: np.ndarray
    before: Any
    after: Any


class _Walk:
    """A model's path at p, gone forwards, and then backwards."""

    def __init__(self, model, p):
        self.p = np.asarray(p, float)
        self.statics = Statics(model.statement, model.data)
        path = model.path or Path()
        self._trail = Trail(Route(model.solving, self.statics, self.p, path))
        self._every = path.every
        self._slopes: dict[int, Any] = {}  # of the states at the start of each segment
        self._q = len(model.statement.responses)
        self.cheaper = "adjoint" if len(model.outputs) <= self.p.size else "direct"

    def forwards(
        self, v: Float[np.ndarray, "k d"] | None = None
    ) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, "q k"]]:
        """`(y, ∂y/∂p vᵀ)`; without directions the second is empty."""
        found, last = [], None
        of_states = None if v is None else _zeros(self._first_states(), len(v))
        for n, step in enumerate(self._trail.forwards()):
            if v is not None and self._trail.starts_segment(n):
                self._slopes[n] = of_states
            slopes = None if v is None else self._along(step, v, of_states)
            of_states = None if slopes is None else slopes.after
            last = step, slopes
            if self._every and step.asked:
                found.append(self._asked(*last, v))
        if not self._every:
            assert last is not None
            found.append(self._asked(*last, v))
        values, along = zip(*found, strict=True)
        return np.concatenate(values), np.concatenate(along)

    def backwards(
        self, w: Float[np.ndarray, "m q"], v: Float[np.ndarray, "k d"] | None = None,
        product: bool = False,
    ) -> tuple[Float[np.ndarray, "m d"], np.ndarray]:  # fmt: skip
        """`(w · ∂y/∂p, w · ∂²y/∂p² along v)`.

        The second is `[m, k, k]` of all pairs of directions, or, as a `product` with the only one,
        `[m, d]`.
        """
        back = _Backwards(self, w, v, product)
        for n, step, slopes in self._backwards(v):
            back.take(step, slopes, self._rows(n, w))
        return back.first, back.second

    def _backwards(self, v) -> Iterator[tuple[int, Step, _Slopes | None]]:
        """Every step with its slopes, the last one first."""
        for first, steps in self._trail.backwards():
            slopes: list[_Slopes | None] = [None] * len(steps)
            of_states = self._slopes.get(first)
            if v is not None:
                for k, step in enumerate(steps):
                    slopes[k] = made = self._along(step, v, of_states)
                    of_states = made.after
            for k in reversed(range(len(steps))):
                yield first + k, steps[k], slopes[k]

    def _rows(self, n: int, w):
        """The weights `[m, q]` of the responses at the step n."""
        asked = self._trail.asked
        if n not in asked:
            return np.zeros((len(w), self._q))
        return w[:, asked.index(n) * self._q :][:, : self._q]

    def _first_states(self):
        return self._trail.first.states

    def _along(self, step: Step, v, of_states) -> _Slopes:
        at = self.at(step)
        slopes = np.asarray(of_step.residual_along(*self.statics, *at, v, of_states))
        dz = -step.tangent.solve(slopes.T).T
        return _Slopes(dz, of_states, of_step.states_along(*self.statics, *at, v, dz, of_states))

    def _asked(self, step: Step, slopes: _Slopes | None, v):
        at = self.end(step)
        value = np.asarray(of_step.values(*self.statics, *at))
        if slopes is None:
            return value, np.zeros((len(value), 0))
        along = of_step.values_along(*self.statics, *at, v, slopes.z, slopes.after)
        return value, np.asarray(along)

    def at(self, step: Step):
        """What a step starts from and where it ends."""
        z = step.u.reshape(-1)[self.statics.data.space.free]
        return self.p, z, step.before, step.clock, step.factor

    def end(self, step: Step):
        """Where a step ends."""
        z = step.u.reshape(-1)[self.statics.data.space.free]
        return self.p, z, step.after, step.clock, step.factor


class _Backwards:
    """The sums of the way back, and the multipliers of the states: `m` rows of responses."""

    def __init__(self, walk: _Walk, w, v, product: bool):
        self._walk, self._v, self._product = walk, v, product
        self.first = np.zeros((len(w), walk.p.size))
        shape = (len(w), walk.p.size) if product else (len(w), *[0 if v is None else len(v)] * 2)
        self.second = np.zeros(shape)
        self._after: Any = None
        self._change: Any = None  # of the multipliers along the direction of a product

    def take(self, step: Step, slopes: _Slopes | None, w) -> None:
        """One step more."""
        walk = self._walk
        statics, at = walk.statics, walk.at(step)
        m = len(self.first)
        if self._after is None:
            self._after, self._change = (_zeros(step.after, m) for _ in range(2))
        of_z, later = np.zeros((m, len(at[1]))), self._after
        rows = np.flatnonzero(w.any(1))
        if len(rows):
            y_p, y_z, y_s = of_step.values_against(*statics, *walk.end(step), w[rows])
            self.first[rows] += np.asarray(y_p)
            of_z[rows] += np.asarray(y_z)
            self._after = jax.tree.map(lambda μ, s: _added(μ, s, rows), later, y_s)
        multipliers, of_p, before = self._pulled(step, at, of_z, self._after)
        self.first += of_p
        if slopes is not None:
            self._take_second(step, at, slopes, (w, rows), multipliers, later)
        self._after = before

    def _pulled(self, step, at, of_z, after):
        """`(λ, by p, by the states before)` of slopes by unknowns and states of a step."""
        statics = self._walk.statics
        if jax.tree.leaves(after):
            of_z = of_z + np.asarray(of_step.states_against(*statics, *at, after))
        multipliers = -step.tangent.solve(of_z.T, transposed=True).T
        of_p, before = of_step.both_against(*statics, *at, multipliers, after)
        return multipliers, np.asarray(of_p), before

    def _take_second(self, step, at, slopes: _Slopes, asked, multipliers, later):
        statics, (w, rows) = self._walk.statics, asked
        whole = (self._v, slopes.z, slopes.before)
        if not self._product:
            more = of_step.equations_squared(*statics, *at, multipliers, later, whole)
            self.second += np.asarray(more)
            if len(rows):
                more = of_step.values_squared(*statics, *at, w[rows], whole)
                self.second[rows] += np.asarray(more)
            return
        one = jax.tree.map(lambda a: a[0], whole)
        of_p, of_z, of_s = of_step.equations_curved(*statics, *at, multipliers, later, one)
        of_p, of_z = np.array(of_p), np.array(of_z)
        if len(rows):
            by_p, by_z, by_s = of_step.values_curved(*statics, *at, w[rows], one)
            of_p[rows] += np.asarray(by_p)
            of_z[rows] += np.asarray(by_z)
            of_s = jax.tree.map(lambda μ, s: _added(μ, s, rows), of_s, by_s)
        _, more, before = self._pulled(step, at, of_z, self._change)
        self.second += of_p + more
        self._change = jax.tree.map(lambda a, b: a + b, of_s, before)


def _zeros(states, rows: int):
    return jax.tree.map(lambda s: np.zeros((rows, *np.shape(s))), states)


def _added(mine, more, rows):
    mine = np.array(mine)
    mine[rows] += np.asarray(more)
    return mine
