"""A periodic cell: its vectors, which of its images can be seen, and its strains."""

from itertools import product
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError

Vector = tuple[float, float, float]
Cell = tuple[Vector, Vector, Vector]
STRETCHED = 1.3  # times the cut-off: cells may shrink to 1/1.3 of it in any direction


def checked_cell(cell: Any) -> Cell:
    """Three vectors that span a volume; `ConfigError`."""
    try:
        vectors = np.asarray(cell, float)
    except (TypeError, ValueError):
        vectors = np.zeros(0)
    if vectors.shape != (3, 3) or not np.isfinite(vectors).all():
        raise ConfigError(f"a cell is three vectors of three numbers: got {cell!r}.")
    if abs(np.linalg.det(vectors)) < 1e-8 * np.prod(np.linalg.norm(vectors, axis=1)):
        raise ConfigError(f"the cell is singular, its vectors lie in a plane: got {cell!r}.")
    return tuple(tuple(map(float, vector)) for vector in vectors)  # type: ignore[return-value]


def images_of(cell: Cell, cutoff: float) -> Float[np.ndarray, "S 3"]:
    """Whole numbers of vectors to every image of which something may lie within the cut-off.

    Two atoms are at most half a cell apart before: along a vector whose neighbouring planes have
    the distance h, images up to cutoff/h + 1/2 can be near.
    """
    vectors = np.asarray(cell)
    heights = 1 / np.linalg.norm(np.linalg.inv(vectors), axis=0)
    most = np.floor(STRETCHED * cutoff / heights + 0.5).astype(int)
    return np.array(list(product(*(range(-n, n + 1) for n in most))), float)


def tensor(strains: Float[Array, " 6"]) -> Float[Array, "3 3"]:
    """ε of its six numbers."""
    xx, yy, zz, yz, xz, xy = strains
    return jnp.array([[xx, xy / 2, xz / 2], [xy / 2, yy, yz / 2], [xz / 2, yz / 2, zz]])
