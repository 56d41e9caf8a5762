"""Training data spread over devices: the rows are divided, the parameters are everywhere.

Every optimiser then runs unchanged: its compiled code works on arrays that happen to lie on several
devices, and the compiler puts the sums over rows together. So losses, Gram matrices and weights are
those of all rows, and not means of ratios that each device formed by itself.
"""

from collections.abc import Sequence
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree

from sobolev._base.errors import ConfigError, DataError
from sobolev.losses.batch import Batch

_ROWS = "rows"
B = TypeVar("B", bound=Batch)


def sharded(batch: B, devices: Sequence | None = None) -> B:
    """Labels or points with their rows divided over devices, in equal parts and in order.

    Filled up to a multiple of the number of devices with copies of the last row that have weight 0:
    means are over the rows that were there. With several processes (`jax.distributed.initialize`
    before anything else) each gives its own rows, as many on each, and `devices` None takes all
    devices of all of them. With mini-batches the rows that fill up are drawn too, so the batches
    are others than on one device when the number of rows is not a multiple. Raises `ConfigError`,
    `DataError`.

    ```python
    block = Labelled(loss, sharded(Labels.of(train, scaling)))
    ```
    """
    devices = jax.devices() if devices is None else list(devices)
    if not devices:
        raise ConfigError("no device to put the rows on: give at least one of jax.devices().")
    mesh = Mesh(np.array(devices), (_ROWS,))
    own = [device for device in devices if device.process_index == jax.process_index()]
    batch = _filled(batch, len(own))
    if len(own) < len(devices):
        _check_even(len(batch.weight), len(own))
    rows = NamedSharding(mesh, PartitionSpec(_ROWS))
    return jax.tree.map(
        lambda a: jax.make_array_from_process_local_data(rows, np.asarray(a)), batch
    )


def replicated(tree: PyTree, like: Batch) -> PyTree:
    """The arrays of a tree, such as a network, on every device of sharded rows."""
    everywhere = NamedSharding(like.weight.sharding.mesh, PartitionSpec())  # type: ignore[union-attr]
    return jax.tree.map(
        lambda a: _everywhere(a, everywhere) if isinstance(a, jax.Array) else a, tree
    )


def _everywhere(array: jax.Array, sharding: NamedSharding) -> jax.Array:
    if jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
        data = _everywhere(jax.random.key_data(array), sharding)
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(array))
    return jax.make_array_from_process_local_data(sharding, np.asarray(array), array.shape)


def _filled(batch: B, parts: int) -> B:
    n = len(batch.weight)
    extra = -n % max(parts, 1)
    if not extra:
        return batch
    index = np.concatenate([np.arange(n), np.full(extra, n - 1)])
    filled = jax.tree.map(lambda a: a[index], batch)
    return filled._replace(weight=jnp.where(jnp.arange(n + extra) < n, filled.weight, 0.0))


def _check_even(rows: int, own: int) -> None:
    from jax.experimental.multihost_utils import process_allgather

    every = np.asarray(process_allgather(np.array([rows, own]))).reshape(-1, 2)
    if len(np.unique(every, axis=0)) > 1:
        raise DataError(
            f"the processes have {', '.join(map(str, every[:, 0]))} rows on "
            f"{', '.join(map(str, every[:, 1]))} devices: give each the same number of both."
        )
