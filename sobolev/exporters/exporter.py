"""What writes a function down for other tools, and does not say that it is done before it is so."""

import keyword
import os
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

import numpy as np

from sobolev._base.arguments import whole
from sobolev._base.atomic import refused, write_atomically
from sobolev._base.errors import ConfigError, DataError, OutputError
from sobolev.exporters.ways import printable
from sobolev.function.function import Function

POINTS = 24
AGREES = 1e-12  # of the largest entry of each array over all points
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}")
# What C, Fortran and MATLAB have already, or what their compilers take for something else.
TAKEN = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if "
    "inline int long main register restrict return short signed sizeof static struct switch "
    "typedef union unsigned void volatile while call program end "
    "catch classdef elseif function global otherwise parfor persistent spmd try".split()
)


class Exporter(ABC):
    """A kind of file that a function with its derivatives is written as.

    A member says `files`, what is written, and `answers`, what the written files compute when
    somebody else's compiler or runtime has them. `write` compares the two at points in the box and
    around it before anything is where the user wants it.
    """

    name: ClassVar[str]
    suffix: ClassVar[str]
    highest: ClassVar[int] = 2  # derivative that there is a place for
    taken: ClassVar[frozenset[str]] = frozenset()  # names of what the files need, or would hide
    order: int
    precision: str = "float64"  # in which the files compute

    def __post_init__(self):
        if whole("order", self.order, 0) > self.highest:
            orders = ", ".join(map(str, range(self.highest)))
            raise ConfigError(
                f"order is {self.order}: the highest derivative of {self.name} is {orders} or "
                f"{self.highest}."
            )

    @abstractmethod
    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """What is written, by the names of the files; `ConfigError` for what cannot be."""

    @abstractmethod
    def answers(
        self, folder: Path, function: Function, name: str, given: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """What the files of this folder compute of x, v and w: `y`, `dy`, `d2y`, `jv`, `wj`, `wh`.

        With a row for each of x; as many of them as the files have, none where nobody here can ask
        them, which is then said by a warning. Raises `ConfigError` where the tool is missing that
        could tell.
        """

    def asked(
        self, function: Function
    ) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
        """What the files are asked, and what they are to answer."""
        order = min(self.order, function.order)
        return questions(function, order, np.dtype(self.precision))

    def agrees(self, function: Function) -> float:
        """How far an answer may be off, as a share of the largest entry of its array."""
        return max(AGREES, function.rounding)

    def write(self, function: Function, path: str | os.PathLike) -> tuple[Path, ...]:
        """Write the files, verified; the first is `path`, others lie beside it.

        Raises `ConfigError` for a function or a name that cannot be written so and for a missing
        tool; `OutputError` where the files cannot lie, or do not compute what the function does:
        then nothing is written.
        """
        path = Path(path)
        if path.suffix != self.suffix:
            raise ConfigError(f"{path}: the file has to end with {self.suffix}.")
        name = checked_name(path.stem)
        if name.lower() in self.taken:
            raise ConfigError(
                f"a file of {self.name} that is called {name} hides what its language has under "
                "this name: take another one."
            )
        if not isinstance(function, Function):
            raise ConfigError(
                f"a function that knows its derivatives can be exported, not {function!r}."
            )
        made = self.files(function, name)
        with tempfile.TemporaryDirectory() as folder:
            for file, content in made.items():
                with refused(Path(folder, file)):
                    Path(folder, file).write_bytes(content)
            given, known = self.asked(function)
            found = self.answers(Path(folder), function, name, given)
            compared(found, known, self.name, self.agrees(function))
        first, *others = sorted(made, key=lambda file: Path(file).suffix != self.suffix)
        return tuple(
            write_atomically(path.with_name(file), made[file]) for file in (first, *others)
        )


def checked_name(name: str) -> str:
    """A name that C and Fortran can call a function by; `ConfigError`."""
    good = isinstance(name, str) and IDENTIFIER.fullmatch(name)
    if not good or name.lower() in TAKEN or keyword.iskeyword(name):
        raise ConfigError(
            f"the functions of the file are called by its name, and no function can be called "
            f"{name!r}: take letters, digits and _, at most 40, a letter first."
        )
    return name


def questions(
    function: Function, order: int, precision: np.dtype, around: float = 0.1
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Points in the box and `around` it, with directions, and what is known of them.

    Raises `ConfigError` for a function that is not finite inside of its box.
    """
    d, q = len(function.inputs), len(function.outputs)
    rng = np.random.default_rng(0)
    lower, upper = (
        (np.full(d, -1.0), np.full(d, 1.0))
        if function.box is None
        else (np.array(function.box.lower), np.array(function.box.upper))
    )
    x = lower + rng.uniform(-around, 1 + around, (POINTS, d)) * (upper - lower)
    x = x.astype(precision).astype(float)  # both are asked at the same points
    v, w = rng.normal(size=(POINTS, d)) * (upper - lower), rng.normal(size=(POINTS, q))
    try:
        found = function.derivatives(x, order)
    except DataError as error:
        if around:  # a root or a logarithm need not be anything there
            return questions(function, order, precision, 0.0)
        reason = str(error).split(". ")[0]
        raise ConfigError(
            "the function does not answer everywhere in its own box, so that no file can be "
            f"compared with it: {reason}. Train again, or take a box where it answers."
        ) from error
    known: dict[str, np.ndarray] = dict(zip(("y", "dy", "d2y"), found, strict=False))
    if order >= 1:
        known["jv"] = np.einsum("nqd,nd->nq", known["dy"], v)
        known["wj"] = np.einsum("nq,nqd->nd", w, known["dy"])
    if order >= 2:
        known["wh"] = np.einsum("nq,nqde,ne->nd", w, known["d2y"], v)
    return {"x": x, "v": v, "w": w}, known


def compared(
    found: Mapping[str, np.ndarray], known: Mapping[str, np.ndarray], kind: str, agrees: float
) -> None:
    """Refuse files that compute something else; `OutputError`."""
    for what, right in known.items():
        if what not in found:
            continue
        size = np.abs(right).max(initial=0.0)
        there = np.abs(found[what].reshape(right.shape) - right).max(initial=0.0)
        if not there <= agrees * size:
            raise OutputError(
                f"the file for {kind} computes {what} with an error of {there:.1e}, where its "
                f"largest entry is {size:.1e}, so it was not written. Please report this, with "
                "the model."
            )


def signature(function: Function) -> str:
    """One line that says what a file is: no date, no place, so that it can be made again."""
    lists: Sequence[Sequence[str]] = (function.inputs, function.outputs)
    inputs, outputs = (", ".join(printable(name) for name in names) for names in lists)
    return f"Made by sobolev {version('sobolev')}: ({inputs}) -> ({outputs})."
