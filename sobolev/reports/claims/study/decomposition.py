"""Where a gain over SNN comes from: the common growth of the weights, or their balance."""

from dataclasses import dataclass

import numpy as np

from sobolev.records.over_seeds import LEVEL, Effect, Interval, effect, share
from sobolev.records.paired import log_ratio
from sobolev.reports.read.study import Cell, Results


@dataclass(frozen=True)
class Decomposition:
    """Where the gain log(error of SNN / error of the scheme) comes from.

    `size` is what remains when only the common growth of the weights is replayed, `balance` what
    remains when the weights are normalised to mean 1; `remainder` = gain − size − balance, seed by
    seed. A part whose control was not run is None, and so is a share of a gain that is not clearly
    above zero.
    """

    gain: Effect
    size: Effect | None
    balance: Effect | None
    remainder: Effect | None
    size_share: Interval | None
    balance_share: Interval | None


def decomposition(results: Results, cell: Cell, scheme: str) -> Decomposition | None:
    """Gain of an adaptive scheme over SNN, split by its controls; None without SNN."""
    if not (results.has(cell, "snn") and results.has(cell, scheme)):
        return None

    def control(kind: str):
        found = results.control(scheme, kind)
        if found is None or not results.has(cell, found.name):
            return None
        return results.errors(cell, found.name)

    snn, errors = results.errors(cell, "snn"), results.errors(cell, scheme)
    return decompose(snn, errors, control("replay"), control("normalised"))


def decompose(
    snn: np.ndarray,
    scheme: np.ndarray,
    replay: np.ndarray | None,
    normalised: np.ndarray | None,
    level: float = LEVEL,
) -> Decomposition:
    """Split the gain of `scheme` over `snn` (errors [seeds]) by its two controls."""
    gain, size, balance = (
        None if errors is None else log_ratio(snn, errors)
        for errors in (scheme, replay, normalised)
    )
    assert gain is not None
    remainder = None
    if size is not None and balance is not None:
        with np.errstate(invalid="ignore"):
            remainder = gain - size - balance
    parts = [None if x is None else effect(x, level) for x in (size, balance, remainder)]
    whole = effect(gain, level)
    shares = [
        share(part, gain, level) if part is not None and whole.sign > 0 else None
        for part in (size, balance)
    ]
    return Decomposition(whole, *parts, *shares)
