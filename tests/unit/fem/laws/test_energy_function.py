"""A law of any energy that JAX can differentiate."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Dataset, Surrogate, networks
from sobolev.errors import ConfigError
from sobolev.fem import Hyperelastic, NeoHooke, Point
from sobolev.fem.laws.conformance import conforms
from sobolev.fem.laws.hyperelastic import volumetric
from sobolev.fem.values import split
from sobolev.function import of_callable, of_jax

NAMES = tuple(f"H{i}{j}" for i in "123" for j in "123")
STRAINS = "E11", "E22", "E33", "g23", "g13", "g12"
KNOWN = NeoHooke(10.0, 0.3)
H = jnp.asarray(np.random.default_rng(0).uniform(-0.2, 0.2, (3, 3)))


def by_gradient(x):
    return KNOWN.density(x.reshape(3, 3))[None]


def by_strain(x):
    """The same law of Green's strain."""
    C = jnp.eye(3) + x[np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])] * (1 + np.eye(3))
    mu, lame = 10.0 / 2.6, 10.0 * 0.3 / 1.3 / 0.4
    growth = jnp.log(jnp.linalg.det(C)) / 2
    return (mu / 2 * (jnp.trace(C) - 3 - 2 * growth) + lame / 2 * growth**2)[None]


@pytest.mark.parametrize("function, names", [(by_gradient, NAMES), (by_strain, STRAINS)])
def test_its_stress_and_tangent_are_those_of_the_energy(function, names):
    law = Hyperelastic(of_jax(function, names, ("W",)))

    @jax.jit
    def answers(h):
        pair = law, KNOWN
        stress = [each.dual(Point(h[0], h, h[0]), ())[0][0] for each in pair]
        return stress, [jax.hessian(each.density)(h) for each in pair]

    (P, wanted), (A, exact) = answers(H)
    np.testing.assert_allclose(P, wanted, rtol=0, atol=1e-13 * 10)
    np.testing.assert_allclose(A, exact, rtol=0, atol=1e-12 * 10)


def test_a_bulk_modulus_is_added():
    law = Hyperelastic(of_jax(by_gradient, NAMES, ("W",)), kappa=50.0)
    J = jnp.linalg.det(jnp.eye(3) + H)
    more = law.density(H) - KNOWN.density(H)
    assert float(more) == pytest.approx(float(volumetric(J, jnp.asarray(50.0))), rel=1e-12)


def potential(inner, inputs=9, key=0, unit=1.0):
    x = np.random.default_rng(1).uniform(-0.2, 0.3, (12, inputs))
    data = Dataset(x, unit * (x**2).sum(1, keepdims=True), outputs=("W",))
    return Surrogate.new(data, networks.Potential(inner, networks.Isotropic()), key=key)


def test_a_trained_network_conforms():
    found = conforms(Hyperelastic(potential(networks.ConvexMLP((3,)), 6)))
    assert found.good, str(found)


def test_other_weights_and_scales_share_compiled_code_and_other_networks_do_not():
    skeletons = [
        split(Hyperelastic(potential(inner, key=key, unit=unit)))[0]
        for inner, key, unit in (
            (networks.MLP((3,)), 0, 1.0), (networks.MLP((3,)), 1, 1e6),
            (networks.MLP((3,), networks.tanh), 0, 1.0), (networks.MLP((4,)), 0, 1.0),
        )
    ]  # fmt: skip
    assert skeletons[0] == skeletons[1] and hash(skeletons[0]) == hash(skeletons[1])
    assert skeletons[0] != skeletons[2]
    # of other widths the arrays have other shapes, which compiles anew by itself
    assert skeletons[0] == skeletons[3]


def broken():
    made = potential(networks.MLP((3,)))
    return replace(made, network=jax.tree.map(lambda a: a * np.nan, made.network))


@pytest.mark.parametrize(
    "function, kappa, sentence",
    [
        (lambda x: x, None, "takes a function by JAX"),
        (of_callable(lambda x: (x[0], x), NAMES, ("W",), order=1), None, "function by JAX"),
        (of_jax(lambda x: x[:1], ("a", "b"), ("W",)), None, "one output: got 2 and 1"),
        (of_jax(lambda x: x[:2], NAMES, ("W", "V")), None, "one output: got 9 and 2"),
        (of_jax(by_gradient, NAMES, ("W",)), 0.0, "kappa of Hyperelastic must be positive"),
    ],
)
def test_what_is_no_energy_is_told(function, kappa, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Hyperelastic(function, kappa)


def test_weights_that_are_not_finite_are_told():
    with pytest.raises(ConfigError, match="not finite"):
        Hyperelastic(broken())
