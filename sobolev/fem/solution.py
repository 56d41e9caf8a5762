"""The solution at one point of the parameters: fields at nodes and in cells, for eyes and files."""

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import one_of
from sobolev._base.compiled import SELDOM, jitted
from sobolev._base.errors import ConfigError, Diverged
from sobolev.fem._arrays import AnyArray
from sobolev.fem.drawing import Surface, surface
from sobolev.fem.kernel.assembly import States, no_states
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.kernel.space import part_of
from sobolev.fem.meshes.read import write_vtu
from sobolev.fem.model import Model
from sobolev.fem.posed import at_parameters, checked_point
from sobolev.fem.responses.fields import At, Fields, Progress
from sobolev.fem.sensitivity.modes import modes_at
from sobolev.fem.statement import describe, fields_of
from sobolev.fem.steps.follow import follow
from sobolev.fem.steps.newton import equilibrium, linearised
from sobolev.fem.steps.stability import negative_eigenvalues
from sobolev.fem.values import Parameters, PerCell, leaves, places


@dataclass(frozen=True, eq=False)
class Solution:
    """Fields of a model at p, at the end of its path.

    `u [n, c]` at the nodes, their positions `X [n, d]`, the forces of the supports `reactions
    [n, c]`; quantities in cells by `means`; its `time` and load `factor`, and whether it is stable;
    by the name of each response that needs them the `modes [k, n, c]`, largest component 1.
    `residuals`: how Newton's relative residual fell, a tuple for each step since the solution
    before, halved ones included: its length is the number of iterations.

    ```python
    found = fem.solution(model, p)
    found.write("plate.vtu", {"von Mises": fem.von_mises})
    ```
    """

    model: Model
    fields: Fields
    before: States
    clock: Clock
    residuals: tuple[tuple[float, ...], ...] = ()
    modes: Mapping[str, Float[np.ndarray, "k n c"]] = field(default_factory=dict)

    @property
    def time(self) -> float:
        """When, on its path."""
        return float(self.clock.time)

    @property
    def factor(self) -> float:
        """The load factor."""
        return float(self.fields.progress.factor)

    @functools.cached_property
    def negative_eigenvalues(self) -> int | None:
        """How many the tangent has: a stable equilibrium under dead loads has none.

        None where it is not symmetric, or singular to the last bit.
        """
        if not self.model.symmetric:
            return None
        solving, none = self.model.solving, np.zeros_like(self.u)
        system = linearised(solving, self.fields.case, self.before, self.u, none, self.clock)
        return negative_eigenvalues(solving.space.pattern, np.asarray(system.values))

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
            asked = self.model.statement, quantity, number
            mean = _means(asked, self.model.data, self._arrays, np.arange(len(cells)))
            found[piece.element][cells] = np.asarray(mean)
        return found

    def gradient(self, response: str, of: str) -> dict[str, Float[np.ndarray, " m"]]:
        """∂y/∂ρ of a response by `of`, a field ρ with a value in each cell, as values of the cells.

        NaN in cells without it. Raises `ConfigError` for an unknown response, or for a name that is
        no field of cells, `PerCell(of)` in a law.
        """
        outputs = self.model.outputs
        one_of("response", response, outputs)
        mesh, pieces = self.model.mesh, self.model.statement.parts.pieces
        found = {element: np.full(len(c), np.nan) for element, c in mesh.cells.items()}
        having = [PerCell(of) in leaves(piece.law) for piece in pieces]
        if not any(having):
            raise ConfigError(f"no law has PerCell('{of}'): it is no field of cells.")
        weights = np.array([[float(name == response) for name in outputs]])
        p = np.asarray(self.fields.p.vector)[None]
        slopes = self.model.compute_vjp(p, weights)[1][0]
        for piece, cells, has in zip(pieces, self.model.regions, having, strict=True):
            if has:
                found[piece.element][cells] = slopes[places(self.model.inputs)[of]]
        return found

    def surface(self, values: Any, deformed: float = 0.0) -> Surface:
        """What a picture shows: the mesh, moved by `deformed` times u, with values on it.

        `values`: a quantity, values at the nodes `[n]`, or of cells by element `[m]`, such as those
        of `fem.field_slopes`; `sobolev.reports.draw_fields` draws it.
        """
        drawn = values if isinstance(values, Mapping | np.ndarray) else self.means(values)
        moved = self.X + deformed * self.u if deformed else self.X
        return surface(self.model.mesh, moved, drawn)

    @property
    def _arrays(self):
        fields = self.fields
        return fields.p.vector, fields.p.time, fields.case, fields.states, fields.u

    def write(
        self,
        path: str | os.PathLike,
        quantities: Mapping[str, Callable[[At], AnyArray]] | None = None,
        cells: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    ) -> None:
        """Fields, modes and quantities for ParaView, `.vtu`; raises as `write_vtu`.

        `cells` are more values of the cells, by name and element: a `gradient`, the `means` of
        `fem.field_slopes`.
        """
        mesh = self.model.mesh.moved(self.X)
        means = {name: self.means(quantity) for name, quantity in (quantities or {}).items()}
        nodes = {"u": self.u, "reactions": self.reactions}
        for name, modes in self.modes.items():
            nodes |= {f"{name} {k}": mode for k, mode in enumerate(modes, 1)}
        write_vtu(path, mesh, nodes, {**means, **(cells or {})})


def solution(model: Model, p: Float[np.ndarray, " d"]) -> Solution:
    """Solve at p and keep the fields. Raises `Diverged` as `fem.solve`."""
    return solutions(model, p)[-1]


def solutions(model: Model, p: Float[np.ndarray, " d"]) -> list[Solution]:
    """The solution at each time of a model's path; without one, the only one.

    Raises `Diverged` as `fem.solve`.

    ```python
    for n, found in enumerate(fem.solutions(model, p)):
        found.write(f"step{n}.vtu")
    ```
    """
    names = () if model.parameters is None else model.inputs
    p = checked_point(names, p)
    try:
        return _along_path(model, p) if model.history else [_static(model, p)]
    except Diverged as error:
        raise error.at(at_parameters(names, p)) from error.__cause__


@jitted(SELDOM)
def _means(asked, data, arrays, cells):
    (statement, quantity, number), (p, time, case, states, u) = asked, arrays
    given = Parameters(statement.names, p, time)
    fields = fields_of(statement, data, given, case, states, u)
    values, volumes = fields.of_piece(quantity, number, cells)
    return jnp.sum(values * volumes, 1) / jnp.sum(volumes, 1)


def _static(model: Model, p: np.ndarray) -> Solution:
    statement, data = model.statement, model.data
    given, states = Parameters(statement.names, jnp.asarray(p)), no_states(statement.parts)
    case = describe(statement, data, p)
    state = equilibrium(model.solving, case)
    fields = fields_of(statement, data, given, case, states, jnp.asarray(state.u))
    modes = {}
    if any(response.modal for response in statement.responses):
        found, names = modes_at(model, p, case, state, 0).found, list(model.responses)
        modes = {names[each.place]: np.stack(list(map(_scaled, each.shapes))) for each in found}
    return Solution(model, fields, states, Clock(), state.history, modes)


def _scaled(mode: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "n c"]:
    return mode / mode.ravel()[np.abs(mode).argmax()]


def _along_path(model: Model, p: np.ndarray) -> list[Solution]:
    statement, data, route = model.statement, model.data, model.route(p)
    found, residuals = [], []
    for step in follow(route):
        residuals.append(step.residuals)
        if step.kind.asked:
            case = part_of(statement.parts, route.whole(step.clock), step.factor)
            given = Parameters(statement.names, jnp.asarray(p), step.clock.time)
            u, progress = jnp.asarray(step.u), Progress(step.factor)
            fields = fields_of(statement, data, given, case, step.after.points, u, progress)
            before = step.before.points
            found.append(Solution(model, fields, before, step.clock, tuple(residuals)))
            residuals = []
    return found
