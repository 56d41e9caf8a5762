"""One job of a study: one scheme and its controls, on one network, from every initialisation."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.naming import entries
from sobolev.networks.parameters import flatten, unflatten
from sobolev.optimisers import Adam, LevenbergMarquardt, Optimiser
from sobolev.records.curves import CURVES
from sobolev.records.study import Scheme
from sobolev.studies import schemes
from sobolev.studies.settings import StudySettings
from sobolev.surrogate import Surrogate
from sobolev.training import Fit, Stop, fit
from sobolev.weighting import Normalised, Replay
from sobolev.weighting import Scheme as WeightingScheme


@dataclass(frozen=True, eq=False)
class Bench:
    """What every run of one network shares."""

    settings: StudySettings
    hidden: tuple[int, ...]
    train: Dataset
    valid: Dataset

    @property
    def record_epochs(self) -> list[int]:
        """Dense at the start, where weights move fastest, then even, and at every budget."""
        last, count = max(self.settings.budgets), self.settings.records
        early = np.geomspace(1, last, max(2, count // 3))
        even = np.linspace(0, last, max(2, count))
        return np.unique(np.concatenate([early, even]).round().astype(int)).tolist()

    def run(self, seed: int, epochs: int, **how) -> Fit:
        """One training from one initialisation; seed also orders the mini-batches."""
        surrogate = Surrogate.mlp(self.train, self.hidden, key=seed)
        records = sorted({e for e in [*self.record_epochs, *self.settings.budgets] if e <= epochs})
        return fit(
            surrogate,
            self.train,
            self.valid,
            epochs=epochs,
            records=records,
            seed=seed,
            stop=Stop(keep_best=False),
            check=False,
            **how,
        )

    def adam(self, learning_rate: float | None = None) -> Optimiser:
        """Adam at the study's or another learning rate."""
        rate = self.settings.learning_rate if learning_rate is None else learning_rate
        return Adam(rate, self.settings.batch_size, b2=0.999)  # as everybody has it


@dataclass(frozen=True, eq=False)
class Outcome:
    """The runs of one scheme: records for the results file and arrays for the histories."""

    scheme: Scheme
    records: list[dict]
    histories: dict[str, np.ndarray]
    parameters: np.ndarray


def tune(bench: Bench) -> list[dict]:
    """The sweep behind "SNN tuned": median error of each rate at each budget, on other seeds."""
    rows = []
    for rate in bench.settings.tuning_rates:
        fits = [
            bench.run(seed, max(bench.settings.budgets), optimiser=bench.adam(rate))
            for seed in bench.settings.tuning_seeds
        ]
        for budget in bench.settings.budgets:
            errors = [f.history.valid_error[_at(f, budget)] for f in fits]
            rows.append(
                {
                    "budget": budget,
                    "learning_rate": rate,
                    "median_relative_h1": float(np.median(errors)),
                    "seeds": len(fits),
                }
            )
    return rows


def best_rates(tuning: Iterable[dict]) -> dict[int, float]:
    """The learning rate with the smallest median error at each budget."""
    best: dict[int, dict] = {}
    for row in tuning:
        other = best.get(row["budget"])
        if other is None or row["median_relative_h1"] < other["median_relative_h1"]:
            best[row["budget"]] = row
    return {budget: row["learning_rate"] for budget, row in best.items()}


def baseline(bench: Bench, name: str, rates: dict[int, float]) -> list[Outcome]:
    """One of the five baselines."""
    scheme, settings = schemes.BASELINES[name], bench.settings
    weighting = schemes.weighting(name, settings)
    if name == "snn_tuned":
        return [_tuned(bench, scheme, weighting, rates)]
    if name == "lm":
        return [_levenberg_marquardt(bench, scheme)]
    loss = SobolevLoss.of(bench.train, order=0) if name == "nn" else None
    return [_outcome(bench, scheme, lambda seed: {"weighting": weighting, "loss": loss})]


def adaptive(bench: Bench, name: str, rates: dict[int, float]) -> list[Outcome]:
    """An adaptive scheme and, when the settings ask for them, its controls."""
    scheme, settings = schemes.adaptive(name), bench.settings
    weighting = schemes.weighting(name, settings)
    own = _outcome(bench, scheme, lambda seed: {"weighting": weighting})
    if not settings.controls:
        return [own]
    normalised, replay, tuned = schemes.controls(scheme)
    mean = np.abs(own.histories["weight"]).mean(axis=2)
    done = own.histories["epoch"] * -(-len(bench.train) // settings.batch_size)
    # After s steps the record holds the weights that step number s − 1 used.
    steps, kept = np.unique(np.maximum(done - 1, 0), return_index=True)

    def replayed(seed: int) -> dict:
        values = mean[seed - settings.first_seed][kept]
        return {"weighting": Replay(jnp.asarray(steps), jnp.asarray(values))}

    return [
        own,
        _outcome(bench, normalised, lambda seed: {"weighting": Normalised(weighting)}),
        _outcome(bench, replay, replayed),
        _tuned(bench, tuned, weighting, rates),
    ]


def _outcome(
    bench: Bench,
    scheme: Scheme,
    how: Callable[[int], dict],
    learning_rate: float | None = None,
    budgets: tuple[int, ...] | None = None,
) -> Outcome:
    budgets = bench.settings.budgets if budgets is None else budgets
    optimiser = bench.adam(learning_rate)
    rate = bench.settings.learning_rate if learning_rate is None else learning_rate
    _compile(bench, {"optimiser": optimiser, **how(bench.settings.first_seed)})
    fits = [
        bench.run(seed, max(budgets), **{"optimiser": optimiser, **how(seed)})
        for seed in bench.settings.seeds
    ]
    records = [
        _record(scheme, fitted, seed, budget, _at(fitted, budget), rate)
        for seed, fitted in zip(bench.settings.seeds, fits, strict=True)
        for budget in budgets
    ]
    return Outcome(scheme, records, _histories(fits), _parameters(fits))


def _tuned(bench: Bench, scheme: Scheme, weighting: WeightingScheme, rates) -> Outcome:
    """One run for each learning rate that won at some budget; histories of the last budget."""
    budgets = sorted(rates)
    parts = [
        _outcome(
            bench,
            scheme,
            lambda seed: {"weighting": weighting},
            rate,
            tuple(b for b in budgets if rates[b] == rate),
        )
        for rate in dict.fromkeys(rates[b] for b in budgets)
    ]
    last = next(p for p in parts if any(r["budget"] == budgets[-1] for r in p.records))
    records = [record for part in parts for record in part.records]
    return Outcome(scheme, records, last.histories, last.parameters)


def _levenberg_marquardt(bench: Bench, scheme: Scheme) -> Outcome:
    """Full-batch trials, as many as take about the time of the budget's epochs of Adam."""
    settings = bench.settings
    per_trial = settings.epochs_per_trial[settings.networks.index(bench.hidden)]
    trials = {budget: max(1, round(budget / per_trial)) for budget in settings.budgets}
    optimiser = LevenbergMarquardt()
    _compile(bench, {"optimiser": optimiser})
    last = max(trials.values())
    fits = []
    for seed in settings.seeds:
        surrogate = Surrogate.mlp(bench.train, bench.hidden, key=seed)
        fits.append(
            fit(
                surrogate,
                bench.train,
                bench.valid,
                optimiser=optimiser,
                epochs=last,
                records=last,
                seed=seed,
                stop=Stop(keep_best=False),
                check=False,
            )
        )
    records = [
        _record(scheme, f, seed, budget, min(trial, len(f.history.epoch) - 1), None)
        for seed, f in zip(settings.seeds, fits, strict=True)
        for budget, trial in trials.items()
    ]
    return Outcome(scheme, records, _histories(fits), _parameters(fits))


def _compile(bench: Bench, how: dict) -> None:
    """Compile before the clock runs: times are of training, compilation is paid once."""
    bench.run(bench.settings.first_seed, 1, **how)


def _at(fitted: Fit, epoch: int) -> int:
    return int(np.flatnonzero(fitted.history.epoch == epoch)[0])


def _record(scheme, fitted: Fit, seed: int, budget: int, at: int, rate: float | None) -> dict:
    history, surrogate = fitted.history, fitted.surrogate
    failed = history.rejected[at] > 0 or not np.isfinite(history.valid_error[at])
    rmse = np.sqrt(2 * history.valid_loss[at]) * _physical(surrogate, history.terms)
    return {
        "budget": budget,
        "scheme": scheme.name,
        "seed": seed,
        "rmse": {n: None if failed else float(e) for n, e in zip(history.terms, rmse, strict=True)},
        "relative_h1": None if failed else float(history.valid_error[at]),
        "wall_s": float(history.seconds[at]),
        "cpu_s": float(history.cpu_seconds[at]),
        "steps": int(history.step[at]),
        "learning_rate": rate,
        "weights": [float(w) for w in history.weight[at]],
        "result": f"{history.rejected[at]} steps were not finite" if failed else "finished",
    }


def _physical(surrogate: Surrogate, names: tuple[str, ...]) -> np.ndarray:
    """Factors from scaled to physical units, term by term."""
    units, index = surrogate.scaling.units(), entries(surrogate.outputs, surrogate.inputs)
    return np.array([units[len(index[name]) - 1][index[name]] for name in names])


def _histories(fits: list[Fit]) -> dict[str, np.ndarray]:
    """Stacked over initialisations; a run that converged early keeps its last record."""
    longest = max((f.history for f in fits), key=lambda h: len(h.epoch))
    size = len(longest.epoch)
    arrays = {}
    for name in CURVES:
        if name != "epoch":
            arrays[name] = np.stack([_extended(getattr(f.history, name), size) for f in fits])
    return {"epoch": longest.epoch, **arrays}


def _extended(array: np.ndarray, size: int) -> np.ndarray:
    return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)])


def _parameters(fits: list[Fit]) -> np.ndarray:
    return np.stack([np.asarray(flatten(f.surrogate.network)) for f in fits])


def surrogate_with(bench: Bench, parameters: np.ndarray) -> Surrogate:
    """The surrogate that has these flat parameters."""
    blank = Surrogate.mlp(bench.train, bench.hidden)
    return replace(blank, network=unflatten(blank.network, jnp.asarray(parameters)))
