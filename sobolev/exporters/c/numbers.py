"""Constants of a C file: each array once, in decimals that give back the same number."""

import math

import numpy as np

A_LINE = 96


class Constants:
    """Arrays by their bytes, with the names that they have in the file."""

    def __init__(self, prefix: str):
        self.prefix = prefix
        self._names: dict[tuple[str, bytes], str] = {}
        self._lines: list[str] = []

    def named(self, numbers: np.ndarray) -> str:
        """The name of an array of numbers, or of places, that the file then has."""
        whole = numbers.dtype.kind in "iu"
        key = (numbers.dtype.str, numbers.tobytes())
        if key not in self._names:
            name = f"{self.prefix}_c{len(self._names)}"
            self._names[key] = name
            kind = "int" if whole else "double"
            texts = [str(int(n)) if whole else literal(n) for n in numbers]
            self._lines += [
                f"static const {kind} {name}[{len(texts)}] = {{",
                *_wrapped(texts),
                "};",
            ]
        return self._names[key]

    def lines(self) -> list[str]:
        """Their definitions."""
        return self._lines


def literal(number: float) -> str:
    """A number in the fewest digits that give it back."""
    number = float(number)
    if math.isnan(number):
        return "NAN"
    if math.isinf(number):  # as the smallest of nothing
        return "INFINITY" if number > 0 else "-INFINITY"
    text = repr(number)
    return text if any(c in text for c in ".e") else text + ".0"


def _wrapped(texts: list[str]) -> list[str]:
    lines, line = [], " "
    for text in texts:
        if len(line) + len(text) + 2 > A_LINE:
            lines.append(line)
            line = " "
        line += f" {text},"
    return [*lines, line]
