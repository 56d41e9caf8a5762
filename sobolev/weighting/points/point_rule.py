"""Weights of the points inside one term: a protocol beside that of the terms."""

import abc

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree


class PointRule(eqx.Module):
    """What `fit(..., point_weights=...)` takes: weights of points once it has seen them."""

    @abc.abstractmethod
    def at(
        self,
        x: Float[np.ndarray, "n d"],
        inputs: tuple[str, ...],
        among: Float[np.ndarray, "N d"] | None = None,
    ) -> "PointWeighting":
        """The weighting at these scaled points, whose columns have the names `inputs`.

        `among`: the points of all terms; None: these.
        """

    def when_drawn(
        self, rows: int, inputs: tuple[str, ...], among: Float[np.ndarray, "N d"]
    ) -> "PointWeighting | None":
        """The weighting of so many points that are drawn anew; None: it remembers single points."""
        del rows, inputs, among
        return None


class PointWeighting(PointRule):
    """Weights w_n of the points of one term, L = ½ mean_n w_n r_n²; pure, like a `Scheme`.

    The weights are constants for the gradient in θ. They compose with those of the terms by
    multiplication. `fit(..., point_weights=...)` gives each entry of the loss weights of its own.

    ```python
    fit(surrogate, train, point_weights=ResidualAttention(), optimiser=Adam(1e-3, batch_size=None))

    state = attention.init(1000)                       # or in a loss of one's own
    weights, state = attention.update(residuals, jnp.arange(1000), state)
    loss = 0.5 * jnp.mean(weights * residuals**2)
    ```
    """

    def at(
        self,
        x: Float[np.ndarray, "n d"],
        inputs: tuple[str, ...],
        among: Float[np.ndarray, "N d"] | None = None,
    ) -> "PointWeighting":
        """Itself, unless where the points are decides."""
        del x, inputs, among
        return self

    def seeing(self, x: Float[Array, "n d"]) -> "PointWeighting":
        """The weighting of drawn points, scaled: itself, unless where they are decides."""
        del x
        return self

    @abc.abstractmethod
    def init(self, n: int) -> PyTree:
        """The state before the first step, of `n` points."""

    @abc.abstractmethod
    def update(
        self, residuals: Float[Array, " n"], index: Int[Array, " n"], state: PyTree
    ) -> tuple[Float[Array, " n"], PyTree]:
        """`(weights of these points, next state)`.

        `index` tells which of the points these are, each at most once. A batch is filled up with
        rows of an index beyond the last point: they weigh 0 and leave no trace.
        """


def is_real(index: Int[Array, " n"], points: int) -> Bool[Array, " n"]:
    """Which rows are points and do not only fill up the batch."""
    return index < points


def taken(of_points: Array, index: Int[Array, " n"]) -> Array:
    """The entries of these points."""
    return of_points.at[index].get(mode="clip")


def put(of_points: Array, index: Int[Array, " n"], new: Array) -> Array:
    """New entries for these points."""
    return of_points.at[index].set(new, mode="drop")


def mean_of(values: Float[Array, " n"], real: Bool[Array, " n"]) -> Float[Array, ""]:
    """The mean over the rows that are points; 0 when there is none."""
    return jnp.sum(jnp.where(real, values, 0.0)) / jnp.maximum(jnp.sum(real), 1)
