"""The block of labelled data."""

import math
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling
from sobolev.losses.block import Block
from sobolev.losses.labelled.labels import Labels
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.losses.labelled.term import Entry
from sobolev.losses.view import ScalingArrays, View
from sobolev.networks.derivatives import Prediction, predict


class Labelled(Block):
    """The error in values and derivatives where they are known: L_k = Σ_e ½ mean τ r_e².

    `loss` says which terms there are, `labels` holds the scaled numbers; a network is seen between
    its scalings. Labels with noise count in the mean by their trust τ (`Labels`). A `Dataset` given
    to `fit` stands for the block of all its labels.

    ```python
    block = Labelled.of(data, surrogate.scaling, SobolevLoss.of(data, order=1))
    losses = block.losses(View.of(surrogate), block.labels)        # [K]
    ```
    """

    of_labels = True

    loss: SobolevLoss = eqx.field(static=True)
    labels: Labels

    def __init__(self, loss: SobolevLoss, labels: Labels):
        self.names, self.order = loss.names, loss.order
        self.loss, self.labels = loss, labels

    @classmethod
    def of(cls, data: Dataset, scaling: Scaling, loss: SobolevLoss | None = None) -> "Labelled":
        """The terms of these data that `loss` names; default: all."""
        return cls(SobolevLoss.of(data) if loss is None else loss, Labels.of(data, scaling))

    @property
    def term_of(self) -> np.ndarray:
        """To which term each entry belongs."""
        return self.loss.term_of

    @property
    def alike(self) -> np.ndarray:
        """Values, first derivatives, second derivatives."""
        return np.array([term.order for term in self.loss.terms])

    @property
    def count(self) -> int:
        """How many labels there are."""
        kinds = {entry.kind for entry in self.loss.entries}
        real = np.asarray(self.labels.weight) > 0
        known = {k: ~np.isnan(np.asarray(getattr(self.labels.target, k))[real]) for k in kinds}
        return sum(int(known[e.kind][(slice(None), *e.index)].sum()) for e in self.loss.entries)

    def moved(self, change: Callable[[Labels], Labels]) -> "Labelled":
        """The labels changed."""
        return Labelled(self.loss, change(self.labels))

    def places(self, scaling: ScalingArrays | None) -> Float[np.ndarray, "n d"]:
        """Those of the labels, which are scaled."""
        del scaling
        return np.asarray(self.labels.x)

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> Labels:
        """The labels, always the same."""
        del key, view
        return self.labels

    def only(self, keep: np.ndarray) -> "Labelled":
        """These terms alone."""
        return Labelled(self.loss.only(keep), self.labels)

    def raw_residuals(self, view: View, batch: Labels) -> Float[Array, "E n"]:
        """Prediction − label, 0 where a label is absent."""
        kinds = {entry.kind for entry in self.loss.entries}
        prediction = predict(view.scaled, batch.x, kinds, batch.directions, batch.cotangents)
        # Chosen, not multiplied by 0: NaN · 0 is NaN. The gradient of what is not chosen is 0.
        error = self._entries(prediction) - self._entries(batch.target)
        return jnp.where(self.present(batch), error, 0.0)

    def targets(self, batch: Labels) -> Float[Array, "E n"]:
        """The labels."""
        return self._entries(batch.target)

    def present(self, batch: Labels) -> Bool[Array, "E n"]:
        """Which labels are there."""
        return ~jnp.isnan(self._entries(batch.target))

    def trust(self, batch: Labels) -> Float[Array, "E n"] | None:
        """τ of each label."""
        if all(array is None for array in batch.trust):
            return None
        return jnp.stack([_trust(entry, batch) for entry in self.loss.entries])

    def signals(self, batch: Labels) -> Float[Array, " K"]:
        """The energies of the labels whatever their noise: what a weighting is told.

        With the trust in them, 1/E would take back what a declared noise makes a whole term count
        less.
        """
        return self.energies(batch._replace(trust=Prediction(), attention=None))

    def _entries(self, arrays: Prediction) -> Float[Array, "E n"]:
        """Each entry in a row: one gather, since some hundreds of slices compile for minutes."""
        kinds = dict.fromkeys(entry.kind for entry in self.loss.entries)
        found = {kind: getattr(arrays, kind) for kind in kinds}
        shapes = [found[kind].shape for kind in kinds]
        sizes = [math.prod(shape[1:]) for shape in shapes]
        begins = dict(zip(kinds, np.cumsum([0, *sizes[:-1]]), strict=True))
        places = [
            begins[entry.kind] + np.ravel_multi_index(entry.index, found[entry.kind].shape[1:])
            for entry in self.loss.entries
        ]
        parts = [jnp.reshape(array, (array.shape[0], -1)) for array in found.values()]
        flat = parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=1)
        whole = places == list(range(sum(sizes)))
        return (flat if whole else flat[:, np.array(places)]).T

    def labelled(self, batch: Labels) -> Bool[Array, " K"]:
        """Which terms have at least one label."""
        return self.per_term(jnp.sum(self.scales(batch), axis=1)) > 0


def relative_error(losses: Array, energies: Array) -> Array:
    """√(Σ_k L_k / Σ_k E_k): the relative error in the norm that the terms span (H¹ for order 1)."""
    return jnp.sqrt(jnp.sum(losses, axis=-1) / jnp.sum(energies))


def _trust(entry: Entry, labels: Labels) -> Float[Array, " n"]:
    known = getattr(labels.trust, entry.kind)
    return jnp.ones_like(labels.weight) if known is None else entry.of(labels.trust)
