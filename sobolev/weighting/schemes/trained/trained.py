"""Weights that are trained beside the network, with an objective and an optimiser of their own."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from sobolev._base.arguments import one_of, real, shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.protocol import Statistics
from sobolev.weighting.schemes.trained.objectives import (
    largest_distance,
    loss_ascent,
    own_distance,
    summed_distance,
)
from sobolev.weighting.schemes.trained.parametrisation import (
    Clip,
    ErrorFunction,
    Exponential,
    Identity,
)
from sobolev.weighting.settings import positive, transformation

Parametrisation = Identity | Clip | ErrorFunction | Exponential
READINGS = {"own": own_distance, "sum": summed_distance, "max": largest_distance}


class TrainedState(NamedTuple):
    """The trained numbers λ and the state of their optimiser."""

    λ: Float[Array, " K"]
    optimiser: PyTree


class Trained(eqx.Module):
    """One descent step on the weights for each training step of the network.

    λ ← project(λ − η T(φ′(λ) ∂J/∂w)), w = φ(λ), where J is the `objective`, φ the
    `parametrisation`, T an optax transformation (identity: plain gradient descent) and η the
    `rate`. θ and λ step simultaneously: the network step uses w(λ) before its update.
    """

    objective: Callable = eqx.field(static=True)
    needs: frozenset[str] = eqx.field(static=True)
    rate: Array
    parametrisation: Parametrisation
    transform: optax.GradientTransformation = eqx.field(static=True)

    def __check_init__(self):
        positive("the rate of the weights", real(self.rate))
        transformation("the optimiser of the weights", self.transform, self.transform)
        if isinstance(self.parametrisation, type) or not isinstance(
            self.parametrisation, Parametrisation
        ):
            raise ConfigError(
                "the parametrisation must be Identity(), Clip(), ErrorFunction() or Exponential(): "
                f"got {shown(self.parametrisation)}."
            )

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


def LossMax(
    rate: float = 0.01,
    parametrisation: Parametrisation | None = None,
    optimiser: optax.GradientTransformation | None = None,
) -> Trained:
    """L_max of the talk: the weights ascend the loss, λ_k ← λ_k + η L_k.

    **Arguments:** `rate` η > 0; `parametrisation` Identity (default), Clip, ErrorFunction or
    Exponential; `optimiser` an optax transformation without learning rate, e.g.
    `optax.scale_by_adam()` (default: plain gradient). With clipping or the error function the only
    maximiser is "all weights at their bound", the unweighted network. Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=LossMax(0.01, Clip(1e-3, 2.0)))
    ```
    """
    return _trained(loss_ascent, frozenset(), rate, parametrisation, optimiser)


def CosineDistance(
    reading: str = "own",
    rate: float = 0.01,
    parametrisation: Parametrisation | None = None,
    optimiser: optax.GradientTransformation | None = None,
) -> Trained:
    """CD_min of the talk: the weights align the total gradient with the terms' gradients.

    **Arguments:** `reading` "own" (each weight minimises its own 1 − cos(G, g_k)), "sum" (all
    minimise Σ_k) or "max" (all minimise the largest): the slides do not say which is meant; the
    other arguments as in `LossMax`. Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=CosineDistance("sum", 0.1, Exponential()))
    ```
    """
    one_of("reading", reading, tuple(READINGS))
    return _trained(READINGS[reading], frozenset({"gram"}), rate, parametrisation, optimiser)


def _trained(objective, needs, rate, parametrisation, optimiser) -> Trained:
    return Trained(
        objective,
        needs,
        positive("the rate of the weights", rate),
        Identity() if parametrisation is None else parametrisation,
        transformation("the optimiser of the weights", optimiser, _plain()),
    )


@lru_cache(maxsize=1)
def _plain() -> optax.GradientTransformation:
    """One object for ever: compiled code is found again by its identity."""
    return optax.identity()
