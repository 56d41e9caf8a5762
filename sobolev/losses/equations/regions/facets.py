"""Straight facets of a boundary: edges in the plane, triangles in space."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from sobolev.losses.equations.regions.region import Part, chosen

NUDGE = 1e-6  # of the length of a side: where a point beside it is


class Facets(Part):
    """Facets `[f, d, d]` by their corners; `inside(points [f, d])` says where inside is."""

    corners: Float[Array, "f d d"]
    sizes: Float[Array, " f"]
    normals: Float[Array, "f d"]
    inverse: Float[Array, "f k d"]

    def __init__(
        self,
        inputs: tuple[str, ...],
        names: tuple[str, ...],
        corners: Float[np.ndarray, "f d d"],
        inside: Callable[[np.ndarray], np.ndarray],
    ):
        self.inputs, self.names = inputs, names
        d = len(inputs)
        along = corners[:, 1:] - corners[:, :1]
        if d == 2:
            across = np.stack([along[:, 0, 1], -along[:, 0, 0]], axis=1)
        else:
            across = np.cross(along[:, 0], along[:, 1])
        length = np.linalg.norm(across, axis=1)
        normals = across / length[:, None]
        beside = NUDGE * np.linalg.norm(along[:, :1], axis=2) * normals
        out = np.where(inside(corners.mean(axis=1) + beside), -1.0, 1.0)
        self.normals, self.corners = jnp.asarray(out[:, None] * normals), jnp.asarray(corners)
        self.sizes = jnp.asarray(length if d == 2 else length / 2)
        self.inverse = jnp.asarray(np.linalg.pinv(along.transpose(0, 2, 1)))
        self.cube, self.share, self.size = d - 1 + (len(corners) > 1), 1.0, jnp.sum(self.sizes)

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """The first number says which facet, by their sizes; the others where in it."""
        which, inner = (0, u) if len(self.corners) == 1 else (chosen(self.sizes, u[0])[0], u[1:])
        ends = jnp.concatenate([jnp.zeros(1, u.dtype), jnp.sort(inner), jnp.ones(1, u.dtype)])
        return jnp.diff(ends) @ self.corners[which], jnp.ones((), bool)

    def _apart(self, x: Float[Array, " d"]) -> Float[Array, " f"]:
        """How far a point is from each plane, and beside the facet in it."""
        off = x[None] - self.corners[:, 0]
        inner = jnp.einsum("fij,fj->fi", self.inverse, off)
        out = jnp.sum(jnp.maximum(-inner, 0), axis=1) + jnp.maximum(jnp.sum(inner, axis=1) - 1, 0)
        high = jnp.abs(jnp.sum(self.normals * off, axis=1))
        return high + out * self.sizes ** (1 / (len(x) - 1))

    def normal(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """That of the nearest facet."""
        return self.normals[jnp.argmin(self._apart(x))]

    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """To the nearest facet."""
        return jnp.min(self._apart(x))
