"""A function as a list of steps on arrays of numbers: what generators of code write down."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

Index = Int[np.ndarray, "..."]


@dataclass(eq=False)
class Buffer:
    """Numbers in a row that a step computes, or that are given or constant."""

    size: int
    constant: Float[np.ndarray, " size"] | None = None
    given: int | None = None  # the number of the argument


@dataclass(frozen=True, eq=False)
class View:
    """An array that lies in a buffer: entry i is `buffer[index[i]]`.

    Transposed, cut out, repeated and put in another shape, an array is another view of the same
    numbers, and no step.
    """

    buffer: Buffer
    index: Index

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return self.index.shape

    @property
    def size(self) -> int:
        """How many entries."""
        return self.index.size

    @property
    def constant(self) -> np.ndarray | None:
        """The numbers, if they are known."""
        numbers = self.buffer.constant
        return None if numbers is None else numbers[self.index]

    def seen(self, index: Index) -> "View":
        """Entries of this array, by their number in it."""
        return View(self.buffer, self.index.reshape(-1)[index])

    def shaped(self, shape: tuple[int, ...]) -> "View":
        """The same entries in another shape."""
        return View(self.buffer, self.index.reshape(shape))

    def counted(self) -> Index:
        """The number of each entry in this array: what is moved about says where entries go."""
        return np.arange(self.index.size).reshape(self.shape)


@dataclass(frozen=True, eq=False)
class Entrywise:
    """out[i] = f(a[i], b[i], …): operands have the shape of the result."""

    out: Buffer
    operation: str
    operands: tuple[View, ...]
    power: int = 0  # of a whole power

    def work(self) -> int:
        """Operations."""
        return self.out.size


@dataclass(frozen=True, eq=False)
class Contraction:
    """out[b, i, j] = Σ_k left[b, i, k] right[b, k, j]."""

    out: Buffer
    left: View
    right: View

    def work(self) -> int:
        """Multiplications."""
        return self.left.index.size * self.right.shape[2]


@dataclass(frozen=True, eq=False)
class Reduction:
    """out[i] = Σ_k, max_k or min_k of a[i, k]."""

    out: Buffer
    operation: str
    operand: View

    def work(self) -> int:
        """Operations."""
        return self.operand.index.size


@dataclass(frozen=True, eq=False)
class Copy:
    """out = the operands, one after the other."""

    out: Buffer
    operands: tuple[View, ...]

    def work(self) -> int:
        """Nothing is computed."""
        return 0


Step = Entrywise | Contraction | Reduction | Copy


def operands_of(step: Step) -> Sequence[View]:
    """What a step reads."""
    if isinstance(step, Contraction):
        return step.left, step.right
    return (step.operand,) if isinstance(step, Reduction) else step.operands


@dataclass(eq=False)
class Program:
    """Steps in their order from arguments to results."""

    arguments: tuple[Buffer, ...]
    results: tuple[View, ...]
    steps: list[Step] = field(default_factory=list)

    def work(self) -> int:
        """Operations of all steps: the smaller of two programs for the same is the faster one."""
        return sum(step.work() for step in self.steps)


def without_idle(program: Program) -> Program:
    """The same without steps whose results nobody reads."""
    needed = {id(view.buffer) for view in program.results}
    kept: list[Step] = []
    for step in reversed(program.steps):
        if id(step.out) in needed:
            kept.append(step)
            needed.update(id(view.buffer) for view in operands_of(step))
    return Program(program.arguments, program.results, kept[::-1])
