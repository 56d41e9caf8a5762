"""Small networks and polynomials as formulas, in a file of Python, MATLAB or LaTeX."""

import re
import shutil
import subprocess
import sys
import warnings
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sobolev._base.errors import ConfigError, OutputError
from sobolev.exporters.exporter import Exporter, signature
from sobolev.exporters.foreign import asked
from sobolev.exporters.text.languages import LATEX, MATLAB, PYTHON, ROUNDED, Language
from sobolev.exporters.text.scalars import Formulas, formulas
from sobolev.exporters.ways import Entry, entries, printable
from sobolev.function.function import Function

NAMES = "y", "dy"
LEGIBLE = 1e-3  # of the largest entry: what the digits in print may be off
TINY = np.finfo(float).tiny
CALLED = """
import runpy, sys, numpy as np
function = runpy.run_path("formula.py")["formula"]
found = [function(x) for x in np.load("given.npz")["x"].tolist()]
found = zip(*found) if sys.argv[1] == "2" else [found]
np.savez("found.npz", **dict(zip(("y", "dy"), map(np.array, found))))
"""


@dataclass(frozen=True)
class Text(Exporter):
    """A function as formulas z_k = …, y_i = …, with its slopes.

    What several others read has a name of its own. At most 2000 operations, and no conditions.

    **Arguments:** `order`: the highest derivative, 0 or 1. Raises `ConfigError`.
    """

    highest: ClassVar[int] = 1
    language: ClassVar[Language]
    order: int = 1

    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """The file."""
        order = min(self.order, function.order)
        found = formulas(_entry(function, order).program())
        text = self._written(function, name, found, _statements(self.language, found))
        return {f"{name}{self.suffix}": text.encode()}

    def answers(
        self, folder: Path, function: Function, name: str, given: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """What the same formulas compute in Python."""
        return self._in_python(Python, folder, function, given)

    def _in_python(
        self,
        language: "type[Python]",
        folder: Path,
        function: Function,
        given: Mapping[str, np.ndarray],
    ) -> dict[str, np.ndarray]:
        order = min(self.order, function.order)
        (made,) = language(order).files(function, "formula").values()
        (folder / "formula.py").write_bytes(made)
        return asked(CALLED, folder, given, str(1 + order))

    def asked(self, function: Function):
        """Values and slopes; no products."""
        given, known = super().asked(function)
        return given, {what: known[what] for what in NAMES if what in known}

    @abstractmethod
    def _written(
        self, function: Function, name: str, found: Formulas, statements: list[str]
    ) -> str:
        """The text of the file."""


def _check_free(name: str, statements: list[str]) -> None:
    """Refuse a name that the file has already for something else, as a function of its own."""
    if name in {*NAMES, "x", "zeros", *re.findall(r"[A-Za-z]\w*", "\n".join(statements))}:
        raise ConfigError(
            f"{name!r} means something else inside of the file: call the file otherwise."
        )


def _entry(function: Function, order: int) -> Entry:
    made = {entry.suffix: entry for entry in entries(function, order)}
    return made["jacobian" if order else "value"]


def _statements(language: Language, found: Formulas) -> list[str]:
    names: dict[int, str] = {}
    lines = []
    for number in found.named:
        name = language.named(len(names) + 1)
        lines.append(f"{name} = {language.text(number, names)}")
        names[id(number)] = name
    for what, array in zip(NAMES, found.results, strict=False):
        lines += [
            f"{language.entry(what, place)} = {language.text(array.item(place), names)}"
            for place in np.ndindex(array.shape)
        ]
    return lines


def _about(function: Function, sign: str) -> list[str]:
    lines = [f"{sign} {signature(function)}"]
    for what, names, units in (
        ("x", function.inputs, function.input_units),
        ("y", function.outputs, function.output_units),
    ):
        for i, (word, unit) in enumerate(zip(names, units or ("",) * len(names), strict=True), 1):
            lines.append(f"{sign}   {what}_{i} = {printable(word)} {printable(unit)}".rstrip())
    return lines


class Python(Text):
    """A Python file with `name(x)`, which needs nothing but `math`: (y, dy), or y of order 0.

    ```python
    exporters.Python().write(surrogate, "wing.py")
    ```
    """

    name: ClassVar[str] = "python"
    suffix: ClassVar[str] = ".py"
    taken: ClassVar[frozenset[str]] = sys.stdlib_module_names | {"numpy"}
    language: ClassVar[Language] = PYTHON

    def _written(self, function, name, found, statements):
        _check_free(name, statements)
        q, d = len(function.outputs), len(function.inputs)
        called = set(re.findall(r"\b([a-z]\w*)\(", "\n".join(statements)))
        used = sorted(called - {"max", "min", "abs"})
        slopes = len(found.results) == 2
        return "\n".join(
            [
                *_about(function, "#"),
                *([f"from math import {', '.join(used)}", ""] if used else [""]),
                "",
                f"def {name}(x):",
                f"    y = [0.0] * {q}",
                *([f"    dy = [[0.0] * {d} for _ in range({q})]"] if slopes else []),
                *(f"    {line}" for line in statements),
                f"    return {'y, dy' if slopes else 'y'}",
                "",
            ]
        )


class _Rounded(Python):
    """With six digits of each number."""

    language: ClassVar[Language] = ROUNDED


class Matlab(Text):
    """A MATLAB file with `[y, dy] = name(x)`; run by Octave where there is one.

    ```python
    exporters.Matlab().write(surrogate, "wing.m")
    ```
    """

    name: ClassVar[str] = "matlab"
    suffix: ClassVar[str] = ".m"
    language: ClassVar[Language] = MATLAB

    def _written(self, function, name, found, statements):
        _check_free(name, statements)
        q, d = len(function.outputs), len(function.inputs)
        slopes = len(found.results) == 2
        return "\n".join(
            [
                f"function {'[y, dy]' if slopes else 'y'} = {name}(x)",
                *_about(function, "%"),
                f"y = zeros({q}, 1);",
                *([f"dy = zeros({q}, {d});"] if slopes else []),
                *(f"{line};" for line in statements),
                "end",
                "",
            ]
        )

    def answers(self, folder, function, name, given):
        """By Octave; without it those of the same formulas in Python, and a warning."""
        if shutil.which("octave") is None:
            warnings.warn(
                f"there is no Octave to run {name}.m: the same formulas were run in Python.",
                RuntimeWarning,
                stacklevel=4,
            )
            return super().answers(folder, function, name, given)
        order = min(self.order, function.order)
        return _by_octave(folder, function, name, given["x"], order)


def _by_octave(folder: Path, function: Function, name: str, x: np.ndarray, order: int):
    q, d = len(function.outputs), len(function.inputs)
    np.savetxt(folder / "x.txt", x, fmt="%.17g")
    # With _ in front, as no exported function is called.
    call = f"[_y, _dy] = {name}(_x(_i, :)); _dy = _dy'; _v = [_y; _dy(:)];"
    lines = [
        "_x = load('x.txt'); _f = fopen('found.txt', 'w');",
        "for _i = 1:rows(_x)",
        call if order else f"_v = {name}(_x(_i, :));",
        "fprintf(_f, '%.17g ', _v); fprintf(_f, '\\n');",
        "end",
    ]
    (folder / "_asked.m").write_text("\n".join(lines) + "\n")
    command = ["octave", "--no-gui", "--norc", "--quiet", "_asked.m"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OutputError(
            f"Octave refused the file, so it was not written: {done.stderr.strip()[-300:]} Please "
            "report this, with the model."
        )
    found = np.loadtxt(folder / "found.txt", ndmin=2)
    parts = {"y": found[:, :q]}
    return {**parts, "dy": found[:, q:].reshape(-1, q, d)} if order else parts


class LaTeX(Text):
    """Formulas of six digits as lines of an `align` environment, to be read in a report.

    The same formulas with all digits were run in Python, and with six. Raises `ConfigError` where
    the six leave less than three of a result, as of kriging with its large weights.

    ```python
    exporters.LaTeX(order=0).write(surrogate, "wing.tex")
    ```
    """

    name: ClassVar[str] = "latex"
    suffix: ClassVar[str] = ".tex"
    language: ClassVar[Language] = LATEX

    def answers(self, folder, function, name, given):
        """What the formulas compute in Python, if their six digits are enough."""
        found = super().answers(folder, function, name, given)
        (folder / "rounded").mkdir()
        rounded = self._in_python(_Rounded, folder / "rounded", function, given)
        for what, right in found.items():
            off = np.abs(rounded[what] - right).max() / np.abs(right).max(initial=TINY)
            if not off <= LEGIBLE:
                raise ConfigError(
                    f"with the six digits of a formula in print {what} is off by {off:.0e} of its "
                    "largest entry: export it as python or c, which have all of them."
                )
        return found

    def _written(self, function, name, found, statements):
        lines = [line.replace(" = ", " &= ", 1) for line in statements]
        return "\n".join(
            [*_about(function, "%"), r"\begin{align*}", " \\\\\n".join(lines), r"\end{align*}", ""]
        )
