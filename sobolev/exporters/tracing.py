"""From a JAX function to a program: what is known is computed, what is moved about is a view."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal
from jax.lax import RoundingMethod

from sobolev._base.errors import ConfigError
from sobolev.exporters.entrywise import NOTHING, OPERATIONS, SAME
from sobolev.exporters.program import (
    Buffer,
    Contraction,
    Copy,
    Entrywise,
    Program,
    Reduction,
    Step,
    View,
    operands_of,
    without_idle,
)

Known = np.ndarray
INSIDE = {"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr",
          "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr", "remat2": "jaxpr",
          "checkpoint": "jaxpr", "custom_vjp_call_jaxpr": "fun_jaxpr"}  # fmt: skip
SUMS = {"reduce_sum": "add", "reduce_max": "max", "reduce_min": "min"}


def traced(function: Callable, *shapes: tuple[int, ...]) -> Program:
    """The steps of a JAX function of arrays of these shapes, which returns a tuple of arrays.

    Raises `ConfigError` for what no list of steps can hold: loops, solves, transforms.
    """
    given = [jax.ShapeDtypeStruct(shape, np.float64) for shape in shapes]
    closed = jax.make_jaxpr(function)(*given)
    buffers = tuple(
        Buffer(int(np.prod(shape, dtype=int)), given=i) for i, shape in enumerate(shapes)
    )
    tracer = _Tracer()
    args = [View(b, np.arange(b.size).reshape(s)) for b, s in zip(buffers, shapes, strict=True)]
    found = tracer.run(closed.jaxpr, closed.consts, args)
    results = tuple(tracer.view(value) for value in found)
    return without_idle(Program(buffers, results, tracer.steps))


class _Tracer:
    """Steps as they are found; a value is a view, or an array of NumPy where it is known."""

    def __init__(self):
        self.steps: list[Step] = []
        self._made: dict[tuple, Buffer] = {}  # what was computed already, by what it is of
        self._numbers: dict[tuple, Buffer] = {}

    def run(self, jaxpr, consts: Sequence, args: Sequence) -> list:
        """The values of the results of this part."""
        known = {}

        def value(atom):
            return np.asarray(atom.val) if isinstance(atom, Literal) else known[atom]

        known.update(zip(jaxpr.constvars, map(np.asarray, consts), strict=True))
        known.update(zip(jaxpr.invars, args, strict=True))
        for equation in jaxpr.eqns:
            operands = [value(atom) for atom in equation.invars]
            known.update(zip(equation.outvars, self.step(equation, operands), strict=True))
        return [value(atom) for atom in jaxpr.outvars]

    def step(self, equation, operands: list) -> list:
        """The values of one equation."""
        name, params = equation.primitive.name, equation.params
        if name in INSIDE:
            inner = params[INSIDE[name]]
            if isinstance(inner, ClosedJaxpr):
                return self.run(inner.jaxpr, inner.consts, operands)
            return self.run(inner, (), operands)
        if all(isinstance(each, Known) for each in operands):
            return _computed(equation, operands)
        if name in NOTHING and not _rounds(equation):
            return operands[:1]
        name = _operation(equation)
        if name in OPERATIONS or name in ("integer_pow", "clamp"):
            return [self.entrywise(name, operands, params)]
        if name == "dot_general":
            left, right = operands
            return [self.contracted(left, right, params["dimension_numbers"])]
        if name in SUMS:
            return [self.reduced(SUMS[name], operands[0], params["axes"])]
        if name == "concatenate":
            return [self.joined(operands, params["dimension"])]
        if name == "pad" and isinstance(operands[1], Known):
            return [self.padded(operands[0], operands[1], params["padding_config"])]
        if name == "scatter-add" and isinstance(operands[1], Known):
            return [self.placed(equation, *operands)]
        if isinstance(operands[0], View) and all(isinstance(o, Known) for o in operands[1:]):
            moved = _moved(equation, operands)
            if moved is not None:
                return moved
        raise ConfigError(
            f"the function takes a step that no exported file can hold, {name!r}: networks, "
            "formulas and sums of them can be exported; integrators, solves and Fourier "
            "transforms cannot."
        )

    def view(self, value: "Known | View") -> View:
        """As a view: known numbers lie in a buffer of their own."""
        if isinstance(value, View):
            return value
        numbers = np.asarray(value, float)
        new = Buffer(numbers.size, constant=np.ascontiguousarray(numbers).reshape(-1))
        buffer = self._numbers.setdefault((numbers.size, numbers.tobytes()), new)
        return View(buffer, np.arange(numbers.size).reshape(numbers.shape))

    def add(self, step: Step, shape: tuple[int, ...]) -> View:
        """The result of a further step, or of the same one before."""
        operands = ((id(v.buffer), v.shape, v.index.tobytes()) for v in operands_of(step))
        settings: tuple = ()
        if isinstance(step, Entrywise):
            settings = step.operation, step.power
        elif isinstance(step, Reduction):
            settings = (step.operation,)
        key = (type(step), *settings, *operands)
        if key not in self._made:
            self._made[key] = step.out
            self.steps.append(step)
        out = self._made[key]
        return View(out, np.arange(out.size).reshape(shape))

    def entrywise(self, name: str, operands: Sequence, params: Mapping) -> "View | Known":
        """One operation; what adds nothing, or multiplies by one or by nothing, is none."""
        shape = np.broadcast_shapes(*(_shape(o) for o in operands))
        if name == "clamp":
            low, x, high = operands
            return self.entrywise("min", [self.entrywise("max", [x, low], {}), high], {})
        if name in ("add", "sub", "mul", "div"):
            for one, other in ((0, 1), (1, 0)):
                if isinstance(operands[other], View) and isinstance(operands[one], Known):
                    simple = _simple(name, one, operands[one])
                    if simple == "other" and _shape(operands[other]) == shape:
                        return operands[other]
                    if simple == "nothing":
                        return np.zeros(shape)
        power = int(params["y"]) if name == "integer_pow" else 0
        if name == "integer_pow" and power == 1:
            return operands[0]
        views = tuple(_spread(self.view(o), shape) for o in operands)
        out = Buffer(int(np.prod(shape, dtype=int)))
        return self.add(Entrywise(out, name, views, power), shape)

    def contracted(self, left, right, numbers) -> "View | Known":
        """A product of matrices, once or for each of a batch."""
        (over_l, over_r), (batch_l, batch_r) = numbers
        free_l = [i for i in range(len(_shape(left))) if i not in (*over_l, *batch_l)]
        free_r = [i for i in range(len(_shape(right))) if i not in (*over_r, *batch_r)]
        shape = _sizes(left, [*batch_l, *free_l]) + _sizes(right, free_r)
        if any(isinstance(o, Known) and not np.any(o) for o in (left, right)):
            return np.zeros(shape)
        b, i, k = (_count(_sizes(left, axes)) for axes in (batch_l, free_l, over_l))
        j = _count(_sizes(right, free_r))
        a, c = self.view(left), self.view(right)
        a = View(a.buffer, a.index.transpose(*batch_l, *free_l, *over_l).reshape(b, i, k))
        c = View(c.buffer, c.index.transpose(*batch_r, *over_r, *free_r).reshape(b, k, j))
        if isinstance(left, Known) and j > 1 and not _in_a_row(c.index):
            # transposed, the innermost loop runs through neighbours in memory: left is known and
            # can lie as it likes
            turned = Contraction(Buffer(b * i * j), _turned(c), _laid_anew(_turned(a)))
            return self.add(turned, (b, j, i)).seen(_turned_index(b, j, i)).shaped(shape)
        return self.add(Contraction(Buffer(b * i * j), a, c), shape)

    def reduced(self, name: str, operand: View, axes: Sequence[int]) -> View:
        """A sum, or the largest or smallest, along axes."""
        kept = [i for i in range(len(operand.shape)) if i not in axes]
        shape = tuple(operand.shape[i] for i in kept)
        size = int(np.prod(shape, dtype=int))
        index = operand.index.transpose(*kept, *axes).reshape(size, -1)
        return self.add(Reduction(Buffer(size), name, View(operand.buffer, index)), shape)

    def joined(self, operands: list, axis: int) -> View:
        """Arrays one after the other along an axis."""
        views = tuple(self.view(o) for o in operands if o.size)
        starts = np.cumsum([0] + [v.index.size for v in views])
        counted = [v.counted() + start for v, start in zip(views, starts, strict=False)]
        if len(views) == 1:
            return views[0]
        index = np.concatenate(counted, axis)
        out = Buffer(int(starts[-1]))
        return self.add(Copy(out, views), (out.size,)).seen(index)

    def padded(self, operand: View, fill: Known, config: Sequence[tuple[int, int, int]]) -> View:
        """With more around it, and between its entries."""
        counted = operand.counted()
        for axis, (low, high, between) in enumerate(config):
            spread = np.full((*counted.shape,), -1).repeat(between + 1, axis)
            spread[(slice(None),) * axis + (slice(None, None, between + 1),)] = counted
            spread = spread.take(range(spread.shape[axis] - between), axis) if between else spread
            around = np.zeros((spread.ndim, 2), int)
            around[axis] = max(low, 0), max(high, 0)
            counted = np.pad(spread, around, constant_values=-1)
            kept = range(max(-low, 0), counted.shape[axis] - max(-high, 0))
            counted = counted.take(kept, axis)
        return self.among(operand, fill, counted)

    def placed(self, equation, onto, where: Known, updates) -> "View | Known":
        """Numbers added to some entries of others, by place: one to each, or several."""
        updates = self.view(updates)

        def put(numbers):
            nothing = np.zeros(_shape(onto))
            return equation.primitive.bind(nothing, where, numbers, **equation.params)

        with jax.ensure_compile_time_eval():
            counted = np.asarray(put(updates.counted() + 1.0)).astype(int) - 1
            if np.asarray(put(np.ones(updates.shape))).max(initial=0.0) > 1:
                goes = np.asarray(jax.jacfwd(put)(np.zeros(updates.shape)))
                counted = _contributors(goes, _shape(onto))
        added = self.among(updates, np.zeros(()), counted)
        if counted.ndim > len(_shape(onto)):  # several to one
            added = self.reduced("add", added, (counted.ndim - 1,))
        return self.entrywise("add", [onto, added], {})

    def among(self, operand: View, fill: Known, counted: np.ndarray) -> View:
        """Entries by their number, and the same number wherever there is none (-1)."""
        flat = View(operand.buffer, operand.index.reshape(-1))
        both = self.joined([flat, np.reshape(fill, (1,))], 0)
        return both.seen(np.where(counted < 0, flat.index.size, counted))


def _operation(equation) -> str:
    """Its name in the table of operations."""
    name = equation.primitive.name
    if name == "round" and equation.params["rounding_method"] != RoundingMethod.TO_NEAREST_EVEN:
        return "round_away"
    return SAME.get(name, name)


def _contributors(goes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """For each entry the numbers of those that are added to it, filled up with -1."""
    places = [np.flatnonzero(row) for row in goes.reshape(_count(shape), -1)]
    found = np.full((len(places), max(map(len, places))), -1)
    for row, there in zip(found, places, strict=True):
        row[: len(there)] = there
    return found.reshape(*shape, -1)


def _rounds(equation) -> bool:
    """Whether numbers become whole or shorter ones: all are kept in 64 bits here."""
    before, after = equation.invars[0].aval.dtype, equation.outvars[0].aval.dtype
    return before.kind == "f" and after != np.float64


def _shape(value) -> tuple[int, ...]:
    return value.shape


def _sizes(value, axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(value.shape[i] for i in axes)


def _count(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=int))


def _spread(view: View, shape: tuple[int, ...]) -> View:
    """A number with as many dimensions as the others have."""
    return View(view.buffer, np.broadcast_to(view.index, shape))


def _in_a_row(index: np.ndarray) -> bool:
    """Whether neighbours along the last axis are neighbours in memory, or the same."""
    return index.shape[-1] < 2 or bool(np.all(np.diff(index, axis=-1) == 1))


def _turned(view: View) -> View:
    return View(view.buffer, view.index.swapaxes(1, 2))


def _turned_index(b: int, j: int, i: int) -> np.ndarray:
    return np.arange(b * j * i).reshape(b, j, i).swapaxes(1, 2)


def _laid_anew(view: View) -> View:
    numbers = view.constant
    assert numbers is not None
    flat = np.ascontiguousarray(numbers).reshape(-1)
    return View(Buffer(flat.size, constant=flat), np.arange(flat.size).reshape(numbers.shape))


def _simple(name: str, place: int, numbers: Known) -> str:
    """What an operation with these numbers at this place comes to."""
    zero, one = not np.any(numbers), bool(np.all(numbers == 1))
    if (zero and name == "add") or (zero and name == "sub" and place == 1):
        return "other"
    if one and (name == "mul" or (name == "div" and place == 1)):
        return "other"
    return "nothing" if zero and (name == "mul" or (name == "div" and place == 0)) else ""


def _computed(equation, operands: list[Known]) -> list[Known]:
    """What is known already, in the types that it has."""
    name, params = equation.primitive.name, equation.params
    if name == "broadcast_in_dim" or name in _MOVES:
        found = _MOVES[name](operands[0], params)
    elif name == "iota":
        axis, shape = params["dimension"], params["shape"]
        along = np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
        found = np.broadcast_to(along, shape).astype(params["dtype"])
    elif (same := _operation(equation)) in OPERATIONS and name not in ("div", "select_n"):
        found = OPERATIONS[same][0](*operands)
        found = np.asarray(found).astype(equation.outvars[0].aval.dtype)
    else:
        with jax.ensure_compile_time_eval():
            found = equation.primitive.bind(*operands, **params)
    return [np.asarray(f) for f in (found if isinstance(found, list | tuple) else [found])]


def _moved(equation, operands: list) -> list[View] | None:
    """Entries of the first operand at other places, none where a step is more than that."""
    first, name, params = operands[0], equation.primitive.name, equation.params
    if name in _MOVES:
        found: Any = _MOVES[name](first.counted(), params)
    elif name in ("gather", "dynamic_slice", "rev"):
        with jax.ensure_compile_time_eval():
            counted = first.counted().astype(float)
            found = np.asarray(equation.primitive.bind(counted, *operands[1:], **params))
        if not np.isfinite(found).all():
            return None
        found = found.astype(int)
    else:
        return None
    return [first.seen(index) for index in (found if isinstance(found, list) else [found])]


def _broadcast(x: np.ndarray, params: dict) -> np.ndarray:
    shape, axes = params["shape"], params["broadcast_dimensions"]
    inner = [1] * len(shape)
    for axis, size in zip(axes, x.shape, strict=True):
        inner[axis] = size
    return np.broadcast_to(x.reshape(inner), shape)


def _sliced(x: np.ndarray, params: dict) -> np.ndarray:
    steps = params["strides"] or [1] * x.ndim
    ends = zip(params["start_indices"], params["limit_indices"], steps, strict=True)
    return x[tuple(slice(*each) for each in ends)]


_MOVES: dict[str, Callable[[np.ndarray, dict], Any]] = {
    "broadcast_in_dim": _broadcast,
    "slice": _sliced,
    "transpose": lambda x, params: x.transpose(params["permutation"]),
    "squeeze": lambda x, params: np.squeeze(x, tuple(params["dimensions"])),
    "reshape": lambda x, params: x.reshape(params["new_sizes"]),
    "expand_dims": lambda x, params: np.expand_dims(x, params["dimensions"]),
    "split": lambda x, params: np.split(x, np.cumsum(params["sizes"])[:-1], params["axis"]),
}
