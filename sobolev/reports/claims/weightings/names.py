"""How problems and variants are called in sentences."""

from sobolev.reports.read.weightings import PLAIN

_PROBLEMS = {
    "plate": "plate with a hole",
    "spread": "energies of the terms spread over 10⁴",
    "noisy": "noisy slopes",
    "orders": "five orders of derivatives",
    "burgers": "Burgers’ equation, residuals as terms",
    "table": "the table that was given",
}


def problem(name: str) -> str:
    """`spread (energies of the terms spread over 10⁴)`."""
    return f"{name} ({_PROBLEMS[name]})" if name in _PROBLEMS else name


def variant(name: str) -> str:
    """What follows `with`: `Adam as it is`, `unit length`, `β₂ = 0.99`."""
    return "Adam as it is" if name == PLAIN else name


def place(problem_: str, variant_: str) -> str:
    """`spread, β₂ = 0.99`."""
    return f"{problem_}, {variant(variant_)}"


def on_problems(count: int, total: int) -> str:
    """` on 2 of 3 problems`, ` on all 3 problems`; nothing to say of a single problem."""
    if total == 1:
        return ""
    if count == 0:
        return f" on none of the {total} problems"
    return f" on all {total} problems" if count == total else f" on {count} of {total} problems"


def clearly(word: str, count: int, total: int) -> str:
    """`clearly better on 2 of 3 problems`; of a single problem `clearly` or `not clearly`."""
    return f"{'' if count or total > 1 else 'not '}clearly {word}{on_problems(count, total)}"
