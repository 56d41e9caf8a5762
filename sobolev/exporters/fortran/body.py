"""The statements of Fortran that carry out a program, each short enough for a line of 72."""

import math
from collections.abc import Sequence

from sobolev.exporters.fortran.numbers import Constants, literal, one_based
from sobolev.exporters.layout import Layout, Located, place
from sobolev.exporters.program import Entrywise, Program, View
from sobolev.exporters.writing import Writing

SHORT = 45  # signs of two operands in one statement

ARITHMETIC = frozenset({"add", "sub", "mul", "div"})
# Of operands {0}, {1}, …; functions that the file brings itself begin with {name}_. Numbers are
# asked whether they are equal by two inequalities: compilers warn of ==.
OPERATIONS: dict[str, str] = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "neg": "-{0}",
    "max": "MERGE({0}, {1}, {0} .GE. {1} .OR. .NOT. {0} .LE. {0})",
    "min": "MERGE({0}, {1}, {0} .LE. {1} .OR. .NOT. {0} .LE. {0})",
    "abs": "ABS({0})",
    "sign": "MERGE(SIGN(1.0D0, {0}), {0}, ABS({0}) .GT. 0.0D0)",
    "floor": "AINT({0}) - MERGE(1.0D0, 0.0D0, AINT({0}) .GT. {0})",
    "ceil": "AINT({0}) + MERGE(1.0D0, 0.0D0, AINT({0}) .LT. {0})",
    "round": "{name}_RINT({0})",
    "round_away": "ANINT({0})",
    "sqrt": "SQRT({0})",
    "rsqrt": "1.0D0 / SQRT({0})",
    "cbrt": "SIGN(ABS({0}) ** (1.0D0 / 3.0D0), {0})",
    "exp": "EXP({0})",
    "exp2": "2.0D0 ** {0}",
    "expm1": "{name}_EXPM1({0})",
    "log": "LOG({0})",
    "log1p": "{name}_LOG1P({0})",
    "sin": "SIN({0})",
    "cos": "COS({0})",
    "tan": "TAN({0})",
    "asin": "ASIN({0})",
    "acos": "ACOS({0})",
    "atan": "ATAN({0})",
    "atan2": "ATAN2({0}, {1})",
    "sinh": "SINH({0})",
    "cosh": "COSH({0})",
    "tanh": "TANH({0})",
    "asinh": "SIGN({name}_ASINH(ABS({0})), {0})",
    "acosh": "LOG({0} + SQRT(({0} - 1.0D0) * ({0} + 1.0D0)))",
    "atanh": "0.5D0 * ({name}_LOG1P({0}) - {name}_LOG1P(-{0}))",
    "erf": "ERF({0})",
    "erfc": "ERFC({0})",
    "logistic": "1.0D0 / (1.0D0 + EXP(-{0}))",
    "pow": "{0} ** {1}",
    "square": "{0} * {0}",
    "eq": "MERGE(1.0D0, 0.0D0, {0} .GE. {1} .AND. {0} .LE. {1})",
    "ne": "MERGE(0.0D0, 1.0D0, {0} .GE. {1} .AND. {0} .LE. {1})",
    "lt": "MERGE(1.0D0, 0.0D0, {0} .LT. {1})",
    "le": "MERGE(1.0D0, 0.0D0, {0} .LE. {1})",
    "gt": "MERGE(1.0D0, 0.0D0, {0} .GT. {1})",
    "ge": "MERGE(1.0D0, 0.0D0, {0} .GE. {1})",
    "and": "{0} * {1}",
    "or": "MAX({0}, {1})",
    "not": "1.0D0 - {0}",
    "is_finite": "MERGE(1.0D0, 0.0D0, ABS({0}) .LE. HUGE({0}))",
    "select_n": "MERGE({2}, {1}, {0} .GT. 0.5D0)",
}


class Body(Writing):
    """Statements with arrays in workspaces Z0, …; of temporaries T1, T2, … as many as needed."""

    zero = "0.0D0"

    def __init__(
        self, program: Program, arguments: Sequence[str], constants: Constants, prefix: str
    ):
        super().__init__(Layout(program, arguments, "z", constants.named))
        self.prefix = prefix
        self.temporaries = 0

    def entry(self, at: Located, names: Sequence[str]) -> str:
        """`array(place)`, places from one on."""
        if at.number is not None:
            text = literal(at.number)
            return f"({text})" if math.copysign(1.0, at.number) < 0 else text
        if at.table:
            there = _compact(at.offset, at.strides, names)
            return f"{at.array}({at.table}({there})+{at.base + 1})"
        return f"{at.array}({_compact(at.base + at.offset, at.strides, names)})"

    def assigned(self, target: str, value: str) -> str:
        """No sign at the end."""
        return f"{target} = {value}"

    def added(self, target: str, value: str) -> str:
        """The target twice."""
        return f"{target} = {target} + {value}"

    def summed(self, left: str, right: str) -> list[str]:
        """Read first, if both are too long for a line."""
        if len(left) + len(right) < SHORT:
            return super().summed(left, right)
        return [f"t = {left}", f"s = s + t * {right}"]

    def updated(self, target: str, factor: str, entry: str) -> list[str]:
        """Read first: two places and a third one are too long for a line."""
        return [f"r = {factor} * {entry}", f"{target} = {target} + r"]

    def better(self, operation: str) -> list[str]:
        """By a condition, in which what is not a number stays so."""
        return [f"s = {OPERATIONS[operation].format('s', 't', name=self.prefix)}"]

    def loop(self, name: str, size: int, body: Sequence[str]) -> list[str]:
        """DO."""
        return [f"DO {name} = 0, {size - 1}", *(f"  {line}" for line in body), "END DO"]

    def result(self, name: str, view: View) -> list[str]:
        """Column after column, as Fortran has its arrays."""
        return self.moved(Located(name), View(view.buffer, view.index.T))

    def calculated(self, target: str, step: Entrywise, texts: list[str]) -> list[str]:
        """One operation a statement."""
        lines: list[str] = []

        def written(operation: Entrywise, found: list) -> str:
            plain = operation.operation in ARITHMETIC
            operands = [
                self._read(texts[n], plain, lines) if isinstance(n, int) else n for n in found
            ]
            return self._kept(self._written(operation, operands), lines)

        last, _ = self.layout.expression(step, written)
        self.temporaries = max(self.temporaries, len(lines))
        return [*lines, self.assigned(target, str(last))]

    def _read(self, text: str, plain: bool, lines: list[str]) -> str:
        """What is read becomes a temporary, but for numbers in plain arithmetic."""
        number = "(" not in text.strip("()") or "HUGE" in text
        return text if number and plain else self._kept(text, lines)

    def _kept(self, text: str, lines: list[str]) -> str:
        lines.append(f"t{len(lines) + 1} = {text}")
        return f"t{len(lines)}"

    def _written(self, step: Entrywise, operands: list[str]) -> str:
        if step.operation != "integer_pow":
            return OPERATIONS[step.operation].format(*operands, name=self.prefix)
        power = f"{operands[0]}**{abs(step.power)}"
        return f"1.0D0 / {power}" if step.power < 0 else power


def _compact(offset: int, strides: Sequence[int], names: Sequence[str]) -> str:
    return one_based(place(offset, strides, names)).replace(" ", "")
