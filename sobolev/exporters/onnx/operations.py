"""Operations entry by entry, of those that onnxruntime computes in 64 bits too."""

from collections.abc import Callable
from typing import Protocol


class Writes(Protocol):
    """What adds nodes to a graph."""

    def node(self, kind: str, *operands: str, **settings: object) -> str:
        """The name of the result of a further node."""
        ...

    def number(self, value: float) -> str:
        """A number as an operand."""
        ...

    def truth(self, name: str) -> str:
        """Whether each entry is not 0."""
        ...

    def zero_or_one(self, name: str) -> str:
        """Numbers of what is true or false."""
        ...


Writer = Callable[..., str]


def _plain(kind: str) -> Writer:
    return lambda g, *operands: g.node(kind, *operands)


def _compared(kind: str) -> Writer:
    return lambda g, *operands: g.zero_or_one(g.node(kind, *operands))


def _logical(kind: str) -> Writer:
    return lambda g, *operands: g.zero_or_one(g.node(kind, *map(g.truth, operands)))


def _cbrt(g: Writes, a: str) -> str:
    root = g.node("Pow", g.node("Abs", a), g.number(1 / 3))
    return g.node("Mul", g.node("Sign", a), root)


def _grown(g: Writes, a: str) -> tuple[str, str]:
    return g.node("Exp", a), g.node("Exp", g.node("Neg", a))


def _halved(g: Writes, a: str) -> str:
    return g.node("Mul", a, g.number(0.5))


def _root(g: Writes, a: str, more: float) -> str:
    """sqrt(a² + more)."""
    return g.node("Sqrt", g.node("Add", g.node("Mul", a, a), g.number(more)))


def _asinh(g: Writes, a: str) -> str:
    size = g.node("Abs", a)  # of a large negative number the sum below would be nothing
    found = g.node("Log", g.node("Add", size, _root(g, size, 1.0)))
    return g.node("Mul", g.node("Sign", a), found)


def _atanh(g: Writes, a: str) -> str:
    one = g.number(1.0)
    ratio = g.node("Div", g.node("Add", one, a), g.node("Sub", one, a))
    return _halved(g, g.node("Log", ratio))


def _round_away(g: Writes, a: str) -> str:
    size = g.node("Floor", g.node("Add", g.node("Abs", a), g.number(0.5)))
    return g.node("Mul", g.node("Sign", a), size)


def _is_finite(g: Writes, a: str) -> str:
    return g.zero_or_one(g.node("Equal", g.node("Sub", a, a), g.number(0.0)))


WRITERS: dict[str, Writer] = {
    "add": _plain("Add"),
    "sub": _plain("Sub"),
    "mul": _plain("Mul"),
    "div": _plain("Div"),
    "neg": _plain("Neg"),
    "max": _plain("Max"),
    "min": _plain("Min"),
    "abs": _plain("Abs"),
    "sign": _plain("Sign"),
    "floor": _plain("Floor"),
    "ceil": _plain("Ceil"),
    "round": _plain("Round"),
    "round_away": _round_away,
    "sqrt": _plain("Sqrt"),
    "rsqrt": lambda g, a: g.node("Reciprocal", g.node("Sqrt", a)),
    "cbrt": _cbrt,
    "exp": _plain("Exp"),
    "exp2": lambda g, a: g.node("Pow", g.number(2.0), a),
    "expm1": lambda g, a: g.node("Sub", g.node("Exp", a), g.number(1.0)),
    "log": _plain("Log"),
    "log1p": lambda g, a: g.node("Log", g.node("Add", a, g.number(1.0))),
    "sin": _plain("Sin"),
    "cos": _plain("Cos"),
    "tan": lambda g, a: g.node("Div", g.node("Sin", a), g.node("Cos", a)),
    "sinh": lambda g, a: _halved(g, g.node("Sub", *_grown(g, a))),
    "cosh": lambda g, a: _halved(g, g.node("Add", *_grown(g, a))),
    "tanh": _plain("Tanh"),
    "asinh": _asinh,
    "acosh": lambda g, a: g.node("Log", g.node("Add", a, _root(g, a, -1.0))),
    "atanh": _atanh,
    "logistic": _plain("Sigmoid"),
    "pow": _plain("Pow"),
    "square": lambda g, a: g.node("Mul", a, a),
    "eq": _compared("Equal"),
    "ne": lambda g, a, b: g.zero_or_one(g.node("Not", g.node("Equal", a, b))),
    "lt": _compared("Less"),
    "le": _compared("LessOrEqual"),
    "gt": _compared("Greater"),
    "ge": _compared("GreaterOrEqual"),
    "and": _logical("And"),
    "or": _logical("Or"),
    "not": _logical("Not"),
    "is_finite": _is_finite,
    "select_n": lambda g, which, no, yes: g.node("Where", g.truth(which), yes, no),
}
# What onnxruntime computes in 32 bits alone.
SHORT: dict[str, Writer] = {
    "asin": _plain("Asin"),
    "acos": _plain("Acos"),
    "atan": _plain("Atan"),
    "erf": _plain("Erf"),
    "erfc": lambda g, a: g.node("Sub", g.number(1.0), g.node("Erf", a)),
}
