"""A strain energy as a user routine, driven along paths as a solver does, and in a real solver."""

import os
import shutil
import subprocess
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from calculix_patch import patch_deck, stresses

from sobolev import Box, Surrogate, fem, function, networks
from sobolev.data import Dataset
from sobolev.exporters import Umat, UmatOfCalculix

DRIVER = Path(__file__).parents[1] / "support" / "umat" / "path.f"
CCX = os.environ.get("CCX_WITH_MATERIALS", "")
pytestmark = pytest.mark.skipif(
    shutil.which("gfortran") is None, reason="gfortran is not installed: apt-get install gfortran"
)
LAW = fem.NeoHooke(E=208.5, nu=0.3)
GRADIENT = Box(tuple(f"H{i}{j}" for i in "123" for j in "123"), (-0.3,) * 9, (0.5,) * 9)
GREEN = Box(("E11", "E22", "E33", "2E23", "2E13", "2E12"), (-0.2,) * 6, (0.4,) * 6)
H = np.array([[0.3, 0.2, 0.0], [-0.1, 0.1, 0.15], [0.05, 0.0, -0.2]])


def exact():
    """A law of closed form, by the displacement gradient."""
    return function.of_jax(lambda h: LAW.density(h.reshape(3, 3))[None], GRADIENT, ("W",))


def network():
    """An untrained network of invariants, by Green's strain, with a resistance to its volume."""
    x = GREEN.from_unit(np.random.default_rng(0).random((20, 6)))
    data = Dataset(x, np.sum(x**2, 1, keepdims=True), inputs=GREEN.names, outputs=("W",))
    return Surrogate.new(data, networks.Potential(growth=50.0), box=GREEN)


def cauchy(law, F):
    P = np.asarray(
        law.dual(fem.Point(jnp.zeros(3), jnp.array(F) - np.eye(3), jnp.zeros(3)), ())[0][0]
    )
    sigma = P @ F.T / np.linalg.det(F)
    return sigma[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("umat")


@pytest.mark.parametrize("of", ["exact", "network"])
def test_along_paths(of, folder):
    """Stress as the law's, tangent as differences, and Newton's method finds uniaxial tension."""
    energy, kappa = (exact(), None) if of == "exact" else (network(), 80.0)
    law = LAW if of == "exact" else fem.Hyperelastic(energy, kappa=kappa)
    Umat(kappa=kappa).write(energy, folder / f"{of}.f")
    words = ["gfortran", "-O1", "-fcheck=all", "-ffpe-trap=invalid,zero", f"{of}.f", DRIVER]
    subprocess.run([*words, "-o", of], cwd=folder, check=True, capture_output=True)
    given = f"4 {' '.join(map(str, H.ravel()))} 1.5\n"
    said = subprocess.run([f"./{of}"], cwd=folder, input=given, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    lines = [list(map(float, line.split())) for line in said.stdout.splitlines()]
    for step, (*stress, off) in enumerate(lines[:4], 1):
        known = cauchy(law, np.eye(3) + H * step / 4)
        assert np.allclose(stress, known, rtol=0, atol=1e-12 * np.abs(known).max())
        assert off < 1e-8
    for step, (along, across, stress, iterations) in enumerate(lines[4:], 1):
        known = cauchy(law, np.diag([along, across, across]))
        assert along == pytest.approx(1 + 0.5 * step / 4)
        assert stress == pytest.approx(known[0], rel=1e-9) and abs(known[1]) < 1e-9 * abs(known[0])
        assert iterations <= 7


@pytest.mark.skipif(not CCX, reason="CCX_WITH_MATERIALS names no ccx that loads materials")
def test_patch_in_calculix(tmp_path):
    """Distorted elements, turned and sheared by 0.4: one stress in all of them, the law's."""
    UmatOfCalculix().write(exact(), tmp_path / "NEOHOOKE.f")
    words = "gfortran -O1 -fPIC -shared NEOHOOKE.f -o libNEOHOOKE.so"
    subprocess.run(words.split(), cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "patch.inp").write_text(patch_deck("@ABAQUSNL_NEOHOOKE", H))
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([CCX, "patch"], cwd=tmp_path, env=environment, capture_output=True)
    assert done.returncode == 0, done.stdout[-500:]
    found = stresses(tmp_path / "patch.dat")
    known = cauchy(LAW, np.eye(3) + H)
    assert len(found) == 8 * 8
    assert np.allclose(found, known, rtol=0, atol=1e-6 * np.abs(known).max())
