"""The solution at one point of the parameters: fields at nodes and in cells, for eyes and files."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import Diverged
from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.assembly import no_states
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.meshes.read import write_vtu
from sobolev.fem.model import Model
from sobolev.fem.posed import at_parameters, checked_point
from sobolev.fem.responses.fields import At, Fields
from sobolev.fem.statement import densities, describe
from sobolev.fem.steps.newton import equilibrium
from sobolev.fem.steps.one_step import Statics, scaled_case
from sobolev.fem.steps.path import Path, Route, follow
from sobolev.fem.values import Parameters


@dataclass(frozen=True, eq=False)
class Solution:
    """Fields of a model at p, at the end of its path.

    `u [n, c]` at the nodes, their positions `X [n, d]`, the forces of the supports `reactions
    [n, c]`; quantities in cells by `means`.

    ```python
    found = fem.solution(model, p)
    found.write("plate.vtu", {"von Mises": fem.von_mises})
    ```
    """

    model: Model
    fields: Fields

    @property
    def u(self) -> Float[np.ndarray, "n c"]:
        """Values of the fields at the nodes."""
        return np.asarray(self.fields.u)

    @property
    def X(self) -> Float[np.ndarray, "n d"]:
        """Positions of the nodes in the reference configuration, at these parameters."""
        return np.asarray(self.fields.case.X)

    @property
    def reactions(self) -> Float[np.ndarray, "n c"]:
        """Forces of the supports on the body, zero at free degrees of freedom up to round-off."""
        return np.asarray(self.fields.reactions())

    def means(self, quantity: Callable[[At], AnyArray]) -> dict[str, Float[np.ndarray, " m"]]:
        """The mean of a quantity over each cell, by element, in the order of the mesh."""
        found = {element: np.full(len(c), np.nan) for element, c in self.model.mesh.cells.items()}
        for number, (piece, cells) in enumerate(
            zip(self.fields.parts.pieces, self.model.regions, strict=True)
        ):
            chosen = np.arange(len(cells))
            values, volumes = self.fields.of_piece(quantity, number, chosen)
            mean = jnp.sum(values * volumes, 1) / jnp.sum(volumes, 1)
            found[piece.element][cells] = np.asarray(mean)
        return found

    def write(
        self,
        path: str | os.PathLike,
        quantities: Mapping[str, Callable[[At], AnyArray]] | None = None,
    ) -> None:
        """Fields and quantities for ParaView, `.vtu`; raises as `write_vtu`."""
        mesh = self.model.mesh.moved(self.X)
        cells = {name: self.means(quantity) for name, quantity in (quantities or {}).items()}
        write_vtu(path, mesh, {"u": self.u, "reactions": self.reactions}, cells)


def solution(model: Model, p: Float[np.ndarray, " d"]) -> Solution:
    """Solve at p and keep the fields. Raises `Diverged` as `fem.solve`."""
    names = () if model.parameters is None else model.inputs
    p = checked_point(names, p)
    try:
        return Solution(model, _fields(model, p))
    except Diverged as error:
        raise error.at(at_parameters(names, p)) from error.__cause__


def _fields(model: Model, p: np.ndarray) -> Fields:
    statement, data = model.statement, model.data
    given = Parameters(statement.names, jnp.asarray(p))
    if not model.history:
        case, clock = describe(statement, data, p), Clock()
        u, states = equilibrium(model.solving, case).u, no_states(statement.parts)
    else:
        route = Route(model.solving, Statics(statement, data), p, model.path or Path())
        *_, last = follow(route)
        case = scaled_case(statement, data, p, last.clock.time, last.factor)
        u, states, clock = last.u, last.after, Clock(last.clock.time, 0.0)
    return Fields(
        statement.parts, data.space, case, states, jnp.asarray(u), given, data.laws, clock,
        densities(statement, data),
    )  # fmt: skip
