"""The network families by name: made, and described so that they can be made again."""

import inspect
from collections.abc import Sequence
from typing import Any

import equinox as eqx
from jaxtyping import PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.fourier import FourierMLP
from sobolev.networks.mixed import MixedMLP
from sobolev.networks.mlp import MLP
from sobolev.networks.modified_mlp import ModifiedMLP
from sobolev.networks.residual import ResidualMLP
from sobolev.networks.sine import SineNetwork

FAMILIES: dict[str, type] = {
    "mlp": MLP,
    "mixed": MixedMLP,
    "modified-mlp": ModifiedMLP,
    "fourier": FourierMLP,
    "residual": ResidualMLP,
    "sine": SineNetwork,
}


def make(
    kind: str, inputs: int, hidden: Sequence[int], outputs: int, *, key: PRNGKeyArray, **settings
) -> Any:
    """A network of the family `kind` with the settings of its class; `ConfigError`.

    ```python
    network = make("residual", 2, (16, 16), 1, key=jax.random.key(0), activation="swish")
    ```
    """
    if kind not in FAMILIES:
        raise ConfigError(f"unknown network '{kind}': choose one of {', '.join(FAMILIES)}.")
    family = FAMILIES[kind]
    known = list(inspect.signature(family.__init__).parameters)[5:]
    for name, value in settings.items():
        if name not in known:
            raise ConfigError(
                f"{name} = {value!r} has no meaning for the network '{kind}': leave it out, it "
                f"takes {', '.join(known)}."
            )
    return family(inputs, hidden, outputs, key=key, **settings)


def describe(network: eqx.Module) -> dict[str, Any]:
    """`{"kind": …, **settings}` from which `make` builds a network of the same shape.

    Raises `ConfigError` for a network of no family.
    """
    for kind, family in FAMILIES.items():
        if type(network) is family:
            return {"kind": kind} | {name: getattr(network, name) for name in family.SETTINGS}
    raise ConfigError(
        f"a {type(network).__name__} is none of the network families {', '.join(FAMILIES)}, so a "
        "file could not say how to make it again: keep it with your own code."
    )
