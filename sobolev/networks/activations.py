"""Activations by name, and up to which derivative a network with each of them can be trained."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from sobolev._base.errors import ConfigError

ACTIVATIONS: dict[str, Callable] = {
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "sin": jnp.sin,
    "swish": jax.nn.swish,
    "gelu": lambda z: jax.nn.gelu(z, approximate=True),
    "relu": jax.nn.relu,
}
# Training on derivatives of order k needs σ⁽ᵏ⁺¹⁾, which must not vanish almost everywhere. What is
# not named here is smooth: any order.
_HIGHEST = {"relu": 0}
SMOOTH = tuple(name for name in ACTIVATIONS if name not in _HIGHEST)


def activation(name: str) -> Callable:
    """The function of this name; `ConfigError` when there is none."""
    if name not in ACTIVATIONS:
        raise ConfigError(f"unknown activation '{name}': choose one of {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name]


def check_activation(network: object, order: int) -> None:
    """Raise `ConfigError` when the network's activation cannot learn derivatives of this order.

    A network without the attribute `activation` is its author's responsibility and passes.

    ```python
    check_activation(surrogate.network, loss.order)
    ```
    """
    name = getattr(network, "activation", "")
    if order > _HIGHEST.get(name, order):
        raise ConfigError(
            f"the activation '{name}' cannot be trained on derivatives (order {order} is asked): "
            f"the slope of such a network is constant in pieces, so its derivatives cannot follow "
            f"those of a smooth function, and σ″ = 0 leaves the training almost no gradient. "
            f"Choose {', '.join(SMOOTH[:-1])} or {SMOOTH[-1]}, or train on values only (order 0)."
        )
