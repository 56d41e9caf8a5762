"""The study of the talk: what its cells are, and how one of their trainings is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.derivative_names import entries
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.networks.parameters import flatten
from sobolev.optimisers import Adam, LevenbergMarquardt, Optimiser
from sobolev.records.curves import CURVES
from sobolev.records.study import FINISHED
from sobolev.studies.cells import Cell, Run, Training
from sobolev.studies.engine import Found, Job, Preset
from sobolev.studies.presets.talk import schemes
from sobolev.studies.presets.talk.settings import StudySettings, network_name
from sobolev.surrogate import Surrogate
from sobolev.training import Fit, Stop, fit
from sobolev.weighting import Normalised, Replay, Scheme, Unweighted

PLAIN, TUNING = "", "tuning"


@dataclass(frozen=True, eq=False)
class Talk(Preset):
    """Cells: scheme × network, a control being a variant of its scheme; budgets along one course.

    The sweep behind the tuned schemes is a cell of its own: SNN, in the variant "tuning".
    """

    settings: StudySettings
    train_rows: Dataset
    valid_rows: Dataset
    source: str
    word = "trainings"

    @cached_property
    def networks(self) -> dict[str, tuple[int, ...]]:
        """Hidden widths by the name of the network."""
        return {network_name(hidden): hidden for hidden in self.settings.networks}

    def names(self, network: str) -> list[str]:
        """Baselines and adaptive schemes on a network; second order only where it has trials."""
        baselines = [n for n in schemes.BASELINES if n != "lm" or self._per_trial(network)]
        return baselines + list(self.settings.schemes)

    def cells(self, network: str, name: str) -> Job:
        """A scheme and, where the settings ask for them, its controls."""
        variants = [PLAIN]
        if name not in schemes.BASELINES and self.settings.controls:
            variants += schemes.CONTROLS
        return tuple(Cell(self.source, network, name, variant) for variant in variants)

    def tuning(self, network: str) -> Cell:
        """The sweep over learning rates."""
        return Cell(self.source, network, "snn", TUNING)

    def jobs(self) -> list[Job]:
        """The sweeps first: others wait for them."""
        sweeps: list[Job] = [(self.tuning(network),) for network in self.networks]
        return sweeps + [
            self.cells(network, name) for network in self.networks for name in self.names(network)
        ]

    def needs(self, job: Job) -> Sequence[Cell]:
        """A tuned scheme needs the sweep."""
        return [self.tuning(job[0].network)] if any(map(_tuned, job)) else []

    def identity(self, cell: Cell) -> Any:
        """Data, network, weighting, optimiser, loss, and where the course is looked at."""
        at = self.record_epochs, self.settings.budgets, self._trials(cell.network)
        made = self._weighting(cell), self._optimiser(cell, 1.0), cell.scheme == "nn"
        rows = self.train_rows, self.valid_rows
        return "talk", rows, self.networks[cell.network], cell.variant, made, at

    def following(self, cell: Cell, done: Sequence[Run], found: Found) -> Training | None:
        """As `Preset.following`."""
        kept = {run.training for run in done}
        return next((t for t in self.trainings(cell, found) if t not in kept), None)

    def trainings(self, cell: Cell, found: Found) -> list[Training]:
        """All of a cell: every initialisation at the study's rate, or at each rate that won."""
        settings, last = self.settings, max(self.settings.budgets)
        if cell.variant == TUNING:
            return [
                Training(rate, seed, last, tuning=True)
                for rate in settings.tuning_rates
                for seed in settings.tuning_seeds
            ]
        if cell.scheme == "lm":
            last = max(self._trials(cell.network).values())
            return [Training(None, seed, last) for seed in settings.seeds]
        if not _tuned(cell):
            return [Training(settings.learning_rate, seed, last) for seed in settings.seeds]
        return [
            Training(rate, seed, max(budgets))
            for rate, budgets in self.won(cell.network, found).items()
            for seed in settings.seeds
        ]

    def sweep(self, network: str, found: Found) -> list[dict]:
        """The median error of each learning rate at each budget, on seeds that are not compared."""
        runs = {run.training: run for run in found[self.tuning(network)]}
        asked = self.trainings(self.tuning(network), found)
        return [
            {
                "budget": budget,
                "learning_rate": rate,
                "median_relative_h1": _median(runs, asked, rate, budget),
                "seeds": len(self.settings.tuning_seeds),
            }
            for rate in self.settings.tuning_rates
            for budget in self.settings.budgets
        ]

    def won(self, network: str, found: Found) -> dict[float, list[int]]:
        """Every learning rate that is the best at some budget, with those budgets."""
        budgets: dict[float, list[int]] = {}
        for budget, rate in sorted(best_rates(self.sweep(network, found)).items()):
            budgets.setdefault(rate, []).append(budget)
        return budgets

    def begin(self, cell: Cell, training: Training, found: Found) -> None:
        """Compile before the clock runs: times are of training, compilation is paid once."""
        self._fit(cell, training._replace(epochs=1), found)

    def train(self, cell: Cell, training: Training, found: Found) -> Run:
        """One training from one initialisation; the seed also orders the mini-batches."""
        fitted = self._fit(cell, training, found)
        history = fitted.history
        if cell.variant == TUNING:
            at = {budget: _at(fitted, budget) for budget in self._seen(training)}
            errors = {str(budget): float(history.valid_error[row]) for budget, row in at.items()}
            return Run(training, {"valid_error": errors})
        if cell.scheme == "lm":
            ends = self._trials(cell.network).items()
            at = {budget: min(trial, len(history.epoch) - 1) for budget, trial in ends}
        else:
            at = {budget: _at(fitted, budget) for budget in self._seen(training)}
        records = [_record(fitted, training, budget, row) for budget, row in at.items()]
        curves = {name: np.asarray(getattr(history, name)) for name in CURVES}
        parameters = np.asarray(flatten(fitted.surrogate.network))
        return Run(training, {"budgets": records}, curves, parameters)

    @property
    def record_epochs(self) -> list[int]:
        """Dense at the start, where weights move fastest, then even."""
        last, count = max(self.settings.budgets), self.settings.records
        early = np.geomspace(1, last, max(2, count // 3))
        even = np.linspace(0, last, max(2, count))
        return np.unique(np.concatenate([early, even]).round().astype(int)).tolist()

    def _seen(self, training: Training) -> list[int]:
        return [budget for budget in self.settings.budgets if budget <= training.epochs]

    def _fit(self, cell: Cell, training: Training, found: Found) -> Fit:
        surrogate = Surrogate.mlp(self.train_rows, self.networks[cell.network], key=training.seed)
        looked = {*self.record_epochs, *self.settings.budgets}
        at = sorted(epoch for epoch in looked if epoch <= training.epochs)
        return fit(
            surrogate,
            self.train_rows,
            self.valid_rows,
            loss=SobolevLoss.of(self.train_rows, order=0) if cell.scheme == "nn" else None,
            weighting=self._replayed(cell, training, found) or self._weighting(cell),
            optimiser=self._optimiser(cell, training.rate),
            epochs=training.epochs,
            records=training.epochs if cell.scheme == "lm" else at,
            seed=training.seed,
            stop=Stop(keep_best=False),
            check=False,
        )

    def _weighting(self, cell: Cell) -> Scheme:
        if cell.scheme == "lm" or cell.variant == TUNING:
            return Unweighted()
        made = schemes.weighting(cell.scheme, self.settings)
        return Normalised(made) if cell.variant == "normalised" else made

    def _replayed(self, cell: Cell, training: Training, found: Found) -> Scheme | None:
        """The mean weight of the scheme's own run from this seed, as a schedule for all terms."""
        if cell.variant != "replay":
            return None
        own = Cell(cell.problem, cell.network, cell.scheme, PLAIN)
        (run,) = (run for run in found[own] if run.training.seed == training.seed)
        batches = -(-len(self.train_rows) // self.settings.batch_size)
        # After s steps the record holds the weights that step number s − 1 used.
        done = np.maximum(run.curves["epoch"] * batches - 1, 0)
        steps, kept = np.unique(done, return_index=True)
        mean = np.abs(run.curves["weight"]).mean(axis=1)
        return Replay(jnp.asarray(steps), jnp.asarray(mean[kept]))

    def _optimiser(self, cell: Cell, rate: float | None) -> Optimiser:
        if cell.scheme == "lm" or rate is None:
            return LevenbergMarquardt()
        return Adam(rate, self.settings.batch_size, b2=0.999)  # as everybody has it

    def _per_trial(self, network: str) -> float:
        return self.settings.epochs_per_trial[list(self.networks).index(network)]

    def _trials(self, network: str) -> dict[int, int]:
        """Full-batch trials of LM that take about the time of the budget's epochs of Adam."""
        per = self._per_trial(network)
        return {b: max(1, round(b / per)) for b in self.settings.budgets} if per else {}


def best_rates(sweep: Sequence[Mapping]) -> dict[int, float]:
    """The learning rate with the smallest median error at each budget."""
    best: dict[int, Mapping] = {}
    for row in sweep:
        other = best.get(row["budget"])
        if other is None or row["median_relative_h1"] < other["median_relative_h1"]:
            best[row["budget"]] = row
    return {budget: row["learning_rate"] for budget, row in best.items()}


def _tuned(cell: Cell) -> bool:
    return cell.variant == "tuned" or cell.scheme == "snn_tuned"


def _median(runs: Mapping[Training, Run], asked: list[Training], rate: float, budget: int) -> float:
    here = [runs[training].record["valid_error"] for training in asked if training.rate == rate]
    return float(np.median([errors[str(budget)] for errors in here]))


def _at(fitted: Fit, epoch: int) -> int:
    return int(np.flatnonzero(fitted.history.epoch == epoch)[0])


def _record(fitted: Fit, training: Training, budget: int, at: int) -> dict:
    """The fields of `records.study.Record` that a training decides."""
    history, surrogate = fitted.history, fitted.surrogate
    failed = history.rejected[at] > 0 or not np.isfinite(history.valid_error[at])
    rmse = np.sqrt(2 * history.valid_loss[at]) * _units(surrogate, history.terms)
    return {
        "budget": budget,
        "seed": training.seed,
        "rmse": {n: None if failed else float(e) for n, e in zip(history.terms, rmse, strict=True)},
        "relative_h1": None if failed else float(history.valid_error[at]),
        "wall_s": float(history.seconds[at]),
        "cpu_s": float(history.cpu_seconds[at]),
        "steps": int(history.step[at]),
        "learning_rate": training.rate,
        "weights": [float(w) for w in history.weight[at]],
        "result": f"{history.rejected[at]} steps were not finite" if failed else FINISHED,
    }


def _units(surrogate: Surrogate, names: tuple[str, ...]) -> np.ndarray:
    """Factors from scaled to physical units, term by term."""
    units, index = surrogate.scaling.units(), entries(surrogate.outputs, surrogate.inputs)
    return np.array([units[len(index[name]) - 1][index[name]] for name in names])
