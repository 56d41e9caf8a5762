"""How numbers, terms and ratios are written: the same everywhere on the page."""

import math
from collections.abc import Sequence
from typing import Protocol

from sobolev.records.over_seeds import Interval
from sobolev.records.paired import Paired


def number(value: float, digits: int = 3) -> str:
    """Three significant digits, no exponent where it can be helped."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "failed" if value > 0 else "0"
    if value != 0 and not 1e-4 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    text = f"{value:#.{digits}g}"
    return (f"{value:.0f}" if abs(value) >= 10**digits else text.rstrip(".")).replace("-", "−")


def factor(log_value: float) -> str:
    """exp of a log ratio as ×0.47; a failed run makes it unbounded."""
    if math.isnan(log_value):
        return "–"
    if math.isinf(log_value):
        return "unbounded" if log_value > 0 else "×0"
    return f"×{number(math.exp(min(max(log_value, -700), 700)))}"


def factor_range(interval: Interval) -> str:
    """×0.47 [0.41, 0.55]; only the middle when there are too few initialisations."""
    if not interval.known or (math.isinf(interval.low) and math.isinf(interval.high)):
        return factor(interval.middle)
    ends = (factor(end).lstrip("×") for end in (interval.low, interval.high))
    return f"{factor(interval.middle)} [{', '.join(ends)}]"


def log_range(interval: Interval | None) -> str:
    """A log gain and its interval, with sign."""
    if interval is None:
        return "not run"
    if not interval.known:
        return _signed(interval.middle)
    return f"{_signed(interval.middle)} [{_signed(interval.low)}, {_signed(interval.high)}]"


def percent_range(interval: Interval | None) -> str:
    """A share as 88 % [79, 96]."""
    if interval is None:
        return "–"
    middle = _percent(interval.middle)
    if not interval.known or math.isinf(interval.low):
        return f"{middle} %"
    return f"{middle} % [{_percent(interval.low)}, {_percent(interval.high)}]"


class Compared(Protocol):
    """A median ratio with its interval, and how often it was below 1."""

    @property
    def log_ratio(self) -> Interval:
        """Of the errors."""
        ...

    @property
    def paired(self) -> Paired:
        """Wins and number of pairs."""
        ...


def comparison(result: Compared) -> str:
    """`error ×0.47 [0.41, 0.55], better in 28 of 30 initialisations`."""
    range_text = factor_range(result.log_ratio)
    wins, n = result.paired.wins, result.paired.n
    return f"error {range_text}, better in {wins} of {n} initialisations"


def level(value: float) -> str:
    """A confidence level as 95 % or 99.5 %."""
    return f"{100 * value:.4g} %"


def joined(names: list[str]) -> str:
    """a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """a, b and 12 more."""
    names = list(names)
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return joined(shown)


def times(ratio: float) -> str:
    """×0.47, two digits: more is not known from a few initialisations."""
    return "unbounded" if ratio == float("inf") else f"×{number(ratio, 2)}"


def p_value(value: float) -> str:
    """A p-value: two digits, one where it is small."""
    return f"{value:.1g}" if value < 0.01 else f"{value:.2f}"


def plural(count: int, noun: str) -> str:
    """1 run, 2 runs."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _signed(value: float) -> str:
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "+∞" if value > 0 else "−∞"
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")  # + 0.0: no negative zero


def _percent(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{round(100 * value) + 0}".replace("-", "−")
