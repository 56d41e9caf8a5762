"""How many negative eigenvalues a tangent has: none of a stable equilibrium under dead loads."""

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from jaxtyping import Float

from sobolev.fem.kernel.pattern import Pattern


def negative_eigenvalues(pattern: Pattern, values: Float[np.ndarray, " nnz"]) -> int | None:
    """The number of negative eigenvalues of a symmetric tangent, by Sylvester's law of inertia.

    Of K = L D Lᵀ they are as many as negative pivots. The factor is that of SuperLU with pivots on
    the diagonal, which is L D Lᵀ then; None where it has to leave the diagonal, at a pivot of zero.
    """
    size = pattern.size
    matrix = sp.csc_matrix((values, pattern.indices, pattern.indptr), (size, size))
    how = {"permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": 0.0,
           "options": {"SymmetricMode": True}}  # fmt: skip
    try:
        lu = spla.splu(matrix, **how)
    except RuntimeError:  # exactly singular
        return None
    if not np.array_equal(lu.perm_r, lu.perm_c):
        return None
    return int((lu.U.diagonal() < 0).sum())
