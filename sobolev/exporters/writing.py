"""A program as statements of a language with arrays and loops: C and Fortran say how they look."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from sobolev.exporters.layout import Layout, Located, Strides, merged, strides_of
from sobolev.exporters.program import Contraction, Copy, Entrywise, Reduction, Step, View


class Writing(ABC):
    """Statements for the steps of a program, each with its loops around it.

    A member says how an entry of an array, an assignment, a loop and an operation are written.
    """

    zero = "0.0"

    def __init__(self, layout: Layout):
        self.layout = layout

    @abstractmethod
    def entry(self, at: Located, names: Sequence[str]) -> str:
        """The entry of an array, or the number, where loops run over these names."""

    @abstractmethod
    def assigned(self, target: str, value: str) -> str:
        """target = value."""

    @abstractmethod
    def added(self, target: str, value: str) -> str:
        """target = target + value."""

    @abstractmethod
    def better(self, operation: str) -> list[str]:
        """s = the maximum or minimum of s and t."""

    @abstractmethod
    def loop(self, name: str, size: int, body: Sequence[str]) -> list[str]:
        """The body for each name from 0 to size - 1."""

    @abstractmethod
    def calculated(self, target: str, step: Entrywise, texts: list[str]) -> list[str]:
        """target = the operation, of leaves that are written so."""

    def summed(self, left: str, right: str) -> list[str]:
        """s = s + left · right."""
        return [self.added("s", f"{left} * {right}")]

    @abstractmethod
    def updated(self, target: str, factor: str, entry: str) -> list[str]:
        """target = target + factor · entry."""

    def result(self, name: str, view: View) -> list[str]:
        """A result written where the caller wants it, row after row."""
        return self.moved(Located(name), view)

    def lines(self, results: Sequence[str]) -> list[str]:
        """Steps, then what is written into the results; a name that is empty is left out."""
        lines = [line for step in self.layout.steps for line in self.step(step)]
        for name, view in zip(results, self.layout.program.results, strict=True):
            if name:
                lines += self.result(name, view)
        return lines

    def step(self, step: Step) -> list[str]:
        """The lines of one step."""
        if isinstance(step, Contraction):
            return self._contraction(step)
        if isinstance(step, Reduction):
            return self._reduction(step)
        if isinstance(step, Copy):
            return self._copies(step)
        return self._entrywise(step)

    def _entrywise(self, step: Entrywise) -> list[str]:
        leaves: list[View]
        _, leaves = self.layout.expression(step, lambda operation, found: None)
        shape = step.operands[0].shape
        there = self.layout.out(step, strides_of(shape))
        sizes, (target, *texts) = self._texts(shape, [there, *map(self.layout.located, leaves)])
        return self._nested(sizes, self.calculated(target, step, texts))

    def moved(self, there: Located, view: View) -> list[str]:
        """The entries of a view, one after the other from a place on."""
        there = Located(there.array, there.base, 0, strides_of(view.shape))
        sizes, (target, text) = self._texts(view.shape, [there, self.layout.located(view)])
        return self._nested(sizes, [self.assigned(target, text)])

    def _texts(self, shape: tuple[int, ...], places: list[Located]) -> tuple[list[int], list[str]]:
        """Sizes of the loops, and the entries in them."""
        sizes, strides = merged(shape, [at.strides for at in places])
        texts = [
            self.entry(_with(at, stride), "ijklmnop")
            for at, stride in zip(places, strides, strict=True)
        ]
        return sizes, texts

    def _contraction(self, step: Contraction) -> list[str]:
        (b, i, k), j = step.left.shape, step.right.shape[2]
        size = (b, i, k, j)
        left = self._beside(step.left, 3, size)
        right = self._beside(step.right, 1, size)
        strides = tuple(0 if n == 1 else s for s, n in zip((i * j, j, 0, 1), size, strict=True))
        here = self.entry(self.layout.out(step, strides), "ijkl")
        if j == 1:  # one sum after the other
            left, right = (self.entry(at, "ijkl") for at in (left, right))
            inner = [
                self.assigned("s", self.zero),
                *self._nested([k], self.summed(left, right), "k"),
                self.assigned(here, "s"),
            ]
            return self._unless_one([b, i], inner, "ij")
        # Two products at once, and the first ones are not added to 0: half as often read and kept.
        first = min(k, 2 - k % 2)
        inner = self._products(here, left, right, j, range(first), 0)
        if k > first:
            further = self._products(here, left, right, j, range(first, first + 2), 2)
            inner += self._nested([(k - first) // 2], further, "k")
        return self._unless_one([b, i], inner, "ij")

    def _products(
        self, here: str, left: Located, right: Located, j: int, which: Sequence[int], times: int
    ) -> list[str]:
        """One row of products, each of the numbers `which` and `times` the loop further."""
        lines, row = [], []
        for word, number in zip("st", which, strict=False):
            factor, entry = (
                self.entry(_further(at, number, times), "ijkl") for at in (left, right)
            )
            lines.append(self.assigned(word, factor))
            added = self.updated(here, word, entry)
            row += added if times or number else [self.assigned(here, f"{word} * {entry}")]
        return [*lines, *self._nested([j], row, "l")]

    def _beside(self, view: View, axis: int, size: tuple[int, ...]) -> Located:
        """An operand where a loop more runs at this place, along which nothing changes."""
        at = self.layout.located(view)
        strides = (*at.strides[:axis], 0, *at.strides[axis:])
        kept = tuple(0 if n == 1 else s for s, n in zip(strides, size, strict=True))
        return _with(at, kept)

    def _reduction(self, step: Reduction) -> list[str]:
        rows, columns = shape = step.operand.shape
        at = self.layout.located(step.operand)
        at = _with(at, tuple(0 if n == 1 else s for s, n in zip(at.strides, shape, strict=True)))
        each, first = self.entry(at, "ij"), self.entry(_with(at, at.strides[:1]), "i")
        out = self.entry(self.layout.out(step, (int(rows > 1),)), "i")
        if step.operation == "add":
            start, along = self.zero, [self.added("s", each)]
        else:
            start, along = first, [self.assigned("t", each), *self.better(step.operation)]
        inner = [
            self.assigned("s", start),
            *self._nested([columns], along, "j"),
            self.assigned(out, "s"),
        ]
        return self._unless_one([rows], inner, "i")

    def _copies(self, step: Copy) -> list[str]:
        lines, there = [], self.layout.out(step, ())
        start = there.base
        for view in step.operands:
            flat = View(view.buffer, view.index.reshape(-1))
            lines += self.moved(Located(there.array, start), flat)
            start += flat.index.size
        return lines

    def _nested(
        self, sizes: Sequence[int], body: Sequence[str], names: Sequence[str] = "ijklmnop"
    ) -> list[str]:
        lines = list(body)
        for size, name in reversed(list(zip(sizes, names, strict=False))):
            lines = self.loop(name, size, lines)
        return lines

    def _unless_one(self, sizes: list[int], body: list[str], names: str) -> list[str]:
        kept = [(n, name) for n, name in zip(sizes, names, strict=True) if n != 1]
        return self._nested([n for n, _ in kept], body, [name for _, name in kept])


def _further(at: Located, first: int, times: int) -> Located:
    """With a third loop that begins later and goes in larger steps, or in none."""
    step = at.strides[2]
    strides = (*at.strides[:2], times * step, *at.strides[3:])
    return replace(at, offset=at.offset + first * step, strides=strides)


def _with(at: Located, strides: Strides) -> Located:
    return Located(at.array, at.base, at.offset, strides, at.table, at.number)
