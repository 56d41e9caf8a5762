"""Loops of C over entries of arrays that lie anywhere: as few and as long ones as there can be."""

from collections.abc import Sequence

import numpy as np

Strides = tuple[int, ...]


def affine(index: np.ndarray) -> tuple[int, Strides] | None:
    """`(offset, strides)` with index[i, j, …] = offset + Σ stride·i, none if it is not so."""
    if index.size == 0:
        return None
    first = index[(0,) * index.ndim]
    strides = tuple(
        int(index[tuple(int(k == axis) for k in range(index.ndim))] - first) if n > 1 else 0
        for axis, n in enumerate(index.shape)
    )
    ranges = np.indices(index.shape, sparse=True)
    there = first + sum((s * r for s, r in zip(strides, ranges, strict=True)), start=0)
    same = np.array_equal(np.broadcast_to(there, index.shape), index)
    return (int(first), strides) if same else None


def merged(shape: Sequence[int], strides: Sequence[Strides]) -> tuple[list[int], list[Strides]]:
    """Axes that are passed through as one in all arrays, and none of length one."""
    kept: list[tuple[int, list[int]]] = []
    for axis, n in enumerate(shape):
        if n == 1:
            continue
        step = [s[axis] for s in strides]
        if kept and all(last == n * now for last, now in zip(kept[-1][1], step, strict=True)):
            kept[-1] = (kept[-1][0] * n, step)
        else:
            kept.append((n, step))
    sizes = [n for n, _ in kept]
    return sizes, [tuple(step[i] for _, step in kept) for i in range(len(strides))]


def place(offset: int, strides: Sequence[int], names: Sequence[str] = "ijklmnop") -> str:
    """offset + Σ stride·i as text."""
    parts = [
        name if stride == 1 else f"{stride} * {name}"
        for name, stride in zip(names, strides, strict=False)
        if stride
    ]
    if offset or not parts:
        parts.append(str(offset))
    return " + ".join(parts)


def nested(
    sizes: Sequence[int], body: Sequence[str], names: Sequence[str] = "ijklmnop"
) -> list[str]:
    """Loops around the lines of a body."""
    lines = list(body)
    for size, name in reversed(list(zip(sizes, names, strict=False))):
        head = f"for ({name} = 0; {name} < {size}; {name}++)"
        lines = [f"{head} {{", *(f"  {line}" for line in lines), "}"]
    return lines
