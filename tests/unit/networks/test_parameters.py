"""θ and the network, there and back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.networks import MLP, MixedMLP
from sobolev.networks.parameters import flatten, parameter_tree, size, unflatten, unflatten_on_host

KEY = jax.random.key(0)


@pytest.mark.parametrize("network", [MLP((3,)).build(2, 1, KEY), MixedMLP((4,)).build(2, 1, KEY)])
def test_a_network_has_the_parameters_it_is_given(network):
    θ = flatten(network)
    assert θ.shape == (size(network),)
    other = jnp.arange(1.0, size(network) + 1)
    x = jnp.array([0.3, -0.2])
    for made in (unflatten(network, other), unflatten_on_host(network, np.asarray(other))):
        np.testing.assert_array_equal(flatten(made), other)
        assert made(x) != network(x)
    np.testing.assert_array_equal(unflatten(network, θ)(x), network(x))
    leaves = jax.tree.leaves(parameter_tree(network, other))
    np.testing.assert_array_equal(np.concatenate([np.ravel(leaf) for leaf in leaves]), other)


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(ValueError):
        unflatten(MLP((3,)).build(2, 1, KEY), jnp.zeros(3))
