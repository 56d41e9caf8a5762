"""The user's own rows as a problem: which weighting helps on these?"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from sobolev._base.errors import ConfigError, Remedy
from sobolev.data.dataset import Dataset
from sobolev.data.fingerprint import fingerprint
from sobolev.data.npz import read_npz, write_npz
from sobolev.evaluation import evaluate
from sobolev.studies.problems.problem import Problem, of_data
from sobolev.surrogate import Surrogate

OWN = "table"
_FILES = "table-train.npz", "table-valid.npz"


def keep_own(folder: Path, data: tuple[Dataset, Dataset]) -> None:
    """Write the rows where every worker process finds them; raises `OutputError`."""
    for name, rows in zip(_FILES, data, strict=True):
        write_npz(folder / name, rows)


def own(folder: Path) -> Problem:
    """The rows that `keep_own` wrote; raises `ConfigError` when there are none.

    A term whose validation labels are all zero has no relative error and does not count.
    """
    if not all((folder / name).exists() for name in _FILES):
        raise ConfigError(
            f"the problem '{OWN}' is your own table: give it",
            Remedy("as compare(..., data=(train, valid)).", option="as --table FILE."),
        )
    train, valid = (read_npz(folder / name) for name in _FILES)

    def errors(surrogate: Surrogate) -> dict[str, float]:
        terms = evaluate(surrogate, valid).terms
        none = [t for t in terms if np.isinf(t.relative) and np.isfinite(t.rmse)]
        return {t.name: t.relative for t in terms if t not in none}

    return replace(
        of_data(train, valid), errors=errors, rows=fingerprint(train) + fingerprint(valid)
    )
