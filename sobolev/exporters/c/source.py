"""The two files of C: what a function is called by, and how it is computed."""

import jax.numpy as jnp

from sobolev._base.errors import ConfigError
from sobolev.exporters.c.body import Body
from sobolev.exporters.c.numbers import Constants, literal
from sobolev.exporters.layout import LARGEST
from sobolev.exporters.ways import Entry
from sobolev.function.function import Function


def source(function: Function, name: str, made: list[Entry], by: str) -> tuple[str, str]:
    """The texts of `{name}.h` and `{name}.c`."""
    constants, bodies = Constants(name), []
    for entry in made:
        body = Body(entry.program(), [n for n, _ in entry.arguments], constants)
        if body.layout.size > LARGEST:
            raise ConfigError(entry.too_large(name, body.layout.size))
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
        *(f"  double {n}[{size}];" for n, size in body.layout.sizes.items()),
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
