"""Corrections that people's mistakes call for; the one that helps names the mistake.

A correction takes the whole Jacobian `[n, q, d]`, in physical units, and returns what the gradient
`[n, d]` of one output would be had that mistake been made. For rows that are shifted it takes the
Jacobian of the next or of the previous rows: `source` says which of the three it needs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np


@dataclass(frozen=True)
class Correction:
    """A mistake: its `kind`, the inputs or other output concerned, and how it is undone."""

    kind: str
    undo: Callable[[np.ndarray], np.ndarray]
    inputs: tuple[int, ...]
    detail: str = ""
    other: int | None = None
    source: int = 0


@dataclass(frozen=True)
class Scales:
    """Physical sizes that people scale with, of the inputs `[d]` and of one output."""

    inputs: dict[str, np.ndarray]
    output: dict[str, float]


def scales(x: np.ndarray, y: np.ndarray) -> Scales:
    """Standard deviation, half range and range of the columns and of one response `[n]`."""
    y = y[~np.isnan(y)]
    spans = np.ptp(x, axis=0), float(np.ptp(y)) if len(y) else 0.0
    deviation = float(np.std(y)) if len(y) else 0.0
    return Scales(
        {"half its range": spans[0] / 2, "its standard deviation": x.std(0), "its range": spans[0]},
        {
            "its standard deviation": deviation,
            "its range": spans[1],
            "half its range": spans[1] / 2,
        },
    )


def rearrangements(output: int, q: int, d: int, suspects: list[int]) -> Iterator[Correction]:
    """Mistakes of order: columns, rows or outputs that stand in the wrong place."""
    inputs = tuple(range(d))
    for i, k in combinations(suspects, 2):
        order = np.arange(d)
        order[[i, k]] = k, i
        yield Correction("swapped", _columns(output, order), (i, k))
    if d > 2:
        yield Correction("reversed", _columns(output, np.arange(d)[::-1]), inputs)
        for by in (1, -1):
            yield Correction("rolled", _columns(output, np.roll(np.arange(d), by)), inputs)
    # Who has the gradient of the row before finds his own in the next row, `source` 1.
    same = _columns(output, np.arange(d))
    yield Correction("rows shifted", same, inputs, "the row before", source=1)
    yield Correction("rows shifted", same, inputs, "the row after", source=2)
    for other in range(q):
        if other != output:
            yield Correction("other output", _columns(other, np.arange(d)), inputs, other=other)
    if q > 1:
        yield Correction("transposed", _transposed(output), inputs)


def factor_patterns(sizes: Scales, d: int) -> Iterator[tuple[str, str, np.ndarray]]:
    """`(kind, detail, factor of each column)`: mistakes of scale that concern every column."""
    # The factor takes back what was done: ∂(y/s)/∂x is ∂y/∂x divided by s, ∂y/∂(x/s) multiplied.
    yield "sign", "", np.full(d, -1.0)
    for word, size in sizes.output.items():
        if size > 0:
            yield "scaled output", word, np.full(d, size)
    for word, size in sizes.inputs.items():
        if (size > 0).all():
            yield "scaled input", word, 1 / size
            for of, by in sizes.output.items():
                if by > 0:
                    yield "both scaled", f"{of} and {word}", by / size


def _columns(output: int, order: np.ndarray):
    return lambda j: j[:, output][:, order]


def _transposed(output: int):
    # Of another shape a transpose would have been refused: these are the numbers of `[d, q]` read
    # as `[q, d]`, which for d = q is the transpose.
    return lambda j: j.reshape(len(j), j.shape[2], j.shape[1]).transpose(0, 2, 1)[:, output]
