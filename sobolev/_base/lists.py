"""Lists of names in one text; without NumPy, since the command line reads its options with it."""

import re


def listed(text: str) -> list[str]:
    """The names of a list in one text; a comma in brackets belongs to its name: `K[0,1], b`."""
    parts = re.findall(r"(?:\[[^\[\]]*\]|\([^()]*\)|[^,])+", text)
    return [part.strip() for part in parts if part.strip()]
