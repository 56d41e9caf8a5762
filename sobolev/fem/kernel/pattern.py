"""The sparsity of the tangent: which entries there are, and where those of each cell go."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Int


class Pattern(NamedTuple):
    """Compressed sparse rows of the tangent of the free degrees of freedom.

    It is symmetric as a pattern, whether its values are or not. `free` says which unknown each row
    is (node i, component k -> `components` i + k); None: all of them in order.
    """

    indptr: Int[np.ndarray, " nf+1"]
    indices: Int[np.ndarray, " nnz"]
    free: Int[np.ndarray, " nf"] | None = None
    components: int = 1

    @property
    def size(self) -> int:
        """Number of free degrees of freedom."""
        return len(self.indptr) - 1

    @property
    def rows(self) -> Int[np.ndarray, " nnz"]:
        """Row of every stored entry."""
        return np.repeat(np.arange(self.size), np.diff(self.indptr))


def lay_out(
    numbers: Sequence[Int[np.ndarray, "m b"]], size: int
) -> tuple[Pattern, list[Int[np.ndarray, "m b b"]]]:
    """`(pattern, slots)` of cells whose unknowns have these numbers, -1 where prescribed.

    `slots [m, b, b]` of each group says where an entry of a cell goes among the nnz values; nnz
    itself is nowhere. Source: the graph of cells and unknowns times its transpose.
    """
    graphs = [_incidence(group, size) for group in numbers]
    graph = sp.vstack(graphs, format="csr")
    pattern = (graph.T @ graph).tocsr()
    pattern.sort_indices()
    place = sp.csr_matrix(
        (np.arange(1, pattern.nnz + 1, dtype=np.int32), pattern.indices, pattern.indptr),
        pattern.shape,
    )
    slots = []
    for group in numbers:
        rows, columns = np.broadcast_arrays(group[:, :, None], group[:, None, :])
        kept = (rows >= 0) & (columns >= 0)
        where = np.full(rows.shape, pattern.nnz, np.int32)
        where[kept] = np.asarray(place[rows[kept], columns[kept]]).ravel() - 1
        slots.append(where)
    return Pattern(pattern.indptr.astype(np.int32), pattern.indices.astype(np.int32)), slots


def _incidence(group, size):
    cell, _ = np.nonzero(group >= 0)
    ones = np.ones(len(cell), np.int8)
    return sp.csr_matrix((ones, (cell, group[group >= 0])), (len(group), size), dtype=np.int32)
