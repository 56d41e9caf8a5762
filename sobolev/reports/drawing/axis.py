"""The axis of a panel: its range, round ticks, and how they are written."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_POWERS = (-3, 4)  # within these powers of ten a number is written out


@dataclass(frozen=True)
class Axis:
    """A range `low` < `high` with a `label`; `log` for powers of ten.

    ```python
    Axis.around([0.1, 0.9], "a in mm").ticks()     # [(0.2, "0.2"), (0.4, "0.4"), …]
    ```
    """

    low: float
    high: float
    label: str = ""
    log: bool = False

    @classmethod
    def around(
        cls, values: Iterable[float] | np.ndarray, label: str = "", log: bool = False
    ) -> "Axis":
        """What holds all finite values (positive ones if `log`), with a little air around them."""
        found = np.asarray(values, float).ravel()
        found = found[np.isfinite(found) & ((found > 0) | (not log))]
        if not len(found):
            return cls(0.1, 1.0, label, log) if log else cls(0.0, 1.0, label)
        low, high = float(found.min()), float(found.max())
        if log:
            return cls(low / 1.3, high * 1.3, label, True)
        if high - low <= 1e-12 * max(abs(low), abs(high)):  # one value: an axis still has a length
            air = 0.05 * abs(low) or 1.0
        else:
            air = 0.04 * (high - low)
        return cls(low - air, high + air, label)

    def at(self, values) -> np.ndarray:
        """Where values lie: 0 at `low`, 1 at `high`."""
        values = np.asarray(values, float)
        if not self.log:
            return (values - self.low) / (self.high - self.low)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(values / self.low) / math.log(self.high / self.low)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """At most so many round values inside, each as it is written; `power` is taken out."""
        if self.log:
            return [(value, _power(value)) for value in _decades(self.low, self.high, most)]
        values, step = _steps(self.low, self.high, most)
        scale = 10.0**self.power
        unit = _exponent(step / scale)
        digits = max(0, -unit + (abs(step / scale / 10.0**unit - 2.5) < 1e-6))
        return [(v, f"{v / scale + 0.0:.{digits}f}".replace("-", "−")) for v in values]

    @property
    def power(self) -> int:
        """The power of ten that stands beside the axis instead of in every number; often 0."""
        power = _exponent(max(abs(self.low), abs(self.high)))
        return 0 if self.log or _POWERS[0] <= power <= _POWERS[1] else power


def superscript(power: int) -> str:
    """10⁻³, as text."""
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _exponent(value: float) -> int:
    return math.floor(math.log10(value) + 1e-9) if value > 0 else 0


def _steps(low: float, high: float, most: int) -> tuple[list[float], float]:
    rough = (high - low) / most
    unit = 10.0 ** _exponent(rough)
    step = next(unit * factor for factor in _ROUND if unit * factor >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)], step


def _decades(low: float, high: float, most: int) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first >= 1:
        every = max(1, math.ceil((last - first + 1) / most))
        return [10.0**power for power in range(first, last + 1, every)]
    powers = range(first - 1, last + 2)
    fine = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return [value for value in fine if low <= value <= high] or [math.sqrt(low * high)]


def _power(value: float) -> str:
    power = _exponent(value)
    if abs(value / 10.0**power - 1) > 1e-6 or -2 <= power <= 2:
        return f"{value:.3g}".replace("-", "−")
    return superscript(power)
