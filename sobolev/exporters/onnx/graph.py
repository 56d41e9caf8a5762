"""A program as a graph of ONNX over rows: arrays have one axis more, that of the rows, in front."""

from typing import Any

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.exporters.onnx.operations import SHORT, WRITERS
from sobolev.exporters.program import (
    Buffer,
    Contraction,
    Copy,
    Entrywise,
    Program,
    Reduction,
    Step,
    View,
)

Shape = tuple[int, ...]
OPSET = 17
ROWS = "rows"


class Graph:
    """Nodes and constants. What is asked for twice is there once."""

    def __init__(self, program: Program, argument: str, dtype: type[np.floating]):
        from onnx import TensorProto, helper, numpy_helper

        self.helper, self.numbers_of, self.types = helper, numpy_helper, TensorProto
        self.dtype, self.argument = np.dtype(dtype), argument
        self.kind = TensorProto.DOUBLE if self.dtype == np.float64 else TensorProto.FLOAT
        self.nodes: list[Any] = []
        self.constants: dict[tuple, tuple[str, Any]] = {}
        self._kept: dict[tuple, str] = {}  # of what was written already
        (given,) = program.arguments
        self._there: dict[int, tuple[str, Shape]] = {id(given): (argument, (given.size,))}
        for step in program.steps:
            self._there[id(step.out)] = self.step(step)

    def node(self, kind: str, *operands: str, **settings: Any) -> str:
        """The name of the result of a further node, or of the same one before."""
        key = (kind, operands, tuple(sorted((k, str(v)) for k, v in settings.items())))
        if key not in self._kept:
            self._kept[key] = self._named()
            made = self.helper.make_node(kind, list(operands), [self._kept[key]], **settings)
            self.nodes.append(made)
        return self._kept[key]

    def number(self, value: float) -> str:
        """A number as an operand."""
        return self.constant(np.array(value, self.dtype))

    def constant(self, array: np.ndarray) -> str:
        """An array as an operand."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            name = f"c{len(self.constants)}"
            self.constants[key] = (
                name,
                self.numbers_of.from_array(np.ascontiguousarray(array), name),
            )
        return self.constants[key][0]

    def truth(self, name: str) -> str:
        """Whether each entry is not 0."""
        return self.node("Cast", name, to=self.types.BOOL)

    def zero_or_one(self, name: str) -> str:
        """Numbers of what is true or false."""
        return self.node("Cast", name, to=self.kind)

    def step(self, step: Step) -> tuple[str, Shape]:
        """`(name, shape of a row)` of the result."""
        if isinstance(step, Entrywise):
            return self._entrywise(step)
        if isinstance(step, Contraction):
            return self._contraction(step)
        if isinstance(step, Reduction):
            return self._reduction(step)
        return self._joined(step)

    def result(self, view: View, shape: Shape, name: str) -> None:
        """An output of the graph."""
        found = self.array(view, shape)
        if view.constant is not None:
            found = self._for_each_row(found, shape)
        self.nodes.append(self.helper.make_node("Identity", [found], [name]))

    def array(self, view: View, shape: Shape) -> str:
        """A view as an array with this shape of a row; constants have none of rows."""
        numbers = view.constant
        if numbers is not None:
            flat = np.asarray(numbers, self.dtype)
            same = flat.size and bool(np.all(flat == flat.flat[0]))
            return self.number(float(flat.flat[0])) if same else self.constant(flat.reshape(shape))
        index = view.index.reshape(-1)
        if self._lies(view) is not None:
            return self._reshaped(view.buffer, shape)
        flat = self._reshaped(view.buffer, (view.buffer.size,))
        picked = self.node("Gather", flat, self.constant(index.astype(np.int64)), axis=1)
        return picked if len(shape) == 1 else self._shaped(picked, shape)

    def _entrywise(self, step: Entrywise) -> tuple[str, Shape]:
        shape = step.operands[0].shape
        views = [_once(view) for view in step.operands]
        spread = any(v.shape != shape and v.constant is None for v in views)
        if not spread:  # one entry for each: as they lie, or in a row
            there = {self._lies(v) for v in step.operands if v.constant is None}
            shape = (int(np.prod(shape, dtype=int)),)
            shape = there.pop() or shape if len(there) == 1 else shape
            views = [View(v.buffer, v.index.reshape(shape)) for v in step.operands]
        operands = [self.array(view, view.shape) for view in views]
        name = self._operation(step, operands)
        if spread and np.broadcast_shapes(*(v.shape for v in views)) != shape:
            name = self.node("Expand", name, self.constant(np.array([1, *shape], np.int64)))
        return name, shape

    def _operation(self, step: Entrywise, operands: list[str]) -> str:
        if step.operation == "integer_pow":
            return self._power(step.power, operands[0])
        known = WRITERS if self.dtype == np.float64 else WRITERS | SHORT
        if step.operation not in known:
            raise ConfigError(
                f"onnxruntime does not compute {step.operation} in 64 bits"
                f"{': export with precision float32' if step.operation in SHORT else ' or 32'}."
            )
        return known[step.operation](self, *operands)

    def _power(self, power: int, operand: str) -> str:
        size, found = abs(power), operand
        if size > 4 or size == 0:
            found = self.node("Pow", operand, self.number(float(size)))
        else:
            for _ in range(size - 1):
                found = self.node("Mul", found, operand)
        return self.node("Reciprocal", found) if power < 0 else found

    def _contraction(self, step: Contraction) -> tuple[str, Shape]:
        (b, i, k), j = step.left.shape, step.right.shape[2]
        left, right = step.left.constant, step.right.constant
        if b == 1 and j == 1 and left is not None:  # a layer: rows times its weights
            weights = self.constant(np.asarray(left[0].T, self.dtype))
            return self.node("MatMul", self.array(step.right, (k,)), weights), (i,)
        if b == 1 and i == 1 and right is not None:
            weights = self.constant(np.asarray(right[0], self.dtype))
            return self.node("MatMul", self.array(step.left, (k,)), weights), (j,)
        first = () if b == 1 else (b,)
        operands = []
        for view, shape in ((step.left, (*first, i, k)), (step.right, (*first, k, j))):
            numbers = view.constant
            operands.append(
                self.array(view, shape)
                if numbers is None
                else self.constant(np.asarray(numbers, self.dtype).reshape(shape))
            )
        return self.node("MatMul", *operands), (*first, i, j)

    def _reduction(self, step: Reduction) -> tuple[str, Shape]:
        size, k = step.operand.shape
        operand = self.array(step.operand, (size, k))
        if step.operation == "add":
            axes = self.constant(np.array([2], np.int64))
            return self.node("ReduceSum", operand, axes, keepdims=0), (size,)
        kind = {"max": "ReduceMax", "min": "ReduceMin"}[step.operation]
        return self.node(kind, operand, axes=[2], keepdims=0), (size,)

    def _joined(self, step: Copy) -> tuple[str, Shape]:
        parts = []
        for view in step.operands:
            shape = (view.index.size,)
            part = self.array(View(view.buffer, view.index.reshape(-1)), shape)
            parts.append(part if view.constant is None else self._for_each_row(part, shape))
        return self.node("Concat", *parts, axis=1), (step.out.size,)

    def _for_each_row(self, constant: str, shape: Shape) -> str:
        rows = self.node("Shape", self.argument, start=0, end=1)
        to = self.node("Concat", rows, self.constant(np.array(shape, np.int64)), axis=0)
        return self.node("Expand", constant, to)

    def _lies(self, view: View) -> Shape | None:
        """The shape in which all of a buffer lies, if the view is all of it in its order."""
        whole = np.array_equal(view.index.reshape(-1), np.arange(view.buffer.size))
        return self._there[id(view.buffer)][1] if whole else None

    def _reshaped(self, buffer: Buffer, shape: Shape) -> str:
        name, there = self._there[id(buffer)]
        return name if there == shape else self._shaped(name, shape)

    def _shaped(self, name: str, shape: Shape) -> str:
        # 0: as many rows as there are
        return self.node("Reshape", name, self.constant(np.array([0, *shape], np.int64)))

    def _named(self) -> str:
        return f"t{len(self._kept)}"


def _once(view: View) -> View:
    """With length 1 along axes on which all is the same: those are spread by the operation."""
    index = view.index
    for axis in range(index.ndim):
        first = index.take([0], axis) if index.shape[axis] else index
        if index.shape[axis] > 1 and np.array_equal(np.broadcast_to(first, index.shape), index):
            index = first
    return View(view.buffer, index)
