"""Surrogates and problems as calculators of ASE, and calculators as functions, of one cluster."""

import jax
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.calculators.fd import calculate_numerical_stress
from ase.calculators.lj import LennardJones as Theirs
from ase.md.verlet import VelocityVerlet
from ase.vibrations import VibrationsData

from sobolev import Surrogate, generate, networks
from sobolev.bridges import SobolevCalculator
from sobolev.designs import latin_hypercube
from sobolev.dynamics import normal_modes
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.networks.families.atoms.cell import checked_cell
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


COPPER = bulk("Cu", "fcc", a=3.6, cubic=True)
SEEN = networks.Surroundings(cutoff=4.0, nearest=2.0, radial=3, angular=((1.0, 2, 1),))


def copper(calc=None, strain=0.0):
    made = COPPER.copy()
    made.calc = EMT() if calc is None else calc
    return Calculated(made, rattle=0.1, strain=strain)


def periodic():
    exact = copper(strain=0.03)
    data = generate(exact, latin_hypercube(3))
    network = networks.AtomicEnergies(networks.MLP((3,)), SEEN, cell=COPPER.cell[:])
    return Surrogate.new(data, network, box=exact.box)


def test_stress_and_slopes_by_strain_of_both_ways_agree():
    """EMT as a function of strains and back, and a network, each against differences."""
    rng = np.random.default_rng(0)
    x = np.append(COPPER.positions.ravel(), np.zeros(6)) + rng.uniform(-0.02, 0.02, 18)
    exact, network = copper(strain=0.03), periodic()
    for function in (exact, network):
        slopes = function.jacobian(x)[0]
        for i in (1, 12, 15, 17):
            h = 1e-4 * np.eye(18)[i]
            near = (function.value(x + h) - function.value(x - h))[0] / 2e-4
            assert slopes[i] == pytest.approx(near, rel=1e-5, abs=1e-6)
    moved = np.eye(3) + np.array(
        [[x[12], x[17] / 2, x[16] / 2], [0, x[13], x[15] / 2], [0, 0, x[14]]]
    )
    moved = np.triu(moved) + np.triu(moved, 1).T
    here = COPPER.copy()
    here.set_cell(COPPER.cell[:] @ moved)
    here.positions = x[:12].reshape(-1, 3) @ moved
    here.calc = EMT()
    known = here.get_potential_energy(), here.get_forces(), here.get_stress()
    here.calc = SobolevCalculator(exact, cell=COPPER.cell[:])
    found = here.get_potential_energy(), here.get_forces(), here.get_stress()
    for there, right in zip(found, known, strict=True):
        assert there == pytest.approx(right, rel=1e-9, abs=1e-9)
    here.calc = SobolevCalculator(network, cell=COPPER.cell[:])
    stress, energy = calculate_numerical_stress(here, eps=1e-5), here.get_potential_energy()
    assert here.get_stress() == pytest.approx(stress, rel=1e-5, abs=1e-7)
    here.rotate(10, "x", rotate_cell=True)
    assert here.get_potential_energy() == pytest.approx(energy, rel=1e-12)
    with pytest.raises(DataError, match="one of periodic atoms in the cell"):
        here.set_pbc(False)
        here.get_potential_energy()


def test_what_is_periodic_does_not_change():
    """Moved by a vector of the cell, all together, or in a cell that is written in another way."""
    network = periodic()
    x = np.append(
        COPPER.positions.ravel() + 0.05 * np.random.default_rng(0).normal(size=12), np.zeros(6)
    )
    y = network.value(x)
    for rows, by in (
        ([1], COPPER.cell[0]),
        ([0, 1, 2, 3], [0.3, -0.2, 9.1]),
        ([2], [0, 3.6, -7.2]),
    ):
        there = x.copy()
        there[:12].reshape(-1, 3)[rows] += by
        assert network.value(there) == pytest.approx(y, rel=1e-12)
    places = x[:12].reshape(-1, 3)
    twice = np.concatenate([places, places + COPPER.cell[1]])
    cell = COPPER.cell[:].copy()
    seen = jax.jit(SEEN.of_periodic, static_argnums=(1, 2))
    one = seen(places, (0,) * 4, checked_cell(cell))
    cell[1] *= 2
    two = seen(twice, (0,) * 8, checked_cell(cell))
    assert np.asarray(two) == pytest.approx(np.concatenate([one, one]), rel=1e-12)
    cluster = seen(places, (0,) * 4, checked_cell(30 * np.eye(3)))
    alone = jax.jit(SEEN.of, static_argnums=1)(places, (0,) * 4)
    assert np.asarray(cluster) == pytest.approx(np.asarray(alone), rel=1e-12)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: networks.AtomicEnergies(cell=((1, 0, 0), (0, 1, 0), (1, 1, 0))), "is singular"),
        (lambda: networks.AtomicEnergies(cell=(1, 2, 3)), "three vectors of three numbers"),
        (lambda: SobolevCalculator(copper(strain=0.03)), "give the cell that they are of"),
        (
            lambda: Calculated(atoms(calc=EMT(), kinds="H"), strain=0.1),
            "a periodic cell with a vol",
        ),
    ],
)
def test_cells_that_are_none(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
