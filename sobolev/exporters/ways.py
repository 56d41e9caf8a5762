"""Which functions an exported file has, and the ways in which JAX can compute each."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import jax

from sobolev.exporters.curvature import by_units
from sobolev.exporters.layout import LARGEST
from sobolev.exporters.program import Program
from sobolev.exporters.tracing import traced
from sobolev.function.by_jax import orders
from sobolev.function.function import Function

Way = Callable[..., tuple]


@dataclass(frozen=True)
class Entry:
    """One function of the file: what follows its name, its arguments and what it writes.

    `ways` are JAX functions that compute it; the one with the fewest operations is taken.
    """

    suffix: str
    arguments: tuple[tuple[str, int], ...]
    results: tuple[tuple[str, int], ...]
    says: str
    ways: tuple[Way, ...]

    def program(self) -> Program:
        """Its steps; `ConfigError` for what has none."""
        shapes = [(size,) for _, size in self.arguments]
        return min((traced(way, *shapes) for way in self.ways), key=Program.work)

    def too_large(self, name: str, size: int) -> str:
        """Why it cannot be written."""
        return (
            f"{name}_{self.suffix} needs {size} numbers at once, more than a stack holds "
            f"everywhere ({LARGEST}): export with a lower order, or a smaller network."
        )


def entries(function: Function, order: int) -> list[Entry]:
    """Value, derivatives up to `order`, and products."""
    pure, d, q = function.as_function(), len(function.inputs), len(function.outputs)
    x, v, w = ("x", d), ("v", d), ("w", q)
    y, dy, d2y = ("y", q), ("dy", q * d), ("d2y", q * d * d)
    backwards = lambda x, w: _vjp(pure, x, w)  # noqa: E731
    weighted = lambda x, w, v: jax.jvp(lambda x: _vjp(pure, x, w)[1], (x,), (v,))  # noqa: E731
    found = [
        [Entry("value", (x,), (y,), "y", (lambda x: (pure(x),),))],
        [
            Entry("jacobian", (x,), (y, dy), "y and dy[i][j] = dy_i/dx_j",
                  (_with(pure, jax.jacfwd), _with(pure, jax.jacrev))),
            Entry("jvp", (x, v), (y, ("jv", q)), "y and jv = (dy/dx) v",
                  (lambda x, v: jax.jvp(pure, (x,), (v,)),)),
            Entry("vjp", (x, w), (y, ("wj", d)), "y and wj = w (dy/dx)", (backwards,)),
        ],
        [
            Entry("hessian", (x,), (y, dy, d2y), "y, dy and d2y[i][j][k] = d2y_i/dx_j dx_k",
                  (lambda x: orders(pure, x, 2), lambda x: _forwards(pure, x),
                   *(by_units(pure, d) if order > 1 else ()))),
            Entry("hvp", (x, w, v), (("wj", d), ("wh", d)),
                  "wj = w (dy/dx) and wh = (d/dx of wj) v", (weighted,)),
        ],
    ]  # fmt: skip
    return [entry for some in found[: order + 1] for entry in some]


def _with(pure: Callable, derivative: Callable) -> Way:
    return lambda x: (pure(x), derivative(pure)(x))


def _vjp(pure: Callable, x, w) -> tuple:
    y, pull = jax.vjp(pure, x)
    return y, pull(w)[0]


def _forwards(pure: Callable, x) -> tuple:
    return pure(x), jax.jacfwd(pure)(x), jax.jacfwd(jax.jacfwd(pure))(x)


def printable(text: str) -> str:
    """In ASCII and on one line, for a comment that nothing can end: `σ µm²` is `sigma um^2`.

    Compilers read comments in the encoding of their machine, so other letters are spelt out.
    """
    text = POWERS.sub(lambda found: f"^{unicodedata.normalize('NFKD', found[0])}", text)
    plain = "".join(sign if sign.isascii() else _spelt(sign) for sign in text).replace("*/", "* /")
    return "".join(sign if sign.isprintable() else " " for sign in plain)


POWERS = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
SPELT = {"ß": "ss", "°": "deg", "µ": "u", "μ": "u", "·": "*", "⋅": "*", "×": "x", "√": "sqrt",
         "∂": "d", "∞": "inf", "–": "-", "−": "-", "ø": "o", "⁄": "/", "′": "'"}  # fmt: skip
GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?([A-Z]+)(?: WITH .*)?")


def _spelt(sign: str) -> str:
    """A letter that is none of ASCII, in letters that are; ? where it has no such."""
    if sign in SPELT:
        return SPELT[sign]
    if match := GREEK.fullmatch(unicodedata.name(sign, "")):
        word = match[2].replace("LAMDA", "LAMBDA")  # as everybody else writes it
        return word.lower() if match[1] == "SMALL" else word.capitalize()
    plain = unicodedata.normalize("NFKD", sign)  # accents apart, indices as what they stand for
    if plain == sign:
        return "?" if not unicodedata.combining(sign) else ""
    return "".join(each if each.isascii() else _spelt(each) for each in plain)
