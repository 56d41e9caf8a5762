"""The solve as one JAX function gives the numbers of the host driver."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.errors import ConfigError
from sobolev.fem import as_function
from sobolev.problems import Cantilever

X = np.array([1000.0, 0.3, 6.0, 1.0])
BEAM = Cantilever("svk", ("E", "nu", "length", "height"), divisions=4)


def distance(a, b):
    return np.abs(np.asarray(a) - b).max() / np.abs(b).max()


def test_value_gradient_and_hessian_equal_those_of_the_host_driver():
    y = as_function(BEAM.model)
    host = BEAM.solve(X, 2)

    def value_and_slope(x):
        value, pull = jax.vjp(y, x)
        slope = pull(jnp.ones(1))[0]
        return slope, (value, slope)

    hessian, (value, slope) = jax.jit(jax.jacfwd(value_and_slope, has_aux=True))(jnp.array(X))
    assert distance(value, host.value) < 1e-12
    assert distance(slope, host.jacobian[0]) < 1e-9
    assert distance(hessian, host.hessian[0]) < 1e-9


def test_load_steps_and_vmap_give_the_same_value():
    beam = Cantilever("svk", divisions=4)
    x = np.array([[1000.0, 0.3], [900.0, 0.25]])
    values = jax.jit(jax.vmap(as_function(beam.model, load_steps=3)))(x)
    assert values == pytest.approx(np.stack([beam.solve(row, 0).value for row in x]), rel=1e-11)


def test_no_equilibrium_raises():
    model = Cantilever("svk", divisions=4, force=1e7).model
    with pytest.raises((ValueError, RuntimeError), match="Newton found no equilibrium"):
        jax.jit(as_function(model))(np.array([1000.0, 0.3])).block_until_ready()
    with pytest.raises(ConfigError, match="load_steps"):
        as_function(model, load_steps=0)
