"""How Python, MATLAB and LaTeX write an operation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sobolev._base.errors import ConfigError
from sobolev.exporters.text.scalars import Number

# How tightly an operation holds its operands together: a looser one inside of it is bracketed.
SUM, PRODUCT, SIGN, POWER, WHOLE = range(5)
SAME = "exp sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc".split()


@dataclass(frozen=True)
class Language:
    """Functions by the operation's name, `{0}` and `{1}` for operands; powers, products, names."""

    functions: dict[str, str]
    times: str
    power: str
    fraction: str  # "" for a / b
    brackets: tuple[str, str]
    number: Callable[[float], str]
    argument: Callable[[int], str]
    named: Callable[[int], str]
    entry: Callable[[str, tuple[int, ...]], str]  # of a result, y or dy

    def text(self, number: Number, names: dict[int, str]) -> str:
        """The formula, in which numbers that have a name are called by it."""
        return self._of(number, names)[0]

    def _of(self, number: Number, names: dict[int, str]) -> tuple[str, int]:
        if id(number) in names:
            return names[id(number)], WHOLE
        if number.operation == "constant":
            text = self.number(number.value)
            return text, SIGN if text[:1] == "-" or "10^" in text else WHOLE
        if number.operation == "argument":
            return self.argument(number.place), WHOLE
        return self._operation(number, [self._of(n, names) for n in number.operands])

    def _operation(self, number: Number, of: Sequence[tuple[str, int]]) -> tuple[str, int]:
        name = number.operation
        texts = [text for text, _ in of]
        if name in ("add", "sub"):
            right = self._held(of[1], PRODUCT)
            sign = "+" if name == "add" else "-"
            if texts[1][:1] == "-" and of[1][1] >= PRODUCT:  # a + -b
                sign, right = "-+"[name == "sub"], texts[1][1:]
            return f"{texts[0]} {sign} {right}", SUM
        if name == "mul":
            return f"{self._held(of[0], PRODUCT)}{self.times}{self._held(of[1], SIGN + 1)}", PRODUCT
        if name == "div":
            if self.fraction:
                return self.fraction.format(*texts), WHOLE
            return f"{self._held(of[0], PRODUCT)}/{self._held(of[1], POWER)}", PRODUCT
        if name == "neg":
            return f"-{self._held(of[0], POWER)}", SIGN
        if name in ("integer_pow", "square"):
            power = 2 if name == "square" else int(number.value)
            return self.power.format(self._held(of[0], WHOLE), power), POWER
        if name == "pow":
            return self.power.format(self._held(of[0], WHOLE), f"({texts[1]})"), POWER
        if name not in self.functions:
            raise ConfigError(
                f"a formula as text cannot hold {name!r}, a step of this function: export it as c."
            )
        return self.functions[name].format(*texts), WHOLE

    def _held(self, of: tuple[str, int], tight: int) -> str:
        text, loose = of
        left, right = self.brackets
        return text if loose >= tight else f"{left}{text}{right}"


def _set(number: float) -> str:
    """Six digits, as one prints a formula."""
    mantissa, _, exponent = f"{number:.6g}".partition("e")
    return f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _slope(what: str, place: tuple[int, ...]) -> str:
    one = f"y_{{{place[0] + 1}}}"
    return one if what == "y" else rf"\frac{{\partial {one}}}{{\partial x_{{{place[1] + 1}}}}}"


FUNCTIONS = {
    **{name: f"{name}({{0}})" for name in SAME},
    "log": "log({0})",
    "log1p": "log1p({0})",
    "expm1": "expm1({0})",
    "abs": "abs({0})",
    "atan2": "atan2({0}, {1})",
    "logistic": "(1/(1 + exp(-({0}))))",
    "rsqrt": "(1/sqrt({0}))",
    "max": "max({0}, {1})",
    "min": "min({0}, {1})",
}
# Python alone has conditions inside of a formula.
SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "and"}
CONDITIONS = {
    **{name: f"({{0}} {sign} {{1}})" for name, sign in SIGNS.items()},
    "or": "({0} or {1})",
    "not": "(not {0})",
    "select_n": "({2} if {0} else {1})",
}
PYTHON = Language(
    FUNCTIONS | CONDITIONS | {"cbrt": "cbrt({0})"}, "*", "{0}**{1}", "", ("(", ")"), repr,
    lambda i: f"x[{i}]", lambda i: f"z{i}",
    lambda what, place: what + "".join(f"[{i}]" for i in place),
)  # fmt: skip
# The numbers of a formula in print, to be calculated with.
ROUNDED = replace(PYTHON, number=lambda number: repr(float(f"{number:.6g}")))
MATLAB = Language(
    FUNCTIONS | {"cbrt": "nthroot({0}, 3)"}, "*", "{0}^{1}", "", ("(", ")"), repr,
    lambda i: f"x({i + 1})", lambda i: f"z{i}",
    lambda what, place: f"{what}({', '.join(str(i + 1) for i in place)})",
)  # fmt: skip
_INSIDE = r"\left({0}\right)"
LATEX = Language(
    {**{name: rf"\operatorname{{{{{name}}}}}{_INSIDE}" for name in SAME},
     **{name: rf"\{name}{_INSIDE}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
     **{f"a{name}": rf"\arc{name}{_INSIDE}" for name in ("sin", "cos", "tan")},
     "exp": r"e^{{{0}}}", "sqrt": r"\sqrt{{{0}}}", "rsqrt": r"\frac{{1}}{{\sqrt{{{0}}}}}",
     "log": rf"\ln{_INSIDE}", "log1p": r"\ln\left(1 + {0}\right)",
     "expm1": r"\left(e^{{{0}}} - 1\right)",
     "abs": r"\left|{0}\right|", "cbrt": r"\sqrt[3]{{{0}}}",
     "logistic": r"\frac{{1}}{{1 + e^{{-\left({0}\right)}}}}",
     "max": r"\max\left({0}, {1}\right)", "min": r"\min\left({0}, {1}\right)"},
    r"\, ", "{{{0}}}^{{{1}}}", r"\frac{{{0}}}{{{1}}}", (r"\left(", r"\right)"), _set,
    lambda i: f"x_{{{i + 1}}}", lambda i: f"z_{{{i}}}", _slope,
)  # fmt: skip
