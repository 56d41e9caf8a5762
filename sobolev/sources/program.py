"""An external program as a `Function`: files are written, it runs, files are read."""

import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import duration, one_of
from sobolev._base.atomic import refused
from sobolev._base.errors import ConfigError, DataError, Diverged, SobolevError
from sobolev.box import Box
from sobolev.function import Derivatives, OnBox, Pointwise
from sobolev.sources.after import ByFunction, Reader, ResultsFile
from sobolev.sources.before import InputFile, ParametersFile, Question
from sobolev.sources.contents import Content
from sobolev.sources.names import checked_box, checked_outputs
from sobolev.sources.running import run

KEEP = "none", "failed", "all"


class Program(OnBox, Pointwise):
    """A program that is run once for each point, in a folder of its own.

    **Arguments:**
    - `command`: its words, or one text as for a shell. Words that name a file here are made
      absolute. By Dakota's convention the names of parameters and results file are appended, where
      both are Dakota's.
    - `box`, `outputs`, `output_units`: names, bounds and units of inputs and outputs.
    - `order`: the highest derivative that the program returns, 0 for values alone. Nothing is
      differenced: without gradients there are none.
    - `writes`: what is written into the folder before it runs, `ParametersFile()` or
      `Template(...)`, one or several; each input has to be in one of them.
    - `reads`: where the answer is, `ResultsFile()`, `Numbers(...)`, or a function that takes the
      folder and returns `y`, `(y, dy)` or `(y, dy, d2y)`.
    - `files`: files and folders that are copied into the folder first.
    - `patience`: seconds after which it is killed with its children.
    - `folder`: where the folders are made, by default where the system keeps temporary ones;
      `keep`: which of them stay, "none", "failed" or "all".

    A row has no solution (`Diverged`, with the exit code and the last line that the program said)
    when the program ends with another code than 0, is too slow, or leaves no answer. Raises
    `ConfigError` for what is posed wrongly, also a command that does not exist; `DataError` for an
    answer of another shape; `OutputError` where the folder cannot be written. Two calls at once
    never share a folder, and it can be sent to other processes.

    ```python
    box = Box(("E", "t"), (1e3, 1), (2e3, 2), ("MPa", "mm"))
    beam = Program("python beam.py", box, ("tip",), order=1)        # beam.py params.in results.out
    plate = Program("ccx plate", box, ("u",), writes=Template("plate.inp"),
                    reads=Numbers("plate.dat", {"u": ("for set TIP", 4)}), patience=600)
    ```
    """

    told_by_settings = True  # by its command, and the content of its files
    command: tuple[str, ...]
    box: Box
    outputs: tuple[str, ...]
    output_units: tuple[str, ...]
    order: int
    writes: tuple[InputFile, ...]
    reads: Reader

    def __init__(
        self,
        command: str | Sequence[str],
        box: Box,
        outputs: Sequence[str],
        output_units: Sequence[str] = (),
        *,
        order: int = 0,
        writes: InputFile | Sequence[InputFile] = ParametersFile(),
        reads: Reader | Callable[[Path], object] = ResultsFile(),
        files: str | os.PathLike | Sequence[str | os.PathLike] = (),
        patience: float = np.inf,
        folder: str | os.PathLike | None = None,
        keep: str = "none",
    ):
        self.box = checked_box(box)
        self.outputs, self.output_units = checked_outputs(outputs, output_units)
        self.order, self.keep = one_of("order", order, (0, 1, 2)), one_of("keep", keep, KEEP)
        self.writes = (writes,) if isinstance(writes, InputFile) else tuple(writes)
        self.reads = reads if isinstance(reads, Reader) else ByFunction(reads)
        single = isinstance(files, str | os.PathLike)
        self.files = tuple(map(Content, [files] if single else files))
        self.patience = duration("patience", patience)
        self.folder = None if folder is None else os.path.abspath(folder)
        self.command = _split(command)
        self._words, self._named = self._resolved()
        self._check_files()

    def __repr__(self) -> str:
        # what decides the answer, so that a journal does not mix rows of edited files
        shown = self.command, self._named, self.box, self.outputs, self.order
        more = ", ".join(map(repr, (*shown, self.writes, self.reads, self.files)))
        return f"Program({more})"

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Derivatives:
        """Run the program at one point, in a folder of its own."""
        self._check_order(order)
        parent = self.folder or tempfile.gettempdir()
        with refused(parent):
            Path(parent).mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="row-", dir=parent))
        kept = self.keep == "all"
        try:
            return self._answer_in(folder, Question(self.inputs, self.outputs, x, order))
        except (Diverged, DataError) as error:
            if self.keep == "none":
                raise
            kept = True
            raise type(error)(f"{error.what.rstrip('.')}. It lies in {folder}.") from error
        finally:
            if not kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _answer_in(self, folder: Path, asked: Question) -> Derivatives:
        who = f"'{_called(self.command)}'"
        with refused(folder):
            for copied in self.files:
                copied.put_into(folder)
            for file in self.writes:
                path = folder / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.content(asked))
        ended = run(self._words, folder, self.patience, keep=self.keep != "none")
        if ended.why:
            late = f" ({self.patience:g} s)" if ended.code is None else ""
            raise Diverged(f"{who} {ended.why}{late}")
        try:
            return self.reads.read(folder, asked)
        except SobolevError as error:
            last = f" Its last line: {ended.last}" if ended.last else ""
            if ended.left:
                last = f" It left others running, which were ended: let it wait for them.{last}"
            raise type(error)(f"{who} ended well, but {str(error).rstrip('.')}.{last}") from error

    def _resolved(self) -> tuple[list[str], tuple[Content, ...]]:
        """The words as seen from another folder, and the files here that they name."""
        there = {file.name for file in self.writes} | {each.path.name for each in self.files}
        words, named = [], []
        for number, word in enumerate(self.command):
            bare = number == 0 and os.sep not in word and shutil.which(word) is not None
            if Path(word).is_file() and not bare and word not in there:
                word = os.path.abspath(word)
                named.append(Content(word))
            words.append(word)
        parameters = [file.name for file in self.writes if isinstance(file, ParametersFile)]
        if len(parameters) == 1 and isinstance(self.reads, ResultsFile):
            words += [parameters[0], self.reads.name]  # as Dakota calls its drivers
        return words, tuple(named)

    def _check_files(self) -> None:
        asked = Question(self.inputs, self.outputs, np.array(self.box.lower), self.order)
        self.reads.check(asked)
        mentioned: set[str] = set()
        for file in self.writes:
            file.check(self.inputs)
            mentioned |= file.mentions(self.inputs)
        for name in self.inputs:
            if name not in mentioned:
                raise ConfigError(
                    f"input '{name}' is in none of the files that are written "
                    f"({', '.join(file.name for file in self.writes) or 'none'}): put {{{name}}} "
                    "into a template, or leave it out of the Box."
                )


def _split(command: str | Sequence[str]) -> tuple[str, ...]:
    try:
        words = shlex.split(command) if isinstance(command, str) else map(str, command)
    except ValueError as error:  # a quote that is open
        raise ConfigError(f"the command {command!r} cannot be read ({error}).") from error
    words = tuple(words)
    if not words:
        raise ConfigError("a Program needs a command: got none.")
    return words


def _called(command: tuple[str, ...]) -> str:
    """The command in a message."""
    words = " ".join([Path(command[0]).name, *command[1:]])
    return words if len(words) <= 60 else f"{words[:57]}..."
