"""Second derivatives of networks, unit by unit: less work than a derivative of the derivative."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal
from jaxtyping import Array, Float

from sobolev.exporters.entrywise import NOTHING, OPERATIONS

LARGEST = 1 << 13  # products of slopes that are formed at once, and sums of them
INLINED = {"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr"}
ENTRYWISE = {*OPERATIONS, *NOTHING, "integer_pow", "add_any", "clamp"} - {"stop_gradient"}
AFFINE = {"add", "sub", "neg", "add_any", "convert_element_type", "copy"}
CONSTANTS = {"add", "sub", "add_any", "concatenate", "pad", "select_n"}  # operands with no slope
MOVED = {"reshape", "broadcast_in_dim", "transpose", "squeeze", "slice", "concatenate",
         "reduce_sum", "expand_dims", "split", "rev"}  # fmt: skip


class Mixed(Exception):
    """A product, say, of what different units give."""


@dataclass
class Known:
    """What does not depend on x."""

    value: Any


@dataclass
class Moving:
    """An affine function of x and of what units give, and its slopes by x in the last axis."""

    value: Array
    slopes: Array | np.ndarray


@dataclass
class Unit:
    """Entry by entry a function of `base`: with its slope and bend by that."""

    value: Array
    slope: Array
    bend: Array
    base: Moving
    as_moving: Moving | None = None


def by_units(pure: Callable, d: int) -> tuple[Callable, ...]:
    """A way to y, ∂y/∂x and ∂²y/∂x² where nothing but units u = φ(z), entry by entry, is curved.

    ∂²y/∂x² = Σ over units (∂y/∂u) φ″(z) ∂z/∂x ⊗ ∂z/∂x, of which only pairs (i, i + s mod d) with
    s ≤ d/2 are summed: the rest is symmetric. Nothing for another function, or a large one.
    Source: A. Griewank, A. Walther, Evaluating Derivatives, SIAM 2008, the structure of second
    derivatives of a composition.
    """
    closed = jax.make_jaxpr(pure)(jax.ShapeDtypeStruct((d,), np.float64))
    sizes: list[tuple[int, ...]] = []

    def units(x):
        found: list[Unit] = []
        _run(closed, Moving(x, x[:, None]), None, found)
        sizes.extend(unit.value.shape for unit in found)
        return x

    try:
        jax.eval_shape(units, jax.ShapeDtypeStruct((d,), np.float64))
    except Mixed:
        return ()
    pairs, (q,) = d * (d // 2 + 1), closed.out_avals[0].shape
    formed = [pairs * max(_count(size), q * len(sizes)) for size in sizes]
    if not sizes or max(formed) > LARGEST or 2 * d * sum(map(_count, sizes)) > LARGEST:
        return ()
    return (lambda x: _hessian(closed, x, [jnp.zeros(size) for size in sizes]),)


def _hessian(closed: ClosedJaxpr, x: Float[Array, " d"], none: list[Array]) -> tuple:
    d, half = len(x), len(x) // 2
    found: list[Unit] = []
    # The first slopes once more behind the last ones: then (i, i + s) lies in a row for each s.
    along = np.eye(d)[:, np.arange(d + half + half % 2) % d]
    y = _run(closed, Moving(x, along), None, found)
    _, pull = jax.vjp(lambda nudges: _run(closed, Moving(x, x[:, None]), nudges, []).value, none)
    adjoint = jax.vmap(lambda unit: pull(unit)[0])(np.eye(len(y.value)))
    total: Any = 0
    for unit, λ in zip(found, adjoint, strict=True):
        slopes = unit.base.slopes.reshape(unit.bend.size, -1)
        pairs = (slopes[:, None, :d] * _shifted(slopes, half + 1, d)).reshape(len(slopes), -1)
        total = total + (λ * unit.bend[None]).reshape(len(y.value), -1) @ pairs
    i, j = np.indices((d, d))
    apart = (j - i) % d
    place = np.where(apart <= half, apart * d + i, (d - apart) * d + j).astype(np.int32)
    return y.value, y.slopes[..., :d], jnp.take(total, place, axis=1, mode="clip")


def _shifted(rows: Array | np.ndarray, times: int, d: int) -> Array:
    """`[row, s, i]` is `rows[row, i + s]`, which are moves alone: rows are cut one entry longer."""
    n, length = rows.shape
    again = jnp.broadcast_to(rows[:, None], (n, times + 1, length)).reshape(n, -1)
    return again[:, : times * (length + 1)].reshape(n, times, length + 1)[:, :, :d]


def _run(
    closed: ClosedJaxpr, x: Moving, nudges: Sequence[Array] | None, found: list[Unit]
) -> Moving:
    """y; `found` are the units in their order, to each of which its nudge is added."""

    def moving(value: "Known | Moving | Unit") -> Any:
        if not isinstance(value, Unit):
            return value
        if value.as_moving is None:
            u = value.value if nudges is None else value.value + nudges[len(found)]
            value.as_moving = Moving(u, value.slope[..., None] * value.base.slopes)
            found.append(value)
        return value.as_moving

    (y,) = _evaluated(closed.jaxpr, [Known(c) for c in closed.consts], [x], moving)
    return moving(y)


def _evaluated(jaxpr, consts: list, args: list, moving: Callable) -> list:
    known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True))
    for equation in jaxpr.eqns:
        operands = [
            Known(atom.val) if isinstance(atom, Literal) else known[atom]
            for atom in equation.invars
        ]
        found = _step(equation, operands, moving)
        known.update(zip(equation.outvars, found, strict=True))
    return [Known(a.val) if isinstance(a, Literal) else known[a] for a in jaxpr.outvars]


def _step(equation, operands: list, moving: Callable) -> list:
    name, params = equation.primitive.name, equation.params
    if all(isinstance(o, Known) for o in operands):
        return [Known(value) for value in _bound(equation, [o.value for o in operands])]
    if any(v.aval.dtype != np.float64 for v in equation.outvars):
        raise Mixed
    if name in INLINED:
        inner = params[INLINED[name]]
        return _evaluated(inner.jaxpr, [Known(c) for c in inner.consts], operands, moving)
    if _is_affine(name, operands) and not (name in ENTRYWISE and _one_base(operands, curved=False)):
        return _affine(equation, [moving(o) for o in operands])
    base = _one_base(operands, curved=True)
    shape = equation.outvars[0].aval.shape
    if base is None or base.value.shape != shape or not _is_entrywise(equation):
        raise Mixed
    return [_curved(equation, operands, base)]


def _affine(equation, operands: list) -> list[Moving]:
    """The equation of the values, and of the slopes, whose axis stays the last one."""
    values = _bound(equation, [o.value for o in operands])
    slopes = [o.slopes for o in operands if isinstance(o, Moving)]
    name = equation.primitive.name
    found: Sequence[Array | np.ndarray]

    def linear(*slopes):
        given, rest = iter(slopes), []
        for place, o in enumerate(operands):
            constant = name in CONSTANTS and (place or name != "select_n")
            known = jnp.zeros_like(o.value) if constant else o.value
            rest.append(next(given) if isinstance(o, Moving) else known)
        return _bound(equation, rest)

    if name in ("mul", "div"):
        (known,) = (o.value for o in operands if isinstance(o, Known))
        factor = jnp.broadcast_to(known, values[0].shape)[..., None]
        found = [slopes[0] * factor if name == "mul" else slopes[0] / factor]
    elif name in ("add", "sub") and len(slopes) == 1:
        found = [-slopes[0] if name == "sub" and isinstance(operands[1], Moving) else slopes[0]]
    else:
        found = jax.vmap(linear, in_axes=-1, out_axes=-1)(*slopes)
    return [Moving(*each) for each in zip(values, found, strict=True)]


def _is_affine(name: str, operands: list) -> bool:
    first, *others = (not isinstance(o, Known) for o in operands)
    if name in ("mul", "dot_general"):
        return first != others[0]
    if name in ("div", "gather", "pad"):
        return first and not any(others)
    return name in AFFINE or name in MOVED or (name == "select_n" and not first)


def _one_base(operands: list, curved: bool) -> Moving | None:
    """What all operands are functions of, entry by entry, if there is one such thing.

    With `curved`, it may be an operand itself; without, one of them has to be a unit.
    """
    if not curved and not any(isinstance(o, Unit) for o in operands):
        return None
    bases = [o.base if isinstance(o, Unit) else o for o in operands if not isinstance(o, Known)]
    return bases[0] if all(base is bases[0] for base in bases) else None


def _is_entrywise(equation) -> bool:
    """Also of what has a derivative of its own, if all in it is so."""
    name, shape = equation.primitive.name, equation.outvars[0].aval.shape
    if len(equation.outvars) != 1 or any(v.aval.shape not in ((), shape) for v in equation.invars):
        return False
    if name in ("custom_jvp_call", *INLINED):
        inner = equation.params["call_jaxpr" if name == "custom_jvp_call" else INLINED[name]]
        return all(map(_is_entrywise, inner.jaxpr.eqns))
    return name in ENTRYWISE


def _curved(equation, operands: list, base: Moving) -> Unit:
    """φ, φ′ and φ″ by the rules of JAX, along what moves all entries of the base at once."""
    ones = jnp.ones_like(base.value)

    def along(t):
        values = [
            o.value if isinstance(o, Known)
            else o.value + t if isinstance(o, Moving)
            else o.value + t * (o.slope + t * (o.bend / 2))
            for o in operands
        ]  # fmt: skip
        return _bound(equation, values)[0]

    slope_along = lambda t: jax.jvp(along, (t,), (ones,))  # noqa: E731
    (value, slope), (_, bend) = jax.jvp(slope_along, (jnp.zeros_like(ones),), (ones,))
    return Unit(value, slope, bend, base)


def _bound(equation, values: list) -> list:
    """What the equation gives of these values, by JAX."""
    bound = equation.primitive.get_bind_params(equation.params)
    functions, params = bound if isinstance(bound, tuple) else ((), bound)  # apart in older ones
    found = equation.primitive.bind(*functions, *values, **params)
    return list(found) if equation.primitive.multiple_results else [found]


def _count(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=int))
