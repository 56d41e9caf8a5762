"""Modes at a solution, in the places of the responses that need them."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.compiled import SELDOM, jitted
from sobolev._base.errors import ConfigError, Diverged
from sobolev.fem.kernel.assembly import insert, no_states
from sobolev.fem.kernel.cell import Clock
from sobolev.fem.kernel.space import Case
from sobolev.fem.responses.eigenproblems import Cells, Eigenproblem
from sobolev.fem.responses.modal import Modal, Placed
from sobolev.fem.solvers.eigen import Pencil, above_round_off, first_modes, matrix
from sobolev.fem.solvers.solver import Factorisation, Prepared, Singular
from sobolev.fem.statement import Data, Statement, case_at, fields_of
from sobolev.fem.steps.newton import Equilibrium, linearised
from sobolev.fem.steps.stability import negative_eigenvalues
from sobolev.fem.values import Parameters

MOST = 50_000  # unknowns of a tangent that is factored once more to count its negative values


class Found(NamedTuple):
    """The modes of the response at this `place`: their eigenproblem and its cells; `shapes`
    `[k, n, c]`, of the free unknowns `modes [k, nf]` and `images` B φ; the eigenvalues; the entries
    of A and B; and dy/dT.
    """

    place: int
    problem: Eigenproblem
    cells: Cells
    shapes: Float[np.ndarray, "k n c"]
    modes: Float[np.ndarray, "k nf"]
    images: Float[np.ndarray, "k nf"]
    values: Float[np.ndarray, " k"]
    A: Float[np.ndarray, " nnz"]
    B: Float[np.ndarray, " nnz"]
    slope: float


class Modes(NamedTuple):
    """The data of a problem with the modes of its responses in their places, and these modes."""

    data: Data
    found: tuple[Found, ...]


def modes_at(
    model, p: Float[np.ndarray, " d"], case: Case, state: Equilibrium, order: int
) -> Modes:
    """Find the modes that the responses of a model ask for at an equilibrium.

    Raises `ConfigError` for what has no such modes, `Diverged` where they are not there, and, of
    derivatives (`order` above 0), where an asked eigenvalue is repeated.
    """
    statement, data = model.statement, model.data
    found: list[Found] = []
    # one search for all responses of a problem and a sign
    asked: dict[tuple[Eigenproblem, bool], dict[int, Modal]] = {}
    for place, response in enumerate(statement.responses):
        if isinstance(response, Modal):
            asked.setdefault((response.problem, response.forwards), {})[place] = response
    for (problem, forwards), responses in asked.items():
        if not model.symmetric:
            raise ConfigError(
                "modes and their derivatives are of symmetric tangents, and a law or a load says "
                "that this one is not: take one that is, or say symmetric=True of a Form that is."
            )
        problem.check(statement.parts, statement.components, model.mesh.dimension)
        cells = data.responses[next(iter(responses))][1]
        matrices = _matrices(model, problem, cells, p, case, state)
        if problem.inverted:
            _check_stable(statement, data, matrices[0])
        pencil = _pencil(model, problem, matrices, state, case.X, forwards)
        count = max(max(map(abs, each.numbers)) for each in responses.values())
        values, modes = first_modes(pencil, count)
        there = len(values) if problem.inverted else above_round_off(pencil, values, modes)
        for place, response in responses.items():
            name = list(model.responses)[place]
            chosen = _chosen(name, response, values, order, there)
            of = values[chosen] if forwards else -values[chosen]
            slope = float(jax.grad(response.of)(of.mean()))
            found.append(
                Found(place, problem, cells, _shapes(data, case, modes[chosen]), modes[chosen],
                      (pencil.B @ modes[chosen].T).T, of, *matrices, slope)
            )  # fmt: skip
    found.sort(key=lambda each: each.place)
    return Modes(_placed(data, found), tuple(found))


def _shapes(data: Data, case: Case, modes: Float[np.ndarray, "k nf"]) -> Float[np.ndarray, "k n c"]:
    """Modes at all nodes, zero where values are prescribed."""
    shapes = np.zeros((len(modes), case.displacement.size))
    shapes[:, data.space.free] = modes
    return shapes.reshape(-1, *case.displacement.shape)


def _matrices(model, problem: Eigenproblem, cells: Cells, p, case: Case, state: Equilibrium):
    """The entries of A and of B."""
    statement, data = model.statement, model.data
    parts, space = statement.parts, data.space
    none = np.zeros_like(state.u)
    u = none if problem.at_rest else state.u
    # as Newton's method calls it: no other program
    system = linearised(model.solving, case, no_states(parts), u, none, Clock())
    tangent = np.asarray(system.values)
    kind, z = (statement, problem), state.u.reshape(-1)[space.free]
    other = np.asarray(_other_values(kind, data, p, z, cells))
    if not np.isfinite(other).all():
        raise Diverged(
            "the mass or the stress stiffness of the structure is not finite: give finite "
            "densities, and parameters from the domain of the laws."
        )
    if not other.any():
        raise Diverged(problem.nothing)
    if problem.mass:
        least = other[space.pattern.rows == space.pattern.indices].min()
        if least < 0:
            raise Diverged(
                "a density is negative, the least diagonal entry of the mass matrix is "
                f"{least:.3g}: give densities above zero."
            )
    return (tangent, other) if problem.inverted else (other, tangent)


def _check_stable(statement: Statement, data: Data, tangent: Float[np.ndarray, " nnz"]) -> None:
    """Lanczos' method sees what is near zero: of large strains a negative value may be far from it.

    It takes one more factor, and so is not made of linear bodies, nor where that would not fit.
    """
    finite = any(piece.law.traits().finite for piece in statement.parts.pieces)
    if not finite or data.space.pattern.size > MOST:
        return
    count = negative_eigenvalues(data.space.pattern, tangent)
    if count:
        raise Diverged(
            f"the equilibrium is not stable: its tangent has {count} negative "
            f"eigenvalue{'s' * (count > 1)}, and nothing vibrates about it. Reduce the load, or "
            "support the structure."
        )


@jitted(SELDOM)
def _other_values(kind, data, p, z, cells):
    statement, problem = kind
    case = case_at(statement, data, p)
    u, states = insert(data.space, case, z), no_states(statement.parts)
    given = Parameters(statement.names, p)
    return problem.other_values(fields_of(statement, data, given, case, states, u), cells)


def _pencil(
    model, problem: Eigenproblem, matrices, state: Equilibrium, X, forwards: bool
) -> Pencil:
    A, B = (matrix(model.data.space.pattern, values) for values in matrices)
    factor = state.tangent
    if problem.at_rest:
        factor = _factor_at_rest(model.prepared, matrices[1], np.asarray(X))
    return Pencil(A if forwards else -A, B, problem.inverted, factor.solve)


def _factor_at_rest(prepared: Prepared, tangent, X) -> Factorisation:
    try:
        return prepared.factor(tangent, X)
    except Singular as error:
        raise Diverged(
            f"the tangent at rest is singular ({error}): the structure floats, and a body that "
            "may move as a whole has no buckling factor. Support it."
        ) from error


def _chosen(name: str, response: Modal, values, order: int, there: int) -> np.ndarray:
    """The places of the asked modes; refuses what is not there, unstable or repeated."""
    chosen = np.array([abs(n) - 1 for n in response.numbers])
    inverted = response.problem.inverted
    if inverted and not values[0] > 0:
        raise Diverged(
            f"the response '{name}' is of an equilibrium that is not stable: its least eigenvalue "
            f"is {values[0]:.3g}, and nothing vibrates about it. Reduce the load, or support the "
            "structure."
        )
    if chosen.max() >= there:
        side = "" if response.forwards else " under the reversed load"
        raise Diverged(
            f"the response '{name}' asks for mode {response.numbers[-1]}, and the structure has "
            f"{there}{side}: ask for one that is there, or refine the mesh."
        )
    if order:
        for i in chosen:
            for j in set(range(there)) - set(chosen.tolist()):
                if abs(values[i] - values[j]) < response.gap * max(abs(values[i]), abs(values[j])):
                    _refuse(name, response, values, sorted((int(i), int(j))))
    return chosen


def _refuse(name: str, response: Modal, values, pair: Sequence[int]):
    sign = 1 if response.forwards else -1
    numbers = tuple(sign * (place + 1) for place in pair)
    first, second = (float(response.of(jnp.asarray(sign * values[place]))) for place in pair)
    together = tuple(sorted({*response.numbers, *numbers}, key=abs))
    raise Diverged(
        f"the response '{name}' has no derivative: the modes {numbers[0]} and {numbers[1]} "
        f"coincide, {first:.10g} and {second:.10g}. Ask for both together, "
        f"{type(response).__name__}({together}), or move the parameters away."
    )


def _placed(data: Data, found: Sequence[Found]) -> Data:
    responses = list(data.responses)
    for each in found:
        numbers, cells = responses[each.place]
        responses[each.place] = numbers, Placed(cells, each.shapes)
    return data._replace(responses=tuple(responses))
