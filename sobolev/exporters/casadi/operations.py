"""Operations entry by entry, in CasADi's words."""

from collections.abc import Callable
from typing import Any

# What is called the same in both.
SAME = (
    "floor ceil sqrt exp expm1 log log1p sin cos tan asin acos atan atan2 sinh cosh tanh asinh "
    "acosh atanh erf sign"
).split()


def operations(ca: Any) -> dict[str, Callable]:
    """Of symbols and of numbers."""
    either = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "neg": lambda a: -a,
        "max": ca.fmax,
        "min": ca.fmin,
        "abs": ca.fabs,
        "round": lambda a: a - ca.remainder(a, 1),  # to even, as IEEE's
        "round_away": lambda a: ca.sign(a) * ca.floor(ca.fabs(a) + 0.5),
        "rsqrt": lambda a: 1 / ca.sqrt(a),
        "cbrt": lambda a: ca.sign(a) * ca.fabs(a) ** (1 / 3),
        "exp2": lambda a: ca.exp(a * 0.6931471805599453),
        "erfc": lambda a: 1 - ca.erf(a),
        # 1/(1 + exp(−a)) has slopes ∞/∞ at −800
        "logistic": lambda a: 0.5 * (1 + ca.tanh(a / 2)),
        "pow": lambda a, b: a**b,
        "square": lambda a: a * a,
        "eq": lambda a, b: a == b,
        "ne": lambda a, b: a != b,
        "lt": lambda a, b: a < b,
        "le": lambda a, b: a <= b,
        "gt": lambda a, b: a > b,
        "ge": lambda a, b: a >= b,
        "and": lambda a, b: ca.logic_and(a != 0, b != 0),
        "or": lambda a, b: ca.logic_or(a != 0, b != 0),
        "not": lambda a: a == 0,
        "is_finite": lambda a: a - a == 0,
        "select_n": lambda which, no, yes: ca.if_else(which, yes, no),
    }
    return either | {name: getattr(ca, name) for name in SAME}
