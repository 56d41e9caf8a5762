"""How far along a direction: fixed, backtracking, or to where the slope is nearly zero."""

import abc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sobolev._base.arguments import between, positive, whole
from sobolev._base.errors import ConfigError
from sobolev.descent.along import Line, Trial


class LineSearch(abc.ABC):
    """A rule for α in v + α d.

    A member says the trial to begin with (`begin`, or after a step `next`) and what is taken, and
    declares whether it looks for lower values (`lowers`): without one it has then failed.
    """

    lowers: ClassVar[bool] = True

    @abc.abstractmethod
    def begin(self) -> float:
        """The first trial of the first step."""

    def next(self, last: Trial, before: float, slope: float) -> float:
        """The first trial after a step, of the slopes at the starts of the last line and this.

        By default the step that would change the function as much as the last one did.
        """
        return last.α * min(before / slope, 10.0)

    @abc.abstractmethod
    def search(self, line: Line, α: float) -> Trial | None:
        """The trial that is taken; None where none is."""


@dataclass(frozen=True)
class FixedStep(LineSearch):
    """Always the same α: of a function whose second derivatives have known bounds.

    With m ‖d‖² ≤ f″(v)[d, d] ≤ M ‖d‖² in the norm of the inner product, α = 2/(m + M) contracts the
    distance to the minimum by (M − m)/(M + m) in every step, on any mesh.

    ```python
    SteepestDescent(FixedStep(4 / 3))
    ```
    """

    step: float

    lowers: ClassVar[bool] = False

    def __post_init__(self):
        positive("the step", self.step)

    def begin(self) -> float:
        """The step."""
        return self.step

    def next(self, last: Trial, before: float, slope: float) -> float:
        """The step."""
        return self.step

    def search(self, line: Line, α: float) -> Trial | None:
        """Whatever the value is there, if it is one."""
        trial = line.at(α)
        return trial if np.isfinite(trial.value) else None


@dataclass(frozen=True)
class Armijo(LineSearch):
    """Half as far until f(v + α d) ≤ f(v) + c α ⟨g, d⟩.

    The next search begins where the last line had its minimum, as its slopes tell: a step that is
    just allowed overshoots by nearly as much as it should have gone, and would be taken for ever.

    **Arguments:** `first` α of the first step; `decrease` c; `trials`, at most.

    ```python
    SteepestDescent(Armijo(first=0.01))
    ```
    """

    first: float = 1.0
    decrease: float = 1e-4
    trials: int = 30

    def __post_init__(self):
        positive("the first step", self.first)
        between("the decrease", self.decrease)
        whole("the number of trials", self.trials, 1)

    def begin(self) -> float:
        """As it was given."""
        return self.first

    def next(self, last: Trial, before: float, slope: float) -> float:
        """Where the slope of the last line would have been zero, a fifth to five times as far."""
        rise = last.slope - before
        best = -before * last.α / rise if rise > 0 else np.inf
        return float(np.clip(best, last.α / 5, 5 * last.α))

    def search(self, line: Line, α: float) -> Trial | None:
        """The first that is low enough."""
        for number in range(self.trials):
            trial = line.at(α)
            if line.enough(trial, self.decrease) and (number == 0 or line.real(trial)):
                return trial
            α /= 2
        return None


@dataclass(frozen=True)
class Wolfe(LineSearch):
    """The strong conditions of Wolfe: f(α) ≤ f(0) + c₁ α f′(0) and |f′(α)| ≤ c₂ |f′(0)|.

    Expansion until a minimum lies between two trials, then cubic interpolation; of a parabola the
    second trial is exact. Conjugate gradients want c₂ = 0.1, quasi-Newton methods 0.9.

    **Arguments:** `curvature` c₂, `decrease` c₁ < c₂; `first` α of the first step; `trials`, at
    most. Source: J. Nocedal, S. J. Wright, Numerical optimization, 2006, algorithms 3.5 and 3.6.
    """

    curvature: float = 0.9
    decrease: float = 1e-4
    first: float = 1.0
    trials: int = 30

    def __post_init__(self):
        between("the decrease", self.decrease)
        between("the curvature", self.curvature)
        positive("the first step", self.first)
        whole("the number of trials", self.trials, 1)
        if self.decrease >= self.curvature:
            raise ConfigError(
                f"the decrease must be below the curvature {self.curvature:g}: got "
                f"{self.decrease:g}."
            )

    def begin(self) -> float:
        """As it was given."""
        return self.first

    def search(self, line: Line, α: float) -> Trial | None:
        """That which meets both conditions; else the lowest that is low enough."""
        start = line.start
        low, high = Trial(0.0, start.value, line.slope, start.v, start.g), None
        for _ in range(self.trials):
            trial = line.at(α)
            long = not line.enough(trial, self.decrease)
            if long or trial.value > low.value + line.noise:
                high = trial
            elif abs(trial.slope) <= -self.curvature * line.slope:
                return trial
            else:
                # Beyond the minimum, seen from the lower end: the old lower end bounds it, too.
                passed = trial.slope * (1.0 if high is None else high.α - low.α) >= 0
                before, low, high = low, trial, low if passed else high
                if high is None:
                    α = _beyond(before, low)
                    continue
            α = _within(low, high, line.noise)
        return low if low.α and line.real(low) else None


def _within(low: Trial, high: Trial, noise: float) -> float:
    """The minimiser of the cubic through both ends, a tenth off them at least."""
    width = high.α - low.α
    if not np.isfinite(high.value):
        return low.α + 0.1 * width
    if abs(high.value - low.value) <= noise:  # slopes are exact for longer than values
        part = low.slope / (low.slope - high.slope) if low.slope * high.slope < 0 else 0.5
        return low.α + float(np.clip(part, 1e-3, 1 - 1e-3)) * width
    a = low.slope + high.slope - 3 * (high.value - low.value) / width
    root = a**2 - low.slope * high.slope
    if root < 0:
        return low.α + 0.5 * width
    b = np.sign(width) * root**0.5
    below = high.slope - low.slope + 2 * b
    part = 1 - (high.slope + b - a) / below if below else 0.5
    return low.α + float(np.clip(part, 0.1, 0.9)) * width


def _beyond(last: Trial, here: Trial) -> float:
    """Where the secant of the slope is zero, 1.5 to 1000 times as far as here."""
    rise = here.slope - last.slope
    far = here.α - here.slope * (here.α - last.α) / rise if rise > 0 else np.inf
    return float(np.clip(far, 1.5 * here.α, 1000 * here.α))
