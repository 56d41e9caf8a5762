"""Units as engineers type them, in one spelling."""

import re

_SIGNS = str.maketrans(
    {"·": "*", "⋅": "*", "×": "*", "µ": "u", "μ": "u", "−": "-", "⁻": "-", "⁺": "+"}
    | dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))
)
_WORDS = {"°C": "degC", "℃": "degC", "°F": "degF", "°": "deg", "Ω": "ohm", "\u2126": "ohm",
          "Ohm": "ohm", "l": "L", "ml": "mL", "Nm": "N*m", "Nmm": "N*mm", "kNm": "kN*m",
          "W/mK": "W/(m*K)", "-": "", "1": ""}  # fmt: skip


def plain_unit(unit: str) -> str:
    """`N/mm²`, `N/mm2` and `N/mm**2` as `N/mm^2`; `W/(m² K)` as `W/(m^2*K)`, `µm` as `um`.

    Empty for what has no unit: `-`, `1` or nothing.
    """
    text = unit.strip().translate(_SIGNS).replace("**", "^")
    text = re.sub(r"\s*([*/()^])\s*", r"\1", text)
    text = re.sub(r"\s+", "*", text)
    text = re.sub(r"(?<=[A-Za-zΩ\u2126])(-?\d)", r"^\1", text)
    text = re.sub(r"(\^-?\d)(?=[A-Za-z])", r"\1*", text)  # m²K
    if text in _WORDS:
        return _WORDS[text]
    words = re.split(r"([*/()^])", text)
    words = [_WORDS.get(word, word) if word != "1" else word for word in words]
    return "".join(re.sub("[Ω\u2126]$", "ohm", word) for word in words)
