"""Atomic configurations as extended XYZ: positions in, energy out; force = −∂E/∂position."""

import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sobolev._base.atom_names import STRAINS
from sobolev._base.atomic import read_bytes, write_atomically
from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.foreign.extxyz_cells import (
    apart,
    cell_of,
    slopes_by_strain,
    strains_of,
    work_of,
)
from sobolev.data.foreign.extxyz_keys import Head, Keys, chosen, heads_of
from sobolev.data.format import Format
from sobolev.data.numerals import number
from sobolev.data.unused import Unused

_AXES = "xyz"
_PROPERTIES = "species:S:1:pos:R:3:forces:R:3"
_INPUT = re.compile(r"([A-Z][A-Za-z]{0,2})(\d+)\.([xyz])")


def read_extxyz(
    path: str | os.PathLike, columns: Mapping[str, Mapping[str, str]] | None = None
) -> Dataset:
    """Configurations of the same atoms as rows: inputs `C1.x`, `C1.y`, … in Å, output energy in eV.

    Forces become the Jacobian with the other sign, ∂E/∂position = −force, in eV/Å; a configuration
    without forces or without energy has NaN. Keys are exact, as in ASE: `energy`, `forces`. Where
    there is none of that name, the only one that looks so is taken (`REF_forces`). Other columns
    are not read, isolated atoms are left out; `Dataset.unused` says it.

    **Arguments:** `columns`: the key of the energy and the column of the forces, where there are
    several, {"dft_energy": {"pos": "dft_forces"}}; with "strain" also the key of a stress σ in
    eV/Å³ (as ASE has it) or of a virial −V σ in eV. Then six inputs more are the strains of the
    cell, strain.xx to .xy, and slopes along them V σ, as in `sources.Calculated`: a cell is the
    first one strained, then turned, C = C₁ (1 + ε) R, and coordinates are those before.

    Raises `DataError` naming the line, also when the atoms differ from those of the first one.

    ```python
    data = read_extxyz("water.xyz")   # data.jacobian == -forces
    data = read_extxyz("copper.xyz", {"energy": {"pos": "forces", "strain": "stress"}})
    ```
    """
    try:
        lines = read_bytes(path).decode("utf-8-sig").splitlines()
        heads = list(heads_of(lines))
        keys = chosen(heads, columns)
        frames = [_frame(lines, head, keys) for head in heads if not head.isolated]
        return _dataset(frames, keys.unused)
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


@dataclass
class _Frame:
    line: int
    species: list[str]
    energy: float
    positions: np.ndarray  # [atoms, 3]
    forces: np.ndarray | None
    cell: np.ndarray | None  # where there is a stress in the file
    work: np.ndarray | None  # V σ


def _frame(lines: list[str], head: Head, keys: Keys) -> _Frame:
    rows = []
    first = head.line + 2
    for number_, line in enumerate(lines[first - 1 : first - 1 + head.atoms], first):
        cells = line.split()
        if len(cells) != head.width:
            raise DataError(f"line {number_} has {len(cells)} columns, {head.width} are announced.")
        rows.append(cells)
    energy = head.about.get(keys.energy)
    cell = cell_of(head) if keys.stress else None
    return _Frame(
        head.line,
        [row[head.columns[keys.species].start] for row in rows],
        np.nan if energy is None else _finite(energy, head.line + 1),
        _numbers(rows, head.columns[keys.pos], first),
        _numbers(rows, head.columns[keys.forces], first) if keys.forces in head.columns else None,
        cell,
        None if cell is None else work_of(head, keys.stress, cell),
    )


def _numbers(rows: list[list[str]], columns: slice, line: int) -> np.ndarray:
    numbered = enumerate(rows, line)
    return np.array([[_finite(cell, at) for cell in row[columns]] for at, row in numbered])


def _finite(cell: str, line: int) -> float:
    value = number(cell)
    if value is None or np.isinf(value):
        raise DataError(f"line {line}: '{cell}' is not a finite number: correct it.")
    return value


def _dataset(frames: list[_Frame], unused: Unused) -> Dataset:
    first = frames[0]
    for frame in frames:
        if frame.species != first.species:
            raise DataError(
                f"line {frame.line}: the configuration has the atoms {_formula(frame)}, the first "
                f"one {_formula(first)}: keep the same atoms in the same order in one file."
            )
    rows = [_row(frame, first) for frame in frames]
    x, slopes = (np.array(part) for part in zip(*rows, strict=True))
    named = [f"{s}{i + 1}.{axis}" for i, s in enumerate(first.species) for axis in _AXES]
    strains = () if first.cell is None else STRAINS
    known = any(not (f.forces is None and f.work is None) for f in frames)
    return Dataset(
        x,
        np.array([[frame.energy] for frame in frames]),
        slopes[:, None, :] if known else None,
        inputs=(*named, *strains),
        outputs=("energy",),
        input_units=("Å",) * len(named) + ("",) * len(strains),
        output_units=("eV",),
        unused=unused,
    )


def _row(frame: _Frame, first: _Frame) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and slopes; in a cell those before its strain, NaN where they are not known."""
    absent = np.full(frame.positions.shape, np.nan)
    positions, forces = frame.positions, absent if frame.forces is None else frame.forces
    if frame.cell is None or first.cell is None:
        return positions.ravel(), -forces.ravel()
    strained, turned = apart(frame.cell, first.cell)
    before = np.linalg.solve(strained, turned @ positions.T).T
    slopes = slopes_by_strain(frame.work, strained, turned)
    return (
        np.append(before, strains_of(strained)),
        np.append(-forces @ turned.T @ strained, slopes),
    )


def _formula(frame: _Frame) -> str:
    text = " ".join(frame.species[:12])
    return text + (" …" if len(frame.species) > 12 else "")


EXTXYZ = Format(
    "extended XYZ", (".xyz", ".extxyz"), read_extxyz, write_extxyz, ("columns",),
    kinds=("y", "jacobian"),
)  # fmt: skip
