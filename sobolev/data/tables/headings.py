"""What of a heading is the name and what its unit: one rule for tables of every format.

`a [mm]` is the name `a` and the unit `mm`; `a [ ]` is the name `a` without one. Brackets belong to
the name where they hold an index (`b[0]`, `b [0, 1]`), and, when no space stands before them, what
is no unit (`rms[Rho]`) or one of several of a kind (`rms[T]` beside `rms[V]`). A declared name is
never taken apart.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sobolev.data.tables.units import is_unit
from sobolev.derivative_names import folded

Heading = tuple[str, str]  # name and unit
_BRACKETS = re.compile(r"(.*?)(\s*)\[([^\[\]]*)\]", re.DOTALL)
_INDEX = re.compile(r"[-+]?\d+(\s*[,:;.]\s*[-+]?\d+)*")


def split_headings(texts: Sequence[str]) -> list[Heading]:
    """Name and unit of each heading.

    ```python
    split_headings(["a [mm]", "b[0]", "rms[Rho]"])     # [("a", "mm"), ("b[0]", ""), …]
    ```
    """
    found = [_split(text) for text in texts]
    stems = Counter(each.stem for each in found if each.inside and not each.spaced)
    names = {
        each.whole for each in found
        if each.inside is not None and (not each.unit or (not each.spaced and stems[each.stem] > 1))
    }  # fmt: skip
    bracketed = tuple(names)
    return [
        (each.whole, "") if _ends_with(each.whole, bracketed) else (each.stem, each.inside or "")
        for each in found
    ]


def as_declared(headings: Sequence[Heading], declared: Collection[str]) -> list[Heading]:
    """The same headings with names spelled as they were declared.

    Brackets that belong to a declared name are put back, in derivatives, too; a name that differs
    only as `folded` does not see (composed letters, µ) is the declared one.
    """
    bracketed = tuple(name for name in declared if name.endswith("]"))
    given = {name for name, _ in headings}
    found = []
    for name, unit in headings:
        whole = f"{name}[{unit}]"
        own = unit and whole not in given and _ends_with(whole, bracketed)
        found.append((whole, "") if own else (name, unit))
    there = [name for name, _ in found]
    wanted, known = set(declared), set(there)
    for name in (name for name in declared if name not in known):
        alike = [n for n in there if n not in wanted and _alike(n, name)]
        if len(alike) == 1:
            number = there.index(alike[0])
            found[number] = name, found[number][1]
    return found


def _alike(name: str, declared: str) -> bool:
    return folded(name) == folded(declared) or name == declared.lstrip("#%")


def without_unit(name: str) -> str:
    """`a` of `a [mm]`: how a name can have been copied out of a header."""
    found = _split(name)
    return found.stem if found.unit and found.inside and found.spaced else name


def join_headings(headings: Sequence[Heading]) -> list[str]:
    """Texts that `split_headings` reads as these names and units, wherever that is possible."""
    texts = [f"{name} [{unit}]" if unit else name for name, unit in headings]
    for number, read in enumerate(split_headings(texts)):
        name, unit = headings[number]
        if read != (name, unit) and not unit:
            texts[number] = f"{name} []"
    return texts


class _Split(NamedTuple):
    """A text, what stands before its last brackets, and in them; None where there are none."""

    whole: str
    stem: str
    inside: str | None = None
    spaced: bool = False
    unit: bool = True  # whether what is inside is a unit


def _split(text: str) -> _Split:
    whole = text.strip()
    match = _BRACKETS.fullmatch(whole)
    if match is None or not match[1]:
        return _Split(whole, whole)
    inside, spaced = match[3].strip(), bool(match[2])
    index = _INDEX.fullmatch(inside) is not None and not (inside == "1" and spaced)
    unit = not index and (spaced or not inside or is_unit(inside))
    return _Split(whole, match[1], inside, spaced, unit)


def _ends_with(whole: str, names: tuple[str, ...]) -> bool:
    """Whether a text is one of these names, or the derivative by one: `du/drms[T]`, `u!b[m]`."""
    ends = [whole.removesuffix(name) for name in names if whole.endswith(name)]
    return any(not rest or rest[-1] in "dD∂!," for rest in ends)
