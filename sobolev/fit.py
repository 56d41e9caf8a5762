"""Training: a surrogate, data and an optimiser in, a better surrogate and its history out."""

import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._errors import ConfigError, DataError
from sobolev._precision import require_x64
from sobolev.data.dataset import Dataset
from sobolev.history import History
from sobolev.losses.labels import Labels
from sobolev.losses.sobolev_loss import SobolevLoss, relative_error
from sobolev.networks.activations import check_activation
from sobolev.optimisers.first_order import Adam
from sobolev.optimisers.protocol import Optimiser, State, Task, at, start
from sobolev.surrogate import Surrogate
from sobolev.weighting.fixed import Unweighted
from sobolev.weighting.protocol import Weighting


@dataclass(frozen=True)
class Fit:
    """What training gave: the trained `surrogate`, its `history`, and in words how it ended.

    `result` is "finished", "converged" or a sentence that says what went wrong; `rejected` counts
    steps that were not taken because they were not finite. The surrogate is the one of the last
    record at which every loss was finite.
    """

    surrogate: Surrogate
    history: History
    result: str
    rejected: int

    @property
    def good(self) -> bool:
        """Whether training ended as it should."""
        return self.result in ("finished", "converged")


@dataclass(frozen=True)
class Progress:
    """What a progress display is told at each record."""

    epoch: int
    epochs: int
    terms: tuple[str, ...]
    loss: np.ndarray
    weight: np.ndarray
    valid_error: float


def fit(
    surrogate: Surrogate,
    train: Dataset,
    valid: Dataset | None = None,
    *,
    loss: SobolevLoss | None = None,
    weighting: Weighting | None = None,
    optimiser: Optimiser | None = None,
    epochs: int = 1000,
    records: int | Sequence[int] = 100,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> Fit:
    """Train a surrogate on values and derivatives.

    Minimises Σ_k w_k L_k, L_k = ½ mean r_k² in scaled units, the weights w_k by `weighting`.

    **Arguments:**
    - `train`, `valid`: data; validation errors are recorded, never trained on.
    - `loss`: the terms to train on; default every value and derivative in `train`.
      `SobolevLoss.of(train, order=0)` trains on values only.
    - `weighting` (default `Unweighted()`), `optimiser` (default `Adam()`).
    - `epochs`: passes over the data; with full-batch optimisers: steps.
    - `records`: at how many evenly spaced epochs the history is taken, or at which.
    - `seed` decides the order of the mini-batches; `progress` is called at each record.

    Same seed and same kind of machine: the same bits. Raises `ConfigError`, `DataError`,
    `PrecisionError`.

    ```python
    fitted = fit(surrogate, train, valid, weighting=CosineDistance(), epochs=500)
    ```
    """
    require_x64("training on derivatives")
    monitored = SobolevLoss.of(train)
    loss = monitored if loss is None else loss
    _check_settings(loss, monitored, epochs, records)
    _check_names(surrogate, train, valid)
    check_activation(surrogate.network, loss.order)
    optimiser = Adam() if optimiser is None else optimiser
    task = Task(
        surrogate.network,
        loss,
        Labels.of(train, surrogate.scaling),
        Unweighted() if weighting is None else weighting,
        jax.random.key(seed),
    )
    seen = None if valid is None else Labels.of(_like(train, valid), surrogate.scaling)
    state = _start(task, optimiser)
    log = _Log(_Watched(monitored, task.labels, seen), task)
    log.add(state)
    θ = state.θ
    for ahead in np.diff(_record_epochs(epochs, records)):
        with log.clock():
            state = jax.block_until_ready(_advance(task, optimiser, state, jnp.asarray(ahead)))
        log.add(state)
        θ = state.θ if log.finite[-1] else θ
        if progress is not None:
            progress(log.progress(epochs))
        if bool(state.converged):
            break
    trained = replace(surrogate, network=at(task.network, θ))
    return Fit(trained, log.history(), _result(state, log), int(state.rejected))


@eqx.filter_jit
def _start(task: Task, optimiser: Optimiser) -> State:
    return start(task, optimiser)


@eqx.filter_jit
def _advance(task: Task, optimiser: Optimiser, state: State, epochs: Array) -> State:
    return jax.lax.fori_loop(0, epochs, lambda _, s: optimiser.epoch(task, s), state)


class _Watched(eqx.Module):
    """The full sets on which the history is taken; the weighting stays out, it would recompile."""

    loss: SobolevLoss = eqx.field(static=True)
    train: Labels
    valid: Labels | None


@eqx.filter_jit
def _measure(watched: _Watched, network: eqx.Module, θ: Float[Array, " P"]):
    def losses(t):
        return (watched.loss.losses(at(network, t), watched.train),) * 2

    # Vectorised over the terms, unlike a training step: taken seldom, so compile little.
    rows, loss = jax.jacrev(losses, has_aux=True)(θ)
    norms = jnp.linalg.norm(rows, axis=1)
    if watched.valid is None:
        return loss, norms, jnp.full_like(loss, jnp.nan), jnp.asarray(jnp.nan)
    valid = watched.loss.losses(at(network, θ), watched.valid)
    error = relative_error(valid, watched.loss.energies(watched.valid))
    there = watched.loss.labelled(watched.valid)
    return loss, norms, jnp.where(there, valid, jnp.nan), error


class _Log:
    """Collects the records; turns them into a `History`."""

    def __init__(self, watched: _Watched, task: Task):
        self.watched, self.network = watched, task.network
        self.names = watched.loss.names
        # Where the weight of each recorded term stands among those of the loss; −1: not trained.
        place = dict(zip(task.loss.entries, task.loss.term_of.tolist(), strict=True))
        self.place = np.array([place.get(t.entries[0], -1) for t in watched.loss.terms])
        self.rows: list[tuple] = []
        self.finite: list[bool] = []
        self.seconds = self.cpu_seconds = 0.0

    @contextmanager
    def clock(self):
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu

    def add(self, state: State) -> None:
        loss, norms, valid, error = _measure(self.watched, self.network, state.θ)
        self.finite.append(bool(jnp.all(jnp.isfinite(loss))))
        trained = self.place >= 0
        weight, change = (
            np.where(trained, np.asarray(a)[self.place], 0.0)
            for a in (state.weights, state.weight_step)
        )
        self.rows.append(
            (
                int(state.epoch),
                int(state.step),
                *map(np.asarray, (loss, weight, change, norms, valid, error, state.rejected)),
                self.seconds,
                self.cpu_seconds,
            )
        )

    def progress(self, epochs: int) -> Progress:
        epoch, _, loss, weight, *_, error, _, _, _ = self.rows[-1]
        return Progress(epoch, epochs, self.names, loss, weight, float(error))

    def history(self) -> History:
        return History(self.names, *(np.stack(column) for column in zip(*self.rows, strict=True)))


def _record_epochs(epochs: int, records: int | Sequence[int]) -> np.ndarray:
    if not isinstance(records, int | np.integer):
        return np.unique([0, *records, epochs])
    return np.unique(np.linspace(0, epochs, min(records, epochs) + 1).round().astype(int))


def _result(state: State, log: _Log) -> str:
    if not log.finite[0]:
        return "the loss is not finite at the start: scale the data or draw another initialisation"
    if not log.finite[-1]:
        return (
            f"the loss is no longer finite after epoch {int(state.epoch)}: lower the learning "
            "rate; the surrogate is the one of the last record before"
        )
    if bool(state.converged):
        return "converged"
    if state.rejected:
        return (
            f"{int(state.rejected)} of {int(state.step)} steps were not finite and were rejected, "
            "or had no positive weight: lower the learning rate, of the network or of the weights, "
            "or bound the weights"
        )
    return "finished"


def _like(train: Dataset, valid: Dataset) -> Dataset:
    """The validation data with NaN for label arrays that only the training data have.

    Labels that only the validation data have are not looked at.
    """
    missing = train.labels().keys() - valid.labels().keys()
    gaps = {n: np.full((len(valid), *train.labels()[n].shape[1:]), np.nan) for n in missing}
    absent = train.vectors().keys() - valid.vectors().keys()
    gaps |= {n: np.full((len(valid), *train.vectors()[n].shape[1:]), np.nan) for n in absent}
    return replace(valid, **gaps)


def _check_settings(loss, monitored, epochs, records) -> None:
    single = isinstance(records, Integral)
    at = [1, records] if single else [1, *records]
    whole = all(isinstance(number, Integral) for number in (epochs, *at))
    if not (whole and epochs >= 1 and min(at) >= single and (single or max(at) <= epochs)):
        raise ConfigError(
            "epochs must be a whole number of at least 1, records one too or a list of epochs from "
            f"0 to epochs: got {epochs} and {records}."
        )
    there = set(monitored.entries)
    absent = [term.name for term in loss.terms if not there.issuperset(term.entries)]
    if absent:
        raise ConfigError(
            f"the loss has the term {absent[0]}, for which the training data have no label: leave "
            f"it out, or choose among {', '.join(monitored.names)}."
        )


def _check_names(surrogate, train, valid) -> None:
    for name, data in (("train", train), ("valid", valid)):
        if data is not None and (data.inputs, data.outputs) != (
            surrogate.inputs,
            surrogate.outputs,
        ):
            raise DataError(
                f"the {name} data have inputs {data.inputs} and outputs {data.outputs}, the "
                f"surrogate has {surrogate.inputs} and {surrogate.outputs}: they must be the same."
            )
