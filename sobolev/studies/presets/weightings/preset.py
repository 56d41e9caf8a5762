"""The comparison of weightings: what its cells are, and how one of their trainings is made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from sobolev.optimisers.optimiser import Optimiser
from sobolev.records.comparison import Run as Record
from sobolev.studies.cells import Cell, Run, Training
from sobolev.studies.engine import Found, Job, Preset
from sobolev.studies.presets.weightings.catalogue import optimiser_of, weighting_of
from sobolev.studies.presets.weightings.settings import ComparisonSettings
from sobolev.studies.presets.weightings.sweep import Sweep
from sobolev.studies.problems.built_in import PROBLEMS
from sobolev.studies.problems.problem import Problem
from sobolev.training import Stop, fit
from sobolev.training.loop.fingerprint import digest
from sobolev.weighting import Scheme


class Cosine(eqx.Module):
    """η(t) from `rate` to 1 % of it over `steps`; another rate compiles nothing."""

    rate: Array
    steps: Array

    def __call__(self, step: Array) -> Array:
        """The learning rate at a step."""
        done = jnp.minimum(step / self.steps, 1.0)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + jnp.cos(jnp.pi * done)))


@dataclass(frozen=True, eq=False)
class Weightings(Preset):
    """Cells: problem × scheme × variant, each with the network and the steps of its problem.

    `folder`: where solves and the user's rows are kept.
    """

    settings: ComparisonSettings
    folder: str
    _posed: dict[str, Problem] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)
    word = "cells"

    def __reduce__(self):
        return Weightings, (self.settings, self.folder)  # each process poses its problems itself

    def posed(self, problem: str) -> Problem:
        """The problem, made once in each process."""
        if problem not in self._posed:
            self._posed[problem] = PROBLEMS[problem](Path(self.folder))
        return self._posed[problem]

    def jobs(self) -> list[Job]:
        """Every cell by itself: no other one runs its programs."""
        return [
            (Cell(problem, self._network(problem), scheme, variant),)
            for problem in self.settings.problems
            for _, scheme, variant in self.settings.cells(problem, self.posed(problem))
        ]

    def identity(self, cell: Cell) -> Any:
        """The problem with its data and equations, the network, and how the scheme is set up."""
        weighting, optimiser = self._made(cell, rate=1.0)
        if cell.problem not in self._digests:
            self._digests[cell.problem] = digest(self.posed(cell.problem))
        return "weightings", self._digests[cell.problem], cell.network, weighting, optimiser

    def following(self, cell: Cell, done: Sequence[Run], found: Found) -> Training | None:
        """As `Preset.following`."""
        return self._sweep(cell).following(_errors(done))

    def train(self, cell: Cell, training: Training, found: Found) -> Run:
        """One training; `error` is the geometric mean of the problem's relative errors.

        On points that were not trained on; so no term can hide behind a larger one. It is infinite
        when the training ended badly.
        """
        posed = self.posed(cell.problem)
        assert training.rate is not None
        weighting, optimiser = self._made(cell, training.rate)
        fitted = fit(
            posed.network(posed.train, self.settings.budget(posed)["hidden"], training.seed),
            [posed.train, *posed.equations],
            weighting=weighting,
            optimiser=optimiser,
            epochs=training.epochs,
            records=1,
            seed=training.seed,
            stop=Stop(keep_best=False),
            check=False,
        )
        terms = posed.errors(fitted.surrogate) if fitted.good else {}
        values = np.array(list(terms.values()))
        good = fitted.good and bool(np.all(np.isfinite(values)))
        error = float(np.exp(np.mean(np.log(values)))) if good else float("inf")
        weights = fitted.history.weight[-1].tolist()
        record = {"error": error, "terms": terms, "weights": weights, "result": fitted.result}
        return Run(training, record)

    def finish(self, job: Job) -> None:
        """Let go what was compiled: some hundreds of cells exhaust a process's mappings."""
        jax.clear_caches()

    def records(self, found: Found) -> list[Record]:
        """Of everything that the settings ask for."""
        made = []
        for (cell,) in self.jobs():
            runs = {run.training: run for run in found[cell]}
            place = {"problem": cell.problem, "scheme": cell.scheme, "variant": cell.variant}
            for training in self._sweep(cell).asked(_errors(found[cell])):
                how = {"rate": training.rate, "seed": training.seed, "tuning": training.tuning}
                made.append(Record(**place, **how, **runs[training].record))
        return made

    def _network(self, problem: str) -> str:
        return "-".join(map(str, self.settings.budget(self.posed(problem))["hidden"]))

    def _sweep(self, cell: Cell) -> Sweep:
        settings = self.settings
        budget = settings.budget(self.posed(cell.problem))
        return Sweep(budget["rates"], settings.tuning_seeds, settings.seeds, budget["steps"])

    def _made(self, cell: Cell, rate: float) -> tuple[Scheme, Optimiser]:
        posed = self.posed(cell.problem)
        steps = float(self.settings.budget(posed)["steps"])
        schedule = Cosine(jnp.asarray(rate), jnp.asarray(steps))
        weighting = weighting_of(cell.scheme, posed.terms, posed.main)
        return weighting, optimiser_of(cell.scheme, cell.variant, schedule)


def _errors(done: Sequence[Run]) -> dict[Training, float]:
    return {run.training: run.record["error"] for run in done}
