"""Weights that are trained beside the network, with an objective and an optimiser of their own."""

import abc
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from sobolev._base.arguments import one_of, shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.schemes.trained.objectives import (
    largest_distance,
    loss_ascent,
    own_distance,
    summed_distance,
)
from sobolev.weighting.schemes.trained.parametrisation import Identity, Parametrisation
from sobolev.weighting.settings import positive, transformation

READINGS = {"own": own_distance, "sum": summed_distance, "max": largest_distance}


class TrainedState(NamedTuple):
    """The trained numbers λ and the state of their optimiser."""

    λ: Float[Array, " K"]
    optimiser: PyTree


class Trained(Scheme):
    """One descent step on the weights for each training step of the network.

    λ ← project(λ − η T(φ′(λ) ∂J/∂w)), w = φ(λ), where `objective` gives ∂J/∂w, φ is the
    `parametrisation`, T an optax transformation (identity: plain gradient descent) and η the
    `rate`. θ and λ step simultaneously: the network step uses w(λ) before its update.

    **Arguments:** `rate` η > 0; `parametrisation` `Identity` (default), `Clip`, `ErrorFunction` or
    `Exponential`; `optimiser` T without learning rate, e.g. `optax.scale_by_adam()` (default: plain
    gradient). Raises `ConfigError`.
    """

    rate: Array
    parametrisation: Parametrisation
    transform: optax.GradientTransformation = eqx.field(static=True)

    def __init__(
        self,
        rate: float,
        parametrisation: Parametrisation | None,
        optimiser: optax.GradientTransformation | None,
    ):
        self.rate = positive("the rate of the weights", rate)
        self.transform = transformation("the optimiser of the weights", optimiser, _plain())
        self.parametrisation = Identity() if parametrisation is None else parametrisation
        if not isinstance(self.parametrisation, Parametrisation):
            raise ConfigError(
                "the parametrisation must be Identity(), Clip(), ErrorFunction() or Exponential(): "
                f"got {shown(self.parametrisation)}."
            )

    @abc.abstractmethod
    def objective(self, statistics: Statistics, weights: Float[Array, " K"]) -> Float[Array, " K"]:
        """∂J/∂w: the direction in which the weights do not want to go."""

    def init(self, energies: Float[Array, " K"]) -> TrainedState:
        """λ₀ and a fresh optimiser state."""
        λ = self.parametrisation.start(len(energies)).astype(energies.dtype)
        return TrainedState(λ, self.transform.init(λ))

    def update(
        self, statistics: Statistics, state: TrainedState
    ) -> tuple[Float[Array, " K"], TrainedState]:
        """The weights of this step, and λ moved on."""
        λ, optimiser = state
        weights, chain = jax.vjp(self.parametrisation.weights, λ)
        (gradient,) = chain(self.objective(statistics, weights))
        step, optimiser = self.transform.update(gradient, optimiser, λ)
        λ = self.parametrisation.project(λ - self.rate * jnp.asarray(step))
        return weights, TrainedState(λ, optimiser)


class LossMax(Trained):
    """L_max of the talk: the weights ascend the loss, λ_k ← λ_k + η L_k.

    **Arguments:** as in `Trained`. With clipping or the error function the only maximiser is "all
    weights at their bound", the unweighted network. Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=LossMax(0.01, Clip(1e-3, 2.0)))
    ```
    """

    name = "loss-max"

    def __init__(
        self,
        rate: float = 0.01,
        parametrisation: Parametrisation | None = None,
        optimiser: optax.GradientTransformation | None = None,
    ):
        super().__init__(rate, parametrisation, optimiser)

    def objective(self, statistics: Statistics, weights: Float[Array, " K"]) -> Float[Array, " K"]:
        """−L."""
        return loss_ascent(statistics, weights)


class CosineDistance(Trained):
    """CD_min of the talk: the weights align the total gradient with the terms' gradients.

    **Arguments:** `reading` "own" (each weight minimises its own 1 − cos(G, g_k)), "sum" (all
    minimise Σ_k) or "max" (all minimise the largest): the slides do not say which is meant; the
    other arguments as in `Trained`. Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=CosineDistance("sum", 0.1, Exponential()))
    ```
    """

    name = "cosine"
    needs = frozenset({"gram"})

    reading: str = eqx.field(static=True)

    def __init__(
        self,
        reading: str = "own",
        rate: float = 0.01,
        parametrisation: Parametrisation | None = None,
        optimiser: optax.GradientTransformation | None = None,
    ):
        self.reading = one_of("reading", reading, tuple(READINGS))
        super().__init__(rate, parametrisation, optimiser)

    def objective(self, statistics: Statistics, weights: Float[Array, " K"]) -> Float[Array, " K"]:
        """The gradient of the distances in this reading."""
        return READINGS[self.reading](statistics, weights)

    @classmethod
    def named(cls) -> Mapping[str, Callable[..., Scheme]]:
        """One name for each reading."""
        return {f"{cls.name}-{reading}": partial(cls, reading) for reading in READINGS}


@lru_cache(maxsize=1)
def _plain() -> optax.GradientTransformation:
    """One object for ever: compiled code is found again by its identity."""
    return optax.identity()
