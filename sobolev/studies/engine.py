"""The engine of every study: cells × learning rates × initialisations, kept as they are done.

A preset says which cells there are, what comes next in each, and how one training is made; the
engine does them in processes and keeps every training in a ledger, under a digest of all that
decides its numbers. So a study goes on after a kill, one with more initialisations adds to what is
there, and no setting, no scheme and no row of data can change without the training being done anew.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sobolev._base import provenance
from sobolev._base.errors import OutputError, SobolevError
from sobolev.studies.cells import LEDGER, Cell, Kept, Run, Training
from sobolev.training.loop.fingerprint import digest
from sobolev.work.executor import Died, Executor
from sobolev.work.ledger import Ledger
from sobolev.work.progress import Tell

FILE = "study.ledger"
Job = tuple[Cell, ...]
Found = dict[Cell, list[Run]]
_DECIDES = "sobolev", "jax", "jaxlib"  # other versions, other numbers


class Preset(ABC):
    """A kind of study; it is sent to every process once.

    `word`: what a job is called in progress.
    """

    word: str = "jobs"

    @abstractmethod
    def jobs(self) -> list[Job]:
        """Cells that are done together, in this order, in one process: they share compiled code."""

    def needs(self, job: Job) -> Sequence[Cell]:
        """Cells of other jobs that have to be done before."""
        return ()

    @abstractmethod
    def identity(self, cell: Cell) -> Any:
        """Everything that decides the numbers of the cell but the training itself: data, network,
        weighting, optimiser, loss."""

    @abstractmethod
    def following(self, cell: Cell, done: Sequence[Run], found: Found) -> Training | None:
        """The next training of a cell, None when all are done.

        `done` are those of the cell, `found` those of the cells before it in its job and of
        those it needs.
        """

    @abstractmethod
    def train(self, cell: Cell, training: Training, found: Found) -> Run:
        """Do it."""

    def begin(self, cell: Cell, training: Training, found: Found) -> None:  # noqa: B027
        """What comes before the first training of a cell in this process."""

    def finish(self, job: Job) -> None:  # noqa: B027
        """What comes after the last one of a job."""


def run(preset: Preset, folder: Path, where: Executor, tell: Tell) -> Found:
    """All trainings of all cells, those that are kept in `folder` and those that are missing.

    Raises `OutputError`, `CorruptFile` for an altered ledger, and `SobolevError` when a process
    died; what was finished is kept.
    """
    jobs = preset.jobs()
    keys = {cell: _key(preset, cell) for job in jobs for cell in job}
    with Ledger(folder / FILE, LEDGER, {}, provenance.versions(*_DECIDES)) as ledger:
        found = {cell: _kept(ledger.found, key) for cell, key in keys.items()}
        plan = _Plan(preset, jobs, found)
        tell(preset.word, plan.done, len(jobs))
        try:
            with closing(where.run(_worked, preset, plan.queue)) as finished:
                for (job, _), runs in finished:
                    if isinstance(runs, Died):
                        raise SobolevError(_KILLED)
                    for cell, result in runs:
                        place = keys[cell], result.training
                        if place not in ledger.found:  # two cells may be the same by what they are
                            ledger.add(place, result)
                        found[cell].append(result)
                    plan.finished(job)
                    tell(preset.word, plan.done, len(jobs))
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_INTERRUPTED) from None
    return found


def made(folder: Path) -> Path:
    """The folder of a study, made when it is not there. Raises `OutputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the folder {folder}: {error.strerror}. Choose another one."
        ) from error
    return folder


class _Plan:
    """Which jobs are done, which may begin (`queue`), and which wait for others."""

    def __init__(self, preset: Preset, jobs: list[Job], found: Found):
        self.preset, self.found = preset, found
        self.queue: deque[tuple[Job, Found]] = deque()
        self.waiting, self.done = list(jobs), 0
        self._complete: set[Cell] = set()
        self._look()

    def finished(self, job: Job) -> None:
        """A job is done: others may begin."""
        self._complete |= set(job)
        self.done += 1
        self._look()

    def _look(self) -> None:
        """Move on what waits, as often as something that is kept completes what others need."""
        moved = True
        while moved:
            moved = False
            for job in list(self.waiting):
                needs = self.preset.needs(job)
                if not self._complete.issuperset(needs):
                    continue
                self.waiting.remove(job)
                here = {cell: list(self.found[cell]) for cell in (*needs, *job)}
                if _next(self.preset, job, here) is None:
                    self._complete |= set(job)
                    self.done += 1
                    moved = True
                else:
                    self.queue.append((job, here))


def _next(preset: Preset, job: Job, found: Found) -> tuple[Cell, Training] | None:
    """The first training of the job that is missing."""
    for cell in job:
        training = preset.following(cell, found[cell], found)
        if training is not None:
            return cell, training
    return None


def _worked(preset: Preset, task: tuple[Job, Found]) -> list[tuple[Cell, Run]]:
    """What a process does: the trainings of a job that are missing, one after the other."""
    (job, found), new = task, []
    begun: set[Cell] = set()
    while (missing := _next(preset, job, found)) is not None:
        cell, training = missing
        if cell not in begun:
            preset.begin(cell, training, found)
            begun.add(cell)
        result = preset.train(cell, training, found)
        found[cell].append(result)
        new.append((cell, result))
    preset.finish(job)
    return new


def _kept(kept: Mapping[Kept, Run], key: str) -> list[Run]:
    return [run for (cell, _), run in kept.items() if cell == key]


def _key(preset: Preset, cell: Cell) -> str:
    return digest((provenance.versions(*_DECIDES), preset.identity(cell)))


_KILLED = (
    "a worker process of the study was killed (out of memory?): finished trainings are kept, call "
    "again with fewer workers to go on."
)
_INTERRUPTED = "finished trainings are kept: the same command goes on from there."
