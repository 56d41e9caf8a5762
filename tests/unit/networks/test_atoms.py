"""Energies of atoms: what does not change whatever the weights, and where nothing is seen."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Dataset, Surrogate, networks
from sobolev.errors import ConfigError
from sobolev.networks import MLP, AtomicEnergies, Surroundings
from sobolev.networks.families.atoms.chebyshev import chebyshev
from sobolev.problems import LennardJones

AROUND = Surroundings(cutoff=3.0, nearest=0.5, radial=3, angular=((1.0, 1, 1), (1.0, 2, -1)))
ATOMS = ("O", "H", "H", "O")
NAMES = tuple(f"{kind}{i + 1}.{axis}" for i, kind in enumerate(ATOMS) for axis in "xyz")
RNG = np.random.default_rng(0)
X = RNG.uniform(-1.2, 1.2, (5, 12))


def made():
    """A network between scalings that differ from coordinate to coordinate."""
    data = Dataset(
        X * np.linspace(0.5, 1.5, 12), RNG.normal(size=(5, 1)), inputs=NAMES, outputs=("energy",)
    )
    return Surrogate.new(data, AtomicEnergies(MLP((3,)), AROUND), key=1)


SURROGATE = made()


@pytest.mark.parametrize("what", ["moved", "turned", "mirrored", "changed places"])
def test_energies_do_not_change_and_forces_go_along(what):
    Q, _ = np.linalg.qr(RNG.normal(size=(3, 3)))
    Q = {"turned": Q * np.linalg.det(Q), "mirrored": Q * -np.linalg.det(Q)}.get(what, np.eye(3))
    order = [3, 2, 1, 0] if what == "changed places" else [0, 1, 2, 3]
    moved = 0.7 * (what == "moved")

    def changed(rows):
        return rows.reshape(-1, 4, 3)[:, order] @ Q.T

    y, dy = SURROGATE.derivatives(X)
    there, d_there = SURROGATE.derivatives((changed(X) + moved).reshape(-1, 12))
    assert there == pytest.approx(y, rel=1e-12)
    assert d_there.reshape(-1, 4, 3) == pytest.approx(changed(dy), rel=1e-10, abs=1e-12)


def test_forces_add_up_to_nothing():
    slopes = SURROGATE.jacobian(X).reshape(-1, 4, 3)
    assert np.abs(slopes.sum(axis=1)).max() < 1e-12 * np.abs(slopes).max() + 1e-12
    turning = np.cross(X.reshape(-1, 4, 3), slopes).sum(axis=1)
    assert np.abs(turning).max() < 1e-11 * np.abs(slopes).max()


def test_all_derivatives_vanish_where_the_cut_off_is():
    """Two atoms that go apart: value and four derivatives of what they see are continuous."""

    def seen(r):
        return Surroundings(2.0, 0.5, 2, ()).of(
            jnp.stack([jnp.zeros(3), r * jnp.eye(3)[0]]), (0, 0)
        )

    def derivatives(r, order):
        if order == 0:
            return (seen(r),)
        return *derivatives(r, order - 1), jax.jacfwd(lambda r: derivatives(r, order - 1)[-1])(r)

    found = jax.jit(jax.vmap(lambda r: derivatives(r, 4)))(jnp.array([1.995, 2.0]))
    for part in found:
        near, at = np.abs(np.asarray(part))
        assert near.max() < 1e-6 and at.max() == 0.0


def test_radial_functions_are_polynomials_of_the_inverse_distance():
    """Two atoms: T_k(u) f(r), and of T_k three derivatives, which are made of the T_k again."""
    r, count = 1.3, 5
    of = jax.jit(Surroundings(2.0, 0.5, count, ()).of, static_argnums=1)
    seen = of(jnp.array([[0.0, 0, 0], [0, 0, r]]), (0, 0))
    u = 2 * (1 / r - 1 / 2.0) / (1 / 0.5 - 1 / 2.0) - 1
    known = np.polynomial.chebyshev.chebvander(u, count - 1)[0] * np.exp(
        1 - 1 / (1 - (r / 2.0) ** 2)
    )
    assert np.asarray(seen) == pytest.approx(np.stack([known, known]), rel=1e-12)

    third = jax.jit(jax.jacrev(jax.jacfwd(jax.jacfwd(lambda u: chebyshev(u, count)))))
    slopes = [np.polynomial.chebyshev.chebder(row, 3) for row in np.eye(count)]
    known = [np.polynomial.chebyshev.chebval(u, row) for row in slopes]
    assert np.asarray(third(u)) == pytest.approx(known)


def test_angular_functions_are_those_of_the_formula():
    """Three atoms with a right angle at the first one."""
    places = jnp.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.5, 0.0]])
    around = Surroundings(3.0, 0.5, 2, ((2.0, 4, 1),))
    squared = np.array([1.0, 2.25, 3.25])
    cut = np.prod(np.exp(1 - 1 / (1 - squared / 9)))
    known = 2.0**-3 * np.exp(-2 * squared.sum() / 9) * cut
    of = jax.jit(around.of, static_argnums=1)
    assert np.asarray(of(places, (0, 0, 0)))[0, -1] == pytest.approx(known)
    # of two kinds: pairs of the own kind, of both, of the other one
    assert np.asarray(of(places, (0, 0, 1)))[0, -3:] == pytest.approx([0, known, 0])


def test_the_clusters_are_those_of_the_books():
    cluster = LennardJones(7)
    energy, slopes, hessian = cluster.derivatives(cluster.minimum, 2)
    assert energy[0] == pytest.approx(-16.505384168, abs=1e-8)
    assert np.abs(slopes).max() < 1e-6
    frequencies = np.sqrt(np.abs(np.linalg.eigvalsh(hessian[0])))
    assert frequencies[:6].max() < 1e-3
    assert frequencies[6:8] == pytest.approx(5.88176, abs=1e-5)
    assert frequencies[-1] == pytest.approx(15.91878, abs=1e-5)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Surroundings(cutoff=0.0), "the cut-off must be a positive number"),
        (lambda: Surroundings(nearest=7.0), r"between 0 and the cut-off 6.0: got 7.0"),
        (lambda: Surroundings(angular=((1.0, 1, 2),)), r"λ = 1 or -1: got \(1.0, 1, 2\)"),
        (lambda: AtomicEnergies("mlp"), "AtomicEnergies has an inner architecture"),
        (lambda: AtomicEnergies().build(7, 1, jax.random.key(0)), "three coordinates for each"),
        (
            lambda: AtomicEnergies(atoms=("O",)).build(6, 1, jax.random.key(0)),
            "1 atoms have 3 coor",
        ),
        (lambda: LennardJones(1), "the number of atoms must be a whole number ≥ 2"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


def test_it_comes_back_from_its_file(tmp_path):
    SURROGATE.save(tmp_path / "atoms.npz")
    again = Surrogate.load(tmp_path / "atoms.npz")
    assert (again.value(X) == SURROGATE.value(X)).all()
    assert again.architecture.atoms == () and networks.AtomicEnergies in map(
        type, [again.architecture]
    )
