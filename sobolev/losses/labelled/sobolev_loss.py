"""Which values and derivatives a loss measures, and which of them get one weight."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sobolev import derivative_names
from sobolev._base.arguments import one_of
from sobolev._base.errors import ConfigError
from sobolev.data.dataset import Dataset
from sobolev.data.kinds import LABELS, ORDERS
from sobolev.losses.labelled.term import Entry, Term, grouped

GROUPS = "by_pair", "by_output", "by_order"


@dataclass(frozen=True)
class SobolevLoss:
    """L = Σ_k w_k L_k with L_k = Σ_e ½ mean r_e², the mean over the labels that are present.

    A term k has one entry e or several; K terms, E entries. The weights w_k belong to the
    `Scheme`; this only knows its `terms`, the numbers are in the block (`Labelled`). Source:
    Czarnecki et al., Sobolev training for neural networks, NeurIPS 2017, with one term per
    derivative.

    ```python
    loss = SobolevLoss.of(data, order=1)     # value and each first derivative of each response
    loss = SobolevLoss.of(data, group="by_order")
    fit(surrogate, data, loss=loss)
    ```
    """

    terms: tuple[Term, ...]

    def __post_init__(self):
        names = [term.name for term in self.terms]
        if not names or len(set(names)) != len(names):
            raise ConfigError(f"a loss needs at least one term, all with different names: {names}.")
        often = Counter(self.entries).most_common(1)  # some thousands, of Hessians
        if often[0][1] > 1:
            raise ConfigError(f"{often[0][0]} occurs twice in the loss: an entry has one weight.")

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
        return max(term.order for term in self.terms)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of all terms, one term after the other."""
        return tuple(entry for term in self.terms for entry in term.entries)

    @cached_property
    def term_of(self) -> np.ndarray:
        """To which term each entry belongs, `[E]`."""
        return np.repeat(np.arange(len(self.terms)), [len(term.entries) for term in self.terms])

    def only(self, keep: Sequence[bool] | np.ndarray) -> "SobolevLoss":
        """The loss with the kept terms, the others not even computed."""
        kept = tuple(t for t, k in zip(self.terms, keep, strict=True) if k)
        return replace(self, terms=kept)


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


def _name(data: Dataset, entry: Entry) -> str:
    """What belongs to one output and one input has a term of its own; products go by output."""
    if entry.kind == "vjp":
        return derivative_names.ADJOINT
    if entry.kind in ("jvp", "hvp"):
        return derivative_names.product_name(data.outputs[entry.index[0]], entry.order)
    return derivative_names.entry_name(entry.index, data.outputs, data.inputs)


def _group_name(data: Dataset, name: str, entry: Entry, group: str) -> str:
    if group == "by_order":
        return ("value", "first derivatives", "second derivatives")[entry.order]
    if group == "by_output":
        return name if entry.kind == "vjp" else data.outputs[entry.index[0]]
    return name
