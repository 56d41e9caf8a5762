"""Exceptions. Each message says what is wrong, which value it is, and what to do.

Only the kinds are here: the sentences stand where they are raised.
"""

import os
from collections.abc import Iterable
from typing import Self


class Remedy(str):
    """What to do, as a user of Python does it; `option` says the same to one of the command line.

    It is a string, so it may stand in a note or at the end of any message; put into another string
    it becomes plain Python.

    ```python
    raise DataError("no rows for validation:", Remedy("give valid=...", option="give --fraction"))
    ```
    """

    option: str

    def __new__(cls, python: str, option: str) -> Self:
        """The remedy in both spellings."""
        remedy = super().__new__(cls, python)
        remedy.option = option
        return remedy

    @classmethod
    def joined(cls, parts: Iterable[str], sign: str = "; ", end: str = ".") -> Self:
        """Several sentences as one, each in both of its spellings; empty for none."""
        parts = list(parts)
        end = end if parts else ""
        return cls(sign.join(parts) + end, option=sign.join(map(in_options, parts)) + end)

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return str(self), self.option


def in_options(text: object) -> str:
    """A remedy in words of the command line; any other text as it is."""
    return text.option if isinstance(text, Remedy) else str(text)


def again(kept: str) -> Remedy:
    """How work that was stopped goes on, where everything that is `kept` stays."""
    return Remedy(
        f"{kept}: make the same call again, it continues from there.",
        option=f"{kept}: give the same command again, it continues from there.",
    )


class SobolevError(Exception):
    """Anything that the user can put right; the command line makes it one sentence, exit code 2.

    **Arguments:** `what`: what is wrong and which value it is, and what to do where one sentence
    serves all; `remedy`: what to do where the command line spells it in another way than Python.
    """

    def __init__(self, what: str = "", remedy: str = ""):
        super().__init__(*((what, remedy) if remedy else (what,)))
        self.what, self.remedy = what, remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()

    def in_options(self) -> str:
        """The message with its remedy in words of the command line."""
        return f"{self.what} {in_options(self.remedy)}".strip()

    def at(self, place: str | os.PathLike) -> Self:
        """The same error of a file or other place, which is named unless the sentence does so."""
        if str(place) in self.what:
            return self
        return type(self)(f"{place}: {self.what}", self.remedy)


class DataError(SobolevError):
    """A table, an array or a file does not hold what it has to hold."""


class CorruptFile(DataError):
    """A file was cut off, altered, or is not one of ours."""


class ConfigError(SobolevError):
    """A setting is unknown, of the wrong kind, or outside its range."""


class PrecisionError(SobolevError):
    """64-bit floating point is needed and JAX has it switched off."""


class Diverged(SobolevError):
    """A solve ended without a solution: no value and no derivative exists for this input."""


class OutputError(SobolevError):
    """A result cannot be written where the user wants it."""


class Traced(str):
    """A note that is a traceback: for developers, not told to users of the command line."""


class WrongDerivativeWarning(RuntimeWarning):
    """A derivative of the training data does not agree with the values, or a value with others."""


class EquationWarning(RuntimeWarning):
    """An equation is met at its points and not between them, or by a constant."""
