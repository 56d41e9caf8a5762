"""A domain cut into slabs, each with coefficients of its own, that hold together at their ends."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sobolev._base.arguments import positive, whole
from sobolev._base.errors import ConfigError


class Slabs(NamedTuple):
    """K slabs e_k ≤ x < e_{k+1} along one input: a mixture of K experts, one for each.

    `input`: its name; `edges`: all K + 1 of them, with the ends of the domain; `joints`: points on
    each border between two slabs, where the value of u has no jump, nor have as many of its
    derivatives across as the equations need; `scale` > 0: what counts as 1 in a jump.

    ```python
    Slabs("x", (0.0, 0.25, 0.5, 0.75, 1.0))
    ```
    """

    input: str
    edges: tuple[float, ...]
    joints: int = 16
    scale: float = 1.0

    @property
    def number(self) -> int:
        """K."""
        return len(self.edges) - 1

    @property
    def borders(self) -> tuple[float, ...]:
        """Between two slabs."""
        return self.edges[1:-1]

    def of(self, x: Float[Array, "..."]) -> Int[Array, "..."]:
        """In which slab a coordinate lies; beyond the ends in the first or the last."""
        return jnp.searchsorted(jnp.asarray(self.borders, x.dtype), x, side="right")

    def lengths(self) -> Float[np.ndarray, " B"]:
        """Of the shorter slab at each border: in which unit its derivatives are measured."""
        long = np.diff(self.edges)
        return np.minimum(long[:-1], long[1:])


def checked(
    slabs: Slabs | None, inputs: tuple[str, ...], parameters: tuple[str, ...]
) -> Slabs | None:
    """The same with edges as numbers of Python; `ConfigError` along anything but a free input."""
    if slabs is None:
        return None
    if not isinstance(slabs, Slabs):
        raise ConfigError(f'slabs are made by Slabs("x", (0.0, 0.5, 1.0)): got {slabs!r}.')
    if slabs.input not in inputs or slabs.input in parameters:
        others = ", ".join(name for name in inputs if name not in parameters)
        raise ConfigError(f"slabs lie along one of {others}: got {slabs.input!r}.")
    edges = np.asarray(slabs.edges, float)
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise ConfigError(f"edges of slabs are increasing numbers: got {slabs.edges}.")
    joints = whole("the number of joints", slabs.joints, 1)
    scale = positive("the scale of a jump", slabs.scale)
    return Slabs(slabs.input, tuple(edges.tolist()), joints, float(scale))
