"""What is written before a program runs: Dakota's parameters file, or a deck of the user's own."""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import one_of
from sobolev._base.atomic import read_bytes
from sobolev._base.errors import ConfigError
from sobolev._base.identity import sha256


@dataclass(frozen=True)
class Question:
    """What is asked: `x [d]` of named `inputs`, `outputs` with derivatives up to `order`."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    x: Float[np.ndarray, " d"]
    order: int


class InputFile(ABC):
    """A file that a program reads; `name` is where it lies in the folder of the evaluation."""

    name: str

    @abstractmethod
    def content(self, asked: Question) -> bytes:
        """The file of one evaluation."""

    def check(self, inputs: Sequence[str]) -> None:
        """Refuse what cannot be written for these inputs, when the source is made."""
        return

    def mentions(self, inputs: Sequence[str]) -> set[str]:
        """Which inputs are in the file."""
        return set(inputs)


@dataclass(frozen=True)
class ParametersFile(InputFile):
    """Dakota's parameters file: the inputs, what is asked of each output, by which inputs.

    The active set vector holds 1 for values, 3 with gradients, 7 with Hessians, the same for every
    output; the derivative variables are all inputs. `style` is "standard" (`value label`) or
    "aprepro" (`{ label = value }`). Numbers have all their digits; spaces of names become `_`.

    ```python
    ParametersFile("params.in", style="aprepro")
    ```

    The manual of Dakota 6.18, "ParametersFile file format".
    """

    name: str = "params.in"
    style: str = "standard"

    def __post_init__(self):
        one_of("style", self.style, ("standard", "aprepro"))

    def content(self, asked: Question) -> bytes:
        """The file of one evaluation."""
        active = (1, 3, 7)[asked.order]
        inputs, outputs = map(_labels, (asked.inputs, asked.outputs))
        rows: list[tuple[str, str, str]] = [  # value, label of one style, label of the other
            (str(len(inputs)), "variables", "DAKOTA_VARS"),
            *((f"{v:.16e}", name, name) for v, name in zip(asked.x, inputs, strict=True)),
            (str(len(outputs)), "functions", "DAKOTA_FNS"),
            *((str(active), *_twice(f"ASV_{i}:{name}")) for i, name in enumerate(outputs, 1)),
            (str(len(inputs)), "derivative_variables", "DAKOTA_DER_VARS"),
            *((str(i), *_twice(f"DVV_{i}:{name}")) for i, name in enumerate(inputs, 1)),
            ("0", "analysis_components", "DAKOTA_AN_COMPS"),
            ("1", "eval_id", "DAKOTA_EVAL_ID"),
            ("0", "metadata", "DAKOTA_METADATA"),
        ]
        if self.style == "standard":
            lines = [f"{value:>43} {label}" for value, label, _ in rows]
        else:
            lines = [f"{'':20}{{ {label:<15} = {value:>22} }}" for value, _, label in rows]
        return ("\n".join(lines) + "\n").encode()


@dataclass(frozen=True)
class Template(InputFile):
    """A file of the user's own in which `{name}` stands for an input, all digits of it.

    `{name:.8e}` writes it as Python's format says, for programs with narrow columns: the program
    then solves at the rounded number, the data have the exact one. Other braces stay as they are,
    and so does `${name}`. `name` is what the file is called in the folder of the evaluation, such
    as `0/U`; by default as it is called here. It is read once, when it is given.

    Raises `ConfigError` when a name in braces is none of the inputs, `DataError` for no file.

    ```python
    Template("beam.inp")             # *ELASTIC
    Template("case/0/U", "0/U")      # {E}, 0.3
    ```
    """

    path: str | os.PathLike
    name: str = ""

    def __post_init__(self):
        object.__setattr__(self, "name", self.name or Path(self.path).name)
        # what is not UTF-8, as a comment in Latin-1, comes back byte for byte
        text = read_bytes(self.path).decode(errors="surrogateescape")
        object.__setattr__(self, "_text", text)

    def __repr__(self) -> str:
        # rows of an edited deck must not be mixed with rows of the old one
        digest = sha256(self._text.encode(errors="surrogateescape"))[:12]  # pyright: ignore
        return f"Template({self.name!r}, content={digest})"

    def content(self, asked: Question) -> bytes:
        """The file of one evaluation."""
        values = dict(zip(asked.inputs, asked.x.tolist(), strict=True))

        def number(found: re.Match) -> str:
            value, form = values[found[1]], found[2]
            return format(value, form[1:]) if form else repr(value)

        text: str = self._text  # pyright: ignore
        return _places(asked.inputs).sub(number, text).encode(errors="surrogateescape")

    def check(self, inputs: Sequence[str]) -> None:
        """`ConfigError` for a name in braces that is no input, or a format that is none."""
        text: str = self._text  # pyright: ignore
        for found in re.finditer(r"(?<!\$)\{([A-Za-z_]\w*)(:[^{}\s]*)?\}", text):
            line = text.count("\n", 0, found.start()) + 1
            if found[1] not in inputs:
                raise ConfigError(
                    f"{self.path}, line {line}: '{found[0]}' is none of the inputs "
                    f"{', '.join(inputs)}: correct it."
                )
            try:
                format(1.0, (found[2] or ":")[1:])
            except ValueError as error:
                raise ConfigError(
                    f"{self.path}, line {line}: '{found[0]}' is no format of a number ({error}): "
                    "write such as {E:.8e}."
                ) from error

    def mentions(self, inputs: Sequence[str]) -> set[str]:
        """Which inputs are in the file."""
        return {found[1] for found in _places(inputs).finditer(self._text)}  # pyright: ignore


def _places(inputs: Sequence[str]) -> re.Pattern:
    """Where an input stands in a template; a name may be anything, such as `t/d`."""
    longest_first = sorted(map(re.escape, inputs), key=len, reverse=True)
    return re.compile(rf"(?<!\$)\{{({'|'.join(longest_first)})(:[^{{}}\s]*)?\}}")


def _labels(names: Sequence[str]) -> list[str]:
    return [re.sub(r"\s", "_", name) for name in names]


def _twice(label: str) -> tuple[str, str]:
    return label, label
