"""What a training is about: blocks to train on, blocks to watch, and the data among them."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sobolev._base.errors import ConfigError, DataError
from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling
from sobolev.losses.batch import Batch
from sobolev.losses.block import Block
from sobolev.losses.equations.as_before import Residual
from sobolev.losses.labelled.group import Group
from sobolev.losses.labelled.labelled import Labelled
from sobolev.losses.labelled.labels import Labels
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.losses.loss import Loss

Part = Dataset | Group | Block


class Posed(NamedTuple):
    """`loss` is trained on; of `watched`, block by block the same points, the history is taken.

    `trained` names for each watched term the one of the loss that it belongs to, "" if none. `data`
    are the data sets among the parts, `slopes` those terms of the loss that are their derivatives.
    """

    loss: Loss
    watched: Loss
    trained: tuple[str, ...]
    data: tuple[Dataset, ...]
    slopes: frozenset[str]

    def moved(self, change: Callable[[Batch], Batch]) -> "Posed":
        """With points that stay changed, such as divided over devices."""
        return self._replace(loss=self.loss.moved(change), watched=self.watched.moved(change))

    def places(self, loss: Loss) -> np.ndarray:
        """Where each watched term stands among those of (what is left of) the loss; −1: nowhere."""
        place = {name: k for k, name in enumerate(loss.names)}
        return np.array([place.get(name, -1) for name in self.trained])


def pose(
    parts: Sequence[Part],
    scaling: Scaling,
    loss: SobolevLoss | None,
    given: Sequence[Labels] = (),
) -> Posed:
    """A data set stands for the block of its labels: all are watched, those of `loss` trained on.

    `given` are the scaled labels of the data sets where they are already there. Raises
    `ConfigError`.
    """
    data = tuple(data_of(parts))
    if loss is not None and not data:
        raise ConfigError(
            "loss chooses among the labels of a data set, and there is none: leave it out."
        )
    labels = iter(given or [Labels.of(each, scaling) for each in data])
    trained, watched, names, slopes = [], [], [], set()
    for part in parts:
        if isinstance(part, Block):
            trained.append(part)
            watched.append(part)
            names += part.names
            continue
        every = SobolevLoss.of(part.data if isinstance(part, Group) else part)
        chosen = every if loss is None else loss
        if isinstance(part, Group):
            chosen, every = (_of_group(part, each, every) for each in (chosen, every))
        _check_terms(chosen, every)
        term = {entry: term.name for term in chosen.terms for entry in term.entries}
        names += [term.get(own.entries[0], "") for own in every.terms]
        watched.append(Labelled(every, next(labels)))
        trained.append(Labelled(chosen, watched[-1].labels))
        slopes |= {term.name for term in chosen.terms if term.order > 0}
    losses = Loss(tuple(trained)), Loss(tuple(watched))
    return Posed(*losses, tuple(names), data, frozenset(slopes))


def parts_of(train: Part | Sequence[Part], residuals: Sequence[Residual]) -> tuple[Part, ...]:
    """The data sets and blocks one after the other; `DataError` for anything else."""
    parts = tuple(train) if isinstance(train, Sequence) else (train,)
    strange = [part for part in parts if not isinstance(part, Part)]
    if strange or not parts:
        what = "empty" if not parts else "missing (None)" if strange[0] is None else ""
        raise DataError(
            f"train is {what or f'of type {type(strange[0]).__name__}'}: give a Dataset, a block "
            "such as Equation(...), a sequence of them, or rows by open_rows(path)."
        )
    if not residuals:
        return parts
    warnings.warn(
        "residuals=... is deprecated: give the equations beside the data, "
        "fit(surrogate, [data, Equation(...)]).",
        DeprecationWarning,
        stacklevel=4,
    )
    x = next((part.x for part in parts if isinstance(part, Dataset)), None)
    return parts + tuple(residual.equation(x) for residual in residuals)


def data_of(train: object) -> Iterator[Dataset]:
    """The data sets in what is trained on, those of groups too."""
    for part in train if isinstance(train, list | tuple) else [train]:
        if isinstance(part, Dataset | Group):
            yield part.data if isinstance(part, Group) else part


def _of_group(group: Group, loss: SobolevLoss, every: SobolevLoss) -> SobolevLoss:
    """The terms of which a group has labels, under names of their own."""
    there = set(every.entries)
    terms = [term for term in loss.terms if there.issuperset(term.entries)]
    if not terms:
        raise ConfigError(
            f"the group '{group.name}' has no labels of any term of the loss: choose among "
            f"{', '.join(every.names)}."
        )
    return SobolevLoss(tuple(replace(term, name=group.called(term.name)) for term in terms))


def _check_terms(chosen: SobolevLoss, every: SobolevLoss) -> None:
    there = set(every.entries)
    absent = [term.name for term in chosen.terms if not there.issuperset(term.entries)]
    if absent:
        raise ConfigError(
            f"the loss has the term {absent[0]}, for which the training data have no label: leave "
            f"it out, or choose among {', '.join(every.names)}."
        )
