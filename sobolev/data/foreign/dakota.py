"""Dakota's text files: a tabular file has the points, results files have the derivatives.

Source: the manual of Dakota 6.18, "Tabular Output Data" and "Results File Format (standard)".
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sobolev._base.atomic import read_bytes, write_atomically
from sobolev._base.errors import DataError, Remedy
from sobolev.data.dataset import Dataset
from sobolev.data.numerals import number
from sobolev.data.unused import Unused

# A label may hold brackets, as `s[7]`: a block begins where one begins a word.
_BLOCKS = re.compile(r"(?<!\S)\[")


@dataclass(frozen=True)
class Results:
    """One results file: labelled `values [q]`, `gradients [g, d]`, `hessians [h, d, d]`."""

    values: np.ndarray
    labels: tuple[str, ...]
    gradients: np.ndarray
    hessians: np.ndarray


def read_dakota(
    tabular: str | os.PathLike,
    results: str | os.PathLike | Sequence[str | os.PathLike] | None = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Dataset:
    """Read a tabular file (`%eval_id interface x1 … f1 …`) and the results files of its rows.

    **Arguments:**
    - `results`: one file a row, in their order, or a folder, in which a name ends with the number
      of the evaluation (`results.out.3`). A row without a file has no derivatives.
    - `inputs`, `outputs`: columns of the tabular file; `inputs` has to be given, by default all
      later columns are outputs. Results files have the gradients of all outputs, or of none.

    Values come from the results file where there is one: it has all their digits. A file that
    begins with "fail", in any case, is a row without labels. Raises `DataError` naming file and
    line.

    ```python
    data = read_dakota("dakota_tabular.dat", "workdir", inputs=("x1", "x2"))
    ```
    """
    names, evaluations, numbers = _tabular(tabular)
    inputs, outputs = _names(tabular, names, inputs, outputs)
    x = numbers[:, [names.index(name) for name in inputs]]
    y = numbers[:, [names.index(name) for name in outputs]]
    n, q, d = len(x), len(outputs), len(inputs)
    jacobian, hessian = np.full((n, q, d), np.nan), np.full((n, q, d, d), np.nan)
    for row, path in _files(results, evaluations).items():
        found = read_results(path)
        y[row] = _values(path, found, outputs, y[row])
        for whole, blocks, what in (
            (jacobian, found.gradients, "gradients"),
            (hessian, found.hessians, "Hessians"),
        ):
            if len(blocks) and blocks.shape != whole.shape[1:]:
                raise DataError(
                    f"{path} has {what} of shape {blocks.shape}, but {whole.shape[1:]} is needed: "
                    f"one for each of {', '.join(outputs)}, by each of {', '.join(inputs)}."
                )
            if len(blocks):
                whole[row] = blocks
    arrays: dict[str, Any] = {
        name: array
        for name, array in (("jacobian", jacobian), ("hessian", hessian))
        if not np.isnan(array).all()
    }
    unused = Unused(tuple(name for name in names if name not in (*inputs, *outputs)))
    try:
        return Dataset(x, y, **arrays, inputs=tuple(inputs), outputs=tuple(outputs), unused=unused)
    except DataError as error:
        raise error.at(tabular) from error


def read_results(path: str | os.PathLike) -> Results:
    """Read one results file: `value label` lines, `[ g1 .. gn ]`, `[[ H ]]`, row by row.

    A label is any word that is no number and does not begin with a bracket. Numbers may have
    Fortran's D exponent. Raises `DataError`.

    ```python
    read_results("results.out.1").gradients
    ```
    """
    text = _text(path)
    if text.lstrip().lower().startswith("fail"):
        empty = np.zeros((0, 0))
        return Results(np.zeros(0), (), empty, empty[None][:0])
    begin = _BLOCKS.search(text)
    head, text = (text, "") if begin is None else (text[: begin.start()], text[begin.start() :])
    values: list[float] = []
    labels: list[str] = []
    for token in head.split():
        value = number(token)
        if value is not None:
            labels += [""] * (len(values) - len(labels))
            values.append(value)
        elif len(labels) < len(values):
            labels.append(token)
        else:
            raise DataError(f"{path}: '{token[:40]}' is where a value is expected: correct it.")
    labels += [""] * (len(values) - len(labels))
    hessians = [_block(path, b) for b in re.findall(r"\[\[([^\[\]]*)\]\]", text)]
    rest = re.sub(r"\[\[[^\[\]]*\]\]", " ", text)
    gradients = [_block(path, b) for b in re.findall(r"\[([^\[\]]*)\]", rest)]
    if re.search(r"[\[\]]", re.sub(r"\[[^\[\]]*\]", " ", rest)):
        raise DataError(f"{path}: a bracket is open: the file is cut off or damaged.")
    return Results(
        np.array(values), tuple(labels), _equal(path, gradients), _square(path, hessians)
    )


def write_results(path: str | os.PathLike, data: Dataset, row: int) -> Path:
    """Write row `row` of `data` as a results file: values, gradients and Hessians that are there.

    `read_results` returns the same bits. Raises `OutputError`, and `DataError` when a row knows a
    part of its values, gradients or Hessians only: such a file has to be complete.

    ```python
    write_results("results.out", data, row=0)
    ```
    """
    lines = []
    for kind in ("y", "jacobian", "hessian"):
        labels = data.labels().get(kind)
        if labels is None or np.isnan(labels[row]).all():
            continue
        if np.isnan(labels[row]).any():
            raise DataError(f"row {row} of {kind} has gaps, which a results file cannot say.")
        if kind == "y":
            names = _label_of(data.outputs)
            lines += [f"{_digits(v)} {n}".strip() for v, n in zip(labels[row], names, strict=True)]
        else:
            left, right = ("[", "]") if kind == "jacobian" else ("[[", "]]")
            lines += [
                f"{left} {' '.join(map(_digits, block.ravel()))} {right}" for block in labels[row]
            ]
    return write_atomically(path, ("\n".join(lines) + "\n").encode())


def write_tabular(path: str | os.PathLike, data: Dataset) -> Path:
    """Write inputs and values as Dakota's annotated tabular file; derivatives have no place there.

    Raises `OutputError`, and `DataError` for a name with a space.

    ```python
    write_tabular("dakota_tabular.dat", data)
    ```
    """
    names = data.inputs + data.outputs
    for name in names:
        if not name or re.search(r"\s", name):
            raise DataError(f"'{name}' has a space, which a column of Dakota's cannot: rename it.")
    rows = [f"%eval_id interface {' '.join(names)}"]
    for evaluation, cells in enumerate(np.hstack([data.x, data.y]), 1):
        rows.append(f"{evaluation} NO_ID {' '.join(map(_digits, cells))}")
    return write_atomically(path, ("\n".join(rows) + "\n").encode())


def _digits(value: float) -> str:
    return repr(float(value))


def _text(path: str | os.PathLike) -> str:
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: it is no file of Dakota's.") from error


def _label_of(outputs: Sequence[str]) -> list[str]:
    """Each name as one word that a reader takes for a label; empty where there is none."""
    words = [re.sub(r"\s", "_", name) for name in outputs]
    clear = [number(word) is None and word[0] != "[" and words.count(word) == 1 for word in words]
    return [word if good else "" for word, good in zip(words, clear, strict=True)]


def _block(path: str | os.PathLike, text: str) -> list[float]:
    tokens = text.split()
    found = [number(token) for token in tokens]
    wrong = [token for token, value in zip(tokens, found, strict=True) if value is None]
    if wrong or not tokens:
        raise DataError(f"{path}: '{(wrong or [text])[0][:40]}' in brackets is not a number.")
    return [value for value in found if value is not None]


def _equal(path: str | os.PathLike, blocks: list[list[float]]) -> np.ndarray:
    if len({len(block) for block in blocks}) > 1:
        raise DataError(f"{path}: gradients of {sorted({len(b) for b in blocks})} entries differ.")
    return np.array(blocks) if blocks else np.zeros((0, 0))


def _square(path: str | os.PathLike, blocks: list[list[float]]) -> np.ndarray:
    flat = _equal(path, blocks)
    d = int(np.sqrt(flat.shape[1]))
    if d * d != flat.shape[1]:
        raise DataError(f"{path}: a Hessian has {flat.shape[1]} entries, which is no square.")
    return flat.reshape(len(flat), d, d)


def _tabular(path: str | os.PathLike) -> tuple[list[str], list[int], np.ndarray]:
    """Names of the columns of numbers, number of each evaluation, and the numbers."""
    lines = [
        (n, line.split()) for n, line in enumerate(_text(path).splitlines(), 1) if line.strip()
    ]
    if not lines or not lines[0][1][0].startswith("%"):
        raise DataError(
            f"{path} does not begin with '%eval_id': write it annotated, with a header."
        )
    header = [lines[0][1][0][1:], *lines[0][1][1:]] if lines[0][1][0] != "%" else lines[0][1][1:]
    if len(lines) == 1:
        raise DataError(f"{path} has a header but no row.")
    skip = [i for i, name in enumerate(header) if i < 2 and name in ("eval_id", "interface")]
    names = [name for i, name in enumerate(header) if i not in skip]
    if len(set(names)) != len(names):
        raise DataError(f"{path}: a name occurs twice in {', '.join(names)}: rename a descriptor.")
    evaluations, rows = [], []
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            raise DataError(
                f"{path}, line {line} has {len(cells)} cells, the header has {len(header)}."
            )
        numeric = [cell for i, cell in enumerate(cells) if i not in skip]
        found = [number(cell) for cell in numeric]
        wrong = [cell for cell, value in zip(numeric, found, strict=True) if value is None]
        first = cells[0] if header[0] == "eval_id" else str(len(rows) + 1)
        if wrong or not re.fullmatch(r"\d{1,15}", first):
            cell = (wrong or [first])[0]
            raise DataError(f"{path}, line {line}: '{cell[:40]}' is not a number: correct it.")
        evaluations.append(int(first))
        rows.append(found)
    return names, evaluations, np.array(rows, np.float64)


def _names(
    path: str | os.PathLike,
    names: list[str],
    inputs: Sequence[str] | None,
    outputs: Sequence[str] | None,
) -> tuple[list[str], list[str]]:
    if inputs is None or isinstance(inputs, str):
        raise DataError(
            f"{path} does not say which of {', '.join(names)} are variables: give a tuple "
            "inputs=(...)."
        )
    for name in [*inputs, *(outputs or ())]:
        if name not in names:
            raise DataError(f"{path}: '{name}' is none of the columns {', '.join(names)}.")
    inputs = list(inputs)
    if not inputs:
        raise DataError(f"{path}: inputs is empty: name at least one variable.")
    last = max(names.index(name) for name in inputs)
    return inputs, names[last + 1 :] if outputs is None else list(outputs)


def _files(
    results: str | os.PathLike | Sequence[str | os.PathLike] | None, evaluations: list[int]
) -> Mapping[int, Path]:
    """Row -> results file."""
    if results is None:
        return {}
    if isinstance(results, str | os.PathLike):
        folder = Path(results)
        if not folder.is_dir():
            raise DataError(f"{folder} is no folder of results files: give one, or a list of them.")
        numbered: dict[int, Path] = {}
        for path in sorted(folder.iterdir()):
            match = re.search(r"\.(\d{1,15})$", path.name)
            if not match or not path.is_file() or "param" in path.name.lower():
                continue
            if int(match[1]) in numbered:
                raise DataError(
                    f"{numbered[int(match[1])]} and {path} are both of evaluation {match[1]}: give "
                    "a list of the results files."
                )
            numbered[int(match[1])] = path
        found = {row: numbered[e] for row, e in enumerate(evaluations) if e in numbered}
        if not found:
            raise DataError(f"{folder} has no file that ends with the number of an evaluation.")
        return found
    paths = [Path(path) for path in results]
    if len(paths) != len(evaluations):
        raise DataError(f"{len(paths)} results files are given for {len(evaluations)} rows.")
    return dict(enumerate(paths))


def _values(
    path: str | os.PathLike, found: Results, outputs: list[str], tabular: np.ndarray
) -> np.ndarray:
    if not len(found.values):  # failed, or derivatives only
        return (
            tabular
            if len(found.gradients) or len(found.hessians)
            else np.full_like(tabular, np.nan)
        )
    if len(found.values) != len(outputs):
        raise DataError(f"{path} has {len(found.values)} values for {', '.join(outputs)}.")
    for label, name in zip(found.labels, outputs, strict=True):
        if label and label in outputs and label != name:
            raise DataError(
                f"{path} has '{label}' where '{name}' is expected:",
                Remedy("give outputs=... .", option="give --outputs."),
            )
    there = ~np.isnan(tabular) & ~np.isnan(found.values)
    far = np.abs(found.values - tabular) > 1e-4 * np.abs(found.values) + 1e-300
    if (there & far).any():
        k = int(np.flatnonzero(there & far)[0])
        raise DataError(
            f"{path} has {found.values[k]:g} for '{outputs[k]}', the tabular file {tabular[k]:g}: "
            "the results files belong to other rows."
        )
    return found.values
