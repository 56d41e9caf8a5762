"""Strain energies as networks of invariants: what holds whatever the weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Dataset, Surrogate, networks
from sobolev._base.compiled import SELDOM, compiled
from sobolev.errors import ConfigError
from sobolev.networks import MLP, ConvexMLP, Fibres, Isochoric, Isotropic, Potential
from sobolev.networks.parameters import flatten, unflatten_on_host
from sobolev.networks.wrappers.invariants import principal, volume_change
from sobolev.networks.wrappers.potential import green

AXIS = np.array([0.6, 0.0, 0.8])
RNG = np.random.default_rng(3)
H = RNG.uniform(-0.2, 0.2, (6, 3, 3))


def voigt(E):
    return np.stack([E[0, 0], E[1, 1], E[2, 2], 2 * E[1, 2], 2 * E[0, 2], 2 * E[0, 1]])


def data(inputs):
    """Rows in a range that is not centred, of energies in small units."""
    x = np.random.default_rng(0).uniform(-0.1, 0.25, (10, inputs))
    return Dataset(x, 40.0 + 1e3 * (x**2).sum(1, keepdims=True), outputs=("W",))


def turned(axis, angle=0.8):
    """The rotation about an axis (Rodrigues)."""
    K = np.cross(np.eye(3), axis)
    return np.eye(3) - np.sin(angle) * K + (1 - np.cos(angle)) * (K @ K)


def rows(matrices):
    return np.asarray(matrices).reshape(-1, 9)


KINDS = {
    "isotropic": Potential(MLP((4,), networks.softplus), growth=30.0),
    "fibres": Potential(MLP((4,), networks.softplus), Fibres((tuple(AXIS), (0.0, 1.0, 0.0)))),
    "isochoric": Potential(ConvexMLP((3,)), Isochoric()),
}
MADE = {name: Surrogate.new(data(9), made, key=5) for name, made in KINDS.items()}


@pytest.mark.parametrize("name", KINDS)
def test_at_rest_there_is_no_energy_and_no_stress(name):
    W, P = MADE[name].derivatives(np.zeros((6, 9)), 1)
    size = np.abs(MADE[name].jacobian(rows(H))).max()
    assert np.abs(W).max() < 1e-13 * 1e3 and np.abs(P).max() < 1e-13 * size


@pytest.mark.parametrize("name", KINDS)
def test_a_rotation_changes_nothing(name):
    F = np.eye(3) + H
    Q = turned(np.array([2.0, -1.0, 2.0]) / 3)
    (W, P), (again, turned_P) = (
        MADE[name].derivatives(rows(each - np.eye(3)), 1) for each in (F, Q @ F)
    )
    np.testing.assert_allclose(again, W, rtol=0, atol=1e-12 * np.abs(W).max())
    wanted = rows(Q @ P.reshape(-1, 3, 3))
    np.testing.assert_allclose(turned_P[:, 0], wanted, rtol=0, atol=1e-12 * np.abs(P).max())


def test_a_material_has_the_symmetry_of_its_invariants():
    one = Surrogate.new(data(9), Potential(MLP((4,), networks.softplus), Fibres((tuple(AXIS),))))
    F = np.eye(3) + H
    for Q, stays in ((turned(AXIS), True), (turned(np.array([0.0, 1.0, 0.0])), False)):
        gap = np.abs(one.value(rows(F @ Q - np.eye(3))) - one.value(rows(H))).max()
        assert (gap < 1e-10) == stays
        gap = MADE["isotropic"].value(rows(F @ Q - np.eye(3))) - MADE["isotropic"].value(rows(H))
        assert np.abs(gap).max() < 1e-10


def test_the_tangent_is_symmetric():
    A = MADE["fibres"].hessian(rows(H))[:, 0]
    assert np.abs(A - A.swapaxes(1, 2)).max() < 1e-12 * np.abs(A).max()


def test_invariants_are_those_of_the_principal_stretches():
    for h in H:
        F = np.eye(3) + h
        C, E = F.T @ F, green(h.reshape(9))
        squares, J = np.linalg.eigvalsh(C), np.linalg.det(F)
        I1, I2 = squares.sum(), J**2 * (1 / squares).sum()
        shear, second, growth, less = Isotropic().of(E)
        assert (shear, second) == pytest.approx((I1 - 1 - 2 * J, I2 + 1 - 4 * J), abs=1e-14)
        assert (growth, less) == pytest.approx((J - 1, 1 - J), abs=1e-14)
        cofactor = J**2 * np.linalg.inv(C)
        found = Fibres((tuple(AXIS),)).of(E)[4:]
        assert found == pytest.approx((AXIS @ C @ AXIS - 1, AXIS @ cofactor @ AXIS - 1), abs=1e-14)
        bar = I1 * J ** (-2 / 3), I2 * J ** (-4 / 3)
        wanted = bar[0] ** 0.75 - 3**0.75, bar[1] ** 1.5 - 3**1.5
        assert Isochoric().of(E) == pytest.approx(wanted, abs=1e-13)
        assert green(voigt(E)) == pytest.approx(E, abs=1e-16)


def test_small_strains_keep_their_digits():
    E = 1e-9 * np.diag([1.0, -0.5, 0.2])
    assert volume_change(E) == pytest.approx(0.7e-9 - 1.29e-18 / 2 - 0.4e-18 + 0.8e-18, rel=1e-9)
    assert principal(E)[2] == pytest.approx(-1e-28, rel=1e-12)


def test_strain_and_displacement_gradient_are_two_ways_to_ask():
    """The same network behind both frames: W(E) has the slopes S, W(H) has P = F S."""
    made = KINDS["isotropic"]
    by_H, by_E = (made.build(d, 1, jax.random.key(2)) for d in (9, 6))
    # sizes of invariants are taken over the range of the inputs, which differs
    by_E = type(by_E)(by_E.inner, by_E.invariants, by_E.scales._replace(sizes=by_H.scales.sizes))

    @compiled(SELDOM)
    def both(x, E):
        return jax.value_and_grad(lambda x: by_H(x)[0])(x), jax.value_and_grad(
            lambda E: by_E(E)[0]
        )(E)

    for h in H:
        x = h.reshape(9)
        (W, P), (again, S) = both(jnp.asarray(x), jnp.asarray(voigt(green(x))))
        S = np.asarray(S)[np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])]
        assert float(again) == pytest.approx(float(W), rel=1e-12)
        np.testing.assert_allclose(((np.eye(3) + h) @ S).ravel(), P, rtol=0, atol=1e-12)


def least_bending(surrogate, seed):
    """The least second derivative along rank-one lines a ⊗ b, where large strains are too."""
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.normal(size=(40, 3, 3)))[0]
    F = U @ (rng.uniform(0.4, 2.0, (40, 3))[..., None] * U.swapaxes(1, 2))
    A = surrogate.hessian(rows(F - np.eye(3)))[:, 0]
    lines = rows(rng.normal(size=(50, 3, 1)) * rng.normal(size=(50, 1, 3)))
    return np.einsum("li,nij,lj->nl", lines, A, lines).min() / np.abs(A).max()


def test_around_a_convex_network_it_is_elliptic_whatever_the_weights():
    """Polyconvex energies bend upwards on rank-one lines; another network does not."""

    def wild(inner, seed):
        surrogate = Surrogate.new(data(9), Potential(inner, Fibres((tuple(AXIS),)), growth=5.0))
        θ = np.random.default_rng(seed).normal(size=flatten(surrogate.network).shape)
        network = unflatten_on_host(surrogate.network, 2 * θ)
        return Surrogate(network, *(getattr(surrogate, f) for f in FIELDS))

    bendings = [least_bending(wild(ConvexMLP((3,)), seed), seed) for seed in range(3)]
    assert min(bendings) > -1e-13, bendings
    assert least_bending(wild(MLP((3,), networks.softplus), 0), 0) < -1e-3


FIELDS = "scaling", "inputs", "outputs", "input_units", "output_units", "architecture"


def test_growth_is_a_wall_where_the_volume_goes_and_nothing_at_rest():
    plain = Surrogate.new(data(9), Potential(MLP((4,), networks.softplus)), key=5)
    more = MADE["isotropic"]
    J = np.array([0.5, 0.01, 0.1, 0.8, 1.2, 2.0])
    x = np.zeros((6, 9))
    x[:, 0] = J - 1
    wall = (more.value(x) - plain.value(x))[:, 0]
    assert wall == pytest.approx(30.0 * ((J - 1) ** 2 / J) ** 2, rel=1e-9, abs=1e-9)
    one, other = (each.hessian(np.zeros((6, 9))) for each in (plain, more))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * np.abs(one).max())


def test_a_file_gives_it_back_to_the_bit(tmp_path):
    made = MADE["fibres"]
    again = Surrogate.load(made.save(tmp_path / "fibres.npz"))
    assert again.architecture == KINDS["fibres"]
    assert np.array_equal(again.jacobian(rows(H)), made.jacobian(rows(H)))


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Potential(MLP()).build(4, 1, jax.random.key(0)), "9 inputs.*got 4 and 1"),
        (lambda: Potential(MLP()).build(9, 2, jax.random.key(0)), "one output.*got 9 and 2"),
        (lambda: Potential("mlp"), "around an architecture"),  # type: ignore
        (lambda: Potential(invariants="isotropic"), "with invariants like"),  # type: ignore
        (lambda: Potential(growth=-1.0), "growth is a number ≥ 0.*got -1.0"),
        (lambda: Fibres(((1.0, 1.0, 0.0),)), r"length 1: got \[1.0, 1.0, 0.0\]"),
        (lambda: Fibres((1.0, 0.0, 0.0)), "a tuple of vectors"),  # type: ignore
        (lambda: Fibres(((float("nan"), 0.0, 0.0),)), "length 1"),
        (lambda: ConvexMLP((3,), networks.tanh), "'tanh' is not"),
        (lambda: ConvexMLP((3,), networks.swish), "'swish' is not"),
        (lambda: ConvexMLP(()), "whole numbers"),
    ],
)
def test_what_is_no_potential_is_told(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
