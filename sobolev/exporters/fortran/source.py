"""The text of Fortran: subroutines, the functions that they need, and what they are about."""

import re

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.exporters.fortran.body import Body
from sobolev.exporters.fortran.numbers import Constants, literal
from sobolev.exporters.layout import LARGEST
from sobolev.exporters.ways import Entry, printable
from sobolev.function.function import Function

MARGIN = " " * 6
LAST_COLUMN = 72
# What Fortran had not before 2008, or has otherwise. W. Kahan's forms of log(1+x) and exp(x)-1.
FUNCTIONS = {
    "LOG1P": """
u = 1.0D0 + x
r = x
IF (u .GT. 1.0D0 .OR. u .LT. 1.0D0) r = LOG(u) * x / (u - 1.0D0)
IF (x .GT. 1.0D16) r = LOG(x)
""",
    "EXPM1": """
u = EXP(x)
r = x
IF (u .GT. 1.0D0 .OR. u .LT. 1.0D0) r = (u - 1.0D0) * x / LOG(u)
IF (x .LT. -40.0D0) r = -1.0D0
IF (x .GT. 40.0D0) r = u
""",
    "ASINH": """
u = x + x * (x / (1.0D0 + SQRT(1.0D0 + x * x)))
r = x
v = 1.0D0 + u
IF (v .GT. 1.0D0) r = LOG(v) * u / (v - 1.0D0)
IF (x .GT. 1.0D8) r = LOG(x) + LOG(2.0D0)
""",
    "RINT": """
u = ABS(x - AINT(x))
r = ANINT(x)
IF (u .GE. 0.5D0 .AND. u .LE. 0.5D0) r = 2.0D0 * ANINT(0.5D0 * x)
""",
}


def source(function: Function, name: str, made: list[Entry], by: str) -> str:
    """The text of `{name}.f`."""
    parts = [line for entry in made for line in subroutine(name, entry)]
    parts += _box(function, name)
    parts += functions(name, parts)
    says = [
        "! Derivatives lie as Fortran has them: declare dy(outputs, inputs) and",
        "! d2y(outputs, inputs, inputs). Fixed form and free form alike.",
        "",
    ]
    return text([*about(function, by), *says, *parts])


def text(lines: list[str]) -> str:
    """Statements from column 7 on, comments from column 1 on; `ConfigError` for one too long."""
    found = []
    for line in lines:
        if line[:1] == "&":  # the line before goes on: of fixed form only
            line = f"     {line}"
        elif line[:1] != "!":
            line = f"{MARGIN}{line}".rstrip()
            if len(line) > LAST_COLUMN:  # less of its indentation
                line = f"{MARGIN}{line.strip()}"
            if len(line) > LAST_COLUMN:
                raise ConfigError(
                    f"a statement does not fit into the 72 columns of a line: {line.strip()!r}. "
                    "Take a shorter name, or a smaller network."
                )
        found.append(line)
    return "\n".join(found) + "\n"


def subroutine(name: str, entry: Entry) -> list[str]:
    """Lines of one subroutine; `ConfigError` for more than a stack holds."""
    constants = Constants()
    body = Body(entry.program(), [n for n, _ in entry.arguments], constants, name)
    if body.layout.size > LARGEST:
        raise ConfigError(entry.too_large(name, body.layout.size))
    lines = body.lines([n for n, _ in entry.results])
    used = "\n".join(lines)
    loops = [n for n in "ijkl" if re.search(rf"\bDO {n} =", used)]
    scalars = [n for n in ("r", "s", "t") if re.search(rf"\b{n} = ", used)]
    scalars += [f"t{n + 1}" for n in range(body.temporaries)]
    needed = [f"{name}_{word}" for word in FUNCTIONS if f"{name}_{word}(" in used]
    arguments = (*entry.arguments, *entry.results)
    idle = [n for n, _ in entry.arguments if not re.search(rf"\b{n}\(", used)]
    head = f"RECURSIVE SUBROUTINE {name}_{entry.suffix}("
    rest = f"{', '.join(n for n, _ in arguments)})"
    fits = len(MARGIN + head + rest) <= LAST_COLUMN  # all but materials, which are of fixed form
    return [
        f"! {entry.says}",
        *([head + rest] if fits else [head, f"&{rest}"]),
        "IMPLICIT NONE",
        *(f"DOUBLE PRECISION {n}({size})" for n, size in arguments),
        *(f"DOUBLE PRECISION {n}({size})" for n, size in body.layout.sizes.items()),
        *(f"DOUBLE PRECISION {n}" for n in scalars),
        *(f"INTEGER {n}" for n in loops),
        *(line for n in needed for line in (f"DOUBLE PRECISION {n}", f"EXTERNAL {n}")),
        *constants.lines(),
        *(f"IF (.FALSE.) {n}(1) = {n}(1)" for n in idle),
        *lines,
        "END SUBROUTINE",
        "",
    ]


def functions(name: str, lines: list[str]) -> list[str]:
    """Those that the lines call."""
    used = [word for word in FUNCTIONS if any(f"{name}_{word}(" in line for line in lines)]
    return [line for word in used for line in _function(name, word)]


def _function(name: str, word: str) -> list[str]:
    kept = FUNCTIONS[word].strip().splitlines()
    return [
        f"FUNCTION {name}_{word}(x)",
        "IMPLICIT NONE",
        f"DOUBLE PRECISION {name}_{word}",
        "DOUBLE PRECISION x",
        "DOUBLE PRECISION u",
        *(["DOUBLE PRECISION v"] if any(line.startswith("v =") for line in kept) else []),
        "DOUBLE PRECISION r",
        *kept,
        f"{name}_{word} = r",
        "END FUNCTION",
        "",
    ]


def _box(function: Function, name: str) -> list[str]:
    """A subroutine that tells the range of the inputs."""
    if function.box is None:
        return []
    d = len(function.inputs)
    sides = {"lower": function.box.lower, "upper": function.box.upper}
    return [
        "! The range of the inputs that it was made for.",
        f"SUBROUTINE {name}_box(lower, upper)",
        "IMPLICIT NONE",
        *(f"DOUBLE PRECISION {side}({d})" for side in sides),
        *(
            f"{side}({i}) = {literal(number)}"
            for side, numbers in sides.items()
            for i, number in enumerate(np.asarray(numbers).tolist(), 1)
        ),
        "END SUBROUTINE",
        "",
    ]


def about(function: Function, by: str) -> list[str]:
    """Comments: who made it, names with their units and ranges."""
    lines = [f"! {by}", "!"]
    for what, names, units in (
        ("x", function.inputs, function.input_units),
        ("y", function.outputs, function.output_units),
    ):
        units = units or ("",) * len(names)
        for i, (word, unit) in enumerate(zip(names, units, strict=True), 1):
            lines.append(
                f"!   {what}({i}) = {printable(word)}{f' [{printable(unit)}]' * bool(unit)}"
            )
    return [*lines, "!"]
