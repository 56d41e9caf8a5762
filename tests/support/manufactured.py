"""Manufactured solutions of small and finite strain, and how fast elements come to them.

The field u is given, and with μ = 1 + 0.3 p x and a constant λ the body force -Div P; u itself is
prescribed on the whole boundary. It is differentiated by JAX, by the parameter p, too: u' = ∂u/∂p
and σ' are as exact as u and σ. All meshes of a series are one model of several bodies that do not
touch: one program is compiled for all of them.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from sobolev import Box
from sobolev.fem import (
    Body,
    BodyForce,
    LinearElastic,
    MeanDilatation,
    Mesh,
    Model,
    NeoHooke,
    PerPoint,
    PlaneStrain,
    Prescribed,
    Volume,
    field_slopes,
    grid,
)  # fmt: skip
from sobolev.fem.elements.reference import reference
from sobolev.fem.kernel.assembly import insert, no_states
from sobolev.fem.responses.fields import Fields
from sobolev.fem.statement import case_at
from sobolev.fem.values import Parameters

P, STIFF = 1.2, 1e5
QUANTITIES = "u", "σ", "u'", "σ'"


def waves(x, p):
    """(sin px cos y, cos x sin py), in space each times the cosine of the third place."""
    if len(x) == 2:
        return jnp.stack([jnp.sin(p * x[0]) * jnp.cos(x[1]), jnp.cos(x[0]) * jnp.sin(p * x[1])])
    c = jnp.cos(x)
    return jnp.sin(p * x) * jnp.stack([c[1] * c[2], c[0] * c[2], c[0] * c[1]])


def swirl(x, p):
    """Nearly without change of volume, curl(sin px sin py e_z) + waves / λ: a fair pressure."""
    s, c = jnp.sin(p * x), jnp.cos(p * x)
    whirl = p * jnp.stack([s[0] * c[1], -c[0] * s[1], *[jnp.zeros_like(p)] * (len(x) - 2)])
    return whirl + waves(x, p) / STIFF


def large(x, p):
    """The waves, with strains of a third."""
    return 0.3 * waves(x, p)


@dataclass(frozen=True)
class Manufactured:
    """A field with Lamé's λ, of small strain."""

    field: Callable
    lame: float

    def nominal(self, H, x, p):
        """Nominal stress P [d, d]: of small strain σ itself."""
        return self.lame * jnp.trace(H) * jnp.eye(len(x)) + _mu(x, p) * (H + H.T)

    def cauchy(self, P, H):
        """σ [d, d]."""
        return P

    def both(self, x, p):
        """u [d] and σ [d, d] in the directions of the mesh."""
        H = jax.jacfwd(self.field)(x, p)
        return self.field(x, p), self.cauchy(self.nominal(H, x, p), H)

    def force(self, x, p):
        """-Div P [d]."""

        def nominal(x):
            return self.nominal(jax.jacfwd(self.field)(x, p), x, p)

        return -jnp.trace(jax.jacfwd(nominal)(x), axis1=1, axis2=2)

    def of_moduli(self, E, nu):
        """The law with these moduli."""
        return LinearElastic(E, nu)

    @functools.cached_property
    def law(self):
        """The law, with E and ν of μ and λ."""

        def young(x, p):
            mu = _mu(x, p["p"])
            return mu * (3 * self.lame + 2 * mu) / (self.lame + mu)

        def poisson(x, p):
            return self.lame / 2 / (self.lame + _mu(x, p["p"]))

        return self.of_moduli(PerPoint(young), PerPoint(poisson))


@dataclass(frozen=True)
class Finite(Manufactured):
    """A field in a neo-Hookean body, P = μ (F - F⁻ᵀ) + λ ln J F⁻ᵀ; of plane strain F₃₃ = 1."""

    def nominal(self, H, x, p):
        F = jnp.eye(len(x)) + H
        back = jnp.linalg.inv(F).T
        return _mu(x, p) * (F - back) + self.lame * jnp.log(jnp.linalg.det(F)) * back

    def cauchy(self, P, H):
        F = jnp.eye(len(H)) + H
        return P @ F.T / jnp.linalg.det(F)

    def of_moduli(self, E, nu):
        return NeoHooke(E, nu)


def _mu(x, p):
    return 1 + 0.3 * p * x[0]


WAVES, SWIRL, LARGE = Manufactured(waves, 1.5), Manufactured(swirl, STIFF), Finite(large, 1.5)


def smooth(X, n):
    """A smooth map of the box: its cells become parallelograms as they shrink."""
    bent = np.prod(np.sin(np.pi * X / X.max(0)), 1, keepdims=True)
    return X + 0.04 * bent * X.max(0) * np.linspace(1.0, -0.5, X.shape[1])


def trapezoids(X, n):
    """Cells of the square that are alike however small: nodes of rows go up and down in turn."""
    heights = (-1.0) ** np.arange(n + 1)
    column = np.interp(X[:, 0] * n, np.arange(n + 1), heights)
    heights[[0, -1]] = 0
    row = np.interp(X[:, 1] * n, np.arange(n + 1), heights)
    return X + np.stack([0 * row, 0.2 / n * column * row], 1)


def one_mesh(element: str, n: int, shape) -> Mesh:
    """n x n cells of the square; n x n/2 x n/2 of a bar of the height 1/2."""
    if reference(element).dimension == 2:
        mesh = grid((n, n), element)
    else:
        mesh = grid((n, n // 2, n // 2), element)
        mesh = mesh.moved(mesh.points * [1, 0.5, 0.5])
    return mesh.moved(shape(mesh.points, n))


def errors(
    element: str, sizes, shape=smooth, case: Manufactured = WAVES, mean: bool = False
) -> np.ndarray:
    """L2 errors `[len(sizes), 4]` of u, σ, u' and σ' on n cells each way."""
    kind = reference(element)
    d = kind.dimension
    meshes = [one_mesh(element, n, shape) for n in sizes]
    first = np.cumsum([0, *(len(mesh.points) for mesh in meshes)])
    cells = [mesh.cells[element] + start for mesh, start in zip(meshes, first, strict=False)]
    mesh = Mesh(np.concatenate([mesh.points for mesh in meshes]), {element: np.concatenate(cells)})
    law = MeanDilatation(case.law) if mean else case.law
    # of loads and errors the quadrature must not be what is measured
    body = Body(PlaneStrain(law) if d == 2 else law, exact=2 * kind.degree + 2)
    held = [
        Prescribed("boundary", k, PerPoint(lambda x, p, k=k: case.field(x, p["p"])[k]))
        for k in range(d)
    ]
    force = BodyForce(tuple(PerPoint(lambda x, p, k=k: case.force(x, p["p"])[k]) for k in range(d)))
    model = Model(
        mesh, [body], held, [force], {"area": Volume()}, Box(("p",), (1.0,), (1.5,))
    )  # fmt: skip
    found = field_slopes(model, np.array([P]), np.ones(1))
    squares = np.asarray(_squares(
        (case, model.statement), model.data, (found.p, found.z), (found.v, found.dz),
        np.arange(sum(map(len, cells))),
    ))  # fmt: skip
    of_mesh = np.repeat(np.arange(len(sizes)), [len(nodes) for nodes in cells])
    return np.sqrt(np.stack([np.bincount(of_mesh, square) for square in squares], 1))


@functools.partial(jax.jit, static_argnums=0)
def _squares(problem, data, at, along, chosen):
    """Squared errors of each quantity in each cell."""
    case, statement = problem
    cells = data.space.cells[0]
    shapes, nodes = cells.tables.shapes, cells.nodes[chosen]
    X, d = data.points[nodes], data.points.shape[1]
    x = jnp.einsum("qa,mad->mqd", shapes, X)

    def ours(p, z):
        given, states = case_at(statement, data, p), no_states(statement.parts)
        u, names = insert(data.space, given, z), Parameters(statement.names, p)
        fields = Fields(statement.parts, data.space, given, states, u, names, data.laws)
        picks = jnp.eye(d * d).reshape(-1, d, d)
        stress, volumes = jax.vmap(lambda pick: fields.of_piece(_along(pick), 0, chosen))(picks)
        stress, volumes = jnp.moveaxis(stress, 0, -1), volumes[0]
        return (jnp.einsum("qa,mac->mqc", shapes, u[nodes]), stress), volumes

    def exact(p):
        return jax.vmap(jax.vmap(lambda x: case.both(x, p[0])))(x)

    made, slopes, volumes = jax.jvp(ours, at, along, has_aux=True)
    wanted, changes = jax.jvp(exact, at[:1], along[:1])
    gaps = (
        a.reshape(b.shape) - b for a, b in zip((*made, *slopes), (*wanted, *changes), strict=True)
    )
    return [jnp.sum(volumes * jnp.sum(gap.reshape(*volumes.shape, -1) ** 2, -1), 1) for gap in gaps]


def _along(pick):
    """A component of the stress, as quantities are one number at a point."""
    d = len(pick)
    return lambda at: jnp.sum(at.sigma[:d, :d] * pick)


def rates(errors: np.ndarray, sizes) -> np.ndarray:
    """`[len(sizes) - 1, 4]` of each pair."""
    finer = np.log(np.divide(sizes[1:], sizes[:-1]))
    return np.log(errors[:-1] / errors[1:]) / finer[:, None]


def expected(element: str) -> np.ndarray:
    """The orders of u, σ, u' and σ'."""
    degree = reference(element).degree
    return np.array([degree + 1, degree, degree + 1, degree])
