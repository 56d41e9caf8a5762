"""Constants of a subroutine of Fortran, one statement each: no line is ever continued."""

import math
import re

import numpy as np

from sobolev._base.errors import ConfigError


class Constants:
    """Arrays by their bytes, with the names that they have in one subroutine."""

    def __init__(self):
        self._names: dict[tuple[str, bytes], str] = {}
        self._declared: list[str] = []
        self._filled: list[str] = []

    def named(self, numbers: np.ndarray) -> str:
        """The name of an array of numbers, or of places, that the subroutine then has."""
        whole = numbers.dtype.kind in "iu"
        key = (numbers.dtype.str, numbers.tobytes())
        if key not in self._names:
            name = f"{'n' if whole else 'c'}{len(self._names)}"
            self._names[key] = name
            kind = "INTEGER" if whole else "DOUBLE PRECISION"
            texts = [str(int(n)) if whole else literal(n) for n in numbers]
            self._declared.append(f"{kind} {name}({len(texts)})")
            self._filled += [f"DATA {name}({i})/{text}/" for i, text in enumerate(texts, 1)]
        return self._names[key]

    def lines(self) -> list[str]:
        """Declarations, then numbers; what is filled at the start is kept."""
        saved = [f"SAVE {name}" for name in self._names.values()]
        return [*self._declared, *saved, *self._filled]


def literal(number: float) -> str:
    """A number of double precision that gives it back; `ConfigError` for what is none.

    Of infinity, which Fortran has no word for, the largest number there is.
    """
    number = float(number)
    if math.isnan(number):
        raise ConfigError("Fortran has no way to write what is not a number: export as c.")
    if math.isinf(number):
        return "HUGE(0.0D0)" if number > 0 else "-HUGE(0.0D0)"
    mantissa, _, exponent = repr(number).partition("e")
    return f"{mantissa}D{int(exponent or 0)}"


def one_based(text: str) -> str:
    """A place that counts from one: `i + 3` becomes `i + 4`."""
    found = re.fullmatch(r"(?:(.*) \+ )?(\d+)", text)
    if found is None:
        return f"{text} + 1"
    before, last = found.groups()
    return f"{before} + {int(last) + 1}" if before else str(int(last) + 1)
