"""Weights that do not change during training: the baselines."""

import abc
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.maths.cosine import inverse_with_floor
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import check_weights


class Constant(Scheme):
    """Weights that stay what they are at the start, from the energies of the terms."""

    constant = True

    @abc.abstractmethod
    def weights(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """w, one for each term."""

    def init(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """The weights themselves; `ConfigError` unless there is one for each term."""
        weights = jnp.asarray(self.weights(energies), energies.dtype)
        check_weights(f"the rule of {type(self).__name__}", weights, energies)
        return weights

    def update(self, statistics: Statistics, state: Array) -> tuple[Array, Array]:
        """The same weights for ever."""
        del statistics
        return state, state


class Fixed(Constant):
    """The weights that `rule` makes of the terms' energies, from the first step to the last.

    Raises `ConfigError`, also at the start of a training whose loss has another number of terms.

    ```python
    fit(surrogate, train, weighting=Fixed(lambda energies: jnp.array([1.0, 0.1, 0.1])))
    ```
    """

    name = "fixed"
    told_about_terms = True

    rule: Callable[[Float[Array, " K"]], Float[Array, " K"]] = eqx.field(static=True)

    def __check_init__(self):
        if not callable(self.rule):
            raise ConfigError(
                "the rule of Fixed is a function of the energies, such as lambda e: "
                f"jnp.array([2.0, 1.0]): got {shown(self.rule)}."
            )

    def weights(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """What the rule says."""
        return self.rule(energies)


class Unweighted(Constant):
    """w_k = 1: the plain Sobolev network (SNN).

    ```python
    fit(surrogate, train, weighting=Unweighted())
    ```
    """

    name = "unweighted"

    def weights(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """Ones."""
        return jnp.ones_like(energies)


class InverseEnergy(Constant):
    """w_k ∝ 1/E_k with E_k = ½ mean (label of term k)², mean weight 1: every term counts alike.

    The default of `fit`, and the static baseline that an adaptive scheme has to beat; it costs one
    pass over the data. What the energy of a term without labels is, and that those of data are
    floored at 1e-6 of the largest, `Loss.signals` says: an equation counts as if its labels were as
    large as its `scale`, a condition u = 0 as if they were of the size of the other labels. Source:
    Huge & Savine, Differential machine learning, arXiv 2005.02347 (λ_j = 1/rms ∂y/∂x_j).

    ```python
    fit(surrogate, train, weighting=InverseEnergy())
    ```
    """

    name = "inverse-energy"
    unit_free = True

    def weights(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """1/E."""
        return inverse_energies(energies)


def inverse_energies(energies: Float[Array, " K"]) -> Float[Array, " K"]:
    """1/E with mean 1; what is below 1e-24 of the largest energy is none of its own."""
    largest = jnp.max(energies)
    return inverse_with_floor(jnp.where(energies > 1e-24 * largest, energies, largest), 1e-24)
