"""Surrogates and problems as calculators of ASE, and calculators as functions, of one cluster."""

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones as Theirs
from ase.md.verlet import VelocityVerlet
from ase.vibrations import VibrationsData

from sobolev.bridges import SobolevCalculator
from sobolev.dynamics import normal_modes
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.problems import Ishigami, LennardJones
from sobolev.sources import Calculated

CLUSTER = LennardJones(7)
X = CLUSTER.minimum


def atoms(places=X, calc=None, kinds="X", **how):
    made = Atoms(kinds * (len(places) // 3) if len(kinds) == 1 else kinds, places.reshape(-1, 3))
    made.set_masses(np.ones(len(made)))
    made.calc = SobolevCalculator(CLUSTER) if calc is None else calc
    made.set_pbc(how.get("pbc", False))
    return made


def test_a_function_is_a_calculator_and_comes_back_as_a_function():
    """There and back: energies, forces, and Hessians by differences of forces, of ASE's own too."""
    places = X + 0.05 * np.random.default_rng(0).normal(size=21)
    y, dy, d2y = CLUSTER.derivatives(places, 2)
    back = Calculated(atoms(), step=1e-3)
    found = back.derivatives(places, 2)
    theirs = Calculated(atoms(calc=Theirs(rc=100.0), kinds="H")).derivatives(places)
    assert found[0] == pytest.approx(y, rel=1e-14) and theirs[0] == pytest.approx(y, rel=1e-6)
    assert found[1] == pytest.approx(dy, rel=1e-13) and theirs[1] == pytest.approx(dy, rel=1e-6)
    assert np.abs(found[2] - d2y).max() < 1e-8 * np.abs(d2y).max()
    assert back.inputs == CLUSTER.inputs and back.box.lower == pytest.approx(CLUSTER.box.lower)
    here = atoms(places)
    assert here.get_potential_energy(force_consistent=True) == pytest.approx(float(y[0]))


def test_vibrations_of_ase_are_the_normal_modes():
    here = atoms()
    data = VibrationsData.from_2d(here, here.calc.get_hessian(here))
    squares = np.sort(np.real(data.get_energies() ** 2))[6:]  # of ħω
    modes = normal_modes(CLUSTER, X)
    assert squares / squares[-1] == pytest.approx(modes.squares / modes.squares[-1], rel=1e-8)


def test_energy_is_conserved_and_leaving_the_box_is_counted():
    here = atoms()
    here.set_velocities(1.5 * np.random.default_rng(0).normal(size=(7, 3)))
    before = here.get_total_energy()
    VelocityVerlet(here, 0.002).run(150)
    assert here.get_total_energy() == pytest.approx(before, rel=2e-3)
    assert 0 < here.calc.outside < 151


class Silent(Calculator):
    """Knows energies, and of forces one that is no number."""

    implemented_properties = ["energy", "forces"]  # noqa: RUF012

    def calculate(self, *given, **how):
        """What a program may answer that has failed."""
        self.results = {"energy": 1.0, "forces": np.full((7, 3), np.nan)}


MET = np.concatenate([X[:-3], X[:3]])


@pytest.mark.parametrize(
    "ask, kind, sentence",
    [
        (lambda: SobolevCalculator(Ishigami()), ConfigError, "X1.x, X1.y, X1.z, X2.x, … as inputs"),
        (lambda: atoms(X[:-3]).get_forces(), DataError, "is one of X X X X X X X, the atoms are"),
        (
            lambda: atoms(calc=SobolevCalculator(Calculated(atoms(calc=EMT(), kinds="Cu7")))),
            None,
            "",
        ),
        (lambda: atoms(pbc=True).get_forces(), DataError, "periodic, but the function knows no"),
        (lambda: atoms(MET).get_forces(), DataError, "atoms 1 and 7 lie upon each other"),
        (lambda: Calculated(Atoms("Cu2")), ConfigError, "has no calculator: set atoms.calc"),
        (lambda: Calculated(atoms(calc=Silent())).jacobian(X), Diverged, "forces not all finite"),
        (lambda: Calculated(atoms(calc=EMT(), kinds="U7")).value(X), Diverged, "gave no energy"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(ask, kind, sentence):
    if kind is None:  # kinds of atoms are those of the names
        copper = ask()
        with pytest.raises(DataError, match="and X has never been seen"):
            copper.get_forces()
        return
    with pytest.raises(kind, match=sentence):
        ask()
