"""How the fields of a solution change with the parameters: sensitivities for eyes and files."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import one_of
from sobolev._base.compiled import SELDOM, jitted
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.assembly import insert, no_states
from sobolev.fem.meshes.read import write_vtu
from sobolev.fem.model import Model
from sobolev.fem.posed import checked_point
from sobolev.fem.responses.fields import At, Fields
from sobolev.fem.sensitivity.at_state import residual_at
from sobolev.fem.sensitivity.refusal import told
from sobolev.fem.statement import case_at, describe
from sobolev.fem.steps.newton import equilibrium
from sobolev.fem.values import Parameters

_compiled = jitted(SELDOM)
Asked = Callable[[At], AnyArray]


@dataclass(frozen=True, eq=False)
class FieldSlopes:
    """Derivatives of the fields of a model at p along a direction v of its parameters.

    `u [n, c]` and `X [n, d]`: those of the fields and of the positions at the nodes, which go with
    the material; of quantities by `at_points` and `means`.

    ```python
    found = fem.field_slopes(model, p, "E")
    found.write("slopes.vtu", {"d von Mises": fem.von_mises})
    ```
    """

    model: Model
    p: Float[np.ndarray, " d"]
    v: Float[np.ndarray, " d"]
    z: Float[np.ndarray, " nf"]
    dz: Float[np.ndarray, " nf"]

    @property
    def u(self) -> Float[np.ndarray, "n c"]:
        """Of the values of the fields at the nodes."""
        return np.asarray(self._nodal[0])

    @property
    def X(self) -> Float[np.ndarray, "n d"]:
        """Of the positions of the nodes in the reference configuration: of a shape, else zero."""
        return np.asarray(self._nodal[1])

    @property
    def _nodal(self):
        return _nodes(self.model.statement, self.model.data, *self._along)

    @property
    def _along(self):
        return (self.p, self.z), (self.v, self.dz)

    def at_points(self, quantity: Asked, piece: int = 0) -> np.ndarray:
        """`[m, q, ...]`, of a quantity at the points of integration of a piece of the statement."""
        cells = np.arange(len(self.model.regions[piece]))
        asked = self.model.statement, quantity, piece
        return np.asarray(_points(asked, self.model.data, *self._along, cells))

    def means(self, quantity: Asked) -> dict[str, Float[np.ndarray, " m"]]:
        """Of the mean of a quantity over each cell, by element, in the order of the mesh."""
        mesh = self.model.mesh
        found = {element: np.full(len(cells), np.nan) for element, cells in mesh.cells.items()}
        for number, cells in enumerate(self.model.regions):
            asked = self.model.statement, quantity, number
            element = self.model.statement.parts.pieces[number].element
            slopes = _means(asked, self.model.data, *self._along, np.arange(len(cells)))
            found[element][cells] = np.asarray(slopes)
        return found

    def write(self, path: str | os.PathLike, quantities: Mapping[str, Asked] | None = None) -> None:
        """For ParaView, `.vtu`, on the mesh at p; raises as `write_vtu`."""
        X = np.asarray(describe(self.model.statement, self.model.data, self.p).X)
        cells = {name: self.means(quantity) for name, quantity in (quantities or {}).items()}
        write_vtu(path, self.model.mesh.moved(X), {"du": self.u, "dX": self.X}, cells)


def field_slopes(
    model: Model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"] | str
) -> FieldSlopes:
    """Solve at p, and at one back-substitution the slopes of its fields along v.

    `v` is a direction of all parameters, or the name of one of them. Raises `Diverged` as
    `fem.solve`; `ConfigError` of a model with a path or history, whose fields do not depend on the
    last step alone.
    """
    if model.history:
        raise ConfigError(
            "slopes of fields are those of a model without path and history: ask for slopes of "
            "responses."
        )
    statement, data = model.statement, model.data
    if isinstance(v, str):
        v = np.eye(len(model.inputs))[model.inputs.index(one_of("parameter", v, model.inputs))]
    p, v = (checked_point(model.inputs, each) for each in (p, v))
    with told(model.inputs, p):
        state = equilibrium(model.solving, describe(statement, data, p))
        z = state.u.reshape(-1)[data.space.free]
        dz = -state.tangent.solve(np.asarray(_residual_along(statement, data, p, z, v)))
    return FieldSlopes(model, p, v, z, dz)


@_compiled
def _residual_along(statement, data, p, z, v):
    return jax.jvp(lambda p: residual_at(statement, data, p, z), (p,), (v,))[1]


@_compiled
def _nodes(statement, data, at, along):
    def nodes(p, z):
        case = case_at(statement, data, p)
        return insert(data.space, case, z), case.X

    return jax.jvp(nodes, at, along)[1]


@_compiled
def _points(asked, data, at, along, cells):
    return jax.jvp(lambda *at: _values(asked, data, at, cells)[0], at, along)[1]


@_compiled
def _means(asked, data, at, along, cells):
    def means(*at):
        values, volumes = _values(asked, data, at, cells)
        return jnp.sum(values * volumes, 1) / jnp.sum(volumes, 1)

    return jax.jvp(means, at, along)[1]


def _values(asked, data, at, cells):
    (statement, quantity, piece), (p, z) = asked, at
    case = case_at(statement, data, p)
    given = Parameters(statement.names, p)
    states, u = no_states(statement.parts), insert(data.space, case, z)
    fields = Fields(statement.parts, data.space, case, states, u, given, data.laws)
    return fields.of_piece(quantity, piece, cells)
