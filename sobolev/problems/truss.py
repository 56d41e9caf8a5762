"""Trusses: weight, displacements and stresses by the areas of the bars."""

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.arguments import positive
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.box import Box
from sobolev.function import OnBox
from sobolev.function.by_jax import ByJax


class _Bars(eqx.Module):
    """u = K⁻¹F with K = B diag(EA/L) Bᵀ, B `[free, bars]` the directions; σ = E Bᵀu/L."""

    directions: Float[Array, "f b"]
    lengths: Float[Array, " b"]
    loads: Float[Array, " f"]
    modulus: float
    density: float

    def __call__(self, areas: Float[Array, " b"]) -> Float[Array, " q"]:
        B, L = self.directions, self.lengths
        u = jnp.linalg.solve((B * (self.modulus * areas / L)[None]) @ B.T, self.loads)
        weight = self.density * jnp.dot(L, areas)
        return jnp.concatenate([weight[None], u, self.modulus * (u @ B) / L])


@dataclass(frozen=True)
class Truss(OnBox, ByJax):
    """Bars between hinges, linear: answers its weight, displacements u and stresses σ by the areas.

    Inputs "A1", "A2", …, one area for each bar; outputs "weight" = ρ Σ L A, "u1x", "u1y", … of the
    free directions of the nodes, counted from 1, and "s1", "s2", … of the bars, pulled positive.
    Exact derivatives to second order. **Arguments:** `nodes`, their coordinates in the plane or in
    space; `bars`, pairs of nodes counted from 0, as in what follows; `supports`, pairs of a node
    and the axis in which it is held; `loads`, triples of a node, an axis and a force; `modulus` E;
    `density` ρ; `areas`, the least and the largest; `units` of area, weight, displacement and
    stress. Raises `ConfigError` for numbers that are no nodes, and for a truss that can move.

    ```python
    bracket = Truss(((0, 1), (0, 0), (1, 0)), ((0, 2), (1, 2)), ((0, 0), (0, 1), (1, 0), (1, 1)),
                    ((2, 1, -1e3),), modulus=2.1e5, density=7.85e-6)
    bracket.jacobian(np.full(2, 10.0))  # [5, 2]: weight, u3x, u3y, s1, s2 by A1, A2
    ```
    """

    nodes: tuple[tuple[float, ...], ...]
    bars: tuple[tuple[int, int], ...]
    supports: tuple[tuple[int, int], ...]
    loads: tuple[tuple[int, int, float], ...]
    modulus: float
    density: float
    areas: tuple[float, float] = (0.1, 100.0)
    units: tuple[str, str, str, str] = ("mm²", "kg", "mm", "MPa")
    name: str = "truss"

    def __post_init__(self):
        require_x64("a truss")
        positive("the modulus", self.modulus)
        positive("the density", self.density)
        positive("the least area", self.areas[0])
        count, space = self._count, self._space
        for what, given in (
            ("bar", [i for bar in self.bars for i in bar]),
            ("support", [i for i, _ in self.supports]),
            ("load", [i for i, _, _ in self.loads]),
        ):
            wrong = [i for i in given if not 0 <= i < count]
            if wrong:
                raise ConfigError(
                    f"a {what} has the node {wrong[0]}, but the {count} nodes are counted from 0."
                )
        axes = {axis for _, axis, *_ in (*self.supports, *self.loads)}
        if not axes <= set(range(space)):
            raise ConfigError(f"axes are 0 to {space - 1}: got {max(axes)}.")
        B, lengths = self._geometry()
        if not (lengths > 0).all():
            raise ConfigError(f"bar {int(np.argmin(lengths))} has no length.")
        free = np.linalg.matrix_rank(B)
        if free < len(B):
            raise ConfigError(
                f"the truss can move in {len(B) - free} ways without straining a bar: give it more "
                "supports or bars."
            )

    @property
    def _count(self) -> int:
        return len(self.nodes)

    @property
    def _space(self) -> int:
        return len(self.nodes[0])

    @property
    def _free(self) -> list[tuple[int, int]]:
        places = ((node, axis) for node in range(self._count) for axis in range(self._space))
        return [place for place in places if place not in self.supports]

    @property
    def box(self) -> Box:
        """The areas."""
        names = tuple(f"A{k + 1}" for k in range(len(self.bars)))
        least, most = ((bound,) * len(names) for bound in self.areas)
        return Box(names, least, most, (self.units[0],) * len(names))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Weight, displacements, stresses."""
        moves = (f"u{node + 1}{'xyz'[axis]}" for node, axis in self._free)
        return ("weight", *moves, *(f"s{k + 1}" for k in range(len(self.bars))))

    @property
    def output_units(self) -> tuple[str, ...]:
        """Units of the responses."""
        _, weight, move, stress = self.units
        return (weight, *(move,) * len(self._free), *(stress,) * len(self.bars))

    def pure(self) -> Callable[[Float[Array, " d"]], Float[Array, " q"]]:
        """The displacements of one truss by a dense solve."""
        B, lengths = self._geometry()
        loads = np.zeros((self._count, self._space))
        for node, axis, force in self.loads:
            loads[node, axis] += force
        forces = np.array([loads[place] for place in self._free])
        directions, L, F = map(jnp.asarray, (B, lengths, forces))
        return _Bars(directions, L, F, self.modulus, self.density)

    def _geometry(self) -> tuple[Float[np.ndarray, "f b"], Float[np.ndarray, " b"]]:
        nodes, ends = np.array(self.nodes, float), np.array(self.bars)
        along = nodes[ends[:, 1]] - nodes[ends[:, 0]]
        lengths = np.linalg.norm(along, axis=1)
        B = np.zeros((self._count, self._space, len(ends)))
        for bar, (first, last) in enumerate(ends):
            B[last, :, bar] = along[bar] / max(lengths[bar], 1e-300)
            B[first, :, bar] = -B[last, :, bar]
        return B[tuple(np.array(self._free).T)], lengths
