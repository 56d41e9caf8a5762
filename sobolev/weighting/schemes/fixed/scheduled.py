"""Weights that are written down beforehand: functions of the step, or tied to the learning rate."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from sobolev._base.errors import ConfigError
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import PerTerm, as_many, per_term


class Scheduled(Scheme):
    """w_k(t) = f_k(t): one function of the step for each term.

    **Arguments:** the functions, such as optax schedules, in the order of the terms of the loss.
    Raises `ConfigError`, also at the start of a training whose loss has another number of terms.

    Pitfalls: t counts how often the weights were asked: batches, not epochs, and with quasi-Newton
    optimisers once in `hold` steps; their line search minimises another loss afterwards.
    Interatomic potentials are trained with such ramps between energies and forces (Zhang et al.,
    DeePMD, arXiv 1707.09571).

    ```python
    ramp = optax.linear_schedule(0.0, 1.0, 2000)
    weighting = Scheduled(optax.constant_schedule(1.0), ramp, ramp)
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "scheduled"
    told_about_terms = True

    schedules: tuple[Callable[[Array], ArrayLike], ...]

    def __init__(self, *schedules: Callable[[Array], ArrayLike]):
        if not schedules or not all(callable(schedule) for schedule in schedules):
            raise ConfigError(
                "Scheduled takes a function of the step for each term: got "
                f"{', '.join(type(s).__name__ for s in schedules) or 'none'}."
            )
        shapes = [np.shape(jnp.asarray(schedule(jnp.zeros((), int)))) for schedule in schedules]
        if any(shapes):
            raise ConfigError(
                f"each schedule gives one number a step: number {shapes.index(max(shapes))} gives "
                f"an array of shape {max(shapes)}."
            )
        self.schedules = schedules

    def init(self, energies: Float[Array, " K"]) -> Int[Array, ""]:
        """Step 0."""
        as_many("a schedule", self.schedules, energies)
        return jnp.zeros((), int)

    def update(
        self, statistics: Statistics, state: Int[Array, ""]
    ) -> tuple[Float[Array, " K"], Int[Array, ""]]:
        """f(t)."""
        kind = statistics.losses.dtype
        return jnp.stack([jnp.asarray(f(state), kind) for f in self.schedules]), state + 1


class TiedToRate(Scheme):
    """w_k(t) = p_k + (q_k − p_k) η(t)/η(0): from the start q to the limit p as the rate η decays.

    **Arguments:** `start` q and `limit` p ≥ 0, one number or one for each term; `schedule` η, the
    learning rate as function of the step, the one that the optimiser is given; η(0) > 0. Raises
    `ConfigError`.

    Pitfalls: a schedule with a warm-up begins at 0 and is refused; where η rises above η(0) the
    weights may become negative. Source: Zhang et al., DeePMD, arXiv 1707.09571: energies from 0.02
    to 1, forces from 1000 to 1.

    ```python
    η = optax.exponential_decay(5e-3, 500, 0.8)
    weighting = TiedToRate((0.02, 1000.0), (1.0, 1.0), η)
    fit(surrogate, train, weighting=weighting, optimiser=Adam(η))
    ```
    """

    name = "tied-to-rate"
    told_about_terms = True

    start: Array
    limit: Array
    schedule: Callable[[Array], ArrayLike]

    def __init__(
        self,
        start: PerTerm,
        limit: PerTerm,
        schedule: Callable[[Array], ArrayLike],
    ):
        self.start = per_term("the start of the weights", start, 0.0)
        self.limit = per_term("the limit of the weights", limit, 0.0)
        if not callable(schedule):
            raise ConfigError(
                f"the schedule must be the learning rate as a function of the step: got {schedule}."
            )
        first = float(jnp.asarray(schedule(jnp.zeros((), int))))
        if not (first > 0 and np.isfinite(first)):
            raise ConfigError(f"the learning rate must begin at a positive number: got {first}.")
        self.schedule = schedule

    def init(self, energies: Float[Array, " K"]) -> Int[Array, ""]:
        """Step 0."""
        as_many("the start of the weights", self.start, energies)
        as_many("the limit of the weights", self.limit, energies)
        return jnp.zeros((), int)

    def update(
        self, statistics: Statistics, state: Int[Array, ""]
    ) -> tuple[Float[Array, " K"], Int[Array, ""]]:
        """p + (q − p) η(t)/η(0)."""
        first = jnp.asarray(self.schedule(jnp.zeros_like(state)))
        weights = self.limit + (self.start - self.limit) * self.schedule(state) / first
        return weights * jnp.ones_like(statistics.losses), state + 1
