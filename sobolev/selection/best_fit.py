"""The best training there is without the user's help, on all rows."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from sobolev._base.arguments import whole
from sobolev._base.errors import DataError
from sobolev._base.precision import require_x64
from sobolev.data.dataset import Dataset
from sobolev.kriging.noise import NoiseSeen
from sobolev.losses.labelled.labelled import Labelled
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.networks.defaults import CANDIDATES
from sobolev.networks.parameters import size
from sobolev.optimisers.choose import choose_optimiser
from sobolev.optimisers.optimiser import Optimiser
from sobolev.selection.decided import BestFit, outstanding, sentences
from sobolev.selection.held_out import parts_held_out
from sobolev.selection.judged import Judge
from sobolev.selection.starts import Start, Trial, starts_of
from sobolev.selection.widths import widths
from sobolev.selection.worth import misfit, worth
from sobolev.surrogate import Surrogate
from sobolev.training import Checkpoint, Fit, Stop, fit
from sobolev.training.noise import is_noisy, noise_of
from sobolev.training.notes import Kind
from sobolev.training.preparation.checks import check_settings
from sobolev.work.progress import Progress, teller

MOST = 400  # rows of the first trials
MOST_LABELS = 1500  # of them, where a step costs the square of their number
DRAWS, FEWER = 4, 2  # of each candidate; fewer where each is trained to its end, or in folds
ROUNDS = (150, 8), (400, 3)  # epochs, and how many starts get so far
DOUBTFUL = 2.5  # times the error in the rows trained on: noise cannot be all that is wrong
CLEARLY = 0.7  # times the error in the rows held out: else the evidence is believed
FEW = 100  # epochs, for the rows that were held out to be learnt
MANY = 20_000  # rows: those held out are few, and a whole training for them is long


def best_fit(
    data: Dataset,
    valid: Dataset | None = None,
    *,
    loss: SobolevLoss | None = None,
    hidden: Sequence[int] | None = None,
    key: int = 0,
    epochs: int = 1000,
    records: int | Sequence[int] = 100,
    check: bool = True,
    checkpoint: Checkpoint | str | os.PathLike | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> BestFit:
    """The best surrogate of these rows that can be had without a setting.

    It looks whether the labels are noisy, chooses widths, tries several starts of networks without
    and with periodic units while a fifth of the rows is held out (with fewer than 25 rows each row
    in turn, in five folds), takes the best further, measures the error in the rows held out, and
    at last trains on *all* rows. Noisy labels are trained on by the evidence, which also says which
    start is the best; where it leaves more than noise, the way for exact labels is tried as well,
    and the better one in the rows held out is taken. With fewer than 10 rows nothing is held out.

    **Arguments:**
    - `valid`: rows that are never trained on; the errors told are then those of these.
    - `loss`: the terms to train on; default every value and derivative of the data.
    - `hidden`: widths, where they shall not be chosen; `key`: which draws of networks and rows.
    - `epochs`, `records`, `check`: of the last training, as in `fit`.
    - `checkpoint`: a file that keeps the training with rows held out; beside it a second one, with
      `.all` before its suffix, the last one. The same call continues; first trials are repeated.
    - `progress(p)`: told the trials, then the records of the trainings.

    Same key and same kind of machine: the same bits. Raises what `fit` raises.

    ```python
    best = sb.best_fit(data)
    print(*best.said, sep="\\n")
    best.surrogate.save("model.npz")
    ```
    """
    require_x64("training on derivatives")
    if not isinstance(data, Dataset):
        raise DataError(f"data is of type {type(data).__name__}: give a Dataset.")
    epochs, loss = whole("epochs", epochs, 1), SobolevLoss.of(data) if loss is None else loss
    check_settings(epochs, records)
    noise, kept = noise_of([data]), _kept_in(checkpoint)
    hidden = None if hidden is None else tuple(hidden)
    plan = _Plan(data, loss, hidden, key, epochs, kept, progress, valid)
    way = plan.way(is_noisy(noise))
    if way.doubtful:
        other = replace(plan.way(False), noisy=True)
        way = other if other.clearly_better(way) else way
    ended = way.last(records, check)
    return _decided(plan, way, ended, noise)


@dataclass(frozen=True)
class _Plan:
    """What both ways have in common."""

    data: Dataset
    loss: SobolevLoss
    hidden: tuple[int, ...] | None
    key: int
    epochs: int
    kept: tuple[Checkpoint, Checkpoint] | None
    progress: Callable[[Progress], None] | None
    valid: Dataset | None

    def way(self, noisy: bool) -> "_Way":
        """The starts tried, the best trained to its end with rows held out."""
        hidden = self.hidden or widths(self.data, self.loss, noisy)
        candidates = [replace(each, hidden=hidden) for each in CANDIDATES]
        starts = starts_of(self.data, candidates, 1, self.key)
        optimiser, why = self.chosen(starts[0].untrained, noisy)
        parts = parts_held_out(self.data, self.key)
        trial = Trial(self.data, parts, self.loss, optimiser, why, self.key, ())
        if not parts:
            return _Way(self, trial, starts[:1])
        draws = FEWER if optimiser.weighs or len(parts) > 1 else DRAWS
        starts = starts_of(self.data, candidates, draws, self.key)
        tell = teller(self.progress, "done", "total")
        rounds = tuple((min(epochs, self.epochs), most) for epochs, most in ROUNDS)
        most = MOST
        if optimiser.weighs:  # it ends by itself
            rounds, most = ((self.epochs, len(starts)),), MOST_LABELS // len(self.loss.entries)
        first = replace(self.small(trial, most), rounds=rounds)
        ranked = first.best(starts, lambda i, n: tell("starts", i, n))
        if not optimiser.weighs or first.data is not self.data:
            ranked[0] = self.to_the_end(trial, ranked[0])
        return _Way(self, trial, ranked)

    def chosen(self, surrogate: Surrogate, noisy: bool) -> tuple[Optimiser, str]:
        """The optimiser for these labels, and why."""
        return choose_optimiser(
            parameters=size(surrogate.network),
            residuals=Labelled.of(self.data, surrogate.scaling, self.loss).count,
            rows=len(self.data),
            noisy=noisy,
        )

    def small(self, trial: Trial, most: int) -> Trial:
        """The same on some of the rows, of which those held out stay so."""
        if len(self.data) <= most or len(trial.parts) > 1:
            return trial
        (held,) = trial.parts
        rng = np.random.default_rng(self.key)
        seen = np.setdiff1d(np.arange(len(self.data)), held)
        some = rng.permutation(held)[: max(2, most // 5)]
        rows = np.concatenate([some, rng.permutation(seen)[: max(8, most - len(some))]])
        return replace(trial, data=self.data.rows(rows), parts=[np.arange(len(some))])

    def to_the_end(self, trial: Trial, start: Start) -> Start:
        """The last round, on all rows but those held out; the best record is kept."""
        # Folds are short, and by the evidence as well: one file cannot keep two ways.
        short = self.kept is None or len(trial.parts) > 1 or trial.optimiser.weighs
        kept = None if self.kept is None or short else self.kept[0]
        surrogates, errors, seen, best = [], [], [], []
        for surrogate, part in zip(start.trained, trial.parts, strict=True):
            stop = Stop(keep_best=not trial.optimiser.weighs)
            how = {"records": 20, "stop": stop, "checkpoint": kept, "progress": self.progress}
            fitted = trial.fit(surrogate, part, self.epochs, **how)
            surrogates.append(fitted.surrogate)
            known = fitted.history.valid_error
            error = known.min() if stop.keep_best else known[-1]
            errors.append(error if fitted.good else np.inf)
            seen.append(trial.relative(fitted))
            best.append(fitted.best_epoch)
        return replace(
            start, trained=tuple(surrogates), error=float(np.sqrt(np.mean(np.square(errors)))),
            seen=max(seen), epochs=start.epochs + self.epochs, method=trial.method,
            best_epoch=round(float(np.median(best))),
        )  # fmt: skip


@dataclass(frozen=True)
class _Way:
    """One way to train, its starts, the best first."""

    plan: _Plan
    trial: Trial
    starts: Sequence[Start]
    noisy: bool = False  # perhaps, and trained on as if not

    @property
    def best(self) -> Start:
        """The start that goes on."""
        return self.starts[0]

    @property
    def doubtful(self) -> bool:
        """Whether noise is all that is wrong with the rows held out."""
        evident = self.trial.optimiser.weighs and bool(self.best.trained)
        return evident and not self.best.error < DOUBTFUL * self.best.seen

    def clearly_better(self, other: "_Way") -> bool:
        """Whether it is in the rows held out, and not by a few of them alone.

        A single row, far from the others, may decide a root mean square; what learns the noise is
        worse in most rows. So the geometric mean over the rows must be smaller as well.
        """
        if not self.best.error < CLEARLY * other.best.error:
            return False
        mine, theirs = self._misfits(), other._misfits()
        return bool(np.mean(np.log(mine)) <= np.mean(np.log(theirs)))

    def _misfits(self) -> np.ndarray:
        pairs = zip(self.best.trained, self.trial.parts, strict=True)
        rows = [misfit(surrogate, self.plan.data.rows(part)) for surrogate, part in pairs]
        return np.maximum(np.concatenate(rows), np.finfo(float).tiny)

    def last(self, records: int | Sequence[int], check: bool) -> Fit:
        """The training on all rows, from where the best start is."""
        plan, trial, best = self.plan, self.trial, self.best
        start = best.trained[0] if best.trained else best.untrained
        epochs = plan.epochs
        if self.noisy:  # no longer than was good for rows held out
            epochs = min(epochs, max(FEW, best.best_epoch))
        elif len(plan.data) > MANY and not trial.optimiser.weighs:
            epochs = max(1, epochs // 5)
        if isinstance(records, Sequence):
            records = [epoch for epoch in records if epoch <= epochs]
        else:
            records = min(records, epochs)
        return fit(
            start, plan.data, plan.valid, loss=trial.loss, optimiser=trial.optimiser, epochs=epochs,
            records=records, seed=plan.key, stop=Stop(keep_best=False), check=check,
            progress=plan.progress, checkpoint=None if plan.kept is None else plan.kept[1],
        )  # fmt: skip


def _decided(plan: _Plan, way: _Way, ended: Fit, noise: NoiseSeen | None) -> BestFit:
    best, data, valid = way.best, plan.data, plan.valid
    judges, measured = (), None
    if valid is not None:
        never = Judge(np.arange(len(valid)), valid.x, ended.surrogate)
        measured = worth(valid, [never], folds=0)
    elif best.trained:
        pairs = zip(way.trial.parts, best.trained, strict=True)
        judges = tuple(Judge(part, data.x[part], surrogate) for part, surrogate in pairs)
        measured = worth(data, judges, len(judges))
    notes = ended.notes
    if ended.evidence is not None:  # the evidence limits what the network can learn
        notes = tuple(note for note in notes if note.kind is not Kind.CAPACITY)
    found = BestFit(
        **{field.name: getattr(ended, field.name) for field in fields(Fit)} | {
            "optimiser": way.trial.method, "notes": notes,
        },
        network=best.name,
        starts=tuple(way.starts),
        noise=noise,
        worth=measured,
        judges=judges,
        misfits=outstanding(misfit(ended.surrogate, data)),
    )  # fmt: skip
    return replace(found, said=sentences(found, data))


def _kept_in(
    checkpoint: Checkpoint | str | os.PathLike | None,
) -> tuple[Checkpoint, Checkpoint] | None:
    if checkpoint is None:
        return None
    first = checkpoint if isinstance(checkpoint, Checkpoint) else Checkpoint(checkpoint)
    return first, Checkpoint(all_rows_beside(first.path), first.every)


def all_rows_beside(path: str | os.PathLike) -> Path:
    """Where the last training is kept: `m.checkpoint.npz` becomes `m.checkpoint.all.npz`."""
    path = Path(path)
    return path.with_name(f"{path.stem}.all{path.suffix}")
