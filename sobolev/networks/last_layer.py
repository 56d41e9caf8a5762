"""Which parameters a network is linear in: those of its last layer, found through wrappers."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Int, PyTree

from sobolev._base.errors import ConfigError


class WithLastLayer(eqx.Module):
    """A network whose output is an affine function of some of its parameters: abstract, or final.

    ```python
    class Gaussians(WithLastLayer):
        @property
        def last_layer(self):
            return self.heights
    ```
    """

    @property
    @abstractmethod
    def last_layer(self) -> PyTree:
        """These parameters: a field, or several."""


class Around(WithLastLayer):
    """A network that is an affine function of the output of its `inner` one, at each point."""

    inner: eqx.AbstractVar[Callable]

    @property
    def last_layer(self) -> PyTree:
        """That of the inner one."""
        return _checked(self.inner).last_layer


def places_of_last_layer(network: PyTree) -> Int[np.ndarray, " L"]:
    """Where in θ the parameters of the last layer are, rising; `ConfigError` if there is none.

    ```python
    θ[places_of_last_layer(surrogate.network)]
    ```
    """
    _checked(network)
    # Marks in the place of the parameters, in the order in which `flatten` puts them.
    parameters, structure = jax.tree.flatten(eqx.filter(network, eqx.is_inexact_array))
    blank = jax.tree.unflatten(structure, [0] * len(parameters))
    marked = eqx.tree_at(lambda n: jax.tree.leaves(n.last_layer), blank, replace_fn=lambda _: 1)
    marks: list[Any] = jax.tree.leaves(marked)
    of_each = [np.full(leaf.size, mark) for leaf, mark in zip(parameters, marks, strict=True)]
    return np.flatnonzero(np.concatenate(of_each))


def _checked(network: Any) -> WithLastLayer:
    if not isinstance(network, WithLastLayer):
        raise ConfigError(
            f"a {type(network).__name__} says no last layer in which it is linear: take another "
            "network, such as networks.MLP(), or give your own the base networks.WithLastLayer."
        )
    return network
