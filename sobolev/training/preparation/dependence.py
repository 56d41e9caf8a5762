"""On what an equation depends: tried on functions that are made for it, never read.

To u a function ψ is added that is zero to so high an order at some place that a change of N[u]
shows what N looks at: (z − z*)^m has no derivative at z* but the m-th.
"""

from collections.abc import Callable
from math import factorial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from sobolev._base.compiled import SELDOM, compiled
from sobolev.losses.view import ScalingArrays, View

HIGHEST = 5  # order of a derivative that is looked for
INSIDE = 5  # points that are tried inside, and two on each side
EXACT = 50.0  # times the rounding of N[u]: what ψ = 0 to rounding may change it by
ROUGH = 1e-5  # of N[u]: what ψ of z ~ 1 may change it by in places where it is to see nothing
DROPPED = 1e-6  # of its size inside: a factor that is zero
FLAT = np.eye(HIGHEST + 2)[-1]  # z⁶
# (z² − 2z)³ with z = x̂ + 1: zero on both sides, with derivatives up to the second
BOTH = np.array([0.0, 0.0, 0.0, -8.0, 12.0, -6.0, 1.0])


class Dependence(NamedTuple):
    """What an equation was seen to depend on, in a box whose sides are x̂ = −1 and 1.

    `sides [d, 2]`: on u on this side of the box alone; `around [d]`: on u on both sides of this
    input alone; `local`: on u in its own point alone. `orders [d, q]`: the highest derivative of
    each output by each input; `dropped [d, 2]`: on this side it has the factor 0, or N is no
    number; `steady [d]`: a factor of a first derivative has one sign everywhere and for any u;
    `curvatures [d, q, o]`: the sign of the factor of a second derivative by one input in each
    equation, 0 where there is none, NaN where the sign is not the same everywhere.
    """

    sides: Bool[np.ndarray, "d 2"]
    around: Bool[np.ndarray, " d"]
    local: bool
    orders: Int[np.ndarray, "d q"]
    dropped: Bool[np.ndarray, "d 2"]
    steady: Bool[np.ndarray, " d"]
    curvatures: Float[np.ndarray, "d q o"]

    def elliptic(self, inputs: list[int]) -> bool:
        """Whether it has second derivatives by each of these, in no equation of two signs."""
        signs = self.curvatures[inputs]
        asked = self.orders[inputs].max(axis=1) >= 2
        return bool(asked.all() and not _mixed(signs) and not np.isnan(signs).any())

    def waves(self) -> bool:
        """Whether second derivatives by different inputs may have different signs somewhere."""
        return _mixed(self.curvatures) or bool(np.isnan(self.curvatures).any())


class Trial(eqx.Module):
    """û = û₀ + ψ, ψ = a Σ_m c_m z^m (1 + b wave), z = e·(x̂ − x̂*): what a view can be made of.

    With b = 0 along e alone; else it varies along every side, so that a slope there sees it, too.
    """

    phase: Float[Array, ""]
    centre: Float[Array, " d"]
    direction: Float[Array, " d"]
    powers: Float[Array, " m"]
    outputs: Float[Array, " q"]
    waves: Float[Array, ""]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """û₀ is a wave, another one for each output and phase."""
        z = self.direction @ (x - self.centre)
        ψ = self.powers[-1]
        for k in range(len(self.powers) - 2, -1, -1):
            ψ = ψ * z + self.powers[k]
        ψ = ψ * (1 + self.waves * jnp.sin((1.1 + 0.2 * jnp.arange(len(x))) @ x + 0.5))
        turn = self.phase * (1 + jnp.arange(len(self.outputs)))
        wave = jnp.sin((0.4 + 0.3 * jnp.arange(len(x))) @ x + turn)
        return 0.3 + wave + self.outputs * ψ


def dependence_of(function: Callable, scaling: ScalingArrays, q: int) -> Dependence | None:
    """What `function(u, x)` depends on; None where it is no number inside of the box."""
    x, centres = _points(scaling)
    d, every = x.shape[1], np.ones(q)
    axis, output = np.eye(d), np.eye(q)
    pure = np.diag([1 / factorial(m) for m in range(HIGHEST + 2)])[1:-1]
    rows = [
        *((n, centres[n], axis[i], c, output[k], 0)
          for n in range(len(x)) for i in range(d) for k in range(q) for c in pure),
        *((n, centres[n], axis[i], FLAT, every, 1) for n in range(INSIDE) for i in range(d)),
        *((n, sign * axis[i], axis[i], FLAT, every, 1)
          for n in range(INSIDE) for i in range(d) for sign in (-1, 1)),
        *((n, -axis[i], axis[i], BOTH, every, 1) for n in range(INSIDE) for i in range(d)),
    ]  # fmt: skip
    change, size = _changes(function, scaling, x, rows)
    by_order = len(x) * d * q * HIGHEST
    change, rest = change[:, :by_order], np.abs(change[:, by_order:]).max(axis=(0, 2))
    change = change.reshape(2, len(x), d, q, HIGHEST, -1)
    if not (np.isfinite(rest).all() and np.isfinite(change[:, :INSIDE]).all()):
        return None
    own, one_side, both = np.split(rest, [INSIDE * d, 3 * INSIDE * d])
    none = lambda part, *shape: (part.reshape(INSIDE, *shape) <= ROUGH * size).all(axis=0)  # noqa: E731
    found = np.abs(change).max(axis=(0, 5))  # [n, d, q, HIGHEST]
    inside = found[:INSIDE].max(axis=0)
    there = inside > EXACT * np.finfo(x.dtype).eps * size
    orders = np.max(there * np.arange(1, HIGHEST + 1), axis=2)
    signs = np.sign(np.where(np.abs(change) > DROPPED * inside[..., None], change, 0))
    alike = np.nan_to_num(signs).sum(axis=(0, 1)) / (2 * len(x))
    steady = np.abs(alike[..., 0, :]) == 1
    second = np.where(there[..., 1, None], alike[..., 1, :], 0)
    most = np.abs(signs[..., 1, :]).max(axis=(0, 1))
    second[(second % 1 != 0) | (most > np.abs(second))] = np.nan
    sides = none(one_side, d, 2)
    return Dependence(
        sides,
        none(both, d) & ~sides.any(axis=1),
        bool(none(own, d).all()),
        orders,
        _dropped(found[INSIDE:].reshape(d, 2, 2, d, q, HIGHEST), inside, orders),
        (steady & there[..., :1]).any(axis=(1, 2)),
        second,
    )


def order_of(function: Callable, scaling: ScalingArrays, q: int) -> int | None:
    """The highest order in all inputs together, up to 5; None where it is no number."""
    x, centres = _points(scaling)
    d = x.shape[1]
    direction = np.sqrt(1.0 + np.arange(d))  # no derivative cancels another along it
    pure = np.diag([1 / factorial(m) for m in range(HIGHEST + 2)])[1:-1]
    rows = [
        (n, centres[n], direction, c, output, 0)
        for c in pure for n in range(INSIDE) for output in np.eye(q)
    ]  # fmt: skip
    change, size = _changes(function, scaling, x, rows)
    found = np.abs(change).reshape(2, HIGHEST, -1).max(axis=(0, 2))
    if not np.isfinite(found).all():
        return None
    there = found > EXACT * np.finfo(x.dtype).eps * size
    return int(np.max(there * np.arange(1, HIGHEST + 1)))


def _points(scaling: ScalingArrays) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
    """Some inside, two on each side: in physical units, and as a view scales them to the bit."""
    shift, scale = np.asarray(scaling.x_shift), np.asarray(scaling.x_scale)
    d, some = len(scale), np.random.default_rng(0)
    on = some.uniform(-0.9, 0.9, (d, 2, 2, d))
    for i in range(d):
        on[i, 0, :, i], on[i, 1, :, i] = -1, 1
    scaled = np.concatenate([some.uniform(-0.9, 0.9, (INSIDE, d)), on.reshape(-1, d)])
    x = shift + scale * scaled.astype(shift.dtype)
    return x, (x - shift) / scale


def _changes(
    function: Callable, scaling: ScalingArrays, x: Float[np.ndarray, "n d"], rows: list[tuple]
) -> tuple[Float[np.ndarray, "2 r o"], float]:
    """By what each ψ changes N[û₀] at its point, for two û₀; and the size of N[û₀]."""
    at, centres, directions, powers, outputs, waves = (
        np.array(column, x.dtype) for column in zip(*rows, strict=True)
    )
    there, values = jnp.asarray(x[at.astype(int)]), []
    for phase in np.array([0.0, 2.0], x.dtype):
        with_ψ = (centres, directions, powers, outputs, waves)
        without = (centres, directions, np.zeros_like(powers), outputs, waves)
        values.append(
            [np.asarray(_values(function, scaling, phase, ψ, there)) for ψ in (with_ψ, without)]
        )
    found = np.array(values)
    usual = found[:, 1][np.isfinite(found[:, 1])]
    return found[:, 0] - found[:, 1], float(np.abs(usual).max(initial=0))


@compiled(SELDOM)
def _values(
    function: Callable, scaling: ScalingArrays, phase: Array, ψ: tuple, x: Float[Array, "r d"]
) -> Float[Array, "r o"]:
    """N[u](x), for each row of another u."""

    def one(row: Float[Array, " d"], *parts: Array) -> Float[Array, " o"]:
        return jnp.reshape(function(View(Trial(phase, *parts), scaling).physical, row), -1)

    return jax.vmap(one)(x, *ψ)


def _mixed(signs: Float[np.ndarray, "d q o"]) -> bool:
    return bool((np.any(signs > 0, axis=0) & np.any(signs < 0, axis=0)).any())


def _dropped(
    on: Float[np.ndarray, "d 2 p d q m"],
    inside: Float[np.ndarray, "d q m"],
    orders: Int[np.ndarray, "d q"],
) -> Bool[np.ndarray, "d 2"]:
    """Where the highest derivative by an input has no factor on one of its sides."""
    found = np.zeros((len(orders), 2), bool)
    for i, end in np.ndindex(found.shape):
        asked = [(k, n - 1) for k, n in enumerate(orders[i]) if n]
        there = [on[i, end, :, i, k, m].max() > DROPPED * inside[i, k, m] for k, m in asked]
        found[i, end] = bool(asked) and not any(there)
    return found
