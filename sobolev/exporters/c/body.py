"""The statements of C that carry out a program."""

from collections.abc import Sequence

from sobolev.exporters.c.numbers import Constants, literal
from sobolev.exporters.entrywise import OPERATIONS
from sobolev.exporters.layout import Layout, Located, place
from sobolev.exporters.program import Entrywise, Program
from sobolev.exporters.writing import Writing


class Body(Writing):
    """Statements with arrays in workspaces `work0`, …, in which places are used again."""

    def __init__(self, program: Program, arguments: Sequence[str], constants: Constants):
        super().__init__(Layout(program, arguments, "work", constants.named))

    def entry(self, at: Located, names: Sequence[str]) -> str:
        """`array[place]`."""
        if at.number is not None:
            return literal(at.number)
        if at.table:
            inside = f"{at.table}[{place(at.offset, at.strides, names)}]"
            return f"{at.array}[{f'{at.base} + ' if at.base else ''}{inside}]"
        return f"{at.array}[{place(at.base + at.offset, at.strides, names)}]"

    def assigned(self, target: str, value: str) -> str:
        """With a semicolon."""
        return f"{target} = {value};"

    def added(self, target: str, value: str) -> str:
        """By +=."""
        return f"{target} += {value};"

    def updated(self, target: str, factor: str, entry: str) -> list[str]:
        """By +=."""
        return [f"{target} += {factor} * {entry};"]

    def better(self, operation: str) -> list[str]:
        """By a condition, in which what is not a number stays so."""
        return [f"s = {OPERATIONS[operation][1].format('s', 't')};"]

    def loop(self, name: str, size: int, body: Sequence[str]) -> list[str]:
        """`for`."""
        head = f"for ({name} = 0; {name} < {size}; {name}++)"
        return [f"{head} {{", *(f"  {line}" for line in body), "}"]

    def calculated(self, target: str, step: Entrywise, texts: list[str]) -> list[str]:
        """One statement with operations inside of others."""

        def written(operation: Entrywise, found: list) -> str:
            return (
                f"({_written(operation, [texts[n] if isinstance(n, int) else n for n in found])})"
            )

        text, _ = self.layout.expression(step, written)
        return [f"{target} = {str(text)[1:-1]};"]


def _written(step: Entrywise, operands: list[str]) -> str:
    if step.operation != "integer_pow":
        return OPERATIONS[step.operation][1].format(*operands)
    power = abs(step.power)
    text = " * ".join([operands[0]] * power) if 0 < power <= 4 else f"pow({operands[0]}, {power}.0)"
    return f"1.0 / ({text})" if step.power < 0 else text
