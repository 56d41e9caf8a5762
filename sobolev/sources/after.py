"""What is read after a program has run: Dakota's results file, or numbers found in its output."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sobolev._base.arguments import whole
from sobolev._base.errors import ConfigError, DataError, Diverged, SobolevError
from sobolev.data.foreign.dakota import read_results
from sobolev.data.numerals import number
from sobolev.derivative_names import entries
from sobolev.function.derivatives import NAMES, Derivatives
from sobolev.function.pointwise import parts
from sobolev.sources.before import Question


class Reader(ABC):
    """Takes the answer out of the folder of an evaluation."""

    @abstractmethod
    def read(self, folder: Path, asked: Question) -> Derivatives:
        """Value and derivatives up to `asked.order`; `Diverged` where the program has none."""

    def check(self, asked: Question) -> None:
        """Refuse what cannot answer at this order, when the source is made; `asked.x` is any."""
        return


@dataclass(frozen=True)
class ResultsFile(Reader):
    """Dakota's results file: lines `value label`, then `[ gradient ]` and `[[ Hessian ]]` of each.

    One that begins with "fail", in any case, or is missing, empty or cut off is a row without a
    solution, `Diverged`. Raises `DataError` for fewer or more numbers than are needed, and for the
    label of another output.

    ```python
    ResultsFile("results.out")
    ```
    """

    name: str = "results.out"

    def read(self, folder: Path, asked: Question) -> Derivatives:
        """What the file holds."""
        text = _text(folder, self.name)
        if text.lstrip().lower().startswith("fail"):
            said = " ".join(text.split())[4:].strip(" :.")
            raise Diverged(f"{self.name} says fail{f': {said[:100]}' if said else ''}")
        try:
            found = read_results(folder / self.name)
        except DataError as error:
            raise Diverged(str(error).replace(f"{folder}/", "")) from error
        given = found.values, found.gradients, found.hessians
        q, d = len(asked.outputs), len(asked.inputs)
        for k in range(asked.order + 1):
            expected = (q, *(d,) * k)
            if given[k].shape != expected:
                shape = given[k].shape
                raise DataError(
                    f"{self.name} has {what(k)} of shape {shape if given[k].size else '0'}, but "
                    f"{expected} is needed, {_ASKED[k]}: the program has to write "
                    f"{', '.join(what(i) for i in range(asked.order + 1))}."
                )
        words = [re.sub(r"\s", "_", name) for name in asked.outputs]
        for label, word in zip(found.labels, words, strict=True):
            if label in words and label != word:
                raise DataError(
                    f"{self.name} has '{label}' where '{word}' is expected: write the outputs in "
                    "the order in which they are named, or name them so."
                )
        return Derivatives(*given[: asked.order + 1])


@dataclass(frozen=True)
class Numbers(Reader):
    """Numbers of a text file, each found by the words before it.

    **Arguments:** `name` of the file; `after`: for each output the text behind which its number is
    the next one, or `(text, k)` for the k-th number behind it. It is found as whole words: "tip"
    is not in "tipping". Where it occurs several times the last one counts: programs print as they
    converge. Derivatives have names such as "dtip/dE", "d2tip/dEdnu". Words that are no numbers
    are passed over, but not such as `1.5mm`, `(1.5)` or `1.5.2`, which hold one, nor `1,5`, which
    may be two: `DataError`.

    A text that is missing, a file, or the number (Fortran's `****`) is a row without a solution,
    `Diverged`. Raises `ConfigError` for a name that is no output and no derivative of one.

    ```python
    Numbers("beam.dat", {"tip": ("for set TIP and time", 4), "mass": "total mass ="})
    ```
    """

    name: str
    after: Mapping[str, str | tuple[str, int]]

    def read(self, folder: Path, asked: Question) -> Derivatives:
        """What the file holds."""
        text = _text(folder, self.name)
        q, d = len(asked.outputs), len(asked.inputs)
        arrays = [np.empty((q, *(d,) * k)) for k in range(asked.order + 1)]
        for name, index in entries(asked.outputs, asked.inputs, asked.order).items():
            arrays[len(index) - 1][index] = self._found(text, self._place(name, index, asked))
        return Derivatives(*arrays)

    def check(self, asked: Question) -> None:
        """`ConfigError` when an output has no text, or a text no output."""
        known = entries(asked.outputs, asked.inputs, asked.order)
        for name, index in known.items():
            self._place(name, index, asked)
        every = entries(asked.outputs, asked.inputs)
        for name, place in self.after.items():
            if name not in every:
                raise ConfigError(
                    f"'{name}' of {self.name} is none of the outputs {', '.join(asked.outputs)} "
                    f"and no derivative of one, such as {list(every)[len(asked.outputs)]}."
                )
            if not isinstance(place, str):
                whole(f"the number after {place[0]!r}", place[1], 1)

    def _place(self, name: str, index: tuple[int, ...], asked: Question) -> tuple[str, int]:
        other = entries(asked.outputs, asked.inputs, 2)
        twins = [name, *(n for n, i in other.items() if i == (index[0], *reversed(index[1:])))]
        place = next((self.after[twin] for twin in twins if twin in self.after), None)
        if place is None:
            raise ConfigError(
                f"{self.name} has no text for '{name}': give the words before its number, or a "
                "lower order."
            )
        return (place, 1) if isinstance(place, str) else place

    def _found(self, text: str, place: tuple[str, int]) -> float:
        words, count = place
        places = list(_whole(words).finditer(text))
        if not places:
            raise Diverged(f"{self.name} has no '{words}'")
        for token in self._tokens(text[places[-1].end() :], words):
            value = number(token)
            # what is passed over is a number lost, and the next one would be taken for it
            if re.fullmatch(r"[-+]?\*+", token) and len(token) > 2:
                raise Diverged(
                    f"{self.name} has '{token}' behind '{words}', too wide to be printed"
                )
            if value is None and _HOLDS_ONE.search(token):
                raise DataError(
                    f"{self.name} has '{token[:40]}' behind '{words}', which holds a number and is "
                    "none: take words nearer to the number, or a function that reads it."
                )
            if value is not None:
                count -= 1
            if value is not None and count == 0:
                return value
        raise Diverged(f"{self.name} ends behind '{words}', before its {place[1]}. number")

    def _tokens(self, text: str, words: str) -> Iterator[str]:
        for piece in re.split(r"[\s;=]+", text):
            if _COMMA.fullmatch(piece):
                raise DataError(
                    f"{self.name} has '{piece[:40]}' behind '{words}', one number or two: let the "
                    "program write a decimal point, or take a function that reads it."
                )
            yield from re.split(",+", piece)


@dataclass(frozen=True)
class ByFunction(Reader):
    """A function of the user's own, `function(folder)`, that returns `y`, `(y, dy)` or more."""

    function: Callable[[Path], object]

    def read(self, folder: Path, asked: Question) -> Derivatives:
        """What it returns."""
        try:
            returned = self.function(folder)
        except SobolevError:
            raise
        except Exception as error:  # whatever the user's own code does
            raise DataError(
                f"what reads the output failed ({type(error).__name__}: {error}): raise "
                "sobolev.errors.Diverged there where there is no solution."
            ) from error
        return parts(returned, asked.order, len(asked.outputs), "what reads the output")


_COMMA = re.compile(r"[-+]?\d+,\d+([eEdD][-+]?\d+)?")
# 1.5mm, (1.5), 25.11.2026; but C3D8, 2nd and step-1 are words
_HOLDS_ONE = re.compile(r"(?<!\w)\d*\.\d|(?<![\w.])\d+\.(?!\w)|(?<![\w.])\d+[eEdD][-+]?\d")


def _whole(words: str) -> re.Pattern:
    """The words where no letter, digit or underscore goes on at their ends."""
    before = r"(?<!\w)" if re.match(r"\w", words) else ""
    behind = r"(?!\w)" if re.search(r"\w\Z", words) else ""
    return re.compile(before + re.escape(words) + behind)


def what(k: int) -> str:
    """Values, gradients, Hessians."""
    return ("values", "gradients", "Hessians")[k]


_ASKED = tuple(
    f"one {name} for each output{', by each input' if k else ''}" for k, name in enumerate(NAMES)
)


def _text(folder: Path, name: str) -> str:
    path = folder / name
    try:
        text = path.read_bytes().decode(errors="replace")
    except FileNotFoundError as error:
        raise Diverged(f"it wrote no {name}") from error
    except OSError as error:
        raise Diverged(f"its {name} cannot be read ({error.strerror})") from error
    if not text.strip():
        raise Diverged(f"its {name} is empty")
    return text
