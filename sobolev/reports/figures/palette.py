"""One colour for each family of schemes, one line style for each variant of it."""

from dataclasses import dataclass
from typing import Any

from sobolev.reports.figures.canvas import INK
from sobolev.reports.read.study import Contender

# Middle luminance: legible on white, on black and in grey print. Longest names first.
_FAMILIES = {
    "inverse_energy": "#1a9e96",
    "inverse_norm": "#a8734a",
    "snn_tuned": "#3182dd",
    "cd_own": "#e2475c",
    "cd_sum": "#58a33e",
    "cd_max": "#d45fb5",
    "lmax": "#e38c12",
    "snn": INK,
    "nn": "#8b9099",
    "lm": "#9560e0",
}
_SPARE = ("#6b7fd7", "#b0a12b", "#3aa6c9", "#c2704f", "#7d9b76", "#9a6a97")
_VARIANTS = {
    "": ("-", "o"),
    "clip": ("--", "s"),
    "erf": (":", "^"),
    "log": ("-.", "D"),
}


@dataclass(frozen=True)
class Look:
    """Colour, line style and marker."""

    colour: str
    line: Any
    marker: str


def look(scheme: Contender) -> Look:
    """A control looks like the scheme that it belongs to."""
    name = scheme.of or scheme.name
    for family, colour in _FAMILIES.items():
        if name == family or name.startswith(f"{family}_"):
            line, marker = _VARIANTS.get(name[len(family) + 1 :], ((0, (3, 1, 1, 1)), "P"))
            return Look(colour, line, marker)
    # Not hash(): it differs from one run of Python to the next.
    return Look(_SPARE[sum(name.encode()) % len(_SPARE)], "-", "v")
