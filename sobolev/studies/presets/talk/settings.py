"""What a study varies and what it keeps; the only place with its default numbers."""

from dataclasses import dataclass

from sobolev._base.errors import ConfigError

NAMES = (
    *(
        f"{o}{b}"
        for o in ("lmax", "cd_own", "cd_sum", "cd_max")
        for b in ("", "_clip", "_erf", "_log")
    ),
    "inverse_norm",
)


@dataclass(frozen=True)
class StudySettings:
    """Networks × budgets × schemes × initialisations, and the controls.

    **Arguments:**
    - `networks`: hidden widths of each network; `budgets`: epochs at which errors are compared (the
      learning rate is constant, so the longest run passes through the shorter ones).
    - `schemes`: adaptive weightings, names from `NAMES`; the baselines always run.
    - `initialisations`: how many, with seeds from `first_seed` on, the same for every scheme.
    - `learning_rate`, `batch_size`: of Adam on the network; `rate`: η of the weights;
      `clip`: bounds of the clipped variants.
    - `controls`: whether each scheme is also run with normalised weights, with its mean weight
      replayed as one schedule, and at the tuned learning rate.
    - `tuning_rates`, `tuning_initialisations`: the sweep behind "SNN tuned", on other seeds.
    - `epochs_per_trial`: epochs of Adam that count as long as one Levenberg–Marquardt trial, for
      each network (0: do not run Levenberg–Marquardt). The report checks the wall time.
    - `records`: about how often histories are taken.
    """

    networks: tuple[tuple[int, ...], ...] = ((5, 3, 3), (10, 5, 5, 3))
    budgets: tuple[int, ...] = (200, 500, 1000)
    schemes: tuple[str, ...] = NAMES
    initialisations: int = 20
    first_seed: int = 0
    learning_rate: float = 1e-3
    batch_size: int = 32
    rate: float = 0.01
    clip: tuple[float, float] = (1e-3, 2.0)
    controls: bool = True
    tuning_rates: tuple[float, ...] = (5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2)
    tuning_initialisations: int = 5
    epochs_per_trial: tuple[float, ...] = (5.0, 8.0)
    records: int = 100

    def __post_init__(self):
        unknown = [name for name in self.schemes if name not in NAMES]
        _require(not unknown, f"unknown scheme '{(unknown or [''])[0]}': choose among {NAMES}")
        _require(len(set(self.schemes)) == len(self.schemes), "a scheme is named twice")
        _require(
            bool(self.networks) and all(map(_widths, self.networks)), "networks need widths ≥ 1"
        )
        _require(bool(self.budgets) and min(self.budgets) >= 1, "budgets must be at least 1 epoch")
        _require(self.initialisations >= 1, "at least one initialisation is needed")
        _require(self.tuning_initialisations >= 1 and bool(self.tuning_rates), "tuning needs rates")
        _require(
            self.learning_rate > 0 and min(self.tuning_rates) > 0, "learning rates must be > 0"
        )
        _require(self.rate > 0, "the rate of the weights must be > 0")
        _require(self.batch_size >= 1 and self.records >= 1, "batch_size and records must be ≥ 1")
        _require(
            len(self.epochs_per_trial) == len(self.networks) and min(self.epochs_per_trial) >= 0,
            "epochs_per_trial needs one number ≥ 0 for each network",
        )

    @property
    def seeds(self) -> range:
        """The initialisations that are compared."""
        return range(self.first_seed, self.first_seed + self.initialisations)

    @property
    def tuning_seeds(self) -> range:
        """Other initialisations: a rate tuned on the compared ones would flatter itself."""
        begin = self.first_seed + 1_000_000
        return range(begin, begin + self.tuning_initialisations)


def network_name(hidden: tuple[int, ...]) -> str:
    """(5, 3, 3) → "5-3-3"."""
    return "-".join(map(str, hidden))


def _widths(hidden: tuple[int, ...]) -> bool:
    return bool(hidden) and min(hidden) >= 1


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise ConfigError(f"study settings: {sentence}.")
