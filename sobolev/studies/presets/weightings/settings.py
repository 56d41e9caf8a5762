"""What the comparison varies and what it keeps."""

from dataclasses import dataclass
from typing import Any

from sobolev._base.errors import ConfigError
from sobolev.studies.presets.weightings.catalogue import VARIANTS, baseline, compared, names
from sobolev.studies.problems.built_in import PROBLEMS
from sobolev.studies.problems.own_table import OWN
from sobolev.studies.problems.problem import Problem


@dataclass(frozen=True)
class ComparisonSettings:
    """Problems × schemes × variants × learning rates × initialisations.

    **Arguments:** `problems`: names, by default those of the house; "table" is the user's own.
    `schemes`, `variants`: names; None for what the problem says (all, but for the costly ones); the
    baseline is always among the schemes. `rates`: of Adam with
    a cosine to 1 %, all rows in a step, `steps` steps, a network of widths `hidden`; None: what the
    problem says. Each scheme takes the rate with the smallest median error over
    `tuning_initialisations` others than the `initialisations` that are compared; as long as that is
    the smallest or largest one, a further rate is tried beyond it. Raises `ConfigError`.
    """

    problems: tuple[str, ...] = tuple(name for name in PROBLEMS if name != OWN)
    schemes: tuple[str, ...] | None = None
    variants: tuple[str, ...] | None = None
    rates: tuple[float, ...] | None = None
    steps: int | None = None
    hidden: tuple[int, ...] | None = None
    initialisations: int = 12
    tuning_initialisations: int = 3

    def __post_init__(self):
        every = dict.fromkeys((*names(True), *names(False)))
        for kind, given, known in (
            ("problem", self.problems, PROBLEMS),
            ("scheme", self.schemes, every),
            ("variant", self.variants, VARIANTS),
        ):
            if given is None:
                continue
            unknown = [name for name in given if name not in known]
            if unknown or not given:
                raise ConfigError(
                    f"unknown {kind} '{(unknown or [''])[0]}': choose among {', '.join(known)}."
                )
        if self.rates is not None and (not self.rates or min(self.rates) <= 0):
            raise ConfigError(f"rates are one or more numbers > 0: got {self.rates}.")
        counts = self.initialisations, self.tuning_initialisations, self.steps
        if min(count for count in counts if count is not None) < 1:
            raise ConfigError("steps and initialisations are at least 1.")

    def cells(self, name: str, problem: Problem) -> list[tuple[str, str, str]]:
        """(problem, scheme, variant) of everything that is trained on this problem."""
        offered = names(problem.energies)
        wanted = self.schemes or problem.schemes or offered
        schemes = dict.fromkeys((baseline(problem.energies), *wanted))
        variants = problem.variants if self.variants is None else self.variants
        return [
            (name, scheme, variant)
            for scheme in schemes
            if scheme in offered
            for variant in variants
            if compared(scheme, variant)
        ]

    def budget(self, problem: Problem) -> dict[str, Any]:
        """What changes the numbers of a training on this problem."""
        return ({"rows": problem.rows} if problem.rows else {}) | {
            "rates": problem.rates if self.rates is None else self.rates,
            "steps": self.steps or problem.steps,
            "hidden": problem.hidden if self.hidden is None else self.hidden,
            "initialisations": self.initialisations,
            "tuning_initialisations": self.tuning_initialisations,
        }

    @property
    def seeds(self) -> range:
        """Initialisations that are compared."""
        return range(self.initialisations)

    @property
    def tuning_seeds(self) -> range:
        """Others: a rate that is chosen on the compared ones would flatter itself."""
        return range(1_000_000, 1_000_000 + self.tuning_initialisations)
