"""Whether a file format can be relied on: what every format of the house is held to."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sobolev._base.conformance import Conformance, Result
from sobolev._base.errors import DataError, OutputError
from sobolev.data.dataset import Dataset
from sobolev.data.fingerprint import fingerprint
from sobolev.data.format import Format
from sobolev.data.kinds import LABELS, ORDERS

# Their last bits, signs and sizes are easily lost.
AWKWARD = np.array([-0.0, 0.0, 5e-324, -2.2e-308, 1.7976931348623157e308, np.pi, -1 / 3, 1e-7])
SIZES = dict(n=6, d=2, q=2, k=3, l=1)
CUTS, BITS = 20, 60

Case = Callable[[Path], str]  # what is wrong, empty for nothing


def conforms(format: Format, *examples: Dataset) -> Conformance:
    """Tries a format in a temporary folder, in the cases that lose somebody's data.

    The cases: an ordinary table, every kind of labels that it says it can hold, awkward numbers and
    gaps come back to the bit, or are refused in a `DataError` that leaves no file; a file that is
    missing, cut off, empty or altered is refused in a `DataError` that names it, or read, but when
    the format is `sealed` never read as something else; a path that cannot be written is an
    `OutputError`, a refused write leaves the old file as it was.

    **Arguments:** `examples`: data that must come back, in the place of the ordinary table where
    the format holds data of one sort only. A format without `write` is held to what it refuses.

    ```python
    found = sb.data.conforms(Format("tab", (".tab",), read_tab, write_tab))
    assert found.good, str(found)
    ```
    """
    tables = list(examples) or [_data(("y", "jacobian"), plain=True)]
    results = []
    for number, (name, case) in enumerate(_cases(format, tables)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"case{number}{format.suffixes[0]}"
            try:
                failure = case(path)
            except Exception as error:  # whatever a format raises is a finding, not the end
                failure = f"it raised {type(error).__name__}: {error}"
        results.append(Result(name, not failure, failure or "as it has to be"))
    return Conformance(format.name, tuple(results))


def _cases(format: Format, tables: list[Dataset]) -> Iterator[tuple[str, Case]]:
    yield "a file that is missing", lambda path: _refused(format, path, tables[0])
    if format.write is None:
        return
    for number, data in enumerate(tables):
        yield f"example {number} comes back", lambda path, d=data: _comes_back(format, d, path)
    for kind in LABELS:
        data = _data((kind,), plain=True)
        able = kind in format.kinds
        what = f"{kind} alone comes back or is refused" if able else f"{kind} alone is refused"
        yield what, lambda path, d=data, a=able: _back_or_refused(format, d, path, a)
    for seed in range(3):
        data = _data(tuple(kind for kind in LABELS if kind in format.kinds), seed)
        yield (
            f"awkward numbers, names and gaps come back or are refused ({seed})",
            lambda path, d=data: _back_or_refused(format, d, path, True),
        )
    yield "a file that is cut off or altered", lambda path: _damaged(format, tables[0], path)
    yield "a folder that is none", lambda path: _unwritable(format, tables[0], path)
    yield "a refused write leaves the old file", lambda path: _kept(format, tables[0], path)


def _read(format: Format, path: Path, data: Dataset) -> Dataset:
    """Read with the names, where the file does not carry them."""
    asked = {"inputs": data.inputs, "outputs": data.outputs, "columns": None}
    told = {name: None if format.sealed else asked[name] for name in format.asks}
    return format.read(path, **told)


def _comes_back(format: Format, data: Dataset, path: Path) -> str:
    assert format.write is not None
    format.write(path, data)
    if [other.name for other in path.parent.iterdir()] != [path.name]:
        return f"it left other files: {sorted(p.name for p in path.parent.iterdir())}"
    found = _read(format, path, data)
    return "" if fingerprint(found) == fingerprint(data) else "what is read is not what was written"


def _back_or_refused(format: Format, data: Dataset, path: Path, able: bool) -> str:
    try:
        failure = _comes_back(format, data, path)
    except DataError:
        return "a refused file was left" if any(path.parent.iterdir()) else ""
    return failure if able or failure else "it was written, though not among the kinds"


def _refused(format: Format, path: Path, data: Dataset) -> str:
    try:
        _read(format, path, data)
    except DataError as error:
        return "" if path.name in str(error) else f"the sentence does not name the file: {error}"
    return "it was read"


def _damaged(format: Format, data: Dataset, path: Path) -> str:
    assert format.write is not None
    good = format.write(path, data).read_bytes()
    rng, same = np.random.default_rng(0), fingerprint(data)
    wrong = [good[:cut] for cut in rng.integers(0, len(good), CUTS)] + [b"", b"\1\2", good + good]
    for bit in rng.integers(0, 8 * len(good), BITS):
        content = bytearray(good)
        content[bit // 8] ^= 1 << bit % 8
        wrong.append(bytes(content))
    for content in wrong:
        path.write_bytes(content)
        try:
            found = _read(format, path, data)
        except DataError as error:
            if path.name not in str(error):
                return f"the sentence does not name the file: {error}"
            continue
        if format.sealed and fingerprint(found) != same:
            return "a file that was altered was read as something else"
    return ""


def _unwritable(format: Format, data: Dataset, path: Path) -> str:
    assert format.write is not None
    path.write_text("no folder")
    try:
        format.write(path / path.name, data)
    except OutputError:
        return ""
    return "it was written"


def _kept(format: Format, data: Dataset, path: Path) -> str:
    assert format.write is not None
    format.write(path, data)
    before = path.read_bytes()
    for kind in (kind for kind in LABELS if kind not in format.kinds):
        try:
            format.write(path, _data((kind,), plain=True))
        except DataError:
            if path.read_bytes() != before:
                return "it is gone"
        else:
            return f"labels of kind '{kind}' were written, though not among the kinds"
    return ""


def _data(kinds: tuple[str, ...], seed: int = 0, plain: bool = False) -> Dataset:
    """Labels of these kinds; awkward numbers, gaps, noise, marks and names unless `plain`."""
    rng = np.random.default_rng(seed)

    def numbers(letters: str, gaps: bool = True) -> np.ndarray:
        shape = tuple(SIZES[letter] for letter in letters)
        found = rng.normal(size=shape)
        if not plain:
            found = np.where(rng.random(shape) < 0.2, rng.choice(AWKWARD, shape), found)
            found = np.where(gaps & (rng.random(shape) < 0.3), np.nan, found)
        return found

    labels = {kind: numbers(LABELS[kind]) for kind in kinds}
    if "hessian" in labels:
        lower = np.tril(np.ones(labels["hessian"].shape[2:], bool), -1)
        hessian = labels["hessian"]
        labels["hessian"] = np.where(lower, hessian.swapaxes(2, 3), hessian)
    arrays: dict[str, Any] = dict(labels)
    if {"jvp", "hvp"} & set(kinds):
        arrays["directions"] = 1 + rng.random(tuple(SIZES[letter] for letter in "nkd"))
    if "vjp" in kinds:
        arrays["cotangents"] = 1 + rng.random(tuple(SIZES[letter] for letter in "nlq"))
    some = {k: a for k, a in labels.items() if not plain and ORDERS[k] < 2}
    return Dataset(
        numbers("nd", gaps=False),
        **arrays,
        noise={kind: np.abs(array) for kind, array in some.items()},
        estimated={kind: rng.random(array.shape) < 0.5 for kind, array in some.items()},
        inputs=("a", "b") if plain else ("b[0]", "β 1"),
        outputs=("y", "z") if plain else ("rms[Rho]", "σ_vM, max"),
        input_units=("", "") if plain else ("mm", ""),
        group=None if plain else rng.choice(["train", "valid"], SIZES["n"]),
    )
