"""The network in which some units are periodic."""

import jax
import numpy as np

from sobolev.networks import MixedMLP


def test_the_share_of_periodic_units_is_counted_in_each_layer():
    made = MixedMLP((5, 8), periodic=0.25).build(2, 1, jax.random.key(0))
    np.testing.assert_array_equal(made.waves, [1, 2])
    none = MixedMLP((5, 8), periodic=0).build(2, 1, jax.random.key(0))
    for a, b in zip(made.layers, none.layers, strict=True):
        np.testing.assert_array_equal(a.weight, b.weight)


def test_weights_of_a_mixed_network_keep_their_bounds():
    made = MixedMLP((300, 200)).build(3, 2, jax.random.key(0))
    gains, spreads = (2**0.5, 2**0.5, 1.0), (1.0, 300**-0.5, 0.0)
    for layer, gain, spread in zip(made.layers, gains, spreads, strict=True):
        bound = gain * np.sqrt(6 / sum(layer.weight.shape))
        assert 0.97 * bound < np.abs(layer.weight).max() <= bound
        assert 0.97 * spread <= np.abs(layer.bias).max() <= spread
