"""The fields of a solution, as responses and pictures see them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Float, Int

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.conditions.place import Facets
from sobolev.fem.elements.tables import Tables
from sobolev.fem.kernel.assembly import States, forces
from sobolev.fem.kernel.cell import Clock, at_points, cell, gradient, means, point
from sobolev.fem.kernel.space import Case, Parts, Space
from sobolev.fem.kernel.surface import areas, constants_beneath
from sobolev.fem.laws.law import Law, Point, State
from sobolev.fem.told import named, told
from sobolev.fem.values import Parameters, evaluate, levels


class At:
    """One point of a solution, as quantities see it; what is not asked for is not computed."""

    def __init__(self, law: Law, point: Point, state: State):
        self._law, self._point, self.state = law, point, state

    @property
    def value(self) -> Float[AnyArray, " c"]:
        """Values u [c] of the fields, of laws that look at them. Raises `ConfigError` of others."""
        if not self._law.traits().uses_value:
            raise ConfigError(
                f"the law {type(self._law).__name__} does not look at the values of the fields: a "
                "quantity cannot ask for them; Displacement and BoundaryMean can."
            )
        return self._point.value

    @property
    def gradient(self) -> Float[AnyArray, "c d"]:
        """Their gradient ∂u/∂X [c, d]."""
        return self._point.gradient

    @property
    def x(self) -> Float[AnyArray, " d"]:
        """The position in the reference configuration."""
        return self._point.x

    @property
    def F(self) -> Float[AnyArray, "3 3"]:
        """Deformation gradient, of mechanics."""
        self._check_mechanics("deformation gradient")
        return self._law.deformation(self._point, self.state)

    @property
    def sigma(self) -> Float[AnyArray, "3 3"]:
        """Cauchy stress, of mechanics."""
        self._check_mechanics("stress")
        return self._law.cauchy(self._point, self.state)

    @property
    def linear_stress(self) -> Float[AnyArray, "3 3"]:
        """σ of the law linearised at rest: σ(0) + ∂σ/∂H(0) : ∂u/∂X, of laws without history."""
        rest = self._point._replace(gradient=jnp.zeros_like(self._point.gradient))
        if rest.mean is not None:
            rest = rest._replace(mean=self._law.averaged(rest._replace(mean=None)) + 0.0)

        def sigma(gradient, mean):
            at = rest._replace(gradient=gradient, mean=mean)
            return self._law.cauchy(at, self.state)

        start = rest.gradient, rest.mean
        change = jax.tree.map(jnp.subtract, (self._point.gradient, self._point.mean), start)
        at_rest, more = jax.jvp(sigma, start, change)
        return at_rest + more

    @property
    def psi(self) -> Float[AnyArray, ""]:
        """Energy that is stored, for each unit of reference volume; of a law with history that of
        its springs. Raises `ConfigError` of a law that has none.
        """
        return self._law.stored(self._point, self.state)

    def _check_mechanics(self, what):
        components, directions = self._point.gradient.shape
        if components != directions:
            raise ConfigError(
                f"the law {type(self._law).__name__} has {components} fields in {directions} "
                f"dimensions: there is no {what} of it."
            )


Quantity = Callable[[At], AnyArray]


class Progress(NamedTuple):
    """Where a path has come to: the load factor, and the work of all loads and supports so far."""

    factor: Float[AnyArray, ""] | float = 1.0
    work: Float[AnyArray, ""] | float = 0.0


class Fields(NamedTuple):
    """A solution: values `u [n, c]` at the nodes, states of the points, and what they came from:
    the case, parameters, the numbers of each piece's law, what its density is made of, and where
    the path has come to.
    """

    parts: Parts
    space: Space
    case: Case
    states: States
    u: Float[AnyArray, "n c"]
    p: Parameters
    numbers: tuple[tuple[Any, ...], ...]
    clock: Clock = Clock()
    densities: tuple[tuple[Any, Any], ...] = ()
    progress: Progress = Progress()

    def internal(self) -> Float[AnyArray, "n c"]:
        """Internal forces at the nodes."""
        return self.internal_at(self.u)

    def internal_at(self, u: Float[AnyArray, "n c"]) -> Float[AnyArray, "n c"]:
        """Internal forces at other values of the fields."""
        return forces(self.parts, self.space, self.case, self.states, u, self.clock)[0]

    def reactions(self) -> Float[AnyArray, "n c"]:
        """Forces of the supports on the body, zero at free degrees of freedom."""
        return self.internal() - self.case.force

    def areas(self, number: int, facets: Facets) -> Float[AnyArray, "k q"]:
        """The area at each point of some facets of a piece."""
        law, X = self.parts.pieces[number].law, jnp.asarray(self.case.X)
        constants = constants_beneath(law, self.numbers[number], self.p, facets, X)
        return areas(law, facets, X, constants)

    def over(
        self, quantity: Quantity, cells: Mapping[int, Int[AnyArray, " k"]]
    ) -> tuple[Float[AnyArray, " N"], Float[AnyArray, " N"]]:
        """`(values, volumes)` of `quantity(at)` at all points of these cells, by piece."""
        values, volumes = [], []
        for number, chosen in cells.items():
            value, volume = self.of_piece(quantity, number, chosen)
            values.append(value.ravel())
            volumes.append(volume.ravel())
        return jnp.concatenate(values), jnp.concatenate(volumes)

    def density(
        self, number: int, chosen: Int[AnyArray, " k"], table: Tables
    ) -> Float[AnyArray, "k q"]:
        """Mass of each unit of reference volume at the points of these cells of a piece."""
        skeleton, numbers = self.densities[number]
        nodes = jnp.asarray(self.space.cells[number].nodes)[chosen]
        x = jnp.einsum("qa,mad->mqd", table.shapes, self.case.X[nodes])
        (density,) = evaluate(skeleton, numbers, self.p, x)
        (level,) = levels(skeleton)
        if level == 1:
            density = density[chosen][:, None]
        return jnp.broadcast_to(density, x.shape[:2])

    def of_piece(
        self, quantity: Quantity, number: int, chosen: Int[AnyArray, " k"],
        elsewhere: Tables | None = None,
    ) -> tuple[Float[AnyArray, "k q"], Float[AnyArray, "k q"]]:  # fmt: skip
        """`(values, volumes)` at each point of these cells of a piece, or at other points of them.

        Raises `ConfigError` where a law with history is asked elsewhere: its state lives at the
        points of integration.
        """
        who, law = f"the quantity {named(quantity)}", self.parts.pieces[number].law

        def checked(at: At) -> AnyArray:
            with told(f"{who} of {type(law).__name__}"):
                value = jnp.asarray(quantity(at))
            if value.shape:
                raise ConfigError(f"{who} is one number at a point: got an array {value.shape}.")
            return value

        return self.at_each(checked, number, chosen, elsewhere)

    def at_each(
        self, asked_for: Callable[[At], AnyArray], number: int, chosen: Int[AnyArray, " k"],
        elsewhere: Tables | None = None,
    ) -> tuple[Float[AnyArray, "k q *s"], Float[AnyArray, "k q"]]:  # fmt: skip
        """As `of_piece`, of an array at each point."""
        piece, cells = self.parts.pieces[number], self.space.cells[number]
        table, law = elsewhere or cells.tables, piece.law
        if elsewhere is not None and law.traits().history:
            raise ConfigError(
                f"{type(law).__name__} has a state at the points of integration only: ask for a "
                "Mean over cells, not for a value at a node."
            )

        def one(u, X, constants, inside, state):
            shape = cell(law, table, X, constants)
            mean = ()
            if law.traits().uses_mean:
                # of the points of integration, wherever it is looked at
                own = shape if elsewhere is None else cell(law, cells.tables, X, inside)
                mean = means(law, own, gradient(u, own.columns), inside, self.clock, shape.x)

            def asked(filled, g, x, state, *mean):
                return asked_for(At(filled, point(law, g, x, self.clock, *mean), state))

            g = gradient(u, shape.columns)
            return at_points(law, constants, asked)(g, shape.x, state, *mean), shape.weights

        nodes = jnp.asarray(cells.nodes)[chosen]
        constants = inside = tuple(
            jnp.asarray(c)[chosen] if level else c
            for c, level in zip(self.case.constants[number], levels(law), strict=True)
        )
        if elsewhere is not None and 2 in levels(law):
            # those of the case are of the points of integration
            x = jnp.einsum("qa,mad->mqd", elsewhere.shapes, self.case.X[nodes])
            there = evaluate(law, self.numbers[number], self.p, x)
            constants = tuple(
                new if level == 2 else old
                for old, new, level in zip(constants, there, levels(law), strict=True)
            )
        axes = tuple(0 if level else None for level in levels(law))
        state = jax.tree.map(lambda s: s[chosen], self.states[number])
        over = jax.vmap(one, (0, 0, axes, axes, 0))
        return over(self.u[nodes], self.case.X[nodes], constants, inside, state)
