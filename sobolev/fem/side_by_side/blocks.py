"""Tangents as blocks on three diagonals, factored in pure JAX: for many problems at once, anywhere.

In the order of a band of half-width b, unknowns meet those of their own block of b and of the two
blocks beside it. With D_k on the diagonal, E_k below it and F_k above it (E_0 = F_0 = 0),

    Cholesky   W_k = E_k L_{k-1}⁻ᵀ,     L_k L_kᵀ = D_k - W_k W_kᵀ
    LU         W_k = E_k C_{k-1}⁻¹,     C_k = D_k - W_k F_k,        rows of C_k change places

Blocks are dense, so a processor works on them by its fast matrix products and a graphics card on
the same block of many problems. A band that is no narrower than the matrix is one block. Source:
G. H. Golub, C. F. Van Loan, Matrix Computations, 4th ed. (2013), section 4.5.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import lu_factor, lu_solve
from jaxtyping import Float, Int

from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.solvers.banded import band_order

# One block of so many unknowns is as fast as several, and quicker to compile.
ONE_BLOCK = 48


class Layout(NamedTuple):
    """Where the entries of a pattern go: the `shape` of the blocks, `(how many, 3, b, b)` of D, E
    and F, or 2 instead of 3 of a tangent of which the lower half is enough; `order [nf]`, the place
    of every unknown; `slots [nnz + 1]`, of every entry among those of the blocks, flat, whose
    number itself is nowhere.
    """

    shape: tuple[int, int, int, int]
    order: Int[np.ndarray, " nf"]
    slots: Int[np.ndarray, " nnz+1"]


def lay_out_blocks(pattern: Pattern, half: bool) -> Layout:
    """In the order of the narrowest band, as `band_order` finds it."""
    order = band_order(pattern)
    i, j = order[pattern.rows], order[pattern.indices]
    width = max(int(np.abs(i - j).max()), 1)
    count = 1 if pattern.size <= ONE_BLOCK else max(1, -(-pattern.size // width))
    size = max(width, -(-pattern.size // count)) if count > 1 else pattern.size
    (k, r), (m, s) = np.divmod(i, size), np.divmod(j, size)
    parts = 2 if half else 3
    shape = count, parts, size, size
    which = np.where(k == m, 0, np.where(k > m, 1, 2))  # D, E or F
    place = ((np.maximum(k, m) * parts + which) * size + r) * size + s
    nowhere = int(np.prod(shape))
    slots = np.where(half & (i < j), nowhere, place)
    return Layout(shape, order, np.append(slots, nowhere).astype(np.int32))


class Factor(NamedTuple):
    """A factored tangent: W `[k, b, b]`; L of Cholesky, or C as LU with its `pivots`, and F."""

    W: Float[AnyArray, "k b b"]
    C: Float[AnyArray, "k b b"]
    F: Float[AnyArray, "k b b"] | None = None
    pivots: Int[AnyArray, "k b"] | None = None

    def least_pivot_ratio(self) -> Float[AnyArray, ""]:
        """Of the smallest pivot to the largest, those that only fill up the last block apart."""
        d = jnp.abs(jnp.diagonal(self.C, axis1=1, axis2=2))
        d = d**2 if self.F is None else d
        return d.min() / d.max()


def factor(blocks: Float[AnyArray, "k p b b"], size: int) -> Factor:
    """Factor the blocks of `size` unknowns; NaN where Cholesky finds no positive definite matrix.

    The last block is filled up by a diagonal as large as the others, which nothing meets.
    """
    count, parts, b, _ = blocks.shape
    filled = jnp.arange(count * b).reshape(count, b) >= size
    scale = jnp.abs(jnp.diagonal(blocks[:, 0], axis1=1, axis2=2)).max()
    D = blocks[:, 0] + (filled * scale)[:, :, None] * jnp.eye(b)[None]
    if parts == 2:
        return _cholesky(D, blocks[:, 1])
    return _lu(D, blocks[:, 1], blocks[:, 2])


def _cholesky(D, E) -> Factor:
    def step(L, block):
        D, E = block
        W = _triangular(L, E, left_side=False, transpose_a=True)
        L = jax.lax.linalg.cholesky(D - W @ W.T, symmetrize_input=False)
        return L, (W, L)

    if len(D) == 1:
        return Factor(jnp.zeros_like(D), jax.lax.linalg.cholesky(D, symmetrize_input=False))
    return Factor(*jax.lax.scan(step, jnp.eye(D.shape[-1]), (D, E))[1])


def _lu(D, E, F) -> Factor:
    def step(before, block):
        D, E, F = block
        W = lu_solve(before, E.T, trans=1).T
        C, pivots = lu_factor(D - W @ F)
        return (C, pivots), (W, C, pivots)

    start = jnp.eye(D.shape[-1]), jnp.arange(D.shape[-1], dtype=jnp.int32)
    _, (W, C, pivots) = jax.lax.scan(step, start, (D, E, F))
    return Factor(W, C, F, pivots)


def solve(
    factor: Factor, order: Int[AnyArray, " nf"], b: Float[AnyArray, "nf m"],
    transposed: bool = False,
) -> Float[AnyArray, "nf m"]:  # fmt: skip
    """K x = b, or Kᵀ x = b, of columns; `order` as of the layout."""
    count, size, _ = factor.C.shape
    rows = jnp.zeros((count * size, b.shape[1])).at[order].set(b, unique_indices=True)
    rows = rows.reshape(count, size, -1)
    if factor.F is None:
        found = _by_cholesky(factor, rows)
    else:
        found = (_by_lu_of_transpose if transposed else _by_lu)(factor, rows)
    return found.reshape(count * size, -1)[order]


def _by_cholesky(factor: Factor, b):
    W, L = factor.W, factor.C
    if len(L) == 1:
        y = _triangular(L[0], b[0], left_side=True)
        return _triangular(L[0], y, left_side=True, transpose_a=True)

    def down(before, at):
        W, L, b = at
        y = _triangular(L, b - W @ before, left_side=True)
        return y, y

    def up(beyond, at):
        W, L, y = at
        x = _triangular(L, y - beyond, left_side=True, transpose_a=True)
        return W.T @ x, x

    return _there_and_back(down, up, b, (W, L))


def _by_lu(factor: Factor, b):
    W, *at_block = factor.W, factor.C, _of(factor.F), _of(factor.pivots)

    def down(before, at):
        W, _, b = at
        y = b - W @ before
        return y, y

    def up(beyond, at):
        _, (C, F, pivots), y = at
        x = lu_solve((C, pivots), y - beyond)
        return F @ x, x

    return _there_and_back(down, up, b, (W, tuple(at_block)))


def _by_lu_of_transpose(factor: Factor, b):
    W, *at_block = factor.W, factor.C, _of(factor.F), _of(factor.pivots)

    def down(before, at):
        _, (C, F, pivots), b = at
        y = lu_solve((C, pivots), b - F.T @ before, trans=1)
        return y, y

    def up(beyond, at):
        W, _, y = at
        x = y - beyond
        return W.T @ x, x

    return _there_and_back(down, up, b, (W, tuple(at_block)))


def _there_and_back(down, up, b, blocks):
    none = jnp.zeros_like(b[0])
    _, y = jax.lax.scan(down, none, (*blocks, b))
    _, x = jax.lax.scan(up, none, (*blocks, y), reverse=True)
    return x


def _triangular(L, b, **how):
    return jax.lax.linalg.triangular_solve(L, b, lower=True, **how)


def _of(part):
    assert part is not None
    return part
