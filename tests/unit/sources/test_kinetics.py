"""A gas that burns: rates, their exact Jacobian, elements, and when it ignites."""

import numpy as np
import pytest

from sobolev.dynamics.stiff import integrate
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.sources import Kinetics

pytest.importorskip("cantera")
ATMOSPHERE, MIXTURE = 101325.0, "H2:2, O2:1, N2:3.76"
SIZES = np.append(np.full(10, 1.0), 1000.0)
TOLERANCES = {"rtol": 1e-6, "atol": np.append(np.full(10, 1e-12), 1e-6)}


def burnt(gas):
    return integrate(gas, gas.state(MIXTURE, 1200.0), 1e-3, **TOLERANCES)


@pytest.mark.parametrize("held", [{"pressure": ATMOSPHERE}, {"density": 0.3}])
def test_the_jacobian_is_that_of_differences_along_an_ignition(held):
    """Each column within 1e-6 of its largest entry, in units that make all states alike."""
    gas = Kinetics("h2o2.yaml", **held)
    for y in burnt(gas).states[25::25]:
        J = gas.jacobian(y)
        h = np.where(y > 0, 1e-2 * y, 1e-4)  # fractions stay positive: less than none has no rates
        h[-1] = 0.1
        ends = [[gas.value(y + s * h * e) for e in np.eye(11)] for s in (1, -1, 2, -2)]
        up, down, far_up, far_down = np.array(ends)
        found = ((8 * (up - down) - (far_up - far_down)) / (12 * h[:, None])).T
        off = np.abs(J - found) / SIZES[:, None]
        assert (off.max(axis=0) < 1e-6 * (np.abs(J) / SIZES[:, None]).max(axis=0)).all()


def test_elements_stay_and_the_run_is_the_known_one():
    gas = Kinetics("h2o2.yaml", pressure=ATMOSPHERE)
    run = burnt(gas)
    held = run.states @ gas.elements().T
    assert np.abs(held - held[0]).max() < 1e-15
    assert np.abs(gas.elements() @ gas.jacobian(run.states[100])).max() < 1e-6  # entries of 1e14
    counts = run.steps, run.evaluations, run.jacobians, run.decompositions
    assert counts == pytest.approx((216, 1925, 85, 208), rel=0.05)
    assert run.states[-1, -1] == pytest.approx(2763.3, abs=0.1)


def test_what_is_wrong_is_told_in_one_sentence(tmp_path):
    other = tmp_path / "notes.yaml"
    other.write_text("nothing: here\n")
    for mechanism in ("nowhere.yaml", other):
        with pytest.raises(DataError, match=r"is no mechanism that Cantera reads .*: give a file"):
            Kinetics(mechanism, pressure=ATMOSPHERE)
    with pytest.raises(ConfigError, match="give the pressure or the density"):
        Kinetics("h2o2.yaml")
    with pytest.raises(ConfigError, match="the pressure must be a positive number: got -1"):
        Kinetics("h2o2.yaml", pressure=-1.0)
    gas = Kinetics("h2o2.yaml", pressure=ATMOSPHERE)
    with pytest.raises(DataError, match="'Xe:1' is no mixture of H2, H, O"):
        gas.state("Xe:1", 1000.0)
    with pytest.raises(Diverged, match=r"row 0 of x.*no gas at T = -5 K"):
        gas.value(np.append(np.full(10, 0.1), -5.0))
