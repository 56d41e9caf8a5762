"""Atomic configurations as extended XYZ: positions in, energy out; force = −∂E/∂position."""

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sobolev._base.atomic import read_bytes, write_atomically
from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.format import Format

_AXES = "xyz"
_PROPERTIES = "species:S:1:pos:R:3:forces:R:3"
_INPUT = re.compile(r"([A-Z][A-Za-z]{0,2})(\d+)\.([xyz])")


@dataclass
class _Frame:
    line: int
    species: list[str]
    energy: float
    positions: np.ndarray  # [atoms, 3]
    forces: np.ndarray | None


def read_extxyz(path: str | os.PathLike) -> Dataset:
    """Configurations of the same atoms as rows: inputs `C1.x`, `C1.y`, … in Å, output energy in eV.

    Forces become the Jacobian with the other sign, ∂E/∂position = −force, in eV/Å; a configuration
    without forces or without energy has NaN. Stress, virial, cell and other columns are not read.
    Raises `DataError` naming the line, also when the atoms differ from those of the first one.

    ```python
    data = read_extxyz("water.xyz")   # data.jacobian == -forces
    ```
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
        frames = list(_frames(text.splitlines()))
        return _dataset(frames)
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: it is no extended XYZ file.") from error
    except DataError as error:
        raise error.at(path) from error


def write_extxyz(path: str | os.PathLike, data: Dataset) -> Path:
    """Write configurations so that `read_extxyz(path)` returns the same bits.

    Raises `OutputError`, and `DataError` unless `data` is what `read_extxyz` returns: inputs named
    `C1.x` and so on in Å, one output energy in eV, gradients of whole configurations.

    ```python
    write_extxyz("water.xyz", data)
    ```
    """
    species = _species_of(data)
    forces = None if data.jacobian is None else -data.jacobian.reshape(len(data), -1, 3)
    text = io.StringIO()
    for row in range(len(data)):
        force = None if forces is None or np.isnan(forces[row]).all() else forces[row]
        if force is not None and np.isnan(force).any():
            raise DataError(
                f"row {row} of jacobian knows some of the forces only: {_REMEDY.format('')}"
            )
        properties = _PROPERTIES if force is not None else _PROPERTIES.removesuffix(":forces:R:3")
        energy = "" if np.isnan(data.y[row, 0]) else f" energy={float(data.y[row, 0])!r}"
        text.write(f'{len(species)}\nProperties={properties}{energy} pbc="F F F"\n')
        for atom, place in enumerate(data.x[row].reshape(-1, 3)):
            cells = [*place, *([] if force is None else force[atom])]
            text.write(f"{species[atom]} {' '.join(repr(float(cell)) for cell in cells)}\n")
    return write_atomically(path, text.getvalue().encode())


_REMEDY = "an extended XYZ file cannot say so, write .npz or .h5 instead{}."


def _species_of(data: Dataset) -> list[str]:
    species = []
    for j, name in enumerate(data.inputs):
        match = _INPUT.fullmatch(name)
        if not match or int(match[2]) != j // 3 + 1 or match[3] != _AXES[j % 3]:
            raise DataError(
                f"input '{name}' is not the coordinate {_AXES[j % 3]} of atom {j // 3 + 1}, such "
                f"as 'C{j // 3 + 1}.{_AXES[j % 3]}': rename it, or write .npz or .h5 instead."
            )
        species += [match[1]] if j % 3 == 0 else []
        if match[1] != species[-1]:
            raise DataError(f"input '{name}' belongs to another atom: {_REMEDY.format('')}")
    units = set(data.input_units), data.output_units
    if len(data.inputs) % 3 or data.outputs != ("energy",) or units != ({"Å"}, ("eV",)):
        raise DataError(
            "three coordinates in Å for each atom and one output 'energy' in eV are needed, got "
            f"{len(data.inputs)} inputs and {data.outputs} in {data.output_units}: "
            + _REMEDY.format("")
        )
    odd = [kind for kind in data.labels() if kind not in ("y", "jacobian")]
    odd += [name for name in ("noise", "estimated") if getattr(data, name)]
    odd += [] if data.group is None else ["group"]
    if odd:
        raise DataError(f"the data have {odd[0]}: {_REMEDY.format('')}")
    if data.jacobian is not None and np.isnan(data.jacobian).all():
        raise DataError(f"the data have a jacobian without any number: {_REMEDY.format('')}")
    return species


def _frames(lines: list[str]) -> Iterator[_Frame]:
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        try:
            atoms = int(lines[at])
        except ValueError:
            atoms = 0
        if atoms < 1 or "_" in lines[at]:
            raise DataError(
                f"line {at + 1}: '{lines[at].strip()[:40]}' is not the number of atoms that begins "
                "a configuration: it is no extended XYZ file, or an atom line is too many."
            )
        if at + 2 + atoms > len(lines):
            raise DataError(
                f"line {at + 1}: {atoms} atoms are announced, but the file ends after "
                f"{max(0, len(lines) - at - 2)}: it is cut off."
            )
        yield _frame(lines, at, atoms)
        at += 2 + atoms


def _frame(lines: list[str], at: int, atoms: int) -> _Frame:
    about = _pairs(lines[at + 1])
    columns, width = _columns(about.get("properties", "species:S:1:pos:R:3"), at + 2)
    rows = []
    for number in range(at + 2, at + 2 + atoms):
        cells = lines[number].split()
        if len(cells) != width:
            raise DataError(f"line {number + 1} has {len(cells)} columns, {width} are announced.")
        rows.append(cells)
    forces = None
    if "forces" in columns:
        forces = _numbers(rows, columns["forces"], at + 3)
    return _Frame(
        at + 1,
        [row[columns["species"].start] for row in rows],
        _energy(about, at + 2),
        _numbers(rows, columns["pos"], at + 3),
        forces,
    )


def _pairs(line: str) -> dict[str, str]:
    """`key=value` of a comment line; values in quotes or brackets may hold spaces."""
    pattern = r'([^\s="]+)\s*=\s*("(?:[^"\\]|\\.)*"|\{[^}]*\}|\[[^\]]*\]|\S+)'
    found = re.findall(pattern, line)
    return {key.lower(): value.strip('"') for key, value in found}


def _columns(properties: str, line: int) -> tuple[dict[str, slice], int]:
    parts = properties.split(":")
    columns, at = {}, 0
    try:
        for name, kind, count in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            columns[name.lower()] = slice(at, at + int(count))
            if int(count) < 1 or kind not in tuple("SRIL"):
                raise ValueError(kind)
            at += int(count)
    except ValueError as error:
        raise DataError(f"line {line}: Properties={properties} cannot be read.") from error
    columns = {"forces": columns["force"]} | columns if "force" in columns else columns
    wanted = {"species": 1, "pos": 3} | ({"forces": 3} if "forces" in columns else {})
    for name, size in wanted.items():
        there = columns.get(name, slice(0, 0))
        if there.stop - there.start != size:
            raise DataError(f"line {line}: Properties={properties} has no column {name} of {size}.")
    return columns, at


def _energy(about: dict[str, str], line: int) -> float:
    if "energy" not in about:
        return np.nan
    return _number(about["energy"], line)


def _numbers(rows: list[list[str]], columns: slice, line: int) -> np.ndarray:
    numbered = enumerate(rows, line)
    return np.array([[_number(cell, at) for cell in row[columns]] for at, row in numbered])


def _number(cell: str, line: int) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = np.inf
    if np.isinf(number) or "_" in cell:
        raise DataError(f"line {line}: '{cell}' is not a finite number: correct it.")
    return number


def _dataset(frames: list[_Frame]) -> Dataset:
    if not frames:
        raise DataError("there is no configuration in the file.")
    first = frames[0]
    for frame in frames:
        if frame.species != first.species:
            raise DataError(
                f"line {frame.line}: the configuration has the atoms {_formula(frame)}, the first "
                f"one {_formula(first)}: keep the same atoms in the same order in one file."
            )
    x = np.array([frame.positions.ravel() for frame in frames])
    jacobian = None
    if any(frame.forces is not None for frame in frames):
        absent = np.full(x.shape[1], np.nan)
        forces = [absent if f.forces is None else f.forces.ravel() for f in frames]
        jacobian = -np.array(forces)[:, None, :]
    named = [f"{s}{i + 1}.{axis}" for i, s in enumerate(first.species) for axis in _AXES]
    return Dataset(
        x,
        np.array([[frame.energy] for frame in frames]),
        jacobian,
        inputs=tuple(named),
        outputs=("energy",),
        input_units=("Å",) * len(named),
        output_units=("eV",),
    )


def _formula(frame: _Frame) -> str:
    text = " ".join(frame.species[:12])
    return text + (" …" if len(frame.species) > 12 else "")


EXTXYZ = Format(
    "extended XYZ", (".xyz", ".extxyz"), read_extxyz, write_extxyz, kinds=("y", "jacobian")
)
