"""Sheets in plane stress whose thickness has a closed form."""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.fem import LinearElastic, PlaneStress, Point, SaintVenantKirchhoff


@pytest.mark.parametrize("kind", [LinearElastic, SaintVenantKirchhoff])
def test_the_stress_of_a_sheet_is_that_of_space_where_it_has_thinned(kind):
    """P Fᵀ / det F takes all three stretches; what the plane does not show is the thickness."""
    law, sheet = kind(1000.0, 0.3), PlaneStress(kind(1000.0, 0.3))
    H = jnp.array([[0.2, 0.05], [-0.1, -0.08]])
    at = Point(jnp.zeros(2), H, jnp.zeros(2))
    space = np.asarray(law.cauchy(sheet.inside(at)))
    assert np.asarray(sheet.cauchy(at)) == pytest.approx(space, abs=1e-12 * np.abs(space).max())
    assert np.abs(space[2]).max() < 1e-12 * np.abs(space).max()
