"""Architectures as files of formats 1 and 2 describe them: by a kind and what it was made with."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sobolev.networks.architecture import Architecture
from sobolev.networks.families.mixed import MixedMLP
from sobolev.networks.registry import fields_of, of_strings

# What such a file says of a network, beside its kind. Initialisations were not kept.
_SAID = "hidden", "activation", "frequency", "frequencies"


def of_format_2(content: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Architecture:
    """The architecture of a surrogate of format 1 or 2; its share of periodic units is in an array.

    Raises `ConfigError`, `KeyError`, `TypeError` and `ValueError` for what no such file says.
    """
    said = dict(content)
    kind = said.pop("kind")
    wanted = [name for name in _SAID if name in fields_of(kind)]
    if "frequencies" in wanted:
        wanted.remove("frequency")
    if said.keys() != set(wanted):
        raise ValueError("its settings are not those of its network")
    found = of_strings(kind, **said)
    return _with_share(found, arrays["waves"]) if isinstance(found, MixedMLP) else found


def _with_share(found: MixedMLP, waves: np.ndarray) -> MixedMLP:
    """A share with which each layer gets as many periodic units: the default one where it fits.

    w = round(p W) leaves p open within half a unit.
    """
    counts, widths = np.asarray(waves, int), np.array(found.hidden)
    low, high = max((counts - 0.5) / widths), min((counts + 0.5) / widths)
    for share in (found.periodic, 0.0, 1.0, *(counts / widths), (low + high) / 2):
        if 0 <= share <= 1:
            tried = MixedMLP(found.hidden, float(share))
            if tried.waves == tuple(counts):
                return tried
    raise ValueError(f"no share of periodic units gives {counts.tolist()}")
