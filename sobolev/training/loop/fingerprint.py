"""Whose checkpoint is this? A digest of everything that decides the numbers of a training."""

import jax
import jax.numpy as jnp
import numpy as np

from sobolev._base import identity, provenance

PACKAGES = "python", "sobolev", "jax", "jaxlib", "equinox", "optax"


def versions() -> dict[str, str]:
    """Of the packages whose code a training runs through."""
    return provenance.versions(*PACKAGES)


def digest(thing: object) -> str:
    """SHA-256 of a value with arrays of JAX in it; see `sobolev._base.identity`."""
    return identity.digest(thing, _as_array)


def _as_array(thing: object) -> np.ndarray | None:
    if not isinstance(thing, jax.Array):
        return identity.as_array(thing)
    if jnp.issubdtype(thing.dtype, jax.dtypes.prng_key):
        thing = jax.random.key_data(thing)
    return np.asarray(thing)
