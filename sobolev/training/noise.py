"""Whether the labels of a training are noisy."""

from collections.abc import Sequence

import numpy as np

from sobolev._base.identity import digest
from sobolev.data.dataset import Dataset
from sobolev.kriging.noise import NoiseSeen, noise_seen

# Below this share of what the labels vary by, a network has its own error to care for.
VALUES, SLOPES = 0.005, 0.015
KEPT = 8  # data sets whose noise is remembered


def noise_of(data: Sequence[Dataset]) -> NoiseSeen | None:
    """The largest noise of values and of slopes, seen or declared; None where nobody can tell."""
    told = [found for each in data for found in (_seen(each), _declared(each)) if found]
    if not told:
        return None
    return NoiseSeen(max(s.values for s in told), max(s.slopes for s in told))


_told: dict[str, NoiseSeen | None] = {}


def _seen(data: Dataset) -> NoiseSeen | None:
    """That of the labels; the trials of a choice and the training after them ask once."""
    key = digest((data.x, data.labels(), data.directions, data.cotangents))
    if key not in _told:
        while len(_told) >= KEPT:
            _told.pop(next(iter(_told)))
        _told[key] = noise_seen(data)
    return _told[key]


def _declared(data: Dataset) -> NoiseSeen | None:
    """The median of the levels in `data.noise`, relative to what the labels vary by."""
    shares = {"y": 0.0, "jacobian": 0.0}
    for kind in shares.keys() & data.noise.keys():
        levels, labels = data.noise[kind], data.labels()[kind]
        spread = np.nanstd(labels, axis=0)
        known = ~np.isnan(levels) & (spread > 0)
        if known.any():
            shares[kind] = float(np.median((levels / np.where(spread > 0, spread, 1.0))[known]))
    return NoiseSeen(shares["y"], shares["jacobian"]) if data.noise else None


def is_noisy(noise: NoiseSeen | None) -> bool:
    """Whether it is enough for a training to regularise."""
    return noise is not None and (noise.values > VALUES or noise.slopes > SLOPES)
