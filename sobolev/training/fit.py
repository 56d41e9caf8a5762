"""Train a surrogate: what a user calls."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.data.dataset import Dataset
from sobolev.losses.equations.as_before import Residual
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.networks.parameters import flatten
from sobolev.optimisers.optimiser import Optimiser
from sobolev.surrogate import Surrogate
from sobolev.training.as_before import with_old_names
from sobolev.training.feed import Rows
from sobolev.training.loop.course import Course
from sobolev.training.loop.run import run
from sobolev.training.preparation.checks import check_alike, of_kind
from sobolev.training.preparation.prepare import prepare
from sobolev.training.recording.recorder import Recorder
from sobolev.training.result import Fit, TrainingProgress
from sobolev.training.settings.checkpoint import Checkpoint
from sobolev.training.settings.placement import Placement
from sobolev.training.settings.stop import Stop
from sobolev.training.trained_and_watched import Part
from sobolev.weighting.points.point_rule import PointRule
from sobolev.weighting.scheme import Scheme


def fit(
    surrogate: Surrogate,
    train: Rows | Part | Sequence[Part],
    valid: Dataset | None = None,
    *,
    loss: SobolevLoss | None = None,
    residuals: Sequence[Residual] = (),
    weighting: Scheme | None = None,
    point_weights: PointRule | None = None,
    optimiser: Optimiser | None = None,
    epochs: int = 1000,
    records: int | Sequence[int] = 100,
    seed: int = 0,
    stop: Stop | None = None,
    checkpoint: Checkpoint | str | os.PathLike | None = None,
    placement: Placement | None = None,
    check: bool = True,
    recorder: Recorder | None = None,
    progress: Callable[[TrainingProgress], None] | None = None,
    **old: Any,
) -> Fit:
    """Train a surrogate on values and derivatives.

    Minimises Σ_k w_k L_k, L_k = ½ mean r_k² in scaled units, the weights w_k by `weighting`.

    **Arguments:**
    - `train`, `valid`: data; validation errors are recorded, never trained on. `train` may be a
      block of terms such as `Equation(...)`, or a sequence of data and blocks, each with points of
      its own; `Group(name, data)` are rows with weights of their own. It may be a file that is too
      large for memory, `open_rows("big.h5")`: it is read in parts, and the epochs of the history
      are such parts.
    - `loss`: the terms of the data to train on; default every value and derivative in `train`.
      `SobolevLoss.of(train, order=0)` trains on values only.
    - `residuals`: deprecated; the equations in `train`.
    - `weighting` (default `InverseEnergy()`, `docs/how-to-choose.md` says why); a term whose
      `Fixed` weight is 0 is not computed.
    - `point_weights`: weights inside the terms, one for each residual in each row, for steps on all
      rows; the history is of the losses without them.
    - `optimiser`: by default chosen by cost, `choose_optimiser`; `Fit.optimiser` says which.
    - `epochs`: passes over the data; with full-batch optimisers: steps.
    - `records`: at how many evenly spaced epochs the history is taken, or at which.
    - `seed` decides the order of the mini-batches and where fresh points are; `progress` is called
      at each record.
    - `recorder`: is handed every record, such as `JSONLines(path)` for a monitor.
    - `stop`: `Stop(patience, seconds, keep_best, cpu_seconds)`, when to end before, and what to
      return: by default the best record by the validation data or, without any, by the equations
      at points on which they are not trained; else the last.
    - `placement`: `Placement(part, devices)`, how much of a file is in memory, and where.
    - `check`: compare the derivatives with the values around them first (`sobolev.check`); what was
      seen is in `Fit.notes`, a wrong derivative is also a warning.
    - `checkpoint`: `Checkpoint(path, every)` or a path: a file that keeps the whole training. The
      same call with the same file continues where the last one ended, however it ended, to the same
      bits; a finished one returns at once. Ctrl-C and SIGTERM save, then raise `Interrupted` (a
      `KeyboardInterrupt`).
    - `old`: `patience`, `seconds`, `keep`, `every`, `part`, `devices`, `points`, as these were
      named before; they warn, and go with the next version.

    Same seed and same kind of machine: the same bits. Raises `ConfigError`, `DataError`,
    `PrecisionError`; with a checkpoint also `OutputError` and `CorruptFile`.

    ```python
    fitted = fit(surrogate, train, valid, epochs=5000, stop=Stop(patience=500))
    ```
    """
    require_x64("training on derivatives")
    stop, kept_in, placement, point_weights = with_old_names(
        of_kind("stop", stop, Stop), _kept_in(checkpoint),
        of_kind("placement", placement, Placement), point_weights, old,
    )  # fmt: skip
    prepared = prepare(
        surrogate, train, valid, loss=loss, residuals=residuals, weighting=weighting,
        point_weights=point_weights, optimiser=optimiser, epochs=epochs, records=records,
        seed=seed, stop=stop, placement=placement, check=check,
    )  # fmt: skip
    job = prepared.job

    def tell(course: Course, saved: int) -> None:
        if progress is not None:
            progress(TrainingProgress.of(course, job, saved))

    return prepared.result(surrogate, run(job, None, kept_in, recorder, tell))


def fit_together(
    surrogates: Sequence[Surrogate],
    train: Rows | Part | Sequence[Part],
    valid: Dataset | None,
    seeds: Sequence[int],
    tell: Callable[[int, int], object],
    *,
    stop: Stop | None = None,
    placement: Placement | None = None,
    **how: Any,
) -> list[Fit]:
    """As `fit` of each surrogate with its seed, all in one program with an axis over them.

    They take the same steps as one by one, to rounding, with the same defaults. Who has ended stays
    as it is, while the others go on. `tell(epochs done, epochs)` at each record; `how` is what
    `fit` takes, but for `seed`, `checkpoint`, `recorder` and `progress`. Raises `ConfigError` when
    the surrogates differ in architecture or scaling, and what `fit` raises.
    """
    check_alike(surrogates)
    stop, placement = of_kind("stop", stop, Stop), of_kind("placement", placement, Placement)
    prepared = prepare(surrogates[0], train, valid, stop=stop, placement=placement, **how)
    job = prepared.job.of_team(seeds)
    starts = jnp.stack([flatten(surrogate.network) for surrogate in surrogates])
    course = run(job, starts, tell=lambda course, _: tell(course.epoch, job.epochs))
    return [prepared.result(s, course, member) for member, s in enumerate(surrogates)]


def _kept_in(checkpoint: Checkpoint | str | os.PathLike | None) -> Checkpoint | None:
    if isinstance(checkpoint, str | os.PathLike):
        return Checkpoint(checkpoint)
    if not isinstance(checkpoint, Checkpoint | None):
        raise ConfigError(f"checkpoint takes a path or a Checkpoint(...): got {shown(checkpoint)}.")
    return checkpoint
