"""The statements of C that carry out a program."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sobolev.exporters.c.loops import affine, merged, nested, place
from sobolev.exporters.c.numbers import Constants, literal
from sobolev.exporters.entrywise import OPERATIONS
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
)

DEEPEST = 6  # operations in one statement: beyond, nobody can read it


class Body:
    """Statements with arrays in one workspace `work`, in which places are used again."""

    def __init__(self, program: Program, arguments: Sequence[str], constants: Constants):
        self.program, self.constants = program, constants
        self.names = dict(zip(map(id, program.arguments), arguments, strict=True))
        self.inner: dict[int, Entrywise] = _within_others(program)
        self.steps = [s for s in program.steps if id(s.out) not in self.inner]
        self.workspace = self._laid_out()

    def lines(self, results: Sequence[str]) -> list[str]:
        """Steps, then what is written into the results; a name that is empty is left out."""
        lines = [line for step in self.steps for line in self.step(step)]
        for name, view in zip(results, self.program.results, strict=True):
            if name:
                lines += self._loop(view.shape, f"{name}[{{0}}] = {{1}};", [view])
        return lines

    def step(self, step: Step) -> list[str]:
        """The lines of one step."""
        if isinstance(step, Contraction):
            return self._contraction(step)
        if isinstance(step, Reduction):
            return self._reduction(step)
        if isinstance(step, Copy):
            return self._copies(step)
        expression, leaves = self._expression(step)
        shape = step.operands[0].shape
        return self._loop(shape, f"{self.names[id(step.out)]}[{{0}}] = {expression};", leaves)

    def _expression(self, step: Entrywise) -> tuple[str, list[View]]:
        """The right-hand side with {1}, {2}, … for the arrays that are read."""
        leaves: list[View] = []

        def text(operation: Entrywise, seen: np.ndarray | None) -> str:
            found = []
            for view in operation.operands:
                view = view if seen is None else replace(view, index=view.index.reshape(-1)[seen])
                below = self.inner.get(id(view.buffer))
                if below is not None:
                    found.append(f"({text(below, view.index)})")
                else:
                    leaves.append(view)
                    found.append(f"{{{len(leaves)}}}")
            return _written(operation, found)

        return text(step, None), leaves

    def _operand(self, view: View, shape: tuple[int, ...]) -> tuple[str, int, tuple[int, ...]]:
        """`(name, offset, strides)`: `name` is a format for the place, or a number."""
        numbers = view.constant
        if numbers is not None:
            if numbers.size and np.all(numbers == numbers.flat[0]):
                return literal(numbers.flat[0]), 0, (0,) * len(shape)
            at = affine(view.index)
            if at is None or view.index.size * 4 < view.buffer.size:
                anew = self.constants.named(np.ascontiguousarray(numbers).reshape(-1))
                return f"{anew}[{{}}]", 0, _dense(shape)
            return self.constants.named(view.buffer.constant) + "[{}]", *at  # type: ignore[arg-type]
        name = self.names[id(view.buffer)]
        at = affine(view.index)
        if at is not None:
            return f"{name}[{{}}]", *at
        table = self.constants.named(np.ascontiguousarray(view.index, np.int32).reshape(-1))
        return f"{name}[{table}[{{}}]]", 0, _dense(shape)

    def _loop(self, shape: tuple[int, ...], statement: str, views: list[View]) -> list[str]:
        """The statement for each entry; {0} is where the result lies, {1}, … the operands."""
        found = [self._operand(view, shape) for view in views]
        sizes, strides = merged(shape, [_dense(shape), *(s for _, _, s in found)])
        texts = [place(0, strides[0])]
        for (name, offset, _), stride in zip(found, strides[1:], strict=True):
            texts.append(name.format(place(offset, stride)) if "{}" in name else name)
        return nested(sizes, [statement.format(*texts)])

    def _contraction(self, step: Contraction) -> list[str]:
        (b, i, k), j = step.left.shape, step.right.shape[2]
        out, size = self.names[id(step.out)], (b, i, k, j)
        left = _beside(self._operand(step.left, step.left.shape), 3)
        right = _beside(self._operand(step.right, step.right.shape), 1)
        at = (i * j, j, 0, 1)

        def text(operand, names="ijkl"):
            name, offset, strides = operand
            kept = [0 if n == 1 else s for s, n in zip(strides, size, strict=True)]
            return name.format(place(offset, kept, names)) if "{}" in name else name

        here = f"{out}[{place(0, [0 if n == 1 else s for s, n in zip(at, size, strict=True)])}]"
        if j == 1:  # one sum after the other
            inner = [
                "s = 0.0;",
                *nested([k], [f"s += {text(left)} * {text(right)};"], "k"),
                f"{here} = s;",
            ]
            return _unless_one([b, i], inner, "ij")
        along_l = nested([j], [f"{here} += s * {text(right)};"], "l")
        along_k = [f"s = {text(left)};", *along_l]
        inner = [
            *nested([j], [f"{here} = 0.0;"], "l"),
            *nested([k], along_k, "k"),
        ]
        return _unless_one([b, i], inner, "ij")

    def _reduction(self, step: Reduction) -> list[str]:
        shape = step.operand.shape
        name, offset, strides = self._operand(step.operand, shape)
        strides = tuple(0 if n == 1 else s for s, n in zip(strides, shape, strict=True))
        each = name.format(place(offset, strides)) if "{}" in name else name
        first = name.format(place(offset, strides[:1])) if "{}" in name else name
        out = f"{self.names[id(step.out)]}[{'i' if shape[0] > 1 else '0'}]"
        if step.operation == "add":
            inner = ["s = 0.0;", *nested([shape[1]], [f"s += {each};"], "j"), f"{out} = s;"]
        else:
            better = OPERATIONS[step.operation][1].format("s", "t")
            along = nested([shape[1]], [f"t = {each};", f"s = {better};"], "j")
            inner = [f"s = {first};", *along, f"{out} = s;"]
        return _unless_one([shape[0]], inner, "i")

    def _copies(self, step: Copy) -> list[str]:
        lines, start = [], 0
        for view in step.operands:
            flat = View(view.buffer, view.index.reshape(-1))
            where = f"{self.names[id(step.out)]} + {start}" if start else self.names[id(step.out)]
            lines += self._loop(flat.shape, f"({where})[{{0}}] = {{1}};", [flat])
            start += flat.index.size
        return lines

    def _laid_out(self) -> int:
        """Places in the workspace, each used again once it is no more read; its size."""
        last: dict[int, int] = {}
        for number, step in enumerate(self.steps):
            for buffer in self._read(step):
                last[id(buffer)] = number
        for view in self.program.results:
            last[id(view.buffer)] = len(self.steps)
        free: list[tuple[int, int]] = []  # (start, size)
        used: list[tuple[int, int, int]] = []  # (until, start, size)
        end = 0
        for number, step in enumerate(self.steps):
            free += [(start, size) for until, start, size in used if until < number]
            used = [each for each in used if each[0] >= number]
            fitting = sorted((size, start) for start, size in free if size >= step.out.size)
            if fitting:
                size, start = fitting[0]
                free.remove((start, size))
            else:
                size, start = step.out.size, end
                end += size
            used.append((last.get(id(step.out), number), start, size))
            self.names[id(step.out)] = f"(work + {start})" if start else "work"
        return end

    def _read(self, step: Step) -> list[Buffer]:
        found = []
        for view in operands_of(step):
            below = self.inner.get(id(view.buffer))
            found += self._read(below) if below is not None else [view.buffer]
        return found


def _within_others(program: Program) -> dict[int, Entrywise]:
    """Operations that are written inside of the only one that reads them, entry by entry."""
    read = Counter(id(view.buffer) for step in program.steps for view in operands_of(step))
    read.update(id(view.buffer) for view in program.results for _ in range(2))
    made = {id(step.out): step for step in program.steps if isinstance(step, Entrywise)}
    found: dict[int, Entrywise] = {}
    depth: dict[int, int] = {}
    for step in program.steps:
        if not isinstance(step, Entrywise):
            continue
        deepest = 1
        for view in step.operands:
            below = made.get(id(view.buffer))
            if below is None or read[id(view.buffer)] != 1 or view.index.size != below.out.size:
                continue
            if depth[id(below.out)] >= DEEPEST or _twice(step) or not _each_once(view.index):
                continue
            found[id(below.out)] = below
            deepest = max(deepest, 1 + depth[id(below.out)])
        depth[id(step.out)] = deepest
    return found


def _twice(step: Entrywise) -> bool:
    """Whether C writes an operand more than once."""
    return step.operation in ("max", "min", "sign", "square", "integer_pow", "is_finite")


def _each_once(index: np.ndarray) -> bool:
    return len(np.unique(index)) == index.size


def _dense(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = np.cumprod([1, *shape[:0:-1]])[::-1]
    return tuple(int(s) for s in strides)


def _beside(operand: tuple[str, int, tuple[int, ...]], axis: int) -> tuple:
    """The same where a loop more runs at this place, along which nothing changes."""
    name, offset, strides = operand
    return name, offset, (*strides[:axis], 0, *strides[axis:])


def _unless_one(sizes: list[int], body: list[str], names: str) -> list[str]:
    kept = [(n, name) for n, name in zip(sizes, names, strict=True) if n != 1]
    return nested([n for n, _ in kept], body, [name for _, name in kept])


def _written(step: Entrywise, operands: list[str]) -> str:
    if step.operation != "integer_pow":
        return OPERATIONS[step.operation][1].format(*operands)
    power = abs(step.power)
    text = " * ".join([operands[0]] * power) if 0 < power <= 4 else f"pow({operands[0]}, {power}.0)"
    return f"1.0 / ({text})" if step.power < 0 else text
