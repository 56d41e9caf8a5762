"""Checkpoints: a training that was killed goes on where it was, to the same bits."""

import contextlib
import os
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from sobolev._base.atomic import sweep
from sobolev._base.checksummed import read_archive, write_archive
from sobolev._base.errors import CorruptFile, DataError, OutputError, Remedy
from sobolev._base.locked import lock_beside
from sobolev.training.loop.course import Course, Kept, Track
from sobolev.training.outcome import Ending, Outcome
from sobolev.training.recording.record import NAMES, Record
from sobolev.training.settings.checkpoint import Checkpoint

# 2: the history knows the angles between the gradients. 3: how it ended is an outcome; the classes
# of the job have moved, so that its digests are others. 4: the history knows the loss at fresh
# points.
FORMAT = 4

_ANEW = Remedy(
    "Name another file, or delete this one to start anew.",
    option="Give --restart to start anew.",
)


class CheckpointFile:
    """A file that holds the whole `Course` of one training; a context, with a lock on the file.

    **Arguments:** `kept_in`, where and how often, None for no checkpoint at all; `job`, names and
    digests of what decides the numbers: a checkpoint of another job is refused. Raises
    `OutputError`, `DataError`, `CorruptFile`.
    """

    def __init__(self, kept_in: Checkpoint | None, job: Mapping[str, object]):
        self.path = None if kept_in is None else Path(kept_in.path)
        self.saved = -1
        self._every, self._job = 0.0 if kept_in is None else kept_in.every, dict(job)
        self._due = 0.0
        self._lock: BinaryIO | None = None

    def __enter__(self) -> "CheckpointFile":
        if self.path is not None:
            self._lock = lock_beside(self.path, "checkpoint")
            sweep(os.path.realpath(self.path))
        return self

    def __exit__(self, *_) -> None:
        if self._lock is not None:
            with contextlib.suppress(OSError):
                Path(self._lock.name).unlink()
            self._lock.close()

    def read(self, shapes: PyTree) -> Course | None:
        """The course that was saved, None when there is none yet; `shapes` are those of a state."""
        if self.path is None or not self.path.exists():
            return None
        header, arrays = read_archive(self.path, "checkpoint", FORMAT)
        if int(header["version"]) < FORMAT:
            raise DataError(
                f"{self.path} is a checkpoint of an earlier sobolev (format {header['version']}, "
                f"this one reads {FORMAT}): continue it with that one.",
                _ANEW,
            )
        self._check_job(header)
        try:
            course = _course(header, arrays, shapes)
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptFile(
                f"{self.path} does not hold a whole checkpoint ({error}): delete it to start anew."
            ) from error
        self.saved = course.epoch
        return course

    def save(self, course: Course) -> None:
        """Keep everything; when this returns, it survives a kill and a power cut."""
        if self.path is None:
            return
        began = time.monotonic()
        header, arrays = _parts(course)
        write_archive(self.path, "checkpoint", FORMAT, {**header, "job": self._job}, arrays)
        self.saved = course.epoch
        now = time.monotonic()
        # Saving takes a tenth of the time at most, unless every record is asked for.
        self._due = now + (self._every and max(self._every, 10 * (now - began)))

    def save_if_due(self, course: Course) -> None:
        """As `try_save`, now and then."""
        if self.path is not None and time.monotonic() >= self._due:
            self.try_save(course)

    def try_save(self, course: Course) -> None:
        """As `save`, but a full disk is a warning: what is in memory is worth more than the file.

        What was saved before is then still there.
        """
        try:
            self.save(course)
        except OutputError as error:
            self._due = time.monotonic() + max(self._every, 1.0)
            warnings.warn(
                f"{error} The training goes on; the file holds epoch {self.saved}.",
                RuntimeWarning,
                stacklevel=4,
            )

    def _check_job(self, header: Mapping) -> None:
        theirs = header.get("job")
        theirs = theirs if isinstance(theirs, dict) else {}
        different = [name for name in self._job if theirs.get(name) != self._job[name]]
        if different:
            said = ", ".join(map(lambda n: _difference(n, theirs.get(n), self._job[n]), different))
            raise DataError(
                f"{self.path} is the checkpoint of another training: {said}.",
                _ANEW,
            )


def _difference(name: str, there, here) -> str:
    short = all(isinstance(v, int | float | str | None) and len(str(v)) < 30 for v in (there, here))
    return f"{name} is {there} there and {here} here" if short else f"the {name} differs"


def _parts(course: Course) -> tuple[dict, dict[str, np.ndarray]]:
    """Header and arrays of an archive, every number among the arrays, to the bit."""
    arrays = {f"state{name}": _stored(leaf) for name, leaf in _named(course.state)}
    (track,) = course.tracks
    arrays |= {
        f"record/{name}": np.stack([getattr(record, name) for record in track.records])
        for name in NAMES
    }
    for name, kept in (("best", track.best), ("finite", track.finite)):
        if kept is not None:
            arrays |= {
                f"{name}/{part}": np.asarray(value) for part, value in kept._asdict().items()
            }
    arrays["clock"] = np.array([course.seconds, course.cpu_seconds])
    ending = track.ending
    told = {} if ending is None else {"outcome": ending.outcome.name, "numbers": ending.numbers}
    return {"result": "" if ending is None else str(ending), **told}, arrays


def _course(header: Mapping, arrays: Mapping[str, np.ndarray], shapes: PyTree) -> Course:
    named = {f"state{name}": like for name, like in _named(shapes)}
    if named.keys() != {name for name in arrays if name.startswith("state")}:
        raise ValueError("its arrays are not those of this training")
    restored = iter([_restored(arrays[name], like) for name, like in named.items()])
    state = jax.tree.map(lambda like: next(restored) if hasattr(like, "dtype") else like, shapes)
    columns = {name: arrays[f"record/{name}"] for name in NAMES}
    records = [
        Record(**{name: np.asarray(column[t]) for name, column in columns.items()})
        for t in range(len(columns["epoch"]))
    ]
    kept = {
        name: Kept(
            arrays[f"{name}/θ"], int(arrays[f"{name}/epoch"]), float(arrays[f"{name}/error"])
        )
        for name in ("best", "finite")
        if f"{name}/θ" in arrays
    }
    seconds, cpu_seconds = map(float, arrays["clock"])
    ending = Ending(Outcome[header["outcome"]], header["numbers"]) if header["result"] else None
    return Course(state, [Track(records, ending=ending, **kept)], seconds, cpu_seconds)


def _named(tree: PyTree) -> list[tuple[str, Any]]:
    """The arrays of a tree, each with the way that leads to it."""
    leaves = jax.tree.leaves_with_path(tree)
    return [(jax.tree_util.keystr(way), leaf) for way, leaf in leaves if hasattr(leaf, "dtype")]


def _stored(leaf) -> np.ndarray:
    """A leaf as an array of a type that every NumPy reads; its bits as they are."""
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    array = np.asarray(leaf)
    return array if array.dtype.kind in "fiubc" else array.view(f"u{array.dtype.itemsize}")


def _restored(array: np.ndarray, like) -> jax.Array:
    if jnp.issubdtype(like.dtype, jax.dtypes.prng_key):
        leaf = jax.random.wrap_key_data(jnp.asarray(array))
    else:
        leaf = jnp.asarray(array.view(like.dtype))
    if (leaf.shape, leaf.dtype) != (like.shape, like.dtype):
        raise ValueError(f"an array is {leaf.dtype}{leaf.shape} instead of {like}")
    return leaf
