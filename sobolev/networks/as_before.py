"""Calls of the version before, which built networks directly: they warn, and go in the next one."""

import warnings
from collections.abc import Sequence
from typing import Any

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.activations import Activation, activation
from sobolev.networks.architecture import Architecture


class CalledAsBefore:
    """`MLP(2, (3,), 1, key=key)` gives a network instead of an architecture, with a warning."""

    def __new__(cls, *given, **settings):
        """An architecture; a network when a `key` is given."""
        if "key" in settings:
            return _built(cls, *given, **settings)
        return super().__new__(cls)


class Remembering(eqx.Module):
    """A network that was built as before, with its architecture, so that it can still be saved."""

    network: Any
    architecture: Architecture = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        return self.network(x)

    def __getattr__(self, name: str):
        if name == "network":  # not there yet
            raise AttributeError(name)
        return getattr(self.network, name)


def _built(
    family: Any, inputs: int, hidden: Sequence[int], outputs: int, *, key: PRNGKeyArray, **settings
) -> Remembering:
    from sobolev.networks.registry import fields_of, of_strings

    of = family.__name__
    _warn(f"{of}(inputs, hidden, outputs, key=key)", f"{of}(hidden).build(inputs, outputs, key)")
    if "activation" in fields_of(family.name):  # it was tanh where none was named
        settings = {"activation": "tanh", **settings}
    architecture = of_strings(family.name, hidden=hidden, **settings)
    return Remembering(architecture.build(inputs, outputs, key), architecture)


def of_call(
    network: Any, before: Sequence, key: Any, settings: dict[str, Any], default: Architecture
) -> tuple[Architecture, Any]:
    """`(architecture, key)` of `Surrogate.new(data, network, hidden, key, **settings)`."""
    from sobolev.networks.registry import of_strings

    kind = settings.pop("network", default.name if network is default else network)
    if not isinstance(kind, str):
        raise ConfigError(
            f"with an architecture, here {kind!r}, Surrogate.new takes the data and key=... only: "
            f"got {', '.join(map(repr, before)) or ', '.join(settings)} beside it."
        )
    hidden, key = (*before, *(settings.pop("hidden", (24, 24)), key)[len(before) :])
    _warn(f'Surrogate.new(data, "{kind}", ...)', "Surrogate.new(data, networks.MLP(...), key=key)")
    return of_strings(kind, hidden=hidden, **settings), key


def as_activation(given: Activation | str) -> Activation:
    """What `activation=` is; its name is taken for one version more."""
    if not isinstance(given, str):
        return given
    _warn(f'activation="{given}"', f"activation=networks.{given}")
    return activation(given)


def _warn(call: str, instead: str) -> None:
    warnings.warn(
        f"{call} goes in the next version: write {instead}.", DeprecationWarning, stacklevel=4
    )
