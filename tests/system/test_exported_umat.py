"""A strain energy as a user routine, driven along paths as solvers do, and in a real solver."""

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
from sobolev.exporters import Umat, UmatOfCalculix, Vumat

SUPPORT = Path(__file__).parents[1] / "support" / "umat"
# What Abaqus brings along for a run in double and one in single precision, in our words.
INCLUDED = {
    "double": "      IMPLICIT REAL*8 (A-H, O-Z)\n",
    "single": "      IMPLICIT REAL*4 (A-H, O-Z)\n",
}
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


def compiled(folder, material, driver, *more):
    words = ["gfortran", "-O1", "-fcheck=all", "-ffpe-trap=invalid,zero", *more, material]
    words += [SUPPORT / driver, "-o", Path(material).stem]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)


def lines_of(said):
    return [list(map(float, line.split())) for line in said.splitlines()]


@pytest.fixture(scope="module", params=["exact", "network"])
def driven(request, tmp_path_factory):
    """(folder, energy, kappa, law, what the driver of its UMAT says)."""
    folder = tmp_path_factory.mktemp(request.param)
    energy, kappa = (exact(), None) if request.param == "exact" else (network(), 80.0)
    law = LAW if request.param == "exact" else fem.Hyperelastic(energy, kappa=kappa)
    Umat(kappa=kappa).write(energy, folder / "standard.f")
    compiled(folder, "standard.f", "path.f")
    given = f"4 {' '.join(map(str, H.ravel()))} 1.5\n"
    said = subprocess.run("./standard", cwd=folder, input=given, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return folder, energy, kappa, law, lines_of(said.stdout)


def test_along_paths(driven):
    """Stress as the law's, tangent as differences, and Newton's method finds uniaxial tension."""
    *_, law, lines = driven
    for step, (*stress, off) in enumerate(lines[:4], 1):
        known = cauchy(law, np.eye(3) + H * step / 4)
        assert np.allclose(stress, known, rtol=0, atol=1e-12 * np.abs(known).max())
        assert off < 1e-8
    for step, (along, across, stress, iterations) in enumerate(lines[4:], 1):
        known = cauchy(law, np.diag([along, across, across]))
        assert along == pytest.approx(1 + 0.5 * step / 4)
        assert stress == pytest.approx(known[0], rel=1e-9) and abs(known[1]) < 1e-9 * abs(known[0])
        assert iterations <= 7


def turned_back(law, F):
    """Rᵀ σ R of F = R U, 11 22 33 12 23 31, and U; R by singular values."""
    left, stretch, right = np.linalg.svd(F)
    R, U = left @ right, right.T @ np.diag(stretch) @ right
    sigma = np.zeros((3, 3))
    sigma[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]] = cauchy(law, F)
    sigma += np.triu(sigma, 1).T
    return (R.T @ sigma @ R)[(0, 1, 2, 0, 1, 2), (0, 1, 2, 1, 2, 0)], U


def volume_energy(energy, kappa, F):
    """ψ of a volume, of the function itself."""
    E = (F.T @ F - np.eye(3)) / 2
    green = E[(0, 1, 2, 1, 0, 0), (0, 1, 2, 2, 2, 1)] * (1, 1, 1, 2, 2, 2)
    J = np.linalg.det(F)
    more = kappa / 2 * ((J**2 - 1) / 2 - np.log(J)) if kappa else 0.0
    return energy.value(green if len(energy.inputs) == 6 else (F - np.eye(3)).ravel())[0] + more


@pytest.mark.parametrize(("precision", "near"), [("double", 1e-12), ("single", 1e-5)])
def test_explicitly_in_blocks_and_damped_to_rest(driven, precision, near):
    """Stresses in the frame that turns; a cube comes to rest where Newton's method ends."""
    folder, energy, kappa, law, lines = driven
    if not (folder / "explicit.f").exists():
        Vumat(kappa=kappa).write(energy, folder / "explicit.f")
    (folder / "vaba_param.inc").write_text(INCLUDED[precision])
    compiled(folder, "explicit.f", "explicit.f", "-I.")
    several = np.stack([np.eye(3) + H, np.eye(3) - H.T / 2, np.eye(3) + H @ H])
    text = "\n".join(" ".join(map(str, F.ravel())) for F in several)
    given = [f"{shears} {len(several)}\n{text}\n1.5\n" for shears in (3, 1)]
    said, flat = (
        subprocess.run("./explicit", cwd=folder, input=each, capture_output=True, text=True)
        for each in given
    )
    assert said.returncode == 0, said.stderr
    assert flat.returncode == 1 and "VUMAT explicit is for solids in 3D only" in flat.stdout
    found = lines_of(said.stdout)
    for F, first, later in zip(several, found[:3], found[3:6], strict=True):
        known, U = turned_back(law, F)
        assert np.allclose(later[:6], U[(0, 1, 2, 0, 1, 2), (0, 1, 2, 1, 2, 0)], atol=1e-14)
        assert np.allclose(later[6:12], known, rtol=0, atol=near * np.abs(known).max())
        assert later[12] == pytest.approx(volume_energy(energy, kappa, F), rel=10 * near)
        known, _ = turned_back(law, np.eye(3) + U / 1000)
        assert np.allclose(first[6:12], known, rtol=0, atol=near * np.abs(known).max())
    nodes, (pull, stored, left) = np.array(found[6:14]), found[14]
    along, across, stress, _ = lines[-1]
    corners = [(i & 1, i >> 1 & 1, i >> 2) for i in range(8)]
    assert left < near * abs(pull) + near
    assert np.allclose(nodes, corners * np.array([along, across, across]), rtol=0, atol=near)
    assert pull == pytest.approx(stress * across**2, rel=10 * near, abs=10 * near)
    rest = volume_energy(energy, kappa, np.diag([along, across, across]))
    assert stored == pytest.approx(rest, rel=100 * near)


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
