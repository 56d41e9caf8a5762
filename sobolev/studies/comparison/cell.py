"""One scheme in one variant on one problem: tuned, then trained from every initialisation."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from sobolev.optimisers.protocol import Optimiser
from sobolev.studies.comparison.catalogue import optimiser_of, weighting_of
from sobolev.studies.comparison.plan import following
from sobolev.studies.comparison.problem import Problem
from sobolev.studies.comparison.problems import PROBLEMS
from sobolev.studies.comparison.settings import ComparisonSettings
from sobolev.training import Stop, fit
from sobolev.weighting import Scheme


class Cosine(eqx.Module):
    """η(t) from `rate` to 1 % of it over `steps`; another rate compiles nothing."""

    rate: Array
    steps: Array

    def __call__(self, step: Array) -> Array:
        """The learning rate at a step."""
        done = jnp.minimum(step / self.steps, 1.0)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + jnp.cos(jnp.pi * done)))


def cell(
    settings: ComparisonSettings,
    folder: str,
    problem: str,
    scheme: str,
    variant: str,
    done: Sequence[dict] = (),
) -> list[dict]:
    """The records of every training: `rate`, `seed`, `error`, `terms`, `tuning`, `result`.

    `error` is the geometric mean of the problem's relative errors on points that were not trained
    on: no term can hide behind a larger one; infinite when the training ended badly. Trainings in
    `done` are not repeated.
    """
    posed = _posed(problem, folder)
    budget = settings.budget(posed)
    weighting = weighting_of(scheme, posed.terms, posed.main)
    where = {"problem": problem, "scheme": scheme, "variant": variant}
    records = list(done)
    while (
        training := following(budget, settings.tuning_seeds, settings.seeds, records)
    ) is not None:
        schedule = Cosine(jnp.asarray(training.rate), jnp.asarray(float(budget["steps"])))
        optimiser = optimiser_of(scheme, variant, schedule)
        found = _one(posed, budget, weighting, optimiser, training.seed)
        records.append(where | training._asdict() | found)
    # No other cell runs these programs, and some hundreds of cells exhaust a process's mappings.
    jax.clear_caches()
    return records


def _one(
    posed: Problem,
    budget: dict,
    weighting: Scheme,
    optimiser: Optimiser,
    seed: int,
) -> dict:
    fitted = fit(
        posed.network(posed.train, budget["hidden"], seed),
        posed.train,
        residuals=posed.residuals,
        weighting=weighting,
        optimiser=optimiser,
        epochs=budget["steps"],
        records=1,
        seed=seed,
        stop=Stop(keep_best=False),
        check=False,
    )
    good = fitted.good
    terms = posed.errors(fitted.surrogate) if good else {}
    values = np.array(list(terms.values()))
    good = good and bool(np.all(np.isfinite(values)))
    return {
        "error": float(np.exp(np.mean(np.log(values)))) if good else float("inf"),
        "terms": terms,
        "weights": fitted.history.weight[-1].tolist(),
        "result": fitted.result,
    }


@lru_cache(maxsize=8)
def _posed(problem: str, folder: str) -> Problem:
    return PROBLEMS[problem](Path(folder))
