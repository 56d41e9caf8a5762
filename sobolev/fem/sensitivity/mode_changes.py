"""What modes change by along the parameters, which second derivatives need.

Let y be a response with the modes Φ in it, stationary in them: y_Φ = 0. With the total derivatives
along the parameters, d/dp_i = ∂/∂p_i + z'_i ∂/∂z, and G_i = d(y_Φ)/dp_i,

    dy/dp_i = ∂y/∂p_i + y_z z'_i,        d²y/dp_i dp_j = (… at fixed Φ) - G_i · W⁻¹ G_j,

where W = ∂²y/∂Φ² = 2 y'(T)/k (A - λ_m B) of each mode m, on what is orthogonal to all of them: the
derivative of the modes is -W⁻¹ G_i. Within what they span y does not change. All is computed of the
mean T of the eigenvalues itself, of which y'(T) is a factor.
"""

import dataclasses

import jax
import numpy as np
from jaxtyping import Float

from sobolev._base.compiled import STEPS, jitted
from sobolev.fem.kernel.assembly import insert, no_states
from sobolev.fem.kernel.space import Case
from sobolev.fem.sensitivity.modes import Found, Modes, modes_at
from sobolev.fem.solvers.default import default_solver
from sobolev.fem.solvers.eigen import Change
from sobolev.fem.statement import Data, case_at, fields_of
from sobolev.fem.steps.newton import Equilibrium
from sobolev.fem.values import Parameters


def with_modes(
    model, p: Float[np.ndarray, " d"], case: Case, state: Equilibrium, order: int
) -> "tuple[Data, Changing | None]":
    """The data of a model with the modes at an equilibrium in their places, if any are asked for,
    and, for second derivatives of them, what they change by. Raises as `modes_at`.
    """
    if not any(response.modal for response in model.statement.responses):
        return model.data, None
    modes = modes_at(model, p, case, state, order)
    z = state.u.reshape(-1)[model.data.space.free]
    return modes.data, Changing(model, modes, p, z) if order == 2 else None


class Changing:
    """What the modes found at a solution change by, along directions of the parameters.

    **Arguments:** the `model`, its `modes` found at p, and the free unknowns z there.
    """

    def __init__(
        self, model, modes: Modes, p: Float[np.ndarray, " d"], z: Float[np.ndarray, " nf"]
    ):
        data, self._found = model.data, modes.found
        self._free, self._at = data.space.free, (data._replace(responses=()), p, z)
        # a direct one, whatever solves for the fields: the matrix is not definite
        solver = default_solver(data.space.pattern).prepare(data.space.pattern)
        # without the responses: those of one kind, and models that differ in them, share programs
        self._statement = dataclasses.replace(model.statement, responses=())
        self._inverses = [
            [
                Change(data.space.pattern, solver, each.A - value * each.B, each.modes,
                       each.images)
                for value in each.values
            ]
            for each in modes.found
        ]  # fmt: skip

    def add_to(
        self, H: Float[np.ndarray, "q d d"], Z: Float[np.ndarray, "d nf"]
    ) -> Float[np.ndarray, "q d d"]:
        """Second derivatives at fixed modes with -G_i · W⁻¹ G_j added; Z are the slopes of z."""
        H = H.copy()
        for each, inverses in zip(self._found, self._inverses, strict=True):
            G, moved = self._moved(each, inverses, np.eye(len(Z)), Z)
            H[each.place] += each.slope * np.einsum("ikf,jkf->ij", G, moved)
        return H

    def along(
        self, row: int, v: Float[np.ndarray, " d"], dz: Float[np.ndarray, " nf"]
    ) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " nf"]]:
        """What the change of the modes along (v, dz) adds to L_pp v + L_pz dz, and to that by z, of
        the response of this row.
        """
        total = np.zeros(len(v)), np.zeros(len(dz))
        for each, inverses in zip(self._found, self._inverses, strict=True):
            if each.place == row:
                change = np.zeros((len(each.modes), each.shapes[0].size))
                change[:, self._free] = self._moved(each, inverses, v[None], dz[None])[1][0]
                change = change.reshape(each.shapes.shape)
                kind = self._statement, each.problem
                slopes = _slopes_along(kind, *self._at, each.cells, each.shapes, change)
                total = each.slope * np.asarray(slopes[0]), each.slope * np.asarray(slopes[1])
        return total

    def _moved(self, each: Found, inverses, V, DZ):
        """G `[d, k, nf]` of T along each direction, and -W⁻¹ G."""
        kind = self._statement, each.problem
        G = np.asarray(_slopes(kind, *self._at, each.cells, each.shapes, V, DZ))
        scale = -len(each.values) / 2
        moved = [solve(scale * G[:, m].T).T for m, solve in enumerate(inverses)]
        return G, np.stack(moved, 1)


def _mean(kind, data, p, z, cells, shapes):
    statement, problem = kind
    case = case_at(statement, data, p)
    u, states = insert(data.space, case, z), no_states(statement.parts)
    given = Parameters(statement.names, p)
    return problem.mean(fields_of(statement, data, given, case, states, u), cells, shapes)


@jitted(STEPS)
def _slopes(kind, data, p, z, cells, shapes, V, DZ):
    """G of each direction: the total derivative of T_Φ, of the free unknowns `[d, k, nf]`."""

    def of(p, z):
        return jax.grad(_mean, 5)(kind, data, p, z, cells, shapes)

    def along(v, dz):
        change = jax.jvp(of, (p, z), (v, dz))[1]
        return change.reshape(len(shapes), -1)[:, data.space.free]

    return jax.vmap(along)(V, DZ)


@jitted(STEPS)
def _slopes_along(kind, data, p, z, cells, shapes, change):
    """The change of (T_p, T_z) with that of the modes."""

    def of(shapes):
        return jax.grad(_mean, (2, 3))(kind, data, p, z, cells, shapes)

    return jax.jvp(of, (shapes,), (change,))[1]
