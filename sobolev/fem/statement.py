"""A problem in two halves: what is static, and shared by problems alike, and the arrays."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.compiled import SELDOM, jitted
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.conditions.loads import BodyForce, PointForce, SurfaceLoad, TotalForce, vector
from sobolev.fem.conditions.place import place_load
from sobolev.fem.conditions.supports import Prescribed, Supports, displacement, place_supports
from sobolev.fem.demands import all_broken
from sobolev.fem.dependence import check_dependence
from sobolev.fem.geometry import Shape, positions
from sobolev.fem.kernel.assembly import States
from sobolev.fem.kernel.cell import Clock, at_points, cell
from sobolev.fem.kernel.space import Case, Follower, Parts, Piece, Space, make_space
from sobolev.fem.kernel.surface import areas, constants_beneath, facet_force
from sobolev.fem.laws.law import Law
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.responses.fields import Fields, Progress
from sobolev.fem.responses.places import PlacesOfMesh
from sobolev.fem.responses.response import Response
from sobolev.fem.told import told
from sobolev.fem.values import Parameters, Static, Value, evaluate, fill, is_number, levels, split

Geometry = Shape | Callable[[Float[AnyArray, "n d"], Parameters], Float[AnyArray, "n d"]]


@dataclass(frozen=True)
class Body:
    """A region of the mesh that is made of a law.

    **Arguments:** `law`; `region`, by default all cells; `exact`, the degree that the quadrature
    integrates exactly where the default of the element is not wanted, such as
    `fem.reduced(element)`; `density`, the mass of each unit of reference volume, for `Frequency`,
    `Eigenvalue` and `Mass`: a number, a parameter, a function of them, `PerCell`, `PerPoint`.

    ```python
    Body(PlaneStress(LinearElastic(210e3, 0.3)), "plate", density=7.85e-9)
    ```
    """

    law: Law
    region: Static[str] = "all"
    exact: Static[int | None] = None
    density: Value | None = None

    def __post_init__(self):
        given: Any = self.density
        if is_number(given) and not (np.isfinite(given).all() and np.min(given) >= 0):
            raise ConfigError(
                f"density of Body must be finite and not negative: got {shown(given)}."
            )


@dataclass(frozen=True)
class Statement:
    """The static half: laws, loads, supports and responses without their numbers.

    It is the static argument of every compiled kernel, so problems that are equal but for their
    numbers, and the shapes of their arrays, share the compiled code.
    """

    names: tuple[str, ...]
    components: int
    parts: Parts
    geometry: Any
    supports: tuple[Prescribed, ...]
    loads: tuple[Any, ...]
    followers: tuple[tuple[int, int], ...]
    responses: tuple[Response, ...]
    densities: tuple[Any, ...]


class Data(NamedTuple):
    """The arrays: points, numbers of the geometry, the discretisation, numbers and places of laws,
    supports, loads and responses, numbers of densities.
    """

    points: Float[AnyArray, "n d"]
    geometry: tuple[np.ndarray, ...]
    space: Space
    laws: tuple[tuple[np.ndarray, ...], ...]
    supports: tuple[Any, Any, Any]
    loads: tuple[tuple[Any, Any], ...]
    responses: tuple[tuple[Any, Any], ...]
    densities: tuple[tuple[np.ndarray, ...], ...]


def state_problem(
    mesh: Mesh,
    bodies: Sequence[Body],
    supports: Sequence[Any],
    loads: Sequence[Any],
    responses: Sequence[Response],
    geometry: Geometry | None,
    names: tuple[str, ...],
) -> tuple[Statement, Data, list[np.ndarray]]:
    """`(statement, data, numbers of each piece's cells in the mesh)`.

    Raises `ConfigError` for what does not fit together.
    """
    pieces, regions, numbers, owners = _pieces(mesh, bodies)
    components = _components(pieces, mesh)
    held = place_supports(mesh, supports, components)
    cells = [(piece.element, mesh.cells[piece.element][where])
             for piece, where in zip(pieces, regions, strict=True)]  # fmt: skip
    kept, load_data, followers, facets = [], [], [], []
    for load in loads:
        skeleton, values = split(load)
        place = place_load(mesh, cells, regions, load, components)
        if isinstance(load, SurfaceLoad) and load.follows and isinstance(place, dict):
            followers += [(len(kept), piece) for piece in place]
            facets += [(part.nodes, part.tables) for part in place.values()]
        kept.append(skeleton)
        load_data.append((values, place))
    parts = Parts(
        tuple(pieces), tuple(Follower(kept[load], pieces[piece].law) for load, piece in followers)
    )
    space = make_space(parts, [nodes for _, nodes in cells], facets, held.fixed)
    shape, shape_numbers = split(geometry)
    without = [body.density is None for body in owners]
    dead = any(not (isinstance(load, SurfaceLoad) and load.follows) for load in loads)
    places = PlacesOfMesh(mesh, pieces, regions, held.fixed, without, dead)
    heavy = [_density(body) for body in owners]
    asked = [(*split(response), response.place(places)) for response in responses]
    statement = Statement(
        names, components, parts, shape, held.skeletons, tuple(kept), tuple(followers),
        tuple(skeleton for skeleton, *_ in asked), tuple(skeleton for skeleton, _ in heavy),
    )  # fmt: skip
    data = Data(
        mesh.points, shape_numbers, space, tuple(numbers), (held.numbers, held.nodes, held.which),
        tuple(load_data), tuple((values, place) for _, values, place in asked),
        tuple(values for _, values in heavy),
    )  # fmt: skip
    check_dependence(statement, data, bodies, regions)
    return statement, data, regions


@jitted(SELDOM)
def describe(
    statement: Statement, data: Data, p: Float[AnyArray, " d"], time: AnyArray | float = 1.0
) -> Case:
    """The case at the parameters p and a time, compiled."""
    return case_at(statement, data, p, time)


def case_at(
    statement: Statement, data: Data, p: Float[AnyArray, " d"], time: AnyArray | float = 1.0
) -> Case:
    """The case at the parameters p and a time, in a form that may be differentiated."""
    given = Parameters(statement.names, p, time)
    X = positions(statement.geometry, data.geometry, given, data.points)
    constants = tuple(
        _of_law(statement, data, given, X, number) for number in range(len(statement.parts.pieces))
    )
    held = Supports(statement.supports, *data.supports)
    return Case(
        X,
        constants,
        tuple(_on_facets(statement, data, given, X, *which) for which in statement.followers),
        _dead(statement, data, given, X, constants),
        displacement(held, given, X),
    )


def answers(
    statement: Statement, data: Data, p: Float[AnyArray, " d"], case: Case, states: States,
    u: Float[AnyArray, "n c"], time: AnyArray | float = 1.0, progress: Progress = Progress(),
) -> Float[AnyArray, " q"]:  # fmt: skip
    """The responses `[q]` of a solution."""
    given = Parameters(statement.names, p, time)
    fields = fields_of(statement, data, given, case, states, u, progress)
    values = []
    for skeleton, (numbers, place) in zip(statement.responses, data.responses, strict=True):
        filled = fill(skeleton, evaluate(skeleton, numbers, given))
        with told(f"the response {type(skeleton).__name__}"):
            value = jnp.asarray(filled.value(fields, place))
        if value.shape:
            raise ConfigError(
                f"the response {type(skeleton).__name__} is one number: got an array {value.shape}."
            )
        values.append(jnp.where(all_broken(filled), jnp.nan, value))
    return jnp.stack(values)


def fields_of(
    statement: Statement, data: Data, given: Parameters, case: Case, states: States,
    u: Float[AnyArray, "n c"], progress: Progress = Progress(),
) -> Fields:  # fmt: skip
    """A solution as responses see it."""
    # the step is over: laws with a rate must not go on
    clock = Clock(given.time, 0.0)
    return Fields(
        statement.parts, data.space, case, states, u, given, data.laws, clock,
        densities(statement, data), progress,
    )  # fmt: skip


def densities(statement: Statement, data: Data) -> tuple[tuple[Any, Any], ...]:
    """What the density of each piece is made of: its skeleton and its numbers."""
    return tuple(zip(statement.densities, data.densities, strict=True))


def _pieces(mesh: Mesh, bodies: Sequence[Body]):
    """One piece for each element of each body: its cells, the numbers of its law, its body."""
    pieces, regions, numbers, owners = [], [], [], []
    taken = {element: np.zeros(len(nodes), int) for element, nodes in mesh.cells.items()}
    for body in bodies:
        if not isinstance(body, Body):
            raise ConfigError(f"bodies are Body(law, region): got {body!r}.")
        _check_law(body.law)
        if not isinstance(body.exact, int | None):
            raise ConfigError(f"exact is the degree of a quadrature: got {body.exact!r}.")
        wanted = body.law.traits().dimension
        if wanted not in (None, mesh.dimension):
            wrap = "wrap it in PlaneStrain, PlaneStress or Axisymmetric"
            raise ConfigError(
                f"{type(body.law).__name__} is a law of {wanted} dimensions and the mesh has "
                f"{mesh.dimension}: {wrap if wanted == 3 else 'take the law of space in it'}."
            )
        skeleton, values = split(body.law)
        for element, where in mesh.region(body.region).items():
            if body.law.traits().uses_mean and element in ("triangle", "tetra"):
                raise ConfigError(
                    f"a '{element}' has one gradient and nothing to take a mean of: it locks with "
                    "MeanDilatation as without. Take quad, hexahedron or quadratic cells."
                )
            taken[element][where] += 1
            pieces.append(Piece(skeleton, element, body.exact))
            regions.append(np.asarray(where))
            numbers.append(values)
            owners.append(body)
    for element, times in taken.items():
        if not (times == 1).all():
            wrong = int(np.flatnonzero(times != 1)[0])
            raise ConfigError(
                f"{int((times == 0).sum())} cells of '{element}' belong to no body and "
                f"{int((times > 1).sum())} to several; the first is cell {wrong}. Give each "
                "cell one law."
            )
    _check_twice(mesh)
    return pieces, regions, numbers, owners


def _density(body: Body):
    """Skeleton and numbers; of a body without density None and none."""
    skeleton, numbers = split(body.density)
    if body.density is not None and len(levels(skeleton)) != 1:
        raise ConfigError(
            "the density of a Body is a number, the name of a parameter, a function of the "
            f"parameters, PerCell or PerPoint: got {body.density!r}."
        )
    return skeleton, numbers


def _check_twice(mesh: Mesh) -> None:
    """Refuse cells that lie on each other: the sum of random keys of its nodes tells a cell."""
    key = np.random.default_rng(0).integers(0, 2**63, len(mesh.points), dtype=np.uint64)
    for element, nodes in mesh.cells.items():
        _, first, where = np.unique(key[nodes].sum(1), return_index=True, return_inverse=True)
        twice = np.flatnonzero(first[where.ravel()] != np.arange(len(nodes)))
        if len(twice):
            raise ConfigError(
                f"cells {first[where.ravel()[twice[0]]]} and {twice[0]} of '{element}' have the "
                f"same nodes: each cell is given once ({len(twice)} are too many)."
            )


def _check_law(law):
    name = type(law).__name__
    if isinstance(law, type) or not isinstance(law, Law):
        raise ConfigError(f"a Body is made of a law, such as LinearElastic(E, nu): got {law!r}.")
    if not (is_dataclass(law) and isinstance(law, Hashable)):
        raise ConfigError(
            f"the law {name} is no frozen dataclass, from whose fields its constants are known: "
            "write @dataclass(frozen=True) above its class."
        )


def _components(pieces, mesh):
    counts = {piece.law.components(mesh.dimension) for piece in pieces}
    if counts and min(counts) < 1:
        raise ConfigError(f"a law has one field at least: got {min(counts)}.")
    if len(counts) != 1:
        raise ConfigError(
            f"all laws of a problem have the same fields: these have {sorted(counts)} components."
        )
    return counts.pop()


def _of_law(statement, data, given, X, number):
    """Constants of a piece; those of places are read at its points of integration."""
    piece, cells = statement.parts.pieces[number], data.space.cells[number]
    x = None
    if 2 in levels(piece.law):
        x = jnp.einsum("qa,mad->mqd", cells.tables.shapes, X[cells.nodes])
    constants = evaluate(piece.law, data.laws[number], given, x)
    # an own value in every cell is given for the real ones; chunks are filled up
    return tuple(
        _padded(c, len(cells.nodes)) if level == 1 else c
        for c, level in zip(constants, levels(piece.law), strict=True)
    )


def _padded(values, m):
    short = m - len(values)
    return jnp.concatenate([values, jnp.repeat(values[-1:], short, 0)]) if short > 0 else values


def _on_facets(statement, data, given, X, load, piece):
    """Constants of a load and of the law beneath it, at the points of its facets of a piece."""
    values, placed = data.loads[load]
    facets = placed[piece]
    x = jnp.einsum("qa,mad->mqd", facets.tables.shapes, X[facets.nodes])
    law = statement.parts.pieces[piece].law
    beneath = constants_beneath(law, data.laws[piece], given, facets, X)
    return evaluate(statement.loads[load], values, given, x), beneath


def _dead(statement, data, given, X, constants):
    """Nodal forces `[n, c]` of all loads that do not follow the fields."""
    force = jnp.zeros((len(X), statement.components))
    for number, load in enumerate(statement.loads):
        values, placed = data.loads[number]
        if isinstance(load, PointForce):
            (*each,) = evaluate(load, values, given)
            force = force.at[placed].add(vector(each)[None] / len(placed))
        elif isinstance(load, BodyForce):
            for piece, chosen in placed.items():
                nodes, each = _in_cells(statement, data, given, X, constants, load, values, piece,
                                        chosen)  # fmt: skip
                force = force.at[nodes].add(each)
        elif not load.follows:
            spread, area = jnp.zeros_like(force), jnp.asarray(0.0)
            for piece, facets in placed.items():
                each = _on_facets(statement, data, given, X, number, piece)
                made, sizes = _tractions(load, statement, piece, facets, X, each)
                spread, area = spread.at[facets.nodes].add(made), area + sizes.sum()
            if isinstance(load, TotalForce):
                spread = spread / area
            force = force + spread
    return force


def _tractions(load, statement, piece, facets, X, constants):
    law = statement.parts.pieces[piece].law

    def one(X, of_load, of_law):
        u = jnp.zeros((len(X), statement.components))
        return facet_force(load, law, facets.tables, u, X, of_load, of_law)

    axes = [tuple(0 if level else None for level in levels(each)) for each in (load, law)]
    force = jax.vmap(one, (0, *axes))(X[facets.nodes], *constants)
    return force, areas(law, facets, X, constants[1])


def _in_cells(statement, data, given, X, constants, load, values, number, placed):
    piece, cells, chosen = statement.parts.pieces[number], data.space.cells[number], placed.cells
    nodes = jnp.asarray(cells.nodes)[chosen]
    x = jnp.einsum("qa,mad->mqd", cells.tables.shapes, X[nodes])
    of_load = tuple(
        c[placed.rows] if level == 1 else c
        for c, level in zip(evaluate(load, values, given, x), levels(load), strict=True)
    )
    of_law = tuple(
        jnp.asarray(c)[chosen] if level else c
        for c, level in zip(constants[number], levels(piece.law), strict=True)
    )

    def one(X, of_load, of_law):
        shape = cell(piece.law, cells.tables, X, of_law)
        b = at_points(load, of_load, lambda filled, x: vector(filled.value))(shape.x)
        return jnp.einsum("q,qa,qc->ac", shape.weights, cells.tables.shapes, b)

    axes = [tuple(0 if level else None for level in levels(each)) for each in (load, piece.law)]
    return nodes, jax.vmap(one, (0, *axes))(X[nodes], of_load, of_law)
