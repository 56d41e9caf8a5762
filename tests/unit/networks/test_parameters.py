"""θ and the network, there and back."""

import equinox as eqx
import jax
import numpy as np
import pytest

from sobolev.networks import MLP, MixedMLP
from sobolev.networks.parameters import flatten, parameter_tree, size, unflatten, unflatten_on_host

KEY = jax.random.key(0)
called = eqx.filter_jit(lambda network, x: network(x))


@pytest.mark.parametrize("network", [MLP((3,)).build(2, 1, KEY), MixedMLP((4,)).build(2, 1, KEY)])
def test_a_network_has_the_parameters_it_is_given(network):
    θ, y = np.asarray(flatten(network)), called(network, x := np.array([0.3, -0.2]))
    assert θ.shape == (size(network),)
    other = np.arange(1.0, size(network) + 1)
    there = eqx.filter_jit(unflatten)
    for made in (there(network, other), unflatten_on_host(network, other)):
        np.testing.assert_array_equal(flatten(made), other)
        assert called(made, x) != y
    np.testing.assert_array_equal(called(there(network, θ), x), y)
    leaves = jax.tree.leaves(parameter_tree(network, other))
    np.testing.assert_array_equal(np.concatenate([np.ravel(leaf) for leaf in leaves]), other)


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(ValueError):
        unflatten(MLP((3,)).build(2, 1, KEY), np.zeros(3))
