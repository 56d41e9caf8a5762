"""The block of derivatives that are known whole and looked at along random directions."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import shown, whole
from sobolev._base.errors import ConfigError, DataError
from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling
from sobolev.losses.block import Block
from sobolev.losses.directions import Directions
from sobolev.losses.labelled.labelled import Labelled
from sobolev.losses.labelled.labels import Labels
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.losses.view import ScalingArrays, View
from sobolev.networks.derivatives import Prediction


class Directional(Block):
    """Values, and Jacobians and Hessians along random directions: J v and H v, v anew in each step.

    A mismatch of Jacobians is linear in what is trained, so that E |(J_θ − J) v|² = ‖J_θ − J‖² for
    E vvᵀ = 1: one direction a row is enough for a loss that is right in the mean over draws, and a
    sum of squares besides, where an equation needs two (`Estimated`). A step costs as much as
    values along B directions, whatever the number of inputs. The same holds for Hessians, whose
    mixed derivatives count twice, as in ‖H‖.

    Each row has directions of its own, in scaled inputs. Of a row in which an input is unknown to
    an output this input is left out for all outputs. Labels with noise count by the noise along the
    direction.

    **Arguments:** `labels` scaled, of values, Jacobians and Hessians; `directions`; `loss` with
    entries of jvp and hvp; `every`: after how many steps directions are drawn anew. `of(data,
    scaling, directions)` makes it, `group` as in `SobolevLoss.of`. Raises `ConfigError`,
    `DataError`. Source: Czarnecki et al., Sobolev training for neural networks, NeurIPS 2017,
    section 3 (of projections).

    ```python
    slopes = Directional.of(data, surrogate.scaling, RandomDirections(8))
    fit(surrogate, slopes, optimiser=Adam(1e-3, None))
    ```
    """

    of_labels = True

    loss: SobolevLoss = eqx.field(static=True)
    labels: Labels
    directions: Directions
    drawn_after: int = eqx.field(static=True)

    def __init__(self, labels: Labels, directions: Directions, loss: SobolevLoss, every: int = 1):
        self.names, self.order = loss.names, loss.order
        self.labels, self.directions, self.loss = labels, directions, loss
        self.drawn_after = whole("the steps after which directions are drawn anew", every, 1)

    @classmethod
    def of(
        cls,
        data: Dataset,
        scaling: Scaling,
        directions: Directions,
        group: str = "by_pair",
        every: int = 1,
    ) -> "Directional":
        """The block of a data set with Jacobians, Hessians or both."""
        _check(data, directions)
        loss = SobolevLoss.of(_as_products(data, directions.count), group=group)
        return cls(Labels.of(data, scaling), directions, loss, every)

    @property
    def every(self) -> int:
        """After how many steps directions are drawn anew."""
        return self.drawn_after

    @property
    def term_of(self) -> np.ndarray:
        """To which term each entry belongs."""
        return self.loss.term_of

    @property
    def alike(self) -> np.ndarray:
        """Values, first derivatives, second derivatives."""
        return np.array([term.order for term in self.loss.terms])

    @property
    def rows(self) -> int:
        """As many as labels."""
        return len(self.labels.weight)

    def moved(self, change: Callable[[Labels], Labels]) -> "Directional":
        """The labels changed."""
        return eqx.tree_at(lambda b: b.labels, self, change(self.labels))

    def places(self, scaling: ScalingArrays | None) -> Float[np.ndarray, "n d"]:
        """Those of the labels, which are scaled."""
        del scaling
        return np.asarray(self.labels.x)

    def only(self, keep: np.ndarray) -> "Directional":
        """These terms alone."""
        return Directional(self.labels, self.directions, self.loss.only(keep), self.drawn_after)

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> Labels:
        """The labels along fresh directions, of length such that Σ_b |J v_b|² is ‖J‖² on average.

        By a key for each row: as many rows more, or on other devices, and they stay the same.
        """
        del view
        assert key is not None  # whoever trains has one
        labels = self.labels
        n, d = labels.x.shape
        keys = jax.vmap(lambda row: jax.random.fold_in(key, row))(jnp.arange(n))
        v = jax.vmap(lambda own: self.directions.drawn(own, d, labels.x.dtype))(keys)
        v = v * self._known()[:, None] / self.directions.count**0.5
        J, H = labels.target.jacobian, labels.target.hessian
        found = {
            "jvp": None if J is None else _product("nqd,nkd->nqk", J, v),
            "hvp": None if H is None else _product("nqij,nkj->nqki", H, v),
        }
        target, trust = Prediction(y=labels.target.y, **found), self._trust(v)
        return labels._replace(target=target, directions=v, trust=trust)

    def raw_residuals(self, view: View, batch: Labels) -> Float[Array, "E n"]:
        """Prediction − label, 0 where a label is absent."""
        return self._labelled.raw_residuals(view, batch)

    def targets(self, batch: Labels) -> Float[Array, "E n"]:
        """The labels."""
        return self._labelled.targets(batch)

    def trust(self, batch: Labels) -> Float[Array, "E n"] | None:
        """τ of each label."""
        return self._labelled.trust(batch)

    def signals(self, batch: Labels) -> Float[Array, " K"]:
        """The energies of the labels whatever their noise."""
        return self._labelled.signals(batch)

    @property
    def _labelled(self) -> Labelled:
        return Labelled(self.loss, self.labels)

    def _known(self) -> Float[Array, "n d"]:
        """1, or 0 for an input of which a derivative is absent in a row that has some others."""
        known = jnp.ones_like(self.labels.x)
        for array in (self.labels.target.jacobian, self.labels.target.hessian):
            if array is not None:
                there = ~jnp.isnan(array).reshape(*array.shape[:2], -1, known.shape[1])
                none = ~there.any(axis=(2, 3), keepdims=True)
                known = known * (there | none).all(axis=(1, 2))
        return known

    def _trust(self, v: Float[Array, "n k d"]) -> Prediction:
        """τ of the noise along each direction, σ² = Σ_j v_j² σ_j² / |v|²."""
        trust = self.labels.trust
        share = v**2 / jnp.maximum(jnp.sum(v**2, axis=2, keepdims=True), 1e-300)

        def along(how: str, τ: Array | None) -> Array | None:
            if τ is None:
                return None
            return 1 / (1 + jnp.einsum(how, 1 / τ - 1, share))

        return Prediction(
            y=trust.y,
            jvp=along("nqd,nkd->nqk", trust.jacobian),
            hvp=along("nqij,nkj->nqki", trust.hessian),
        )


def _product(how: str, array: Float[Array, "n q ..."], v: Float[Array, "n k d"]) -> Array:
    """Along directions that are 0 where something is absent; NaN where all is."""
    found = jnp.einsum(how, jnp.nan_to_num(array), v)
    none = jnp.isnan(array).all(axis=tuple(range(2, array.ndim)))
    return jnp.where(none.reshape(*none.shape, *[1] * (found.ndim - 2)), jnp.nan, found)


def _check(data: Dataset, directions: Directions) -> None:
    if not isinstance(data, Dataset):
        raise DataError(f"Directional takes a Dataset: got {type(data).__name__}.")
    if not isinstance(directions, Directions):
        raise ConfigError(
            "directions are drawn by RandomDirections(8) or RandomDimensions(8): got "
            f"{shown(directions)}."
        )
    if data.vectors():
        raise DataError(
            f"the data have products along {', '.join(data.vectors())} of their own: give those as "
            "a data set beside, and Jacobians and Hessians alone to Directional."
        )
    if data.jacobian is None and data.hessian is None:
        raise DataError(
            "the data have no Jacobian and no Hessian to be looked at along directions: generate "
            "them with order=1, or give the data set itself."
        )
    directions.check(len(data.inputs), "the data set")


def _as_products(data: Dataset, count: int) -> Dataset:
    """One row that has what any row of the data has, as products: which terms there are."""
    q, d = len(data.outputs), len(data.inputs)
    shapes = {"y": (q,), "jacobian": (q, count), "hessian": (q, count, d)}
    found = {}
    for kind, labels in data.labels().items():
        none = np.isnan(labels).all(axis=tuple(a for a in range(labels.ndim) if a != 1))
        shape = shapes[kind]
        each = np.where(none, np.nan, 0.0).reshape(1, q, *[1] * (len(shape) - 1))
        found[{"jacobian": "jvp", "hessian": "hvp"}.get(kind, kind)] = np.broadcast_to(
            each, (1, *shape)
        )
    directions = np.ones((1, count, d))
    return Dataset(
        data.x[:1], **found, directions=directions, inputs=data.inputs, outputs=data.outputs
    )
