"""Numbers as programs print them: Fortran's exponents, and the words for what is absent."""

import re

NOT_A_NUMBER = frozenset(
    ("nan(ind)", "-nan(ind)", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "nanq", "nans")
)  # fmt: skip
ABSENT = frozenset(
    ("", "na", "n/a", "#n/a", "#na", "#value!", "null", "none", "<na>", "-", "--", "---")
)  # fmt: skip
# Fortran leaves the letter out where the exponent has three digits: 5.6-304.
_FORTRAN = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))(?:[dDqQ]([-+]?\d+)|([-+]\d{3}))")


def number(text: str) -> float | None:
    """The number that a text is, which may be infinite or NaN; None for anything else.

    `1.0D-03` and `5.6-304` are Fortran's, `1.#QNAN` is that of a C library.

    ```python
    number("1.0D-03"), number("nan"), number("hot")     # 0.001, nan, None
    ```
    """
    text = text.strip()
    if "_" not in text:  # float("1_0") is 10
        try:
            return float(text)
        except ValueError:
            pass
    if text.lower() in NOT_A_NUMBER:
        return float("nan")
    match = _FORTRAN.fullmatch(text)
    if match is None or ("." not in match[1] and match[3]):
        return None
    return float(f"{match[1]}e{match[2] or match[3]}")


def cell(text: str) -> float | None:
    """`number`, and NaN for the words by which tables say that there is none: `N/A`, `NULL`."""
    return float("nan") if text.strip().lower() in ABSENT else number(text)
