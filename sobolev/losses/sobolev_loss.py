"""The Sobolev norm of the error as a tuple of terms."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from sobolev import naming
from sobolev._base.arguments import one_of
from sobolev._base.errors import ConfigError
from sobolev.data.dataset import Dataset
from sobolev.data.kinds import LABELS, ORDERS
from sobolev.losses.labels import Labels
from sobolev.losses.operator import Operator
from sobolev.losses.term import Entry, Term, grouped
from sobolev.networks.derivatives import Prediction, predict

GROUPS = "by_pair", "by_output", "by_order"


@dataclass(frozen=True)
class SobolevLoss:
    """L = Σ_k w_k L_k with L_k = Σ_e ½ mean r_e², the mean over the labels that are present.

    A term k has one entry e or several; K terms, E entries. The weights w_k belong to the
    `Weighting`; the loss only knows its `terms`, and the `operators` to which the entries of kind
    "operator" belong (`Residual`). Labels with noise count in the mean by their trust
    (`Labels`). Source: Czarnecki et al., Sobolev training for neural networks, NeurIPS 2017, with
    one term per derivative.

    ```python
    loss = SobolevLoss.of(data, order=1)     # value and each first derivative of each response
    loss = SobolevLoss.of(data, group="by_order")
    losses = loss.losses(network, labels)    # [K]
    ```
    """

    terms: tuple[Term, ...]
    operators: tuple[Operator, ...] = ()

    def __post_init__(self):
        names = [term.name for term in self.terms]
        if not names or len(set(names)) != len(names):
            raise ConfigError(f"a loss needs at least one term, all with different names: {names}.")
        repeated = [entry for entry in self.entries if self.entries.count(entry) > 1]
        if repeated:
            raise ConfigError(f"{repeated[0]} occurs twice in the loss: an entry has one weight.")

    @classmethod
    def of(
        cls,
        data: Dataset,
        order: int | None = None,
        group: str = "by_pair",
        kinds: Collection[str] | None = None,
    ) -> "SobolevLoss":
        """Every term up to `order` for which the data have at least one label.

        - `order` None takes what the data have; products along vectors count as the derivative.
        - `group`: "by_pair" gives each value and each derivative of an output by an input its own
          term, "by_output" each output one, "by_order" values, first and second derivatives one.
        - `kinds`: only these kinds of labels, such as ("jacobian",) for gradients without values.

        Raises `ConfigError` when a derivative is asked that the data do not have at all.
        """
        labels = {k: a for k, a in data.labels().items() if kinds is None or k in kinds}
        _check_wanted(labels, order, group, kinds)
        order = 2 if order is None else order
        pairs = [
            (_name(data, entry), entry)
            for kind, array in sorted(labels.items(), key=lambda item: _PLACE[item[0]])
            if ORDERS[kind] <= order
            for entry in _entries(kind, array)
        ]
        names = [_group_name(data, name, entry, group) for name, entry in pairs]
        return cls(grouped([Term(name, (entry,)) for name, entry in pairs], names))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(term.name for term in self.terms)

    @property
    def order(self) -> int:
        """Highest derivative among the terms."""
        return max(*(term.order for term in self.terms), 0, *(o.order for o in self.operators))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of all terms, one term after the other."""
        return tuple(entry for term in self.terms for entry in term.entries)

    @cached_property
    def term_of(self) -> np.ndarray:
        """To which term each entry belongs, `[E]`."""
        return np.repeat(np.arange(len(self.terms)), [len(term.entries) for term in self.terms])

    def only(self, keep: Sequence[bool]) -> "SobolevLoss":
        """The loss with the kept terms, the others not even computed."""
        kept = tuple(t for t, k in zip(self.terms, keep, strict=True) if k)
        return replace(self, terms=kept)

    def residuals(self, network: Callable, labels: Labels) -> Float[Array, "E n"]:
        """Residual vectors r_e √(λτ/N_e), N_e labels present: L_k is ½ the sum of their squares."""
        return self.raw_residuals(network, labels) * self.scales(labels)

    def raw_residuals(self, network: Callable, labels: Labels) -> Float[Array, "E n"]:
        """The residuals r_e themselves, 0 where a label is absent."""
        kinds = {entry.kind for entry in self.entries} - {"operator"}
        prediction = predict(network, labels.x, kinds, labels.directions, labels.cotangents)
        if self.operators:
            values = [operator.rows(network, labels.x) for operator in self.operators]
            prediction = prediction._replace(operator=jnp.concatenate(values, axis=1))
        return jnp.stack([entry.residual(prediction, labels.target) for entry in self.entries])

    def scales(self, labels: Labels) -> Float[Array, "E n"]:
        """√(λτ/N_e), 0 where a label is absent or the row is padding; the trust τ is 1 or less."""
        present = jnp.stack([entry.present(labels.target) for entry in self.entries])
        weight = jnp.where(present, labels.weight, 0.0)
        mean = weight / jnp.maximum(jnp.sum(weight, axis=1, keepdims=True), 1.0)
        if any(array is not None for array in labels.trust):
            mean = mean * jnp.stack([_trust(entry, labels) for entry in self.entries])
        return jnp.sqrt(mean if labels.attention is None else mean * labels.attention.T)

    def losses(self, network: Callable, labels: Labels) -> Float[Array, " K"]:
        """L_k = ½ mean r² for each term."""
        return 0.5 * self.per_term(jnp.sum(self.residuals(network, labels) ** 2, axis=1))

    def per_term(self, of_entries: Float[Array, "E ..."]) -> Float[Array, "K ..."]:
        """Sums over the entries of each term."""
        if len(self.entries) == len(self.terms):
            return of_entries
        return jax.ops.segment_sum(of_entries, jnp.asarray(self.term_of), len(self.terms))

    def energies(self, labels: Labels) -> Float[Array, " K"]:
        """½ mean of the squared labels: the loss of a network that predicts zero."""
        zero = jax.tree.map(jnp.zeros_like, labels.target)
        raw = jnp.stack([entry.residual(zero, labels.target) for entry in self.entries])
        return 0.5 * self.per_term(jnp.sum((raw * self.scales(labels)) ** 2, axis=1))

    def signals(self, labels: Labels) -> Float[Array, " K"]:
        """The energies of the labels whatever their noise: what a weighting is told.

        With the trust in them, 1/E would take back what a declared noise makes a whole term count
        less.
        """
        return self.energies(labels._replace(trust=Prediction(), attention=None))

    def labelled(self, labels: Labels) -> Bool[Array, " K"]:
        """Which terms have at least one label."""
        return self.per_term(jnp.sum(self.scales(labels), axis=1)) > 0


def relative_error(losses: Array, energies: Array) -> Array:
    """√(Σ_k L_k / Σ_k E_k): the relative error in the norm that the terms span (H¹ for order 1)."""
    return jnp.sqrt(jnp.sum(losses, axis=-1) / jnp.sum(energies))


_PLACE = {kind: (ORDERS[kind], number) for number, kind in enumerate(LABELS)}


def _check_wanted(labels: dict, order: int | None, group: str, kinds) -> None:
    one_of("group", group, GROUPS)
    absent = sorted(set(kinds or ()) - set(labels))
    if absent:
        raise ConfigError(f"kinds names '{absent[0]}', of which the data have no labels.")
    if order is None:
        return
    if order not in (0, 1, 2):
        raise ConfigError(f"the order of a Sobolev loss is 0, 1 or 2: got {order}.")
    if order not in {ORDERS[kind] for kind in labels}:
        what = {0: "value", 1: "Jacobian (columns d{y}/d{x})", 2: "Hessian"}[order]
        raise ConfigError(f"order {order} needs a {what}, and the data have none.")


def _entries(kind: str, labels: np.ndarray) -> Iterator[Entry]:
    """The entries with at least one label; of a symmetric Hessian the upper half."""
    there = np.asarray(~np.isnan(labels).all(axis=0))
    if kind == "hessian":
        there = np.triu(there | there.swapaxes(1, 2))
    return (Entry(kind, tuple(map(int, index))) for index in np.argwhere(there))


def _trust(entry: Entry, labels: Labels) -> Float[Array, " n"]:
    given = getattr(labels.trust, entry.kind)
    return jnp.ones_like(labels.weight) if given is None else entry.of(labels.trust)


def _name(data: Dataset, entry: Entry) -> str:
    """What belongs to one output and one input has a term of its own; products go by output."""
    if entry.kind == "vjp":
        return naming.ADJOINT
    if entry.kind in ("jvp", "hvp"):
        return naming.product_name(data.outputs[entry.index[0]], entry.order)
    return naming.entry_name(entry.index, data.outputs, data.inputs)


def _group_name(data: Dataset, name: str, entry: Entry, group: str) -> str:
    if group == "by_order":
        return ("value", "first derivatives", "second derivatives")[entry.order]
    if group == "by_output":
        return name if entry.kind == "vjp" else data.outputs[entry.index[0]]
    return name
