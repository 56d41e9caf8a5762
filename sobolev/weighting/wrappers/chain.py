"""Schemes one after the other: each balances what the ones before have left."""

import functools

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from sobolev._base.errors import ConfigError
from sobolev.weighting.scheme import Moments, Scheme, Statistics
from sobolev.weighting.settings import check_scheme


class Chain(Scheme):
    """w_k = Π_s w_k⁽ˢ⁾; each scheme sees the terms as the ones before it have weighted them.

    ```python
    Chain(InverseEnergy(), LossMax(0.01, Clip()))    # ascent on terms of comparable size
    ```
    """

    schemes: tuple[Scheme, ...]

    def __init__(self, *schemes: Scheme):
        if not schemes:
            raise ConfigError("a chain has one or more schemes: got none.")
        for number, scheme in enumerate(schemes):
            check_scheme(f"scheme {number} of the chain", scheme)
        if any(scheme.looks_back for scheme in schemes[1:]):
            raise ConfigError(
                "a scheme that looks at the losses after the step, such as FAMO, comes first in a "
                "chain: the others do not weight those losses."
            )
        self.schemes = schemes

    @property
    def needs(self) -> frozenset[str]:  # pyright: ignore
        """What any of the schemes needs."""
        return frozenset().union(*(scheme.needs for scheme in self.schemes))

    @property
    def vectors(self) -> int:
        """The most that any of the schemes asks."""
        return max(scheme.vectors for scheme in self.schemes)

    def init(self, energies: Float[Array, " K"]) -> tuple[PyTree, ...]:
        """The states, each from the energies of the terms themselves."""
        return tuple(scheme.init(energies) for scheme in self.schemes)

    def due(self, state: tuple[PyTree, ...]) -> Bool[Array, ""] | bool:
        """Whether any scheme uses this step's statistics."""
        pairs = zip(self.schemes, state, strict=True)
        asked = [scheme.due(s) for scheme, s in pairs if scheme.needs]
        if any(always is True for always in asked):
            return True
        return functools.reduce(jnp.logical_or, asked, jnp.zeros((), bool))

    @property
    def looks_back(self) -> bool:
        """Whether the first scheme does."""
        return self.schemes[0].looks_back

    def after(self, losses: Float[Array, " K"], state: tuple[PyTree, ...]) -> tuple[PyTree, ...]:
        """The losses after the step, seen by the first scheme."""
        return self.schemes[0].after(losses, state[0]), *state[1:]

    def update(
        self, statistics: Statistics, state: tuple[PyTree, ...]
    ) -> tuple[Float[Array, " K"], tuple[PyTree, ...]]:
        """The product of the weights."""
        product, states = jnp.ones_like(statistics.losses), []
        for scheme, s in zip(self.schemes, state, strict=True):
            weights, s = scheme.update(weighted(statistics, product), s)
            product, states = product * weights, [*states, s]
        return product, tuple(states)


def weighted(statistics: Statistics, w: Float[Array, " K"]) -> Statistics:
    """The statistics of the terms w_k L_k."""
    losses, gram, moments, traces, sketch = statistics
    return Statistics(
        w * losses,
        None if gram is None else w[:, None] * gram * w[None, :],
        None if moments is None else Moments(*(jnp.abs(w) * m for m in moments)),
        None if traces is None else w * traces,
        None if sketch is None else w[None, :] * sketch,
    )
