"""The problems on which weightings are compared."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.studies.presets.talk.data import talk_data
from sobolev.studies.problems.burgers import burgers
from sobolev.studies.problems.orders import orders
from sobolev.studies.problems.own_table import OWN, own
from sobolev.studies.problems.problem import Problem, of_data

SIDE = 17  # points of the staggered grid along each input


def plate(folder: Path) -> Problem:
    """The plate with an elliptic hole of the talk: 320 and 305 solves with adjoint slopes."""
    return of_data(*talk_data("talk", folder)[0].split())


def spread() -> tuple[Dataset, Dataset]:
    """sin 12a + 0.06 sin 2b on [−1, 1]²: the energies of value, ∂a and ∂b are spread over 10⁴."""
    return _split(_spread)


def noisy() -> tuple[Dataset, Dataset]:
    """sin 3a · exp(b/2), training slopes with a noise of 20 % of their rms that nobody declared."""
    train, valid = _split(_smooth)
    assert train.jacobian is not None
    rms = np.sqrt(np.mean(train.jacobian**2, axis=0))
    noise = np.random.default_rng(0).normal(size=train.jacobian.shape)
    return Dataset(train.x, train.y, train.jacobian + 0.2 * rms * noise), valid


# Made from the folder of the study, where solves are kept.
PROBLEMS: dict[str, Callable[[Path], Problem]] = {
    "plate": plate,
    "spread": lambda folder: of_data(*spread()),
    "noisy": lambda folder: of_data(*noisy()),
    "orders": lambda folder: orders(),
    "burgers": lambda folder: burgers(),
    OWN: own,
}


def _spread(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    return np.sin(12 * a) + 0.06 * np.sin(2 * b), 12 * np.cos(12 * a), 0.12 * np.cos(2 * b)


def _smooth(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    wave, growth = np.sin(3 * a), np.exp(b / 2)
    return wave * growth, 3 * np.cos(3 * a) * growth, wave * growth / 2


def _split(function) -> tuple[Dataset, Dataset]:
    """Every second point of a square grid to train on, those in between to validate."""
    axis = np.linspace(-1, 1, SIDE)
    i, j = (index.ravel() for index in np.indices((SIDE, SIDE)))
    x = np.stack([axis[i], axis[j]], axis=1)
    y, da, db = function(*x.T)
    data = Dataset(x, y[:, None], np.stack([da, db], axis=1)[:, None])
    even = (i + j) % 2 == 0
    return data.rows(np.flatnonzero(even)), data.rows(np.flatnonzero(~even))
