"""Block factors of the matrices that they stand for, against dense ones."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse as sp

from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.side_by_side.blocks import factor, lay_out_blocks, solve

RNG = np.random.default_rng(0)
SIZE, WIDTH = 61, 6


def banded(symmetric):
    """A matrix whose rows and columns are in any order, and its pattern."""
    A = sum(np.diag(RNG.standard_normal(SIZE - abs(k)), k) for k in range(-WIDTH, WIDTH + 1))
    A = A + 20 * np.eye(SIZE)
    A = A + A.T if symmetric else A
    where = RNG.permutation(SIZE)
    A = A[where][:, where]
    found = sp.csr_matrix(A)
    found.sort_indices()
    return A, Pattern(found.indptr, found.indices), found.data


def in_blocks(pattern, values, half):
    layout = lay_out_blocks(pattern, half)
    flat = np.zeros(int(np.prod(layout.shape)) + 1)
    flat[layout.slots[:-1]] = values
    return layout, factor(jnp.asarray(flat[:-1].reshape(layout.shape)), SIZE)


@pytest.mark.parametrize("half", [True, False])
def test_solutions_are_those_of_the_matrix(half):
    A, pattern, values = banded(half)
    layout, factored = in_blocks(pattern, values, half)
    assert layout.shape[0] > 5
    assert layout.shape[-1] < 2 * WIDTH
    b = RNG.standard_normal((SIZE, 2))
    for transposed, matrix in ((False, A), (True, A.T)):
        x = solve(factored, layout.order, jnp.asarray(b), transposed)
        assert np.abs(matrix @ np.asarray(x) - b).max() < 1e-12


def test_a_matrix_that_is_not_positive_definite_has_no_cholesky_factor():
    A, pattern, values = banded(True)
    rows = np.repeat(np.arange(SIZE), np.diff(pattern.indptr))
    values = np.where(rows == pattern.indices, values - 40.0, values)
    layout, factored = in_blocks(pattern, values, True)
    x = np.asarray(solve(factored, layout.order, jnp.ones((SIZE, 1))))
    assert np.isnan(x).any()
    # both halves: rows change places inside of the blocks
    layout, factored = in_blocks(pattern, values, False)
    x = np.asarray(solve(factored, layout.order, jnp.ones((SIZE, 1))))
    assert np.abs((A - 40.0 * np.eye(SIZE)) @ x - 1).max() < 1e-9


def test_a_pivot_that_is_round_off_is_seen():
    A, pattern, values = banded(True)
    layout, factored = in_blocks(pattern, values, True)
    assert float(factored.least_pivot_ratio()) > 1e-2
    # the last unknown of the band all but meets itself no more
    last = int(np.argmax(layout.order))
    entry = np.flatnonzero((pattern.rows == last) & (pattern.indices == last))
    values[entry] -= 1 / np.linalg.inv(A)[last, last] * (1 - 1e-14)
    assert float(in_blocks(pattern, values, True)[1].least_pivot_ratio()) < 1e-12
