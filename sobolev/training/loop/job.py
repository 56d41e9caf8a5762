"""What stays the same during a training, and by what it is recognised."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from sobolev._base.errors import ConfigError
from sobolev.optimisers.optimiser import Optimiser, Task
from sobolev.training.feed import Parts, Whole
from sobolev.training.loop.epochs import Watched, shapes
from sobolev.training.loop.fingerprint import digest, versions
from sobolev.training.loop.judged import judged
from sobolev.training.recording.record import Record
from sobolev.training.settings.stop import Stop


@dataclass(frozen=True)
class Job:
    """What is trained on what, by whom, recorded at the epochs of the `plan`, and until when.

    The key of the task has an axis over the members when it is the job of a team.
    """

    task: Task
    feed: Whole | Parts
    optimiser: Optimiser
    watched: Watched
    plan: np.ndarray
    stop: Stop

    @property
    def epochs(self) -> int:
        """After how many it is finished."""
        return int(self.plan[-1])

    def judge(self, record: Record, first: Record) -> float:
        """What a record is chosen by, see `judged`; NaN where the optimiser chooses itself."""
        chooses = self.watched.valid is None and any(s.weighs for s in self.optimiser.steps())
        return float("nan") if chooses else judged(record, first)

    @property
    def place(self) -> np.ndarray:
        """Where each recorded term stands among those of the loss; −1: not trained on."""
        return self.feed.posed.places(self.task.loss)

    def of_team(self, seeds: Sequence[int]) -> "Job":
        """The same for a team with these seeds, whose rows are in memory. Raises `ConfigError`."""
        if self.feed.visits > 1:
            raise ConfigError(
                "members that are trained together have all rows in memory, and a file is read in "
                "parts: read the whole file, or train them one by one."
            )
        keys = jax.vmap(jax.random.key)(jnp.asarray(list(seeds)))
        return replace(self, task=replace(self.task, key=keys))

    def shapes(self) -> PyTree:
        """Those of the state, for one training."""
        return shapes(self.task, self.optimiser)

    def fingerprint(self) -> dict[str, object]:
        """What must be the same for a checkpoint to belong to this training."""
        task, watched = self.task, self.watched
        numbers, terms = eqx.partition((task.loss, watched.train), eqx.is_array)
        return {
            "training data": digest(jax.tree.leaves(numbers)),
            "validation data": digest(watched.valid),
            "loss": digest(terms),
            "network": digest(task.network),
            "weighting": digest((task.weighting, task.points) if task.points else task.weighting),
            "optimiser": digest(self.optimiser),
            "epochs": self.epochs,
            "parts": self.feed.visits,
            "records": digest(self.plan),
            "patience": self.stop.patience,
            "seconds": self.stop.seconds,
            "CPU seconds": self.stop.cpu_seconds,
            "seed": digest(task.key),
            **versions(),
        }
