"""Whether equations have as many conditions as they ask for: what an engineer forgets first.

Counted, not proved: an equation whose highest derivative by an input is of order n has n conditions
on the two sides of this input together, wherever they are. What cannot be counted is passed over in
silence: a condition may be hidden in it.
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sobolev._base.errors import EquationWarning
from sobolev.losses.batch import Batch
from sobolev.losses.equations.equation import Equation
from sobolev.losses.view import ScalingArrays
from sobolev.networks.architecture import Architecture
from sobolev.networks.wrappers.hard.hard_boundary import HardBoundary
from sobolev.networks.wrappers.periodic import Periodic
from sobolev.surrogate import Surrogate
from sobolev.training.notes import Kind, Note
from sobolev.training.preparation.dependence import Dependence, dependence_of
from sobolev.training.preparation.sides import (
    Hidden,
    OfSides,
    fills,
    frame_of,
    of_labels,
    of_network,
    on_sides,
    points_of,
    sides_of,
)
from sobolev.training.trained_and_watched import Posed


class Open(NamedTuple):
    """An input whose derivatives ask for `needed` conditions."""

    input: int
    order: int
    needed: int


class Inside(NamedTuple):
    """Equations in the box, and how many conditions there are on its sides."""

    fields: tuple[tuple[Equation, Dependence], ...]
    there: OfSides


def notes_on_conditions(
    posed: Posed, surrogate: Surrogate, elsewhere: Sequence[Batch | None] = ()
) -> tuple[Note, ...]:
    """A note where a side of the box has no condition and the equations ask for one; it warns, too.

    `elsewhere`: points that say where those of a block lie which are drawn anew. Nothing is said
    where data lie inside of the box, nor where equations hold in a part of it only.
    """
    try:
        inside = _inside(posed, surrogate, elsewhere)
    except Hidden:
        return ()
    found = tuple(_open(inside))
    if not found:
        return ()
    names = ", ".join(name for block, _ in inside.fields for name in block.names)
    said = "; ".join(_said(each, inside.there, surrogate) for each in found)
    lost = [surrogate.inputs[each.input] for each in found if _lost(each.input, surrogate)]
    if lost:
        said += (
            f". The network is periodic in {', '.join(lost)} up to what HardBoundary adds, whose "
            "value or distance has not this period"
        )
    note = Note(
        Kind.UNDETERMINED,
        f"'{names}' has {said}. Is one left out? Without it there are many solutions, and any of "
        "them may be found: give it as a further Equation at points of that side, "
        "Uniform(Region.of(box).boundary(...), 64), or in the network, HardBoundary(...).",
    )
    warnings.warn(note.sentence, EquationWarning, stacklevel=4)
    return (note,)


def _inside(posed: Posed, surrogate: Surrogate, elsewhere: Sequence[Batch | None]) -> Inside:
    there = of_network(surrogate)
    inside, blocks = list[Equation](), posed.loss.blocks
    for block, measured in zip(blocks, elsewhere or (None,) * len(blocks), strict=True):
        if block.of_labels:
            there += of_labels(block, surrogate)
            continue
        if not block.vanishes:  # it asks for no condition, and is none
            continue
        x = points_of(block, measured, surrogate)
        if on_sides(x).any(axis=(1, 2)).all():
            there += len(block.names) * sides_of(x)
        elif isinstance(block.innermost, Equation) and fills(block.innermost, x, surrogate):
            inside.append(block.innermost)
        else:
            raise Hidden
    if _enough(inside, there, len(surrogate.outputs)):
        return Inside((), there)
    fields, scaling = [], ScalingArrays.of(surrogate.scaling)
    for block in inside:
        seen = dependence_of(block.function, scaling, len(surrogate.outputs))
        if seen is None:
            raise Hidden
        if seen.sides.sum() + seen.around.sum() == 1:  # it looks across, to a side
            there += len(block.names) * (seen.sides + seen.around[:, None] / 2)
        elif seen.local and seen.orders.any():
            fields.append((block, seen))
        else:  # values inside, or an integral
            raise Hidden
    outputs = np.sum([seen.orders.any(axis=0) for _, seen in fields], axis=0) > 0
    if sum(len(block.names) for block, _ in fields) > outputs.sum():
        raise Hidden  # more equations than unknowns may do without conditions
    return Inside(tuple(fields), there)


def _enough(inside: list[Equation], there: OfSides, q: int) -> bool:
    """Whether there are so many that nothing has to be tried."""
    most = np.max([block.orders_by_input(len(there)) for block in inside], axis=0, initial=0)
    return bool(np.all(there.sum(axis=1) >= np.where(most > 1, q * most, most)))


def _open(inside: Inside) -> Iterator[Open]:
    """Inputs with too few conditions, and a side with none.

    Outputs of order 1 in a system may have none, as a pressure has; so may an output of order 1
    where a factor changes its sign, since then it may flow out everywhere.
    """
    seen = [each for _, each in inside.fields]
    if not seen:
        return
    orders = np.max([each.orders for each in seen], axis=0)
    for i, there in enumerate(inside.there):
        own = [each for each in seen if each.orders[i].any()]
        alive = ~np.all([each.dropped[i] for each in own], axis=0)
        high = orders[i][orders[i] > 1]
        if len(high):
            needed = int(np.ceil(high.sum() * alive.sum() / 2))
        else:
            needed = int(alive.all() and any(each.steady[i] for each in own))
        # A side of a system may have one that is several, such as a sum of squares.
        if there[alive].sum() < needed and (alive & (there < 1)).any():
            yield Open(i, int(orders[i].max()), needed)


def _lost(input: int, surrogate: Surrogate) -> bool:
    """Whether a network within has a period in this input, and the whole has not."""
    own: Architecture | None = surrogate.architecture
    while isinstance(own, HardBoundary):
        own = own.inner
    if not isinstance(own, Periodic):
        return False
    held = own.held(frame_of(surrogate))
    return held is not None and bool(np.isinf(held[input]).any())


def _said(open_: Open, there: OfSides, surrogate: Surrogate) -> str:
    i, order, needed = open_
    sides = [_side(i, end, surrogate) for end in (0, 1)]
    have = [f"{n:g} at {side}" for n, side in zip(there[i], sides, strict=True) if n]
    if (there[i] % 1).any():  # that of a period is half one of each side
        have = [f"{there[i].sum():g} of both"]
    asked = f"a condition at {sides[0]} or {sides[1]}"
    if needed > 1:
        asked = f"{needed} conditions at {sides[0]} and {sides[1]} together"
    return (
        f"derivatives of order {order} by {surrogate.inputs[i]}, which ask for {asked}, and there "
        f"is {' and '.join(have) or 'none'}"
    )


def _side(input: int, end: int, surrogate: Surrogate) -> str:
    scaling = surrogate.scaling
    at = scaling.x_shift[input] + (2 * end - 1) * scaling.x_scale[input]
    return f"{surrogate.inputs[input]} = {at:g}"
