"""Forward rates of a gas by logarithms, states beside a trajectory, and a mechanism's numbers."""

from functools import cache

import numpy as np
import pytest

from sobolev.box import Box
from sobolev.dynamics.stiff import integrate
from sobolev.errors import ConfigError, CorruptFile, DataError, Diverged
from sobolev.sources import Kinetics, Mechanism, Progress, scattered
from sobolev.sources.progress import FLOOR, signed_logarithms

pytest.importorskip("cantera")
ATMOSPHERE, MIXTURE = 101325.0, "H2:2, O2:1, N2:3.76"


@cache
def gas():
    return Kinetics("h2o2.yaml", pressure=ATMOSPHERE)


@cache
def burnt():
    atol = np.append(np.full(10, 1e-12), 1e-6)
    return integrate(gas(), gas().state(MIXTURE, 1200.0), 1e-3, rtol=1e-6, atol=atol)


@pytest.mark.parametrize("held", [{"pressure": ATMOSPHERE}, {"density": 0.3}])
def test_slopes_are_those_of_differences_and_orders_of_reactions(held):
    progress = Progress(Kinetics("h2o2.yaml", **held))
    h, eye = 1e-4, np.eye(11)
    for x in progress.logarithms(burnt().states[::70]):
        slopes = progress.jacobian(x)
        ends = [progress.value(x + h * e) - progress.value(x - h * e) for e in eye]
        assert slopes == pytest.approx(np.transpose(ends) / (2 * h), abs=1e-5)
    fresh = progress.jacobian(progress.logarithms(burnt().states[0]))
    orders = dict(progress.orders[8])
    assert orders == {"ln H": 1, "ln O2": 1, "ln N2": 1}  # nitrogen only takes part
    assert dict(progress.orders[13]) == {"ln H": 2, "ln H2O": 1}
    assert fresh[8, progress.inputs.index("ln H")] == pytest.approx(1, abs=1e-9)
    assert fresh[8, progress.inputs.index("ln OH")] == pytest.approx(0, abs=1e-9)


def test_logarithms_go_through_zero_with_the_slope_on_its_right():
    Y = np.array([-1e-12, -FLOOR, 0.0, FLOOR, 0.3])
    found = np.exp(signed_logarithms(Y, FLOOR))
    wanted = [FLOOR / 1001, FLOOR / 2, FLOOR, 2 * FLOOR, 0.3]
    assert found == pytest.approx(wanted, rel=1e-9)


def test_states_beside_a_path_have_its_elements():
    progress = Progress(gas())
    states = burnt().evenly(12, progress.logarithms)
    assert 8 <= len(states) <= 12
    gaps = np.linalg.norm(np.diff(progress.logarithms(states), axis=0), axis=1)
    assert gaps[1:].max() < 1.5 * gaps[1:].mean()  # the first step goes from nothing to something
    beside = scattered(gas(), np.maximum(states, 0), seed=1)
    held = np.abs((beside - states) @ gas().elements().T)
    assert held.max() < 1e-12
    moved = np.log(beside[-1, :8] / states[-1, :8])
    assert 0.2 < moved.std() < 2.5 and np.abs(beside - states)[:, -1].max() < 50
    assert (scattered(gas(), np.maximum(states, 0), seed=1) == beside).all()
    with pytest.raises(DataError, match=r"the mass fraction of H2 in row 0 is -0.1: give fract"):
        scattered(gas(), -0.1 * np.ones((1, 11)))
    with pytest.raises(DataError, match=r"states are rows of 11 finite numbers"):
        scattered(gas(), np.ones((1, 3)))
    with pytest.raises(ConfigError, match=r"spread is \(smallest, largest\)"):
        scattered(gas(), states, spread=(2.0, 1.0))


def test_a_mechanism_is_kept(tmp_path):
    kept = Mechanism.load(gas().numbers.save(tmp_path / "h2o2.npz"))
    assert kept.species == tuple(gas().gas.species_names) and kept.elements[:2] == ("O", "H")
    assert (kept.stoichiometry == gas().numbers.stoichiometry).all()
    assert np.abs(kept.atoms @ kept.stoichiometry).max() == 0  # reactions keep the elements
    assert (kept.held() == gas().elements()).all()
    whole = (tmp_path / "h2o2.npz").read_bytes()
    (tmp_path / "h2o2.npz").write_bytes(whole[:400] + b"x" + whole[401:])
    with pytest.raises(CorruptFile):
        Mechanism.load(tmp_path / "h2o2.npz")


def test_what_is_wrong_is_told_in_one_sentence():
    with pytest.raises(ConfigError, match="rates of progress are of a Kinetics"):
        Progress("h2o2.yaml")
    with pytest.raises(ConfigError, match="the names of the box must be ln H2, ln H,"):
        Progress(gas(), Box(("a",), (0.0,), (1.0,)))
    with pytest.raises(Diverged, match=r"row 0 of x.*reaction 1, 2 O \+ M <=> O2 \+ M, does not"):
        Progress(gas()).value(np.where(np.arange(11) == 2, -800.0, 1.0))
