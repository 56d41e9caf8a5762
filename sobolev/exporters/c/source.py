"""The two files of C: what a function is called by, and how it is computed."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from sobolev._base.errors import ConfigError
from sobolev.exporters.c.body import Body
from sobolev.exporters.c.numbers import Constants, literal
from sobolev.exporters.program import Program
from sobolev.exporters.tracing import traced
from sobolev.function.by_jax import orders
from sobolev.function.function import Function

LARGEST = 1 << 15  # numbers of a workspace on the stack: 256 kB


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
                  (lambda x: orders(pure, x, 2), lambda x: _forwards(pure, x))),
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


def source(function: Function, name: str, made: list[Entry], by: str) -> tuple[str, str]:
    """The texts of `{name}.h` and `{name}.c`."""
    constants, bodies = Constants(name), []
    for entry in made:
        body = Body(entry.program(), [n for n, _ in entry.arguments], constants)
        if body.workspace > LARGEST:
            raise ConfigError(
                f"{name}_{entry.suffix} needs {body.workspace} numbers at once, more than a stack "
                f"holds everywhere ({LARGEST}): export with a lower order, or a smaller network."
            )
        bodies += _definition(name, entry, body)
    text = [
        f"/* {by} */",
        f'#include "{name}.h"',
        "",
        "#include <math.h>",
        "",
        *constants.lines(),
        "",
        *bodies,
        *_described(function, name),
    ]
    return "\n".join(_header(function, name, made, by)) + "\n", "\n".join(text) + "\n"


def _signature(name: str, entry: Entry) -> str:
    parts = [f"const double {n}[{size}]" for n, size in entry.arguments]
    parts += [f"double {n}[{size}]" for n, size in entry.results]
    return f"void {name}_{entry.suffix}({', '.join(parts)})"


def _definition(name: str, entry: Entry, body: Body) -> list[str]:
    lines = body.lines([n for n, _ in entry.results])
    used = [n for n in "ijkl" if any(f"for ({n} = 0" in line for line in lines)]
    more = [n for n in "st" if any(line.strip().startswith(f"{n} = ") for line in lines)]
    given = " ".join(lines)
    idle = [n for n, _ in entry.arguments if f"{n}[" not in given]
    return [
        _signature(name, entry),
        "{",
        *([f"  int {', '.join(used)};"] if used else []),
        *([f"  double {', '.join(more)};"] if more else []),
        *([f"  double work[{body.workspace}];"] if body.workspace else []),
        *(f"  (void){n};" for n in idle),
        *(f"  {line}" for line in lines),
        "}",
        "",
    ]


def _header(function: Function, name: str, made: list[Entry], by: str) -> list[str]:
    guard = f"{name.upper()}_H"
    return [
        f"/* {by} */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        f"#define {name.upper()}_INPUTS {len(function.inputs)}",
        f"#define {name.upper()}_OUTPUTS {len(function.outputs)}",
        "",
        "/* Names and units, and the range of the inputs that it was made for. */",
        f"extern const char *const {name}_inputs[{len(function.inputs)}];",
        f"extern const char *const {name}_outputs[{len(function.outputs)}];",
        f"extern const char *const {name}_input_units[{len(function.inputs)}];",
        f"extern const char *const {name}_output_units[{len(function.outputs)}];",
        *(
            f"extern const double {name}_{side}[{len(function.inputs)}];"
            for side in ("lower", "upper")
            if function.box is not None
        ),
        "",
        "/* Arrays lie row after row. No function allocates, keeps or prints anything. */",
        *(f"{_signature(name, e)}; /* {e.says} */" for e in made),
        "",
        "#ifdef __cplusplus",
        "}",
        "#endif",
        "",
        "#endif",
    ]


def _described(function: Function, name: str) -> list[str]:
    texts = {
        "inputs": function.inputs,
        "outputs": function.outputs,
        "input_units": function.input_units,
        "output_units": function.output_units,
    }
    lines = [
        f"const char *const {name}_{what}[{len(of)}] = {{{', '.join(map(quoted, of))}}};"
        for what, of in texts.items()
    ]
    if function.box is not None:
        for side, of in (("lower", function.box.lower), ("upper", function.box.upper)):
            numbers = ", ".join(map(literal, jnp.asarray(of).tolist()))
            lines.append(f"const double {name}_{side}[{len(of)}] = {{{numbers}}};")
    return lines


def quoted(text: str) -> str:
    """A text of C in ASCII: other characters by their bytes."""
    out = ""
    for byte in text.encode():
        plain = 32 <= byte < 127 and byte not in b'"\\?'
        out += chr(byte) if plain else f"\\{byte:03o}"
    return f'"{out}"'
