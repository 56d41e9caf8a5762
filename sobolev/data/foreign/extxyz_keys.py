"""Which key and column of an extended XYZ file is the energy, and which the forces."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sobolev._base.errors import DataError, Remedy
from sobolev.data.numerals import number
from sobolev.data.unused import Unused

# Not the labels themselves, though their names hold the word.
_ELSE = re.compile(
    r"weight|sigma|std|err|var|unc|mask|per_?atom|kin|formation|ation|shift|gap|zero", re.I
)
_OURS = "Properties", "Lattice", "pbc"


@dataclass(frozen=True)
class Head:
    """The comment line of a configuration: its keys, and where its columns lie.

    `line` is that of the number of atoms, from 1; the atoms begin two below.
    """

    line: int
    atoms: int
    about: dict[str, str]
    columns: dict[str, slice]
    width: int
    isolated: bool = False


@dataclass(frozen=True)
class Keys:
    """Which name stands for what in this file; "" for what is not there."""

    energy: str
    forces: str
    species: str = "species"
    pos: str = "pos"
    stress: str = ""
    unused: Unused = field(default_factory=Unused)


def heads_of(lines: list[str]) -> Iterator[Head]:
    """The head of every configuration; `DataError` naming the line where none can be."""
    heads = list(_heads(lines))
    if not heads:
        raise DataError("there is no configuration in the file.")
    several = any(head.atoms > 1 for head in heads)
    for head in heads:
        kind = next((v for k, v in head.about.items() if k.lower() == "config_type"), "")
        alone = head.atoms == 1 or "isolated" in kind.lower()
        yield Head(
            head.line, head.atoms, head.about, head.columns, head.width, several and alone
        )  # fmt: skip


def _heads(lines: list[str]) -> Iterator[Head]:
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        text = lines[at].strip()
        atoms = int(text) if re.fullmatch(r"\+?[0-9]{1,15}", text) else 0
        if atoms < 1:
            raise DataError(
                f"line {at + 1}: '{text[:40]}' is not the number of atoms that begins "
                "a configuration: it is no extended XYZ file, or an atom line is too many."
            )
        if at + 2 + atoms > len(lines):
            raise DataError(
                f"line {at + 1}: {atoms} atoms are announced, but the file ends after "
                f"{max(0, len(lines) - at - 2)}: it is cut off."
            )
        about = _pairs(lines[at + 1], at + 2)
        named = _find("Properties", about, lambda key: key.lower() == "properties")
        properties = about.get(named, "species:S:1:pos:R:3")
        yield Head(at + 1, atoms, about, *_columns(properties, at + 2))
        at += 2 + atoms


def chosen(heads: list[Head], columns: Mapping[str, Mapping[str, str]] | None) -> Keys:
    """The keys of energy and forces of the whole file, and what is not read; `DataError`."""
    keys = dict.fromkeys(key for head in heads for key in head.about)
    names = dict.fromkeys(name for head in heads for name in head.columns)
    species = _find("species", names, lambda name: name.lower() in ("species", "symbols"))
    pos = _find("pos", names, lambda name: name.lower() in ("pos", "positions"))
    energies = [key for key in keys if _like_energy(key) and _numeric(key, heads)]
    forces = [name for name in names if _like_forces(name) and _wide(name, heads) == {3}]
    stress = ""
    if columns:
        energy, force, stress = _declared(columns, list(keys), list(names))
    else:
        energy = _find("energy", keys, energies.__contains__)
        force = _find("forces", names, forces.__contains__)
    for head in heads:
        for name in (species, pos, *([force] if force in head.columns else [])):
            size = 1 if name == species else 3
            there = head.columns.get(name, slice(0, 0))
            if there.stop - there.start != size:
                known = ", ".join(head.columns)
                raise DataError(
                    f"line {head.line + 1}: there is no column {name or 'pos'} of {size} among "
                    f"{known}: name it so in Properties=."
                )
    unused = _unused(heads, not stress, {energy, stress, *_OURS}, {species, pos, force})
    if not columns:
        unused = _left(unused, energy, energies, force, forces)
    if not energy and not force and unused.remarks:
        raise DataError(f"there is no energy and no force: {unused.remarks[0]}.")
    return Keys(energy, force, species, pos, stress, unused)


def _left(
    unused: Unused, energy: str, energies: list[str], force: str, forces: list[str]
) -> Unused:
    """What may have been meant: several keys for one label, or labels of two calculations."""
    said: list[str] = []
    for what, taken, like in (("an energy", energy, energies), ("forces", force, forces)):
        if not taken and like:
            names = ", ".join(f"'{name}'" for name in like)
            pair = energy or (energies or ["energy"])[0], force or (forces or ["forces"])[0]
            said.append(
                Remedy(
                    f"{names} look like {what}: say which with "
                    f"columns={{'{pair[0]}': {{'pos': '{pair[1]}'}}}}",
                    option=f"{names} look like {what}: say which with "
                    f"columns = {{'{pair[0]}' = {{pos = '{pair[1]}'}}}} in --config",
                )
            )
    gradients = [name for name in unused.columns if "grad" in name.lower()]
    if gradients and not force:
        said.append(f"'{gradients[0]}' looks like a gradient: give it as forces, −∂E/∂position")
    if energy and force and _prefix(energy, "energy") != _prefix(force, "force"):
        said.append(f"energies are read from '{energy}', forces from '{force}'")
    return unused + Unused((), tuple(said))


def _prefix(name: str, word: str) -> str:
    return name.lower().partition(word)[0]


def _unused(heads: list[Head], fixed: bool, keys: set[str], names: set[str]) -> Unused:
    columns = [key for head in heads for key in head.about if key not in keys]
    columns += [name for head in heads for name in head.columns if name not in names]
    remarks = []
    alone = [head.line for head in heads if head.isolated]
    if alone:
        word = "configuration" if len(alone) == 1 else "configurations"
        remarks.append(f"{len(alone)} {word} of an isolated atom not used (line {alone[0]})")
    cells = {
        tuple(map(number, head.about["Lattice"].split()))
        for head in heads
        if "Lattice" in head.about and "t" in head.about.get("pbc", "T").lower()
    }
    if fixed and len(cells) > 1:
        remarks.append(
            "the periodic cell varies, and with it the energy, but only the positions are inputs: "
            "give one cell a file"
        )
    periodic = {key for key in columns if key.lower() in ("properties", "lattice", "pbc")}
    return Unused(tuple(dict.fromkeys(c for c in columns if c not in periodic)), tuple(remarks))


def _declared(
    columns: Mapping[str, Mapping[str, str]], keys: list[str], names: list[str]
) -> tuple[str, str, str]:
    if len(columns) != 1 or not isinstance(next(iter(columns.values())), Mapping):
        raise DataError(
            "columns must name one key for the energy and a column for the forces, such as "
            f"{{'energy': {{'pos': 'forces'}}}}: got {columns!r}."
        )
    [(energy, by)] = columns.items()
    if energy not in keys:
        there = ", ".join(key for key in keys if key not in _OURS)
        raise DataError(f"columns names the energy '{energy}', but the keys are {there}.")
    for place, column in by.items():
        if column not in {"pos": names, "strain": keys}.get(place, ()):
            raise DataError(
                f"columns['{energy}'] has {{'{place}': '{column}'}}: forces are given as "
                f"{{'pos': column}}, and the columns are {', '.join(names)}; a stress or virial "
                "as {'strain': key}."
            )
    return energy, by.get("pos", ""), by.get("strain", "")


def _find(exact: str, names: Mapping[str, object], like: Callable[[str], bool]) -> str:
    """The exact name, else the only one that is alike; "" for none and for several."""
    alike = [exact] if exact in names else [name for name in names if like(name)]
    return alike[0] if len(alike) == 1 else ""


def _like_energy(key: str) -> bool:
    word = key.lower()
    short = word in ("e", "etot", "e_tot", "toten", "e_total")
    return short or ("energy" in word and not _ELSE.search(word))


def _like_forces(name: str) -> bool:
    return "force" in name.lower() and not _ELSE.search(name)


def _numeric(key: str, heads: list[Head]) -> bool:
    return all(number(head.about[key]) is not None for head in heads if key in head.about)


def _wide(name: str, heads: list[Head]) -> set[int]:
    return {h.columns[name].stop - h.columns[name].start for h in heads if name in h.columns}


def _pairs(line: str, number_: int) -> dict[str, str]:
    """`key=value` of a comment line; values in quotes or brackets may hold spaces."""
    pattern = r'([^\s="]+)\s*=\s*("(?:[^"\\]|\\.)*"|\{[^}]*\}|\[[^\]]*\]|\S+)'
    found: dict[str, str] = {}
    for key, value in re.findall(pattern, line):
        if key in found:
            raise DataError(f"line {number_} has the key '{key}' twice: leave one out.")
        found[key] = value.strip('"')
    return found


def _columns(properties: str, line: int) -> tuple[dict[str, slice], int]:
    parts = properties.split(":")
    columns: dict[str, slice] = {}
    at = 0
    try:
        for name, kind, count in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            if int(count) < 1 or kind not in tuple("SRIL") or name in columns:
                raise ValueError(kind)
            columns[name] = slice(at, at + int(count))
            at += int(count)
    except ValueError as error:
        raise DataError(f"line {line}: Properties={properties} cannot be read.") from error
    return columns, at
