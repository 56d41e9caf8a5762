"""A formula as text: read by a grammar of its own, never run as code."""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from math import pi
from typing import Any

from sobolev._base.errors import ConfigError
from sobolev.networks.wrappers.hard.boundary import Numbers

LONGEST = 1000  # letters: room for any lift, none for a text that takes minutes to read
SHOWN = 80  # letters of it in an error
HIGHEST = 100  # power that is written as a whole number

# Every function has a rule in `jax.experimental.jet`, so that high derivatives are cheap.
# The array namespace comes first: numbers of NumPy are for checks, without compilation.
FUNCTIONS: dict[str, tuple[int, Callable]] = {
    "sin": (1, lambda xp, z: xp.sin(z)),
    "cos": (1, lambda xp, z: xp.cos(z)),
    "tan": (1, lambda xp, z: xp.sin(z) / xp.cos(z)),
    "sinh": (1, lambda xp, z: xp.sinh(z)),
    "cosh": (1, lambda xp, z: xp.cosh(z)),
    "tanh": (1, lambda xp, z: xp.tanh(z)),
    "exp": (1, lambda xp, z: xp.exp(z)),
    "log": (1, lambda xp, z: xp.log(z)),
    "sqrt": (1, lambda xp, z: xp.sqrt(z)),
    "abs": (1, lambda xp, z: xp.abs(z)),
    "atan": (1, lambda xp, z: xp.arctan2(z, xp.ones_like(z))),
    "atan2": (2, lambda xp, y, x: xp.arctan2(y, x)),
    "min": (2, lambda xp, a, b: xp.minimum(a, b)),
    "max": (2, lambda xp, a, b: xp.maximum(a, b)),
}
CONSTANTS = {"pi": pi}
_TWO: dict[type[ast.operator], Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ONE: dict[type[ast.unaryop], Callable] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


@lru_cache(maxsize=256)
def tree_of(text: str) -> ast.expr:
    """The parsed text, which holds nothing but what a formula may; `ConfigError` with the place."""
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"a formula is a text like '-sin(pi*x)': got {text!r}.")
    text = text.strip()
    if len(text) > LONGEST:
        raise ConfigError(f"a formula has at most {LONGEST} letters: got {len(text)}.")
    try:
        tree = ast.parse(text, mode="eval").body
        for _ in _checked(text, tree):
            pass
    except SyntaxError as error:
        raise _refused(text, f"cannot be read ({error.msg})", (error.offset or 1) - 1) from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise ConfigError("a formula is nested too deeply: write it in fewer brackets.") from error
    return tree


def names_in(text: str) -> Iterator[tuple[str, int]]:
    """(name, column from 0) of every name that stands for a number."""
    for node in _checked(text, tree_of(text)):
        if isinstance(node, ast.Name):
            yield node.id, node.col_offset


def check_names(text: str, inputs: tuple[str, ...]) -> None:
    """Raise `ConfigError` for a name that is neither an input nor a constant."""
    for name, column in names_in(text):
        if name not in inputs and name not in CONSTANTS:
            raise _refused(
                text, f"has '{name}', which is no input", column,
                f"choose one of {', '.join((*inputs, *CONSTANTS))}",
            )  # fmt: skip


def evaluated(text: str, values: Mapping[str, Numbers], xp: Any) -> Numbers:
    """The number that it gives with these values of its names, arrays of the namespace `xp`."""
    one = xp.ones_like(next(iter(values.values())))

    def of(node: ast.expr) -> Numbers:
        match node:
            case ast.Constant(value=number):
                return float(number) * one  # type: ignore
            case ast.Name(id=name):
                return values[name] if name in values else CONSTANTS[name] * one
            case ast.UnaryOp(op=op, operand=inner):
                return _ONE[type(op)](of(inner))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                # A whole power by products: its derivatives hold at 0 and below, too.
                return of(left) ** (n if (n := _whole(right)) is not None else of(right))
            case ast.BinOp(left=left, op=op, right=right):
                return _TWO[type(op)](of(left), of(right))
            case ast.Call(func=ast.Name(id=name), args=inside):
                return FUNCTIONS[name][1](xp, *map(of, inside))
        raise AssertionError(f"{type(node).__name__} is not let in")

    return of(tree_of(text))


def _checked(text: str, node: ast.expr) -> Iterator[ast.expr]:
    """This node and all below it, as far as they belong into a formula; `ConfigError`."""
    yield node
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            try:
                large = not abs(float(number)) < float("inf")
            except OverflowError:
                large = True
            if large:
                raise _refused(text, "has a number that is too large", node.col_offset)
        case ast.Name():
            pass
        case ast.UnaryOp(op=op, operand=inner) if type(op) in _ONE:
            yield from _checked(text, inner)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _TWO or type(op) is ast.Pow:
            n = _whole(right)
            if type(op) is ast.Pow and n is not None and abs(n) > HIGHEST:
                raise _refused(text, f"has a power above {HIGHEST}", right.col_offset)
            yield from _checked(text, left)
            yield from _checked(text, right)
        case ast.BinOp(op=ast.BitXor(), left=left):
            raise _refused(text, "has '^'", left.end_col_offset or 0, "write a power as **")
        case ast.Call(func=ast.Name(id=name), args=inside, keywords=[]) if name in FUNCTIONS:
            if len(inside) != FUNCTIONS[name][0]:
                wanted = f"{FUNCTIONS[name][0]} number{'s' if FUNCTIONS[name][0] > 1 else ''}"
                raise _refused(
                    text, f"gives '{name}' {len(inside)}", node.col_offset, f"it takes {wanted}"
                )
            for part in inside:
                yield from _checked(text, part)
        case ast.Call():
            known = f"choose one of {', '.join(FUNCTIONS)}"
            raise _refused(text, f"calls '{ast.unparse(node.func)}'", node.col_offset, known)
        case _:
            can = "write numbers, names of inputs, pi, + - * / **, brackets and functions"
            raise _refused(text, f"has '{ast.unparse(node)}'", node.col_offset, can)


def _whole(node: ast.expr) -> int | None:
    """A whole number that is written as one."""
    match node:
        case ast.Constant(value=int() as n) if not isinstance(n, bool):
            return n
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as n)):
            return -n
    return None


def _refused(text: str, what: str, column: int, remedy: str = "correct it there") -> ConfigError:
    shown = " ".join(text[:SHOWN].splitlines()) + ("…" if len(text) > SHOWN else "")
    return ConfigError(f"the formula '{shown}' {what} at column {column + 1}: {remedy}.")
