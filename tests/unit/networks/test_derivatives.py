"""Products of derivatives with vectors, against the whole derivatives."""

import equinox as eqx
import jax
import numpy as np

from sobolev.networks import MLP, predict


def test_products_are_those_of_the_whole_derivatives():
    """Three directions and five adjoint weights: no axes of one length."""
    rng, seen = np.random.default_rng(0), eqx.filter_jit(predict)
    x, v, w = rng.normal(size=(4, 2)), rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 5, 2))
    network = MLP((3,)).build(2, 2, jax.random.key(0))
    whole = seen(network, x, 2)
    found = seen(network, x, ("hvp", "jvp", "vjp"), v, w)
    alone = seen(network, x, ("jvp", "vjp"), v, w)
    hvp = np.einsum("nqij,nkj->nqki", whole.hessian, v)
    np.testing.assert_allclose(found.hvp, hvp, rtol=1e-12, atol=1e-14)
    for each in (found, alone):
        jvp = np.einsum("nqi,nki->nqk", whole.jacobian, v)
        np.testing.assert_allclose(each.jvp, jvp, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(each.vjp, w @ whole.jacobian, rtol=1e-12, atol=1e-14)
