"""What the comparison varies and what it keeps."""

from dataclasses import dataclass

from sobolev._errors import ConfigError
from sobolev.study.comparison.catalogue import BASELINE, NAMES, VARIANTS
from sobolev.study.comparison.problems import PROBLEMS


@dataclass(frozen=True)
class ComparisonSettings:
    """Problems × schemes × variants × learning rates × initialisations.

    **Arguments:** `problems`, `schemes`, `variants`: names; the baseline is always among the
    schemes. `rates`: of Adam with a cosine to 1 %, all rows in a step, `steps` steps, a tanh
    network of widths `hidden`. Each scheme takes the rate with the smallest median error over
    `tuning_initialisations` others than the `initialisations` that are compared. Raises
    `ConfigError`.
    """

    problems: tuple[str, ...] = tuple(PROBLEMS)
    schemes: tuple[str, ...] = NAMES
    variants: tuple[str, ...] = tuple(VARIANTS)
    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2, 3e-2)
    steps: int = 2000
    hidden: tuple[int, ...] = (16, 16)
    initialisations: int = 12
    tuning_initialisations: int = 3

    def __post_init__(self):
        for kind, given, known in (
            ("problem", self.problems, PROBLEMS),
            ("scheme", self.schemes, NAMES),
            ("variant", self.variants, VARIANTS),
        ):
            unknown = [name for name in given if name not in known]
            if unknown or not given:
                raise ConfigError(
                    f"unknown {kind} '{(unknown or [''])[0]}': choose among {', '.join(known)}."
                )
        if not self.rates or min(self.rates) <= 0:
            raise ConfigError(f"rates are one or more numbers > 0: got {self.rates}.")
        if min(self.steps, self.initialisations, self.tuning_initialisations) < 1:
            raise ConfigError("steps and initialisations are at least 1.")

    @property
    def names(self) -> tuple[str, ...]:
        """The schemes, the baseline among them."""
        return tuple(dict.fromkeys((BASELINE, *self.schemes)))

    @property
    def seeds(self) -> range:
        """Initialisations that are compared."""
        return range(self.initialisations)

    @property
    def tuning_seeds(self) -> range:
        """Others: a rate that is chosen on the compared ones would flatter itself."""
        return range(1_000_000, 1_000_000 + self.tuning_initialisations)
