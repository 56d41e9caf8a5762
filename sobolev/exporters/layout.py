"""Where the arrays of a program lie: workspaces whose places are used again, and constants."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sobolev.exporters.program import Buffer, Entrywise, Program, Step, View, operands_of

LARGEST = 1 << 15  # numbers of all workspaces on the stack: 256 kB
APART = 3  # workspaces: with two operands and a result, compilers see that none is another
DEEPEST = 6  # operations in one statement: beyond, nobody can read it
Strides = tuple[int, ...]
Named = Callable[[np.ndarray], str]  # an array of constants -> its name in the file


@dataclass(frozen=True)
class Located:
    """Entry (i, j, …) of an operand is `array[base + offset + Σ strides·i]`.

    With a `table` of places it is `array[base + table[offset + Σ strides·i]]`; a `number` stands
    for all entries.
    """

    array: str = ""
    base: int = 0
    offset: int = 0
    strides: Strides = ()
    table: str = ""
    number: float | None = None


class Layout:
    """Which operations are written inside of others, and where what the rest computes lies."""

    def __init__(self, program: Program, arguments: Sequence[str], workspace: str, named: Named):
        self.program, self.named = program, named
        self.places = {
            id(buffer): (name, 0) for buffer, name in zip(program.arguments, arguments, strict=True)
        }
        self.inner = _within_others(program)
        self.steps = [s for s in program.steps if id(s.out) not in self.inner]
        self.sizes = self._laid_out([f"{workspace}{n}" for n in range(APART)])
        if self.size > LARGEST:
            self.sizes = self._laid_out([workspace])

    @property
    def size(self) -> int:
        """Numbers in all workspaces."""
        return sum(self.sizes.values())

    def expression(self, step: Entrywise, written: Callable[[Entrywise, list], object]):
        """What an operation writes, `written(operation, operands)` of operands and leaves inside.

        Gives it and the leaves, the arrays that are read; a leaf is its number among them.
        """
        leaves: list[View] = []

        def built(operation: Entrywise, seen: np.ndarray | None):
            found: list[object] = []
            for view in operation.operands:
                view = view if seen is None else replace(view, index=view.index.reshape(-1)[seen])
                below = self.inner.get(id(view.buffer))
                if below is not None:
                    found.append(built(below, view.index))
                else:
                    leaves.append(view)
                    found.append(len(leaves) - 1)
            return written(operation, found)

        return built(step, None), leaves

    def located(self, view: View) -> Located:
        """Where an operand lies."""
        numbers, dense = view.constant, strides_of(view.shape)
        if numbers is not None:
            if numbers.size and np.all(numbers == numbers.flat[0]):
                return Located(number=float(numbers.flat[0]), strides=(0,) * len(view.shape))
            at = affine(view.index)
            if at is None or view.index.size * 4 < view.buffer.size:
                anew = self.named(np.ascontiguousarray(numbers).reshape(-1))
                return Located(anew, strides=dense)
            return Located(self.named(view.buffer.constant), 0, *at)  # type: ignore[arg-type]
        name, base = self.places[id(view.buffer)]
        at = affine(view.index)
        if at is not None:
            return Located(name, base, *at)
        table = self.named(np.ascontiguousarray(view.index, np.int32).reshape(-1))
        return Located(name, base, 0, dense, table)

    def out(self, step: Step, strides: Strides) -> Located:
        """Where the result of a step lies."""
        name, base = self.places[id(step.out)]
        return Located(name, base, 0, strides)

    def _laid_out(self, workspaces: Sequence[str]) -> dict[str, int]:
        """Places in the workspaces, each used again once it is no more read; their sizes.

        A result lies in another workspace than what is read for it, where there is one.
        """
        last: dict[int, int] = {}
        for number, step in enumerate(self.steps):
            for buffer in self._read(step):
                last[id(buffer)] = number
        for view in self.program.results:
            last[id(view.buffer)] = len(self.steps)
        free: list[tuple[int, str, int]] = []  # (size, workspace, start)
        used: list[tuple[int, int, str, int]] = []  # (until, size, workspace, start)
        ends = dict.fromkeys(workspaces, 0)
        for number, step in enumerate(self.steps):
            free += [(size, name, start) for until, size, name, start in used if until < number]
            used = [each for each in used if each[0] >= number]
            read = {self.places.get(id(buffer), ("",))[0] for buffer in self._read(step)}
            apart = [name for name in workspaces if name not in read] or workspaces
            fitting = sorted(each for each in free if each[0] >= step.out.size and each[1] in apart)
            if fitting:
                size, name, start = fitting[0]
                free.remove((size, name, start))
            else:
                size, name = step.out.size, min(apart, key=lambda name: ends[name])
                start = ends[name]
                ends[name] += size
            used.append((last.get(id(step.out), number), size, name, start))
            self.places[id(step.out)] = name, start
        return {name: size for name, size in ends.items() if size}

    def _read(self, step: Step) -> list[Buffer]:
        found = []
        for view in operands_of(step):
            below = self.inner.get(id(view.buffer))
            found += self._read(below) if below is not None else [view.buffer]
        return found


def affine(index: np.ndarray) -> tuple[int, Strides] | None:
    """`(offset, strides)` with index[i, j, …] = offset + Σ stride·i, none if it is not so."""
    if index.size == 0:
        return None
    first = index[(0,) * index.ndim]
    strides = tuple(
        int(index[tuple(int(k == axis) for k in range(index.ndim))] - first) if n > 1 else 0
        for axis, n in enumerate(index.shape)
    )
    ranges = np.indices(index.shape, sparse=True)
    there = first + sum((s * r for s, r in zip(strides, ranges, strict=True)), start=0)
    same = np.array_equal(np.broadcast_to(there, index.shape), index)
    return (int(first), strides) if same else None


def merged(shape: Sequence[int], strides: Sequence[Strides]) -> tuple[list[int], list[Strides]]:
    """Axes that are passed through as one in all arrays, and none of length one."""
    kept: list[tuple[int, list[int]]] = []
    for axis, n in enumerate(shape):
        if n == 1:
            continue
        step = [s[axis] for s in strides]
        if kept and all(last == n * now for last, now in zip(kept[-1][1], step, strict=True)):
            kept[-1] = (kept[-1][0] * n, step)
        else:
            kept.append((n, step))
    sizes = [n for n, _ in kept]
    return sizes, [tuple(step[i] for _, step in kept) for i in range(len(strides))]


def strides_of(shape: tuple[int, ...]) -> Strides:
    """Of an array that lies row after row."""
    strides = np.cumprod([1, *shape[:0:-1]])[::-1]
    return tuple(int(s) for s in strides)


def place(offset: int, strides: Sequence[int], names: Sequence[str]) -> str:
    """offset + Σ stride·i as text."""
    parts = [
        name if stride == 1 else f"{stride} * {name}"
        for name, stride in zip(names, strides, strict=False)
        if stride
    ]
    if offset or not parts:
        parts.append(str(offset))
    return " + ".join(parts)


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
    """Whether an operand is written more than once."""
    return step.operation in ("max", "min", "sign", "square", "integer_pow", "is_finite")


def _each_once(index: np.ndarray) -> bool:
    return len(np.unique(index)) == index.size
