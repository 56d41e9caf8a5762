"""A program as an expression of CasADi, which differentiates it itself."""

from typing import Any

import numpy as np

from sobolev._base.arguments import one_of
from sobolev._base.errors import ConfigError
from sobolev.exporters.casadi.operations import operations
from sobolev.exporters.exporter import checked_name
from sobolev.exporters.foreign import needed
from sobolev.exporters.program import Contraction, Entrywise, Program, Reduction, Step, View
from sobolev.exporters.ways import entries
from sobolev.function.function import Function, required


def casadi_expression(function: Function, name: str = "surrogate", symbols: str = "MX") -> Any:
    """y(x) as a `casadi.Function` of a column x `[d]` with a column y `[q]`, in physical units.

    An expression, no callback: CasADi differentiates it as often as it likes, generates code from
    it, and gives Ipopt exact Hessians.

    **Arguments:** `symbols` "MX", whose nodes are arrays, or "SX", whose nodes are numbers: faster
    for small networks. Raises `ConfigError` for what no list of steps can hold, and without CasADi.

    ```python
    f = exporters.casadi_expression(surrogate)
    x = casadi.MX.sym("x", 2)
    problem = {"x": x, "f": casadi.sumsqr(f(x) - goal)}
    ```
    """
    required("function", function)
    needed("casadi", "an expression of CasADi", "casadi")
    import casadi as ca

    one_of("symbols", symbols, ("MX", "SX"))
    checked_name(name)
    if "__" in name or name in ("null", "jac", "hess"):
        raise ConfigError(f"CasADi keeps the name {name!r} for itself: take another one.")
    program = entries(function, 0)[0].program()
    x = getattr(ca, symbols).sym("x", len(function.inputs))
    return ca.Function(name, [x], [_Expression(ca, program, x).result()], ["x"], ["y"])


class _Expression:
    """Columns of numbers by the buffers that they lie in."""

    def __init__(self, ca: Any, program: Program, x: Any):
        self.ca, self.known, self.program = ca, operations(ca), program
        self.there = {id(program.arguments[0]): x}
        for step in program.steps:
            self.there[id(step.out)] = self.step(step)

    def result(self) -> Any:
        """The column of outputs."""
        (view,) = self.program.results
        return self.column(view)

    def step(self, step: Step) -> Any:
        """The column of a step's numbers, row after row."""
        ca = self.ca
        if isinstance(step, Entrywise):
            operands = [self.column(view) for view in step.operands]
            if step.operation == "integer_pow":
                return operands[0] ** step.power
            if step.operation not in self.known:
                raise ConfigError(f"CasADi has no operation {step.operation}.")
            return self.known[step.operation](*operands)
        if isinstance(step, Contraction):
            found = []
            for left, right in zip(
                self.matrices(step.left), self.matrices(step.right), strict=True
            ):
                found.append(ca.vec(ca.mtimes(left, right).T))
            return ca.vertcat(*found)
        if isinstance(step, Reduction):
            (matrix,) = self.matrices(View(step.operand.buffer, step.operand.index[None]))
            if step.operation == "add":
                return ca.sum2(matrix)
            better, found = self.known[step.operation], matrix[:, 0]
            for k in range(1, matrix.shape[1]):
                found = better(found, matrix[:, k])
            return found
        return ca.vertcat(*(self.column(view) for view in step.operands))

    def column(self, view: View) -> Any:
        """A view as a column, row after row."""
        return self._picked(view, view.index.reshape(-1))

    def matrices(self, view: View) -> list[Any]:
        """A view `[b, i, k]` as matrices; CasADi counts column after column."""
        return [
            self.ca.reshape(self._picked(view, index.T.reshape(-1)), *index.shape)
            for index in view.index
        ]

    def _picked(self, view: View, index: np.ndarray) -> Any:
        if view.buffer.constant is not None:
            return self.ca.DM(view.buffer.constant[index])
        whole = self.there[id(view.buffer)]
        if np.array_equal(index, np.arange(view.buffer.size)):
            return whole
        return whole[index.tolist(), 0]
