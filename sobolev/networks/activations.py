"""Activations, and up to which derivative a network with each of them can be trained."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array

from sobolev._base.errors import ConfigError
from sobolev.networks.as_json import Named


@dataclass(frozen=True, repr=False)
class Activation(Named):
    """σ(z), entry by entry, under the `name` by which files and the command line know it.

    Training on derivatives of order k needs σ⁽ᵏ⁺¹⁾, which must not vanish almost everywhere:
    `highest` is the largest such k, None for a smooth function. One of your own is
    `Activation("snake", lambda z: z + jnp.sin(z) ** 2)`; files with it are read again where it is
    registered with `networks.register`.

    ```python
    network = MLP((16, 16), activation=sb.networks.tanh)
    ```
    """

    highest: int | None = None

    def __call__(self, z: Array) -> Array:
        """σ(z)."""
        return self.function(z)


# Functions of this module, not those of JAX themselves: pickle finds them by their names.
def _tanh(z: Array) -> Array:
    return jnp.tanh(z)


def _softplus(z: Array) -> Array:
    return jax.nn.softplus(z)


def _sin(z: Array) -> Array:
    return jnp.sin(z)


def _swish(z: Array) -> Array:
    return jax.nn.swish(z)


def _gelu(z: Array) -> Array:
    return jax.nn.gelu(z, approximate=True)


def _relu(z: Array) -> Array:
    return jax.nn.relu(z)


tanh = Activation("tanh", _tanh)
softplus = Activation("softplus", _softplus)
sin = Activation("sin", _sin)
swish = Activation("swish", _swish)
gelu = Activation("gelu", _gelu)
relu = Activation("relu", _relu, highest=0)

# Their derivatives by NumPy are `JETS` of `plain_network.py`.
ACTIVATIONS: dict[str, Activation] = {σ.name: σ for σ in (tanh, softplus, sin, swish, gelu, relu)}
SMOOTH = tuple(name for name, σ in ACTIVATIONS.items() if σ.highest is None)


def activation(name: str) -> Activation:
    """The activation of this name; `ConfigError` when there is none."""
    if name not in ACTIVATIONS:
        raise ConfigError(f"unknown activation '{name}': choose one of {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name]


def check_activation(network: object, order: int) -> None:
    """Raise `ConfigError` when an activation in it cannot learn derivatives of this order.

    `network` is an architecture or a network, whose parts are looked through too; one that holds no
    `Activation` is its author's responsibility and passes.

    ```python
    check_activation(surrogate.network, loss.order)
    ```
    """
    for σ in _inside(network):
        if σ.highest is not None and order > σ.highest:
            raise ConfigError(
                f"the activation '{σ.name}' cannot be trained on derivatives (order {order} is "
                "asked): the slope of such a network is constant in pieces, so its derivatives "
                "cannot follow those of a smooth function, and σ″ = 0 leaves the training almost "
                f"no gradient. Choose {', '.join(SMOOTH[:-1])} or {SMOOTH[-1]}, or train on values "
                "only (order 0)."
            )


def is_smooth(network: object) -> bool:
    """Whether every activation in it has derivatives of every order."""
    return all(σ.highest is None for σ in _inside(network))


def _inside(thing: object) -> Iterator[Activation]:
    if isinstance(thing, Activation):
        yield thing
    elif isinstance(thing, Mapping):
        for part in thing.values():
            yield from _inside(part)
    elif isinstance(thing, tuple | list):
        for part in thing:
            yield from _inside(part)
    elif is_dataclass(thing) and not isinstance(thing, type):
        for part in fields(thing):
            yield from _inside(getattr(thing, part.name, None))
