"""Shape functions, their gradients and quadrature of an element, from scikit-fem."""

import functools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem.elements.reference import Reference, reference


class Tables(NamedTuple):
    """At the q points of integration: shape functions `[q, a]` of the a nodes, their reference
    gradients `[q, a, k]` and the weights `[q]`, whose sum is the measure of the reference domain.
    """

    shapes: Float[np.ndarray, "q a"]
    gradients: Float[np.ndarray, "q a k"]
    weights: Float[np.ndarray, " q"]


@functools.cache
def tables(name: str, exact: int | None = None) -> Tables:
    """The tables of an element, its nodes in the order of VTK.

    `exact`: the degree of polynomials that the quadrature integrates; by default that which keeps
    the stiffness of the undistorted element exact. Raises `ConfigError` for an unknown element.

    T. Gustafsson, G. D. McBain, scikit-fem, JOSS 5 (2020) 2369, 10.21105/joss.02369.
    """
    element = reference(name)
    points, weights = quadrature(element, element.exact if exact is None else exact)
    return _at(element, points, weights)


def at_nodes(name: str) -> Tables:
    """The tables at the nodes themselves, for fields and pictures; weights are zero."""
    element = reference(name)
    return _at(element, element.nodes.T, np.zeros(len(element.nodes)))


def quadrature(element: Reference, exact: int) -> tuple[np.ndarray, np.ndarray]:
    """Points `[k, q]` and weights `[q]`, exact for polynomials of this degree."""
    import skfem
    from skfem.quadrature import get_quadrature

    if exact < 1:
        raise ConfigError(f"a quadrature is exact for degree 1 at least: got {exact}.")
    domain = getattr(skfem, element.skfem)().refdom
    if exact == 1 and element.shape in ("triangle", "tetra", "line", "quad", "hexahedron"):
        centre = element.nodes[: element.corners].mean(0)
        return centre[:, None], np.array([get_quadrature(domain, 1)[1].sum()])
    return get_quadrature(domain, exact)


def _at(element: Reference, points: np.ndarray, weights: np.ndarray) -> Tables:
    import skfem

    source = getattr(skfem, element.skfem)()
    gap = np.abs(element.nodes[:, None] - source.doflocs[None]).sum(-1)
    order = gap.argmin(1)  # scikit-fem numbers midsides and the corners of cubes its own way
    basis = [source.lbasis(points, int(i)) for i in order]
    shapes = np.stack([np.broadcast_to(N, weights.shape) for N, _ in basis], axis=1)
    gradients = [np.stack(np.broadcast_arrays(*dN), axis=1) for _, dN in basis]
    return Tables(shapes, np.stack(gradients, axis=1), weights)
