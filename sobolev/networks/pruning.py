"""A network without the parts that do nothing."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, Protocol, TypeVar

import equinox as eqx

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Architecture
from sobolev.networks.families.gaussian import GaussianFeatures


class Built(Protocol):
    """A frozen dataclass that keeps what its network was built from: a `Surrogate`."""

    @property
    def network(self) -> Any:
        """x̂ → ŷ."""
        ...

    @property
    def architecture(self) -> Architecture | None:
        """What built it."""
        ...


S = TypeVar("S", bound=Built)


def pruned(surrogate: S, share: float = 1e-3) -> S:
    """The surrogate without the Gaussians of weights w ≈ 0, its architecture with fewer of them.

    In each sum Σ_k w_k φ_k of a `GaussianFeatures`, wherever wrappers have it, the smallest |w_k|
    go whose sum is at most `share` of Σ|w|; since 0 < φ ≤ 1, no value of the sum changes by more
    than that. Each sum keeps as many. A set that several outputs share loses what is small in all
    of them. Train on, or use it as it is.

    **Arguments:** `share` in [0, 1). Raises `ConfigError`, also where there are no Gaussians.

    ```python
    smaller = networks.pruned(fitted.surrogate, 1e-3)
    smaller.architecture   # GaussianFeatures(hidden=(61,), …) of (100,)
    ```
    """
    if not 0 <= share < 1:
        raise ConfigError(f"the share of the weights that may go is in [0, 1): got {share!r}.")
    architecture, network = surrogate.architecture, surrogate.network
    where = _way(architecture)
    found = where(network)
    count = found.sums.largest(share)
    smaller = eqx.tree_at(lambda n: where(n).sums, network, found.sums.only(count))
    assert architecture is not None  # else there was no way to it
    return replace(surrogate, network=smaller, architecture=_with(architecture, count))  # type: ignore


def _way(architecture: Architecture | None) -> Callable[[Any], Any]:
    """From a network to the part that has the sums."""
    if isinstance(architecture, GaussianFeatures):
        return lambda network: network
    inner = None if architecture is None else _inner(architecture)
    if inner is None:
        raise ConfigError(
            f"there are no Gaussians to prune in {architecture!r}: train a "
            "networks.GaussianFeatures, by itself or inside of other networks."
        )
    further = _way(inner)
    return lambda network: further(network.inner)


def _inner(architecture: Architecture) -> Architecture | None:
    """The one that a wrapper has as its field `inner`, as the module that it builds does."""
    parts = {f.name: getattr(architecture, f.name) for f in fields(architecture)}  # type: ignore
    inner = parts.get("inner")
    return inner if isinstance(inner, Architecture) else None


def _with(architecture: Architecture, count: int) -> Architecture:
    if isinstance(architecture, GaussianFeatures):
        return replace(architecture, hidden=(count, *architecture.hidden[1:]))
    inner = _inner(architecture)
    assert inner is not None  # there is a way to one
    return replace(architecture, inner=_with(inner, count))  # type: ignore
