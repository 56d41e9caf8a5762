"""Treloar's rubber: the tables, and the stress as a derivative of the energy along a path."""

import numpy as np
import pytest

from sobolev.problems import TRELOAR


@pytest.mark.parametrize(
    "name, power, rows, last",
    [
        ("uniaxial", 2, 24, (7.6, 64.4 * 0.0980665)),
        ("pure shear", 3, 13, (4.96, 1.79)),
        ("equibiaxial", 5, 16, (4.44, 2.43)),
    ],
)
def test_along_its_path_the_energy_of_rubber_has_the_stress_of_a_face(name, power, rows, last):
    """Of the neo-Hookean law W = μ/2 (F : F - 3): P = μ (λ - λ^-power)."""
    test = TRELOAR[name]
    assert test.stretch.shape == test.stress.shape == (rows,)
    assert (test.stretch[-1], test.stress[-1]) == pytest.approx(last)
    assert (np.diff(test.stretch) > 0).all() and (np.diff(test.stress) > 0).all()
    H, along = test.path()
    F = np.eye(3).ravel() + H
    assert np.linalg.det(F.reshape(-1, 3, 3)) == pytest.approx(1.0, rel=1e-12)
    slope = 0.4 * np.sum(F * along, axis=1)  # μ F : dF/dλ
    λ = test.stretch
    assert slope / test.faces == pytest.approx(0.4 * (λ - λ**-power), rel=1e-12)
