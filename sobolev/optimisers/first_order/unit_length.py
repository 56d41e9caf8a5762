"""The combined gradient with length 1: what an optimiser sees is the direction alone."""

from functools import lru_cache

import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import PyTree

from sobolev._base.errors import ConfigError
from sobolev.optimisers.first_order.first_order import FirstOrder
from sobolev.optimisers.optimiser import Optimiser


def UnitLength(optimiser: Optimiser) -> FirstOrder:
    """The same optimiser on G/‖G‖, G = Σ_k w_k ∇L_k: no weighting gains or loses by its length.

    Adam remembers past lengths for about 1/(1 − β₂) steps, so a scheme that lets them fall slows it
    down, whatever the balance. It costs no pass. Line searches and Levenberg–Marquardt need the
    weighted loss itself, and steps made of the gradients of the terms have no combined one: the
    optimiser is a `FirstOrder`, such as `Adam` or `SOAP`. Raises `ConfigError`.

    ```python
    fit(surrogate, train, optimiser=UnitLength(Adam(5e-3)))
    ```
    """
    if not isinstance(optimiser, FirstOrder):
        called = optimiser.__name__ if isinstance(optimiser, type) else type(optimiser).__name__
        raise ConfigError(
            "UnitLength goes around an optimiser that follows the combined gradient, "
            f"UnitLength(Adam(...)): got {called}."
        )
    transform = _of_unit_length(optimiser.transform)
    rate, size = optimiser.learning_rate, optimiser.batch_size
    return FirstOrder(transform, rate, size, optimiser.structured)


@lru_cache(maxsize=64)
def _of_unit_length(transform: optax.GradientTransformation) -> optax.GradientTransformation:
    """The same object for the same transformation: compiled code is found by its identity."""
    return optax.chain(scale_to_unit_length(), transform)


@lru_cache(maxsize=1)
def scale_to_unit_length() -> optax.GradientTransformation:
    """g/‖g‖, and g itself where it vanishes; as one of optax's transformations."""

    def update(updates: PyTree, state: PyTree, params: PyTree = None) -> tuple[PyTree, PyTree]:
        del params
        g, back = ravel_pytree(updates)
        length = jnp.sqrt(g @ g)
        scale = jnp.where(length > 0, 1 / jnp.where(length > 0, length, 1.0), 1.0)
        return back(scale * g), state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)
