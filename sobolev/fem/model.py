"""A boundary-value problem posed by names, as a function that knows its derivatives."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from sobolev._base.arrays import clean_units
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev._base.types import Points, Values
from sobolev.box import Box
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.posed import check_asked, check_kinds
from sobolev.fem.responses.response import Response
from sobolev.fem.solvers.default import default_solver
from sobolev.fem.solvers.solver import LinearSolver, Prepared
from sobolev.fem.statement import Body, Data, Geometry, Statement, state_problem
from sobolev.fem.steps.newton import Newton, Solving
from sobolev.fem.steps.one_step import Course, CourseData, Statics
from sobolev.fem.steps.path import Path, Route
from sobolev.fem.values import split
from sobolev.function import Derivatives, OnBox, Pointwise

if TYPE_CHECKING:
    from sobolev.fem.sensitivity.static import Mode


@dataclass(frozen=True, eq=False)
class Model(OnBox, Pointwise):
    """Find the fields u with R(u, p) = 0, and give the responses y(u(p), p) with their derivatives.

    **Arguments:** `mesh`; `bodies`, laws on its regions; `supports` and `loads` on its boundaries,
    regions and sets; `responses` by name; `parameters`, a `Box`; `geometry(X, p)`, the positions of
    all nodes at the parameters, where the shape depends on them; `path`, its load
    steps, of laws with history or rate. Constants of laws, loads and
    supports are numbers, names of parameters or functions of them. `units` of the responses;
    `newton` settings; `solver`, by default the fastest at hand. `geometry` and other functions at
    module level, or equal values, let models share compiled code. Raises `ConfigError` for what
    does not fit together, `PrecisionError` without 64-bit JAX; `solve` raises `Diverged`.

    ```python
    mesh = fem.grid((32, 16))
    law = fem.PlaneStress(fem.SaintVenantKirchhoff("E", 0.3))
    model = fem.Model(
        mesh, [fem.Body(law)], [fem.Fixed("left")], [fem.Traction("right", (0.0, -1.0))],
        responses={"tip": fem.Displacement("right", 1)},
        parameters=Box(("E",), (100.0,), (200.0,)),
    )
    y, dy = model.derivatives(model.box.from_unit([[0.5]]), 1)
    ```
    """

    mesh: Mesh
    bodies: Sequence[Body]
    supports: Sequence[Any] = ()
    loads: Sequence[Any] = ()
    responses: Mapping[str, Response] = field(default_factory=dict)
    parameters: Box | None = None
    geometry: Geometry | None = None
    path: Path | None = None
    units: Sequence[str] = ()
    newton: Newton = field(default_factory=Newton)
    solver: LinearSolver | None = None

    def __post_init__(self):
        require_x64("a finite-element model")
        check_kinds(self)
        if not self.responses:
            raise ConfigError("a model needs responses: name what is asked of its solution.")
        clean_units("units", tuple(self.units), len(self.responses))
        check_asked(self.responses, self.path, self.bodies)

    @property
    def box(self) -> Box:
        """The domain of the parameters."""
        if self.parameters is None:
            raise ConfigError("this model has no parameters: give them as a Box.")
        return self.parameters

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the responses."""
        names = tuple(self.responses)
        if self.path is None or not self.path.every:
            return names
        return tuple(f"{name}[{n}]" for n in range(len(self.path.times)) for name in names)

    @property
    def output_units(self) -> tuple[str, ...]:
        """Units of the responses."""
        units = clean_units("units", tuple(self.units), len(self.responses))
        return units * (len(self.outputs) // len(units))

    def solve(
        self, x: Float[np.ndarray, " d"], order: int = 1, mode: "Mode | None" = None
    ) -> Derivatives:
        """The responses at one point, with exact derivatives up to `order`; as `fem.solve`."""
        from sobolev.fem.sensitivity.static import solve

        return solve(self, x, order, mode)

    def compute_jvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """At one back-substitution a row, or a step of its path."""
        from sobolev.fem.sensitivity.products import along

        return self._products(along, rows, v)

    def compute_jvps(self, rows: Points, v: Float[np.ndarray, "n k d"]) -> Sequence[np.ndarray]:
        """At one solution a row, and a back-substitution a direction or, if fewer, a response."""
        from sobolev.fem.sensitivity.products import along_each

        if v.shape[1] > len(self.outputs):
            return super().compute_jvps(rows, v)
        return self._products(along_each, rows, v)

    def compute_vjp(self, rows: Points, w: Values) -> tuple[np.ndarray, np.ndarray]:
        """At one back-substitution a row, or a step of its path."""
        from sobolev.fem.sensitivity.products import against

        return self._products(against, rows, w)

    def compute_hvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """At one back-substitution a row, and two a response; of a path, a step of it."""
        from sobolev.fem.sensitivity.products import curvature

        return self._products(curvature, rows, v)

    def _products(self, product, rows, vectors):
        from sobolev.fem.sensitivity.refusal import told

        pairs = []
        for row, vector in zip(rows, vectors, strict=True):
            with told(self.inputs, row):
                pairs.append(product(self, row, vector))
        first, second = zip(*pairs, strict=True)
        return np.stack(first), np.stack(second)

    @property
    def statement(self) -> Statement:
        """The static half of the problem."""
        return self._halves[0]

    @property
    def data(self) -> Data:
        """The arrays of the problem."""
        return self._halves[1]

    @property
    def regions(self) -> list[np.ndarray]:
        """The numbers in the mesh of the cells of each piece of the statement."""
        return self._halves[2]

    @functools.cached_property
    def _halves(self) -> tuple[Statement, Data, list[np.ndarray]]:
        names = () if self.parameters is None else self.parameters.names
        return state_problem(
            self.mesh, self.bodies, self.supports, self.loads, list(self.responses.values()),
            self.geometry, names,
        )  # fmt: skip

    @functools.cached_property
    def course(self) -> Statics:
        """The problem along its path, in two halves."""
        control = (self.path or Path()).control
        skeleton, numbers = split(control)
        place = control.place(self.mesh, self.data.space, self.statement.components)
        return Statics(Course(self.statement, skeleton), CourseData(self.data, numbers, place))

    def route(self, p: Float[np.ndarray, " d"]) -> Route:
        """What decides its path at p."""
        return Route(self.solving, self.course, np.asarray(p, float), self.path or Path())

    @functools.cached_property
    def prepared(self) -> Prepared:
        """The linear solver, with the work done that depends on the pattern only."""
        pattern, dimension = self.data.space.pattern, self.mesh.points.shape[1]
        solver = self.solver or default_solver(pattern, self.symmetric, dimension)
        return solver.prepare(pattern, self.symmetric)

    @property
    def solving(self) -> Solving:
        """What Newton's method needs."""
        return Solving(
            self.statement.parts, self.data.space, self.prepared, self.newton, self.regions
        )  # fmt: skip

    @property
    def history(self) -> bool:
        """Whether the answer depends on the way there: it has a path, or a law with a state."""
        laws = [piece.law.traits() for piece in self.statement.parts.pieces]
        return self.path is not None or any(law.history for law in laws)

    @property
    def symmetric(self) -> bool:
        """Whether the tangent is."""
        parts = self.statement.parts
        laws = all(piece.law.traits().symmetric for piece in parts.pieces)
        return laws and all(follower.load.symmetric for follower in parts.followers)
