"""How problems, variants, ratios and many schemes are called in sentences."""

from collections.abc import Sequence

from sobolev.reports import words
from sobolev.reports.weightings.read import PLAIN

_PROBLEMS = {
    "plate": "plate with a hole",
    "spread": "energies of the terms spread over 10⁴",
    "noisy": "noisy slopes",
    "orders": "five orders of derivatives",
    "burgers": "Burgers’ equation, residuals as terms",
    "table": "the table that was given",
}
_MANY = 8


def problem(name: str) -> str:
    """`spread (energies of the terms spread over 10⁴)`."""
    return f"{name} ({_PROBLEMS[name]})" if name in _PROBLEMS else name


def variant(name: str) -> str:
    """What follows `with`: `Adam as it is`, `unit length`, `β₂ = 0.99`."""
    return "Adam as it is" if name == PLAIN else name


def place(problem_: str, variant_: str) -> str:
    """`spread, β₂ = 0.99`."""
    return f"{problem_}, {variant(variant_)}"


def listed(names: Sequence[str], most: int = _MANY) -> str:
    """a, b and 12 more."""
    names = list(names)
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return words.joined(shown)


def times(ratio: float) -> str:
    """×0.47, two digits: more is not known from a few initialisations."""
    return "unbounded" if ratio == float("inf") else f"×{words.number(ratio, 2)}"


def on(count: int, total: int) -> str:
    """` on 2 of 3 problems`, ` on all 3 problems`; nothing to say of a single problem."""
    if total == 1:
        return ""
    if count == 0:
        return f" on none of the {total} problems"
    return f" on all {total} problems" if count == total else f" on {count} of {total} problems"


def clearly(word: str, count: int, total: int) -> str:
    """`clearly better on 2 of 3 problems`; of a single problem `clearly` or `not clearly`."""
    return f"{'' if count or total > 1 else 'not '}clearly {word}{on(count, total)}"


def p(value: float) -> str:
    """A p-value: two digits, one where it is small."""
    return f"{value:.1g}" if value < 0.01 else f"{value:.2f}"
