"""Units as people write them: whether a text is one, and whether two are the same."""

import re
import unicodedata
from fractions import Fraction

_PREFIXED = (
    "m g s A K mol cd rad sr Hz N Pa J W C V F S Wb T H lm lx Bq Gy Sv kat L l eV bar cal Wh Ω Ohm "
    "ohm bit byte var VA"
).split()
_PREFIXES = "Y Z E P T G M k h da d c m μ u n p f a z y".split()
_OTHERS = (
    "min h hr hrs hour hours day days yr year years sec deg ° °C °F °R degC degF degK % ‰ ppm "
    "ppb in inch ft yd mi mil nmi lb lbf lbm oz slug psi ksi Msi psf kip kips kn kt kts knot knots "
    "mph kph kmh rpm rps rev amu Da Å Ang angstrom Angstrom bohr Bohr hartree Hartree Ha Ry au "
    "AU atm Torr mmHg dyn erg g0 gal hp gon arcsec arcmin dB dBA px cycle cycles kg_f kgf kp "
    "gpm cP cSt St acre ha gf tf"
).split()
_KNOWN = {*_PREFIXED, *_OTHERS} | {p + unit for p in _PREFIXES for unit in _PREFIXED}
_NONE = {"1", "-", "–", "—", "dimensionless", "none", "nondim", "nd"}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?)|(?P<symbol>[^\W\d_]+\d?_?[^\W\d_]*|[°%‰][CFR]?)"
    r"|(?P<sign>[*/^().-]))"
)
_SIGNS = str.maketrans(
    {"−": "-", "⁄": "/", "∕": "/", "·": "*", "⋅": "*", "×": "*", "∙": "*", "•": "*", "‧": "*"}
)
Unit = tuple[tuple[str, Fraction], ...]


def is_unit(text: str) -> bool:
    """Whether a text is a unit: `MPa`, `N/mm²`, `kg m s⁻²`, `%`, `-`; not `Rho` and not `0`.

    ```python
    is_unit("N·mm⁻¹"), is_unit("Rho")     # (True, False)
    ```
    """
    text = text.strip()
    if text.lower() in _NONE:
        return text != "1"
    symbols = [symbol for symbol, _ in canonical(text) or ()]
    known = [symbol for symbol in symbols if symbol in _KNOWN]
    return bool(known) and all(symbol in known or symbol[0].isdigit() for symbol in symbols)


def same_unit(one: str, other: str) -> bool:
    """Whether two texts mean one unit: `N·mm⁻¹` and `N/mm`, µ in both of its code points."""
    if re.sub(r"\s", "", one) == re.sub(r"\s", "", other):
        return True
    found = canonical(one)
    return found is not None and found == canonical(other)


def quotient(of: str, by: str) -> str:
    """The unit of a slope: `(N/mm)/(mm)`."""
    return f"({'1' if of.lower() in _NONE else of})/({'1' if by.lower() in _NONE else by})"


def canonical(text: str) -> Unit | None:
    """Symbols with their exponents, sorted; None for what is no product of powers."""
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS).replace("**", "^").strip()
    if text.lower() in _NONE:
        return ()
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        tokens.append((match.lastgroup or "", match[match.lastgroup or 0]))
        at = match.end()
    try:
        found, rest = _product(tokens)
    except (IndexError, ValueError, ZeroDivisionError):
        return None
    return None if rest else tuple(sorted((s, e) for s, e in found.items() if e))


_Tokens = list[tuple[str, str]]


def _product(tokens: _Tokens) -> tuple[dict[str, Fraction], _Tokens]:
    """Factors until the end or a closing bracket; raises where there is none."""
    found: dict[str, Fraction] = {}
    sign = 1
    while True:
        factor, tokens = _factor(tokens)
        for symbol, exponent in factor.items():
            found[symbol] = found.get(symbol, Fraction(0)) + sign * exponent
        if not tokens or tokens[0][1] == ")":
            return found, tokens
        sign = 1
        if tokens[0][0] == "sign" and tokens[0][1] in "*/.-":
            sign = -1 if tokens[0][1] == "/" else 1
            tokens = tokens[1:]


def _factor(tokens: _Tokens) -> tuple[dict[str, Fraction], _Tokens]:
    kind, text = tokens[0]
    rest = tokens[1:]
    if kind == "number":
        exponent, rest = _exponent(rest, explicit=True)
        return ({} if float(text) == 1 else {text: exponent}), rest
    if text == "(":
        inner, rest = _product(rest)
        if not rest:
            raise ValueError("a bracket is open")
        exponent, rest = _exponent(rest[1:])
        return {symbol: power * exponent for symbol, power in inner.items()}, rest
    if kind != "symbol":
        raise ValueError(text)
    if text[-1].isdigit():  # m2
        return {text[:-1]: Fraction(text[-1])}, rest
    exponent, rest = _exponent(rest)
    return {text: exponent}, rest


def _exponent(tokens: _Tokens, explicit: bool = False) -> tuple[Fraction, _Tokens]:
    """`^-2`, `-2`, `^(1/2)`; after a number only with its `^`."""
    hat = bool(tokens) and tokens[0][1] == "^"
    rest = tokens[1:] if hat else tokens
    if explicit and not hat:
        return Fraction(1), tokens
    if hat and rest[0][1] == "(":
        end = [text for _, text in rest].index(")")
        return Fraction("".join(text for _, text in rest[1:end])), rest[end + 1 :]
    minus = len(rest) > 1 and rest[0][1] == "-" and rest[1][0] == "number"
    if minus or (rest and rest[0][0] == "number"):
        return Fraction(rest[minus][1]) * (-1 if minus else 1), rest[minus + 1 :]
    if hat:
        raise ValueError("an exponent is missing")
    return Fraction(1), tokens
