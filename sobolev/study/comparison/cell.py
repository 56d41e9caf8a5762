"""One scheme in one variant on one problem: tuned, then trained from every initialisation."""

from functools import lru_cache
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from sobolev.data.dataset import Dataset
from sobolev.evaluate import evaluate
from sobolev.fit import fit
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.optimisers.protocol import Optimiser
from sobolev.study.comparison.catalogue import optimiser_of, weighting_of
from sobolev.study.comparison.problems import PROBLEMS
from sobolev.study.comparison.settings import ComparisonSettings
from sobolev.surrogate import Surrogate
from sobolev.weighting import Weighting


class Cosine(eqx.Module):
    """η(t) from `rate` to 1 % of it over `steps`; another rate compiles nothing."""

    rate: Array
    steps: Array

    def __call__(self, step: Array) -> Array:
        """The learning rate at a step."""
        done = jnp.minimum(step / self.steps, 1.0)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + jnp.cos(jnp.pi * done)))


def cell(settings: ComparisonSettings, folder: str, problem: str, scheme: str, variant: str):
    """The records of every training: `rate`, `seed`, `error`, `terms`, `tuning`, `result`.

    `error` is the geometric mean over the terms of their relative errors on the validation rows:
    no term can hide behind a larger one; infinite when the training ended badly.
    """
    train, valid = _data(problem, folder)
    weighting = weighting_of(scheme, variant, len(SobolevLoss.of(train).terms))

    def trained(rate: float, seed: int, tuning: bool) -> dict:
        schedule = Cosine(jnp.asarray(rate), jnp.asarray(float(settings.steps)))
        optimiser = optimiser_of(scheme, variant, schedule)
        found = _one(settings, train, valid, weighting, optimiser, seed)
        return {"rate": rate, "seed": seed, **found, "tuning": tuning}

    records = [
        trained(rate, seed, True) for rate in settings.rates for seed in settings.tuning_seeds
    ]
    best = best_rate(records)
    records += [trained(best, seed, False) for seed in settings.seeds]
    where = {"problem": problem, "scheme": scheme, "variant": variant}
    return [where | record for record in records]


def best_rate(records: list[dict]) -> float:
    """The rate with the smallest median error in the tuning records."""
    rates = {r["rate"] for r in records}
    return min(
        sorted(rates),
        key=lambda rate: float(np.median([r["error"] for r in records if r["rate"] == rate])),
    )


def _one(
    settings: ComparisonSettings,
    train: Dataset,
    valid: Dataset,
    weighting: Weighting,
    optimiser: Optimiser,
    seed: int,
) -> dict:
    fitted = fit(
        Surrogate.mlp(train, settings.hidden, key=seed),
        train,
        weighting=weighting,
        optimiser=optimiser,
        epochs=settings.steps,
        records=1,
        seed=seed,
        keep="last",
        check=False,
    )
    terms = {term.name: term.relative for term in evaluate(fitted.surrogate, valid).terms}
    values = np.array(list(terms.values()))
    good = fitted.good and np.all(np.isfinite(values))
    return {
        "error": float(np.exp(np.mean(np.log(values)))) if good else float("inf"),
        "terms": terms,
        "weights": fitted.history.weight[-1].tolist(),
        "result": fitted.result,
    }


@lru_cache(maxsize=8)
def _data(problem: str, folder: str) -> tuple[Dataset, Dataset]:
    return PROBLEMS[problem](Path(folder))
