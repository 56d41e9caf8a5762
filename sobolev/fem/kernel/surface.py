"""One facet: from a traction to forces at its nodes, force_a = -Σ_q w dA N_a t."""

import jax
import jax.numpy as jnp
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.conditions.loads import SurfaceLoad, SurfacePoint
from sobolev.fem.conditions.place import Facets
from sobolev.fem.elements.tables import Tables
from sobolev.fem.kernel.cell import at_points
from sobolev.fem.laws.law import Law, Point
from sobolev.fem.told import told
from sobolev.fem.values import Parameters, evaluate, levels


def area_vectors(
    x: Float[AnyArray, "b d"], gradients: Float[AnyArray, "q b k"]
) -> Float[AnyArray, "q d"]:
    """Outward normal times area, for each unit of the reference facet, at its points."""
    T = jnp.einsum("bi,qbk->qik", x, gradients)
    if T.shape[1] == 2:
        return jnp.stack([T[:, 1, 0], -T[:, 0, 0]], -1)
    return jnp.cross(T[:, :, 0], T[:, :, 1])


def facet_force(
    load: SurfaceLoad, law: Law, tables: Tables, u: Float[AnyArray, "b c"], X, of_load, of_law
) -> Float[AnyArray, "b c"]:
    """Forces on the nodes of one facet of a body of this law; both are skeletons with constants."""
    area = area_vectors(X, tables.gradients)
    size = jnp.sqrt(jnp.sum(area**2, -1))
    x = jnp.einsum("qb,bd->qd", tables.shapes, X)
    values = jnp.einsum("qb,bc->qc", tables.shapes, u)
    normal = area / size[:, None]
    carried = normal
    if load.follows and u.shape == X.shape:
        carried = area_vectors(X + u, tables.gradients) / size[:, None]

    def traction(filled, *at):
        who = f"{type(load).__name__} at '{load.where}'"
        with told(who):
            t = jnp.asarray(filled.traction(SurfacePoint(*at)))
        if t.shape != u.shape[1:]:
            raise ConfigError(
                f"{who} acts with the shape {t.shape}, and the problem has {u.shape[1]} "
                "components: fields of a coupled Form take a Traction with a value for each."
            )
        return t

    w = _measures(law, tables, X, of_law, values if load.follows else None)
    t = at_points(load, of_load, traction)(values, x, normal, carried)
    return jnp.einsum("q,qb,qc->bc", w, tables.shapes, t)


def constants_beneath(law: Law, numbers, p: Parameters, facets: Facets, X: Float[AnyArray, "n d"]):
    """Constants of a law (a skeleton) at the points of some facets of its cells."""
    x = jnp.einsum("qa,mad->mqd", facets.tables.shapes, X[facets.nodes])
    found = evaluate(law, numbers, p, x)
    return tuple(
        c[facets.parents] if level == 1 else c for c, level in zip(found, levels(law), strict=True)
    )


def areas(law: Law, facets: Facets, X: Float[AnyArray, "n d"], of_law) -> Float[AnyArray, "k q"]:
    """Area at each point of facets of a body of this law: of a sheet with its thickness, of a ring
    all round.
    """

    def one(X, of_law):
        return _measures(law, facets.tables, X, of_law, None)

    axes = tuple(0 if level else None for level in levels(law))
    return jax.vmap(one, (0, axes))(X[facets.nodes], of_law)


def _measures(law, tables, X, of_law, values):
    """Quadrature weights times area, of a facet that is deformed where values are given."""
    size = jnp.sqrt(jnp.sum(area_vectors(X, tables.gradients) ** 2, -1))
    x = jnp.einsum("qb,bd->qd", tables.shapes, X)

    def measure(filled, x, value=None):
        grown = 1.0
        if value is not None:
            grown = filled.stretch(Point(value, jnp.zeros((len(value), len(x))), x))
        return filled.measure(x) * grown + 0.0

    more = () if values is None else (values,)
    return tables.weights * size * at_points(law, of_law, measure)(x, *more)


def facet_tangent(load, law, tables: Tables, u, X, of_load, of_law) -> Float[AnyArray, "b c b c"]:
    """∂ force / ∂u of one facet."""

    def force(u):
        return facet_force(load, law, tables, u, X, of_load, of_law)

    return jax.jacfwd(force)(u)
