"""Units by the powers of kg, m, s, A, K, mol, cd and rad that they are made of."""

import re
from typing import NamedTuple

from sobolev._base.plain_units import plain_unit


class Base(NamedTuple):
    """value in base units = factor · value + offset, of Π base^power: `BaseUnit` of FMI."""

    factor: float
    powers: dict[str, int]
    offset: float = 0.0


FORCE, PRESSURE = {"kg": 1, "m": 1, "s": -2}, {"kg": 1, "m": -1, "s": -2}
ENERGY, POWER = {"kg": 1, "m": 2, "s": -2}, {"kg": 1, "m": 2, "s": -3}
# With prefixes and without. A unit that cannot be made of these is its name alone; so is C, which
# some write for degrees.
PREFIXED: dict[str, tuple[float, dict[str, int]]] = {
    "m": (1.0, {"m": 1}),
    "g": (1e-3, {"kg": 1}),
    "s": (1.0, {"s": 1}),
    "A": (1.0, {"A": 1}),
    "K": (1.0, {"K": 1}),
    "mol": (1.0, {"mol": 1}),
    "rad": (1.0, {"rad": 1}),
    "Hz": (1.0, {"s": -1}),
    "N": (1.0, FORCE),
    "Pa": (1.0, PRESSURE),
    "bar": (1e5, PRESSURE),
    "J": (1.0, ENERGY),
    "W": (1.0, POWER),
    "V": (1.0, {**POWER, "A": -1}),
    "ohm": (1.0, {**POWER, "A": -2}),
    "T": (1.0, {"kg": 1, "s": -2, "A": -1}),
    "L": (1e-3, {"m": 3}),
}
PLAIN: dict[str, tuple[float, dict[str, int]]] = {
    "1": (1.0, {}),
    "t": (1e3, {"kg": 1}),
    "min": (60.0, {"s": 1}),
    "h": (3600.0, {"s": 1}),
    "deg": (0.017453292519943295, {"rad": 1}),
    "degC": (1.0, {"K": 1}),  # a difference: of a temperature see below
    "cd": (1.0, {"cd": 1}),
}
PREFIXES = {"G": 9, "M": 6, "k": 3, "c": -2, "m": -3, "u": -6, "n": -9}
FACTOR = re.compile(r"([A-Za-z]+|1)(?:\^(-?\d))?")


def base_of(unit: str) -> Base | None:
    """What `W/(m^2*K)` and its like are in base units, None where that is not known."""
    text = plain_unit(unit)
    if text == "degC":
        return Base(1.0, {"K": 1}, 273.15)
    above, _, below = text.partition("/")
    bracketed = re.fullmatch(r"\(([^()]*)\)", below)
    parts = [(part, 1) for part in above.split("*")]
    # a/b/c and a/(b*c) alike; a/b*c is (a/b)*c and seldom meant so: left alone
    if bracketed:
        parts += [(part, -1) for part in bracketed[1].split("*")]
    elif below and "*" not in below:
        parts += [(part, -1) for part in below.split("/")]
    elif below:
        return None
    exponent, factor, powers = 0, 1.0, {}
    for part, sign in parts:
        match = FACTOR.fullmatch(part)
        known = _factor(match[1]) if match else None
        if match is None or known is None:
            return None
        power = sign * int(match[2] or 1)
        exponent += power * known[0]
        factor *= known[1] ** power
        for what, of in known[2].items():
            powers[what] = powers.get(what, 0) + of * power
    powers = {what: power for what, power in powers.items() if power}
    return Base(factor * float(f"1e{exponent}"), powers)


def _factor(word: str) -> tuple[int, float, dict[str, int]] | None:
    """Power of ten, factor and powers of one word."""
    if word in PLAIN:
        return 0, *PLAIN[word]
    if word in PREFIXED:
        return 0, *PREFIXED[word]
    if word[1:] in PREFIXED and word[:1] in PREFIXES:
        return PREFIXES[word[0]], *PREFIXED[word[1:]]
    return None
