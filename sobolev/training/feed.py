"""Where the labels of the next epochs come from: all at once, or a file part by part."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import jax.numpy as jnp
import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling
from sobolev.losses.equations.as_before import Residual
from sobolev.losses.labelled.labels import Labels
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.losses.loss import Loss
from sobolev.optimisers.optimiser import Optimiser
from sobolev.training.settings.placement import Placement
from sobolev.training.sharding import sharded
from sobolev.training.trained_and_watched import Part, parts_of, pose


@runtime_checkable
class Rows(Protocol):
    """Rows that do not fit in memory, such as `open_rows` gives; parts have all kinds of labels."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def __len__(self) -> int:
        """All rows."""
        ...

    def part(self, index: int, rows: int) -> Dataset:
        """Rows `index·rows` to `(index + 1)·rows`."""
        ...


class Whole:
    """Everything in memory: good for any number of epochs."""

    visits = 1

    def __init__(
        self,
        parts: Sequence[Part],
        scaling: Scaling,
        loss: SobolevLoss | None,
        devices: Sequence | None,
    ):
        posed = pose(parts, scaling, loss)
        self.posed = posed if devices is None else posed.moved(lambda b: sharded(b, devices))

    def check(self, optimiser: Optimiser) -> None:
        """Every optimiser may have all rows."""

    def ahead(self, loss: Loss, epoch: int, most: int) -> tuple[Loss, int]:
        """The loss on the points of the coming epochs, and for how many of them it is good."""
        del epoch
        return loss, most

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Nothing to be read."""
        yield


class Parts:
    """A file, `rows` at a time: an epoch of the optimiser is one part, in an order drawn anew.

    The order of the parts in pass p follows from the seed and p alone, so that a training resumes
    where it was. While one part is trained on, a thread reads the next. A part that is shorter is
    filled up with rows of weight 0, so that nothing is compiled anew. On the first part the history
    is taken.
    """

    def __init__(
        self,
        source: Rows,
        scaling: Scaling,
        loss: SobolevLoss | None,
        rows: int,
        seed: int,
        devices: Sequence | None = None,
    ):
        self.rows = min(rows, len(source))
        self.visits = -(-len(source) // self.rows)
        self._source, self._scaling, self._seed = source, scaling, seed
        self._devices = devices
        self._threads: ThreadPoolExecutor | None = None
        self._next: tuple[int, Future] | None = None
        first = source.part(0, self.rows)
        self.posed = pose((first,), scaling, loss, (self._labels(first),))

    def check(self, optimiser: Optimiser) -> None:
        """Refuse an optimiser of whole sets."""
        whole = [step for step in optimiser.steps() if step.rows_a_step() is None]
        if whole:
            raise ConfigError(
                f"{type(whole[0]).__name__} needs all rows at once, and a file is read in parts: "
                "take Adam or another FirstOrder with a batch_size, or read the whole file."
            )

    def ahead(self, loss: Loss, epoch: int, most: int) -> tuple[Loss, int]:
        """The loss on the labels of the part that comes next, good for one visit."""
        del most
        index = self._index(epoch)
        data = self._read(index)
        if self._threads is not None and self.visits > 1:
            follows = self._index(epoch + 1)
            task = self._threads.submit(self._source.part, follows, self.rows)
            self._next = follows, task
        labels = self._labels(data)
        return loss.moved(lambda _: labels), 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        """With a thread that reads ahead."""
        with ThreadPoolExecutor(1) as self._threads:
            yield
        self._threads = self._next = None

    def _index(self, epoch: int) -> int:
        whole, place = divmod(epoch, self.visits)
        return int(np.random.default_rng([self._seed, whole]).permutation(self.visits)[place])

    def _read(self, index: int) -> Dataset:
        if self._next is not None and self._next[0] == index:
            return self._next[1].result()
        return self._source.part(index, self.rows)

    def _labels(self, data: Dataset) -> Labels:
        missing = self.rows - len(data)
        filled = data.rows(np.r_[np.arange(len(data)), np.zeros(missing, int)])
        weight = jnp.asarray(np.r_[np.ones(len(data)), np.zeros(missing)])
        labels = Labels.of(filled, self._scaling)._replace(weight=weight)
        return labels if self._devices is None else sharded(labels, self._devices)


def feed_of(
    train: Rows | Part | Sequence[Part],
    scaling: Scaling,
    loss: SobolevLoss | None,
    placement: Placement,
    seed: int,
    residuals: Sequence[Residual] = (),
) -> Whole | Parts:
    """What brings the points; raises `ConfigError` and `DataError`."""
    if isinstance(train, Part) or not isinstance(train, Rows):
        return Whole(parts_of(train, residuals), scaling, loss, placement.devices)
    if residuals:
        raise ConfigError(
            "residuals are for data in memory, and a file is read in parts: read the whole file."
        )
    return Parts(train, scaling, loss, placement.part, seed, placement.devices)
