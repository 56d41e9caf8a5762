"""A program with a name for each number: what a person writes as formulas."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.exporters.program import (
    Contraction,
    Copy,
    Entrywise,
    Program,
    Reduction,
    Step,
    View,
)

LONGEST = 2000  # operations: more than that nobody reads


@dataclass(frozen=True, eq=False)
class Number:
    """A constant, an argument x_i by its place, or an operation on others."""

    operation: str
    operands: tuple["Number", ...] = ()
    value: float = 0.0  # of a constant; the power of a whole one
    place: int = 0  # of an argument


@dataclass(frozen=True)
class Formulas:
    """Numbers that several others read, in their order, and the entries of each result."""

    named: tuple[Number, ...]
    results: tuple[np.ndarray, ...]


def formulas(program: Program) -> Formulas:
    """Of a program of one argument; `ConfigError` for one that is too long to be read."""
    if program.work() > LONGEST:
        raise ConfigError(
            f"this function takes {program.work()} operations, and a formula as text at most "
            f"{LONGEST}: export it as c, or with a lower order, or a smaller network."
        )
    entries: dict[int, np.ndarray] = {}
    for buffer in program.arguments:
        places = [Number("argument", place=i) for i in range(buffer.size)]
        entries[id(buffer)] = _array(places)
    for step in program.steps:
        entries[id(step.out)] = _array(_computed(step, entries))
    results = tuple(_seen(view, entries) for view in program.results)
    return Formulas(_read_twice(results), results)


def _array(numbers: list[Number]) -> np.ndarray:
    found = np.empty(len(numbers), object)
    found[:] = numbers
    return found


def _seen(view: View, entries: dict[int, np.ndarray]) -> np.ndarray:
    numbers = view.constant
    if numbers is None:
        return entries[id(view.buffer)][view.index.reshape(-1)].reshape(view.index.shape)
    found = np.empty(numbers.shape, object)
    found.reshape(-1)[:] = [Number("constant", value=float(n)) for n in numbers.reshape(-1)]
    return found


def _computed(step: Step, entries: dict[int, np.ndarray]) -> list[Number]:
    if isinstance(step, Copy):
        return [n for view in step.operands for n in _seen(view, entries).reshape(-1)]
    if isinstance(step, Entrywise):
        operands = [_seen(view, entries).reshape(-1) for view in step.operands]
        return [_operation(step, of) for of in zip(*operands, strict=True)]
    if isinstance(step, Reduction):
        return [_folded(step.operation, list(row)) for row in _seen(step.operand, entries)]
    assert isinstance(step, Contraction)
    left, right = _seen(step.left, entries), _seen(step.right, entries)
    return [
        _folded("add", [_product(a, b) for a, b in zip(left[b, i], right[b, :, j], strict=True)])
        for b, i, j in np.ndindex(len(left), left.shape[1], right.shape[2])
    ]


def _operation(step: Entrywise, of: tuple[Number, ...]) -> Number:
    """What adds nothing is left out, and what asks whether a number is one, or is infinite."""
    name, first, last = step.operation, of[0], of[-1]
    if name == "add":
        return _folded("add", list(of))
    if name == "mul":
        return _product(first, last)
    if name in ("eq", "ne") and (first is last or any(np.isinf(n.value) for n in of)):
        return Number("constant", value=float((first is last) == (name == "eq")))
    if name in ("and", "or") and "constant" in (first.operation, last.operation):
        known, other = (first, last) if first.operation == "constant" else (last, first)
        return other if bool(known.value) == (name == "and") else known
    if name == "select_n" and first.operation == "constant":
        return of[1 + int(first.value)]
    return Number(name, of, value=step.power)


def _folded(operation: str, numbers: list[Number]) -> Number:
    if operation == "add":
        numbers = [n for n in numbers if not _is(n, 0.0)] or [Number("constant")]
    found = numbers[0]
    for number in numbers[1:]:
        found = Number(operation, (found, number))
    return found


def _product(a: Number, b: Number) -> Number:
    """Constants first; what is one or nothing is not written."""
    if b.operation == "constant":
        a, b = b, a
    if _is(a, 0.0):
        return a
    if _is(a, -1.0):
        return Number("neg", (b,))
    return b if _is(a, 1.0) else Number("mul", (a, b))


def _is(number: Number, value: float) -> bool:
    return number.operation == "constant" and number.value == value


def _read_twice(results: tuple[np.ndarray, ...]) -> tuple[Number, ...]:
    """Operations that are read more than once, each after those that it reads."""
    roots = [n for array in results for n in array.reshape(-1)]
    read, order, known = Counter(map(id, roots)), [], set()
    waiting = [(root, False) for root in reversed(roots)]
    while waiting:
        number, done = waiting.pop()
        if done:
            order.append(number)
        elif id(number) not in known:
            known.add(id(number))
            read.update(map(id, number.operands))
            waiting.append((number, True))
            waiting += [(operand, False) for operand in reversed(number.operands)]
    return tuple(n for n in order if n.operands and read[id(n)] > 1)
