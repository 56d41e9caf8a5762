"""Every element: its shape functions, its quadrature and its facets."""

import numpy as np
import pytest

from sobolev.errors import ConfigError
from sobolev.fem.elements.reference import FACETS, REFERENCES, reference
from sobolev.fem.elements.tables import at_nodes, quadrature, tables

EACH = pytest.mark.parametrize("element", list(REFERENCES.values()), ids=lambda e: e.name)
MEASURE = {"line": 1, "triangle": 1 / 2, "quad": 1, "tetra": 1 / 6, "hexahedron": 1}


@EACH
def test_shape_functions_are_one_at_their_node_and_complete(element):
    assert at_nodes(element.name).shapes == pytest.approx(np.eye(len(element.nodes)), abs=1e-14)
    table = tables(element.name)
    assert np.abs(table.shapes.sum(1) - 1).max() < 1e-14
    # a linear field is reproduced, and so is its gradient
    slope = np.einsum("qak,aj->qjk", table.gradients, element.nodes)
    assert np.abs(slope - np.eye(element.dimension)).max() < 1e-13
    places = at_nodes(element.name).shapes @ element.nodes
    assert np.abs(places - element.nodes).max() < 1e-14


@EACH
def test_a_complete_polynomial_of_the_degree_is_reproduced(element):
    def field(x):
        return (x @ np.arange(1.0, 1 + x.shape[1]) + 0.5) ** element.degree

    points, _ = quadrature(element, 5)
    table = tables(element.name, 5)
    assert table.shapes @ field(element.nodes) == pytest.approx(field(points.T), abs=1e-12)


@EACH
def test_quadrature_is_exact_up_to_its_degree(element):
    for exact in {1, element.reduced, element.exact, 5}:
        points, weights = quadrature(element, exact)
        assert weights.sum() == pytest.approx(MEASURE[element.shape], rel=1e-12)
        # ∫ x^n: 1/(n+1) on intervals, n! k! / (n+k)! / k! on the simplex of k dimensions
        n, k = exact, element.dimension
        simplex = 1 / np.prod(np.arange(n + 1.0, n + k + 1))
        wanted = simplex if element.shape in ("triangle", "tetra") else 1 / (n + 1)
        if n < 4 or element.shape in ("line", "quad", "hexahedron"):
            assert weights @ points[0] ** n == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", list(FACETS))
def test_facets_close_the_element_with_their_normals_outwards(name):
    """∮ x · n dA = d V and ∮ n dA = 0, by the area vectors of the facets."""
    element = reference(name)
    facet, nodes = element.facets
    table = tables(facet)
    volume, closed = 0.0, np.zeros(element.dimension)
    for each in nodes:
        X = element.nodes[list(each)]
        T = np.einsum("bi,qbk->qik", X, table.gradients)
        if element.dimension == 2:
            area = np.stack([T[:, 1, 0], -T[:, 0, 0]], -1)
        else:
            area = np.cross(T[:, :, 0], T[:, :, 1])
        volume += table.weights @ ((table.shapes @ X) * area).sum(-1)
        closed += table.weights @ area
    assert volume == pytest.approx(element.dimension * MEASURE[element.shape], rel=1e-12)
    assert np.abs(closed).max() < 1e-14


def test_an_unknown_element_is_named():
    with pytest.raises(ConfigError, match="no element 'quad12': the elements are line, line3"):
        reference("quad12")
    with pytest.raises(ConfigError, match="degree 1 at least: got 0"):
        tables("quad", 0)
