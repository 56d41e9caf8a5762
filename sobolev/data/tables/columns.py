"""Which column of a table is what: `a`, `eta`, `deta/da`, `d2eta/dadb`, `sd(eta)`, `group`."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sobolev import derivative_names
from sobolev._base.errors import DataError, Remedy
from sobolev._base.lists import listed
from sobolev.data.tables.headings import Heading, as_declared, without_unit
from sobolev.data.tables.units import quotient, same_unit
from sobolev.data.unused import Unused
from sobolev.derivative_names import Spellings, folded

GROUPS = "group", "split"
OWN = re.compile(r"inside|level of (.+)", re.DOTALL)  # what `sobolev predict` says of its values
_COLUMNS = Remedy(
    "columns={output: {input: column}}.",
    option="columns = {output = {input = 'column'}} in --config.",
)


@dataclass
class Columns:
    """What a header says: names, units, and for each column number its place in the data.

    A place is ("x", j), ("y", k), ("jacobian", k, j) or ("hessian", k, i, j); `beside` has the
    columns that say something about such a place: ("noise", place) or ("estimated", place).
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_units: tuple[str, ...]
    output_units: tuple[str, ...]
    places: dict[int, tuple] = field(default_factory=dict)
    beside: dict[int, tuple[str, tuple]] = field(default_factory=dict)
    group: int | None = None
    unused: Unused = field(default_factory=Unused)


def understand(
    header: Sequence[Heading],
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Columns:
    """Find every declared name and derivative in `header`; see `read_csv` for the spellings.

    `header` has name and unit of each column. A derivative in the spelling of other programs is
    taken where it is unambiguous; other columns are `unused` when both `inputs` and `outputs` are
    declared. Raises `DataError` for a column that is missing, repeated, ambiguous, or a derivative
    of something unknown.
    """
    given = [names for names in (inputs, outputs) if names is not None]
    header = as_declared(header, [name for names in given for name in names])
    everything_declared = len(given) == 2
    units = _named_units(header, everything_declared)
    names = list(units)
    mapped = _mapped(columns or {}, names)
    inputs, outputs = _declared("inputs", inputs, names), _declared("outputs", outputs, names)
    if inputs is None or outputs is None:
        inputs, outputs = _infer(names, mapped, inputs, outputs)
    found = Columns(
        tuple(inputs), tuple(outputs),
        tuple(units[n] for n in inputs), tuple(units.get(n, "") for n in outputs),
    )  # fmt: skip
    known, left = set(names), {}
    for number, name in enumerate(names):
        place = _place(name, mapped, found)
        beside = None if place is not None else _beside(name, mapped, found, known)
        if place is not None:
            _check_new(names, number, place, found.places)
            found.places[number] = place
            _check_unit(name, units[name], place, found)
        elif beside is not None:
            _check_new(names, number, beside, found.beside)
            found.beside[number] = beside
            _check_unit(name, units[name], beside[1], found)
        elif name in GROUPS:
            if found.group is not None:
                raise DataError("there is a 'group' and a 'split' column: remove one of them.")
            found.group = number
        else:
            left[number] = name
    spellings = Spellings(found.inputs, found.outputs)
    for number, name in left.items():
        place = _other_spelling(name, found, known, spellings)
        if place is not None:
            found.places[number] = place
            _check_unit(name, units[name], place, found)
        else:
            _leave(name, found, known, spellings, everything_declared)
    return found


def _other_spelling(
    name: str, found: Columns, known: set[str], spellings: Spellings
) -> tuple | None:
    """The place of a derivative that another program names, unless it is taken already."""
    if derivative_names.meanings(name, known, known):
        return None  # a derivative among columns that are declared to be something else
    meanings = spellings.meanings(name)
    if len({(y, *sorted(xs)) for y, *xs in meanings}) != 1:
        return None
    place = _place_of(meanings[0], found)
    return None if place in found.places.values() else place


def _leave(
    name: str, found: Columns, known: set[str], spellings: Spellings, everything_declared: bool
) -> None:
    """Note a column that is not used; `DataError` where it has to be declared first."""
    if derivative_names.meanings(name, known, known):
        found.unused += Unused((name,))
    elif spellings.meanings(name):  # of what another column has given, or with two meanings
        found.unused += Unused((name,), _hint(name, found, spellings))
    elif derivative_names.looks_like_derivative(name, found.outputs):
        raise DataError(
            f"column '{name}' looks like a derivative, but of none of the outputs "
            f"{found.outputs} by the inputs {found.inputs}: rename it, or say what it is with",
            _COLUMNS,
        )
    elif not everything_declared and not _own(name, found):
        raise DataError(
            f"column '{name}' may be an input, an output or neither:",
            Remedy(
                "declare both inputs=... and outputs=..., then other columns are ignored.",
                option="declare both --inputs and --outputs, then other columns are ignored.",
            ),
        )
    else:
        found.unused += Unused((name,), _hint(name, found, spellings))


def _own(name: str, found: Columns) -> bool:
    match = OWN.fullmatch(name)
    return match is not None and match[1] in (None, *found.outputs)


def _hint(name: str, found: Columns, spellings: Spellings) -> tuple[str, ...]:
    """How to declare a column that looks like a derivative."""
    alike = spellings.meanings(name) or spellings.resembling(name)
    if not alike and not derivative_names.resembles_derivative(name, found.inputs, found.outputs):
        return ()
    y, *xs = alike[0] if alike else (found.outputs[0], found.inputs[0])
    by = ", ".join(xs)
    said = f"'{name}' looks like a derivative: declare it with"
    return (
        Remedy(
            f"{said} columns={{'{y}': {{'{by}': '{name}'}}}}",
            option=f"{said} columns = {{'{y}' = {{'{by}' = '{name}'}}}} in --config",
        ),
    )


def _named_units(header: Sequence[Heading], everything_declared: bool) -> dict[str, str]:
    units = {}
    for number, (name, unit) in enumerate(header):
        if not name and everything_declared:
            name = f"column {number + 1}, without a name"
        if not name:
            raise DataError(
                f"column {number + 1} has no name in the header: name it, or remove the delimiter "
                "at the end of each line."
            )
        if name in units:
            raise DataError(f"column '{name}' occurs twice in the header: rename or remove one.")
        units[name] = unit
    return units


def _declared(what: str, wanted: Sequence[str] | None, names: list[str]) -> list[str] | None:
    if wanted is None:
        return None
    if isinstance(wanted, str):
        raise DataError(f"{what} is the text '{wanted}': give a tuple, ('{wanted}',).")
    copied = {name: without_unit(name) for name in wanted if name not in names}
    wanted = [copied[name] if copied.get(name) in names else name for name in wanted]
    for name in wanted:
        # An output whose values nobody knows needs no column when its derivatives have some.
        slopes = what == "outputs" and any(
            derivative_names.meanings(column, names, {name}) for column in names
        )
        slopes = slopes or (what == "outputs" and _has_slopes(name, names))
        if not slopes:
            _exists(f"{what} names", name, names)
    return list(wanted)


def _has_slopes(name: str, names: list[str]) -> bool:
    spellings = Spellings([other for other in names if other != name], [name])
    return any(spellings.meanings(column) for column in names)


def _exists(who: str, name: str, names: list[str]) -> None:
    if name not in names:
        raise DataError(f"{who} '{name}', but the columns are {', '.join(names)}: correct a name.")


def _mapped(columns: Mapping[str, Mapping[str, str]], names: list[str]) -> dict[str, tuple]:
    """Column name -> (output, input) or (output, input, input), from the user's own map."""
    mapped = {}
    for output, by in columns.items():
        _exists("columns names the output", output, names)
        if not isinstance(by, Mapping):
            raise DataError(
                f"columns['{output}'] must be a table of input = column, such as "
                f"{{'a': 'd{output}_da', 'a, b': 'd2{output}_dadb'}}: got {by!r}."
            )
        for key, column in by.items():
            inputs = [key] if key in names else listed(key)
            for name in inputs:
                _exists(f"columns['{output}'] names the input", name, names)
            _exists(f"columns['{output}'] names the column", column, names)
            if len(inputs) > 2:
                raise DataError(f"columns['{output}'] has '{key}': give one input or two.")
            if column in mapped:
                raise DataError(f"columns uses '{column}' twice: a column is one derivative.")
            mapped[column] = (output, *inputs)
    return mapped


def _check_new(names: list[str], number: int, place: tuple, places: dict[int, tuple]) -> None:
    for other, taken in places.items():
        if taken == place:
            raise DataError(
                f"columns '{names[other]}' and '{names[number]}' are the same quantity: remove one."
            )


def _infer(names, mapped, inputs, outputs) -> tuple[list[str], list[str]]:
    """The names that occur in derivatives by and of, unless they are declared."""
    found = list(mapped.values())
    by, of = set(inputs or names), set(outputs or names)
    for name in names:
        found += _plainly(name, by, of)
    of = {meaning[0] for meaning in found}
    by = {x for meaning in found for x in meaning[1:]}
    if not found or of & by:
        reason = (
            f"'{sorted(of & by)[0]}' is both" if found else "no derivative column such as dy/dx"
        )
        raise DataError(
            f"cannot tell inputs from outputs among {', '.join(names)} ({reason}):",
            Remedy(
                "declare inputs=... and outputs=...",
                option="declare --inputs and --outputs, such as --inputs a,b",
            ),
        )
    return (
        [name for name in names if name in by] if inputs is None else inputs,
        [name for name in names if name in of] if outputs is None else outputs,
    )


def _plainly(name: str, by: Collection[str], of: Collection[str]) -> list[tuple]:
    """The derivatives that `d…/d…` can be, also as it is typeset: `∂…/∂…`, `d … / d …`."""
    found = derivative_names.meanings(name, by, of, derivative_names.PLAIN, ())
    spelled = folded(name)
    if found or (spelled == name and not name.startswith("D")):
        return list(found)
    if spelled.startswith("D"):
        spelled = "d" + "/d".join(spelled[1:].split("/D"))
    back = {folded(other): other for other in (*by, *of)}
    folds = {folded(other) for other in by}, {folded(other) for other in of}
    found = derivative_names.meanings(spelled, *folds, derivative_names.PLAIN, ())
    return [tuple(back[part] for part in meaning) for meaning in found]


def _place(name: str, mapped: dict[str, tuple], found: Columns) -> tuple | None:
    if name in found.inputs:
        return "x", found.inputs.index(name)
    if name in found.outputs:
        return "y", found.outputs.index(name)
    by, of = set(found.inputs), set(found.outputs)
    meanings = [mapped[name]] if name in mapped else derivative_names.meanings(name, by, of)
    if len({(y, *sorted(xs)) for y, *xs in meanings}) > 1:
        raise DataError(
            f"column '{name}' can be read in {len(meanings)} ways: {meanings}. Say which with",
            _COLUMNS,
        )
    return _place_of(meanings[0], found) if meanings else None


def _place_of(meaning: tuple, found: Columns) -> tuple | None:
    y, *xs = meaning
    if y not in found.outputs or not set(xs) <= set(found.inputs):
        return None
    kind = "jacobian" if len(xs) == 1 else "hessian"
    return kind, found.outputs.index(y), *(found.inputs.index(x) for x in xs)


def _beside(
    name: str, mapped: dict[str, tuple], found: Columns, known: set[str]
) -> tuple[str, tuple] | None:
    """What `sd(label)` or `estimated(label)` says, and of which label."""
    named = derivative_names.beside(name)
    if named is None:
        return None
    kind, label = named
    place = _place(label, mapped, found)
    if place is not None and place[0] != "x":
        return kind, place
    if label not in known and not derivative_names.meanings(label, known, known):
        raise DataError(
            f"column '{name}' speaks of '{label}', which is none of the outputs "
            f"{found.outputs} and no derivative of them: correct the name."
        )
    return None


def _check_unit(name: str, unit: str, place: tuple, found: Columns) -> None:
    """A slope in MPa/m beside a length in mm is wrong by 1000: refuse what we cannot convert."""
    if place[0] == "y" and unit:
        of = found.output_units[place[1]]
        if of and not same_unit(unit, of):
            raise DataError(
                f"column '{name}' is in [{unit}], but its output is in "
                f"[{of}]: give both in the same unit."
            )
    if place[0] != "jacobian" or not unit:
        return
    of, by = found.output_units[place[1]], found.input_units[place[2]]
    expected = quotient(of, by), f"{of}/{by}"
    if of and by and not any(same_unit(unit, each) for each in expected):
        raise DataError(
            f"column '{name}' is in [{unit}], but its output is in [{of}] and its input in [{by}]: "
            f"give it in [{of}/{by}], or leave the unit of the column out if it is right."
        )
