"""When a scheme is asked: in every n-th step, after a warm-up, until frozen; and smoothed."""

from abc import abstractmethod
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import count, fraction
from sobolev.weighting.wrappers.wrapper import Wrapper


class Held(NamedTuple):
    """The state of the inner scheme, the last weights, and steps done."""

    inner: PyTree
    weights: Float[Array, " K"]
    step: Int[Array, ""]


class _Timed(Wrapper):
    """Asks the inner scheme in some steps and holds its weights, at first 1, in the others."""

    def inner_state(self, state: Held) -> PyTree:
        """The state of the inner scheme."""
        return state.inner

    def with_inner_state(self, state: Held, inner: PyTree) -> Held:
        """The state with that of the inner scheme replaced."""
        return state._replace(inner=inner)

    def after(self, losses: Float[Array, " K"], state: Held) -> Held:
        """Seen by the inner scheme if it was asked in this step."""
        inner = jax.lax.cond(
            self.asks(state.step - 1),
            lambda: self.inner.after(losses, state.inner),
            lambda: state.inner,
        )
        return self.with_inner_state(state, inner)

    @abstractmethod
    def asks(self, step: Int[Array, ""]) -> Bool[Array, ""]:
        """Whether the inner scheme is asked in this step."""

    def init(self, energies: Float[Array, " K"]) -> Held:
        """The inner state, weights 1, step 0."""
        return Held(self.inner.init(energies), jnp.ones_like(energies), jnp.zeros((), int))

    def due(self, state: Held) -> Bool[Array, ""]:
        """In the steps in which the inner scheme is asked and uses them."""
        return self.asks(state.step) & self.inner.due(state.inner)

    def update(self, statistics: Statistics, state: Held) -> tuple[Float[Array, " K"], Held]:
        """The inner weights, or those held."""
        weights, inner = jax.lax.cond(
            self.asks(state.step),
            lambda: self.inner.update(statistics, state.inner),
            lambda: (state.weights, state.inner),
        )
        return weights, Held(inner, weights, state.step + 1)


class Every(_Timed):
    """The inner scheme in every `steps`-th step, from the first on; its weights are held between.

    The gradients of the single terms are computed in these steps only.

    ```python
    Every(InverseNorm(), 100)
    ```
    """

    inner: Scheme
    steps: Array

    def __init__(self, inner: Scheme, steps: int):
        self.inner, self.steps = inner, count("steps", steps)

    def asks(self, step: Int[Array, ""]) -> Bool[Array, ""]:
        """In the first step and each `steps` later."""
        return step % self.steps == 0


class Warmup(_Timed):
    """Weights 1 for the first `steps` steps, then the inner scheme."""

    inner: Scheme
    steps: Array

    def __init__(self, inner: Scheme, steps: int):
        self.inner, self.steps = inner, count("steps", steps)

    @property
    def unit_free(self) -> bool:  # pyright: ignore
        """No: weights 1 in the warm-up."""
        return False

    def asks(self, step: Int[Array, ""]) -> Bool[Array, ""]:
        """After the warm-up."""
        return step >= self.steps


class Frozen(_Timed):
    """The inner scheme for the first `steps` steps; the weights that it has then stay."""

    inner: Scheme
    steps: Array

    def __init__(self, inner: Scheme, steps: int):
        self.inner, self.steps = inner, count("steps", steps)

    def asks(self, step: Int[Array, ""]) -> Bool[Array, ""]:
        """Until they are frozen."""
        return step < self.steps


class Smoothed(Wrapper):
    """w̄ ← decay·w̄ + (1 − decay)·w, from the first weights on: the average over about 1/(1 − decay).

    ```python
    Smoothed(ConFIG(), 0.9)
    ```
    """

    inner: Scheme
    decay: Array

    def __init__(self, inner: Scheme, decay: float = 0.9):
        self.inner, self.decay = inner, fraction("decay", decay)

    def inner_state(self, state: Held) -> PyTree:
        """The state of the inner scheme."""
        return state.inner

    def with_inner_state(self, state: Held, inner: PyTree) -> Held:
        """The state with that of the inner scheme replaced."""
        return state._replace(inner=inner)

    @property
    def unit_free(self) -> bool:  # pyright: ignore
        """No: the common scale of the weights may change from step to step."""
        return False

    def init(self, energies: Float[Array, " K"]) -> Held:
        """The inner state; no average yet."""
        return Held(self.inner.init(energies), jnp.ones_like(energies), jnp.zeros((), int))

    def update(self, statistics: Statistics, state: Held) -> tuple[Float[Array, " K"], Held]:
        """The average, this step's weights included."""
        weights, inner = self.inner.update(statistics, state.inner)
        decay = jnp.where(state.step == 0, 0.0, self.decay)
        weights = decay * state.weights + (1 - decay) * weights
        return weights, Held(inner, weights, state.step + 1)
