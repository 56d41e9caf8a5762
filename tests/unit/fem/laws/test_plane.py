"""Sheets in plane stress: how they thin, in closed form and by condensation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.fem import J2, LinearElastic, PlaneStress, Point, SaintVenantKirchhoff


@pytest.mark.parametrize("kind", [LinearElastic, SaintVenantKirchhoff])
def test_the_stress_of_a_sheet_is_that_of_space_where_it_has_thinned(kind):
    """P Fᵀ / det F takes all three stretches; what the plane does not show is the thickness."""
    law, sheet = kind(1000.0, 0.3), PlaneStress(kind(1000.0, 0.3))
    H = jnp.array([[0.2, 0.05], [-0.1, -0.08]])
    at = Point(jnp.zeros(2), H, jnp.zeros(2))
    space = np.asarray(law.cauchy(sheet.inside(at)))
    assert np.asarray(sheet.cauchy(at)) == pytest.approx(space, abs=1e-12 * np.abs(space).max())
    assert np.abs(space[2]).max() < 1e-12 * np.abs(space).max()


def test_a_thickness_that_is_not_found_is_no_number():
    """A law of small strain would thin beyond nothing: where the iteration ends is no stress."""
    sheet = PlaneStress(J2(210e3, 0.3, 240.0, 1000.0))

    @jax.jit
    def stress(strain):
        at = Point(jnp.zeros(2), strain * jnp.eye(2), jnp.zeros(2))
        return sheet.dual(at, sheet.start())[0][0]

    assert jnp.isfinite(stress(0.3)).all() and jnp.isnan(stress(1.2)).any()
