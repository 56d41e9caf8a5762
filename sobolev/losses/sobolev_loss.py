"""The Sobolev norm of the error as a tuple of terms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._errors import ConfigError
from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling
from sobolev.losses.term import Term
from sobolev.networks.derivatives import Prediction, predict


class Labels(NamedTuple):
    """Scaled inputs and labels on the device; NaN = absent. `weight [n]` is 1, or 0 for padding."""

    x: Float[Array, "n d"]
    target: Prediction
    weight: Float[Array, " n"]

    @classmethod
    def of(cls, data: Dataset, scaling: Scaling) -> "Labels":
        """The scaled labels of a data set."""
        scaled = {name: jnp.asarray(array) for name, array in scaling.scaled(data).items()}
        x = scaled.pop("x")
        return cls(x, Prediction(**scaled), jnp.ones(len(x), x.dtype))


@dataclass(frozen=True)
class SobolevLoss:
    """L = Σ_k w_k L_k with L_k = ½ mean r_k², the mean over the labels that are present.

    The weights w_k belong to the `Weighting`; the loss only knows its `terms`. Source: Czarnecki et
    al., Sobolev training for neural networks, NeurIPS 2017, with one term per derivative.

    ```python
    loss = SobolevLoss.of(data, order=1)     # value and each first derivative of each response
    losses = loss.losses(network, labels)    # [K]
    ```
    """

    terms: tuple[Term, ...]

    def __post_init__(self):
        names = [term.name for term in self.terms]
        if not names or len(set(names)) != len(names):
            raise ConfigError(f"a loss needs at least one term, all with different names: {names}.")

    @classmethod
    def of(cls, data: Dataset, order: int | None = None) -> "SobolevLoss":
        """Every term up to `order` for which the data have at least one label.

        `order` None takes what the data have. Raises `ConfigError` when a derivative is asked that
        the data do not have at all.
        """
        orders = {"y": 0, "jacobian": 1, "hessian": 2}
        there = {orders[name]: array for name, array in data.labels().items()}
        order = max(there) if order is None else order
        if order not in (0, 1, 2):
            raise ConfigError(f"the order of a Sobolev loss is 0, 1 or 2: got {order}.")
        if order not in there:
            what = {1: "Jacobian (columns d{y}/d{x})", 2: "Hessian"}[order]
            raise ConfigError(f"order {order} needs a {what}, and the data have none.")
        terms = (
            Term(_name(data, index), index)
            for o in range(order + 1)
            if o in there
            for index in np.ndindex(there[o].shape[1:])
            if list(index[1:]) == sorted(index[1:])  # a Hessian is symmetric: upper half only
            and not np.isnan(there[o][(slice(None), *index)]).all()
        )
        return cls(tuple(terms))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(term.name for term in self.terms)

    @property
    def order(self) -> int:
        """Highest derivative among the terms."""
        return max(term.order for term in self.terms)

    def only(self, keep: Sequence[bool]) -> "SobolevLoss":
        """The loss with the kept terms, the others not even computed."""
        return SobolevLoss(tuple(t for t, k in zip(self.terms, keep, strict=True) if k))

    def residuals(self, network: Callable, labels: Labels) -> Float[Array, "K n"]:
        """Residual vectors r_k/√N_k (N_k labels present), so that L_k = ½ Σ_n r_k²."""
        return self.raw_residuals(network, labels) * self.scales(labels)

    def raw_residuals(self, network: Callable, labels: Labels) -> Float[Array, "K n"]:
        """The residuals r_k themselves, 0 where a label is absent."""
        prediction = predict(network, labels.x, self.order)
        return jnp.stack([term.residual(prediction, labels.target) for term in self.terms])

    def scales(self, labels: Labels) -> Float[Array, "K n"]:
        """1/√N_k, 0 where a label is absent or the row is padding."""
        present = jnp.stack([term.present(labels.target) for term in self.terms])
        weight = jnp.where(present, labels.weight, 0.0)
        return jnp.sqrt(weight / jnp.maximum(jnp.sum(weight, axis=1, keepdims=True), 1.0))

    def losses(self, network: Callable, labels: Labels) -> Float[Array, " K"]:
        """L_k = ½ mean r_k² for each term."""
        return 0.5 * jnp.sum(self.residuals(network, labels) ** 2, axis=1)

    def energies(self, labels: Labels) -> Float[Array, " K"]:
        """½ mean of the squared labels: the loss of a network that predicts zero."""
        zero = jax.tree.map(jnp.zeros_like, labels.target)
        raw = jnp.stack([term.residual(zero, labels.target) for term in self.terms])
        return 0.5 * jnp.sum((raw * self.scales(labels)) ** 2, axis=1)


def relative_error(losses: Array, energies: Array) -> Array:
    """√(Σ_k L_k / Σ_k E_k): the relative error in the norm that the terms span (H¹ for order 1)."""
    return jnp.sqrt(jnp.sum(losses, axis=-1) / jnp.sum(energies))


def _name(data: Dataset, index: tuple[int, ...]) -> str:
    y, x = data.outputs[index[0]], [data.inputs[j] for j in index[1:]]
    if not x:
        return y
    return f"d{y}/d{x[0]}" if len(x) == 1 else f"d2{y}/d{x[0]}d{x[1]}"
