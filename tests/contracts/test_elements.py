"""Every element comes to a manufactured solution at its order, with sensitivities of its fields.

Displacement and its slope by a parameter at one order more than the degree, stress and its slope at
the degree, on smoothly distorted meshes; two meshes of each here, four in benchmarks/fem_rates.py.
"""

import pytest
from manufactured import LARGE, SWIRL, errors, expected, rates

from sobolev.fem.elements.reference import FACETS

# those are not yet at their order on four cells each way
LATE = "tetra10", "hexahedron20"


@pytest.mark.parametrize("element", list(FACETS))
def test_rates(element):
    sizes = (6, 10) if element in LATE else (4, 8)
    assert rates(errors(element, sizes), sizes)[0] == pytest.approx(expected(element), abs=0.1)


def test_rates_of_a_nearly_incompressible_body_with_a_linear_fit_of_its_dilatation():
    """λ / μ = 1e5; without the fit the stress is wrong by a factor of 1e5."""
    found = rates(errors("quad9", (4, 8), case=SWIRL, mean=True), (4, 8))
    assert found[0] == pytest.approx(expected("quad9"), abs=0.1)


def test_rates_of_finite_strain():
    """Neo-Hooke's law with strains of a third, in plane strain."""
    found = rates(errors("quad", (4, 8), case=LARGE), (4, 8))
    assert found[0] == pytest.approx(expected("quad"), abs=0.1)
