"""An optimiser whose steps are made in single precision."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev._base.errors import ConfigError
from sobolev.optimisers.optimiser import Optimiser, State, Task


class InSingle(Optimiser):
    """The epochs of another optimiser in 32-bit: network, points, labels and its own state.

    To begin with, and to be followed by the same in 64-bit: `Then(InSingle(a), 100, a)`. A loss of
    ½ mean r² cannot be told below some 1e-7 of its terms, so it ends early; a graphics card makes
    such a step in a small part of the time. On a processor it does not pay for `LevenbergMarquardt`
    and its kind: products take half the time, but the normal equations have lost all digits where
    the damping is below 1e-7 of them, and nearly every step needs an orthogonal factor. A function
    of an equation has to keep the type of its x: `jnp.zeros_like(x)`, no fixed array of 64-bit
    among tangents. Raises `ConfigError`.

    ```python
    Then(InSingle(RatioGaussNewton()), 100, RatioGaussNewton())
    ```
    """

    inner: Optimiser

    def __init__(self, inner: Optimiser):
        if not isinstance(inner, Optimiser):
            raise ConfigError(f"InSingle lies around an optimiser, such as Adam(): got {inner!r}.")
        self.inner = inner

    @property
    def first_order(self) -> bool:  # pyright: ignore  # a trait of the inner one
        """That of the inner one."""
        return self.inner.first_order

    @property
    def batches(self) -> bool:  # pyright: ignore
        """That of the inner one."""
        return self.inner.batches

    @property
    def least_squares(self) -> bool:  # pyright: ignore
        """That of the inner one."""
        return self.inner.least_squares

    @property
    def weighs(self) -> bool:  # pyright: ignore
        """That of the inner one."""
        return self.inner.weighs

    def steps(self) -> tuple[Optimiser, ...]:
        """Those of the inner one."""
        return self.inner.steps()

    def rows_a_step(self) -> int | None:
        """Those of the inner one."""
        return self.inner.rows_a_step()

    def init(self, task: Task, θ: Float[Array, " P"]) -> PyTree:
        """The state of the inner one, in single precision."""
        return single(self.inner).init(single(task), single(θ))

    def epoch(self, task: Task, state: State) -> State:
        """One epoch of the inner one; what it finds has the types that it had before."""
        after = single(self.inner).epoch(single(task), single(state))
        return jax.tree.map(_kept, after, state)


def _kept(new: Array, old: Array) -> Array:
    """The new number in the type of the old one; one that has not changed keeps all its digits."""
    if new.dtype == old.dtype:
        return new
    return jnp.where(new == old.astype(new.dtype), old, new.astype(old.dtype))


def single(tree: Any) -> Any:
    """Its 64-bit numbers as 32-bit ones."""

    def cast(leaf: Any) -> Any:
        double = eqx.is_array(leaf) and leaf.dtype == jnp.float64
        return leaf.astype(jnp.float32) if double else leaf

    return jax.tree.map(cast, tree)
