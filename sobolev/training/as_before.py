"""Arguments of `fit` by the names that they had in version 0.1."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sobolev._base.arguments import one_of
from sobolev.training.settings.checkpoint import Checkpoint
from sobolev.training.settings.placement import Placement
from sobolev.training.settings.stop import Stop

_NOW = {
    "patience": "stop=Stop(patience=...)",
    "seconds": "stop=Stop(seconds=...)",
    "keep": "stop=Stop(keep_best=...)",
    "every": "checkpoint=Checkpoint(path, every=...)",
    "part": "placement=Placement(part=...)",
    "devices": "placement=Placement(devices=...)",
    "points": "point_weights=...",
}


def with_old_names(
    stop: Stop,
    checkpoint: Checkpoint | None,
    placement: Placement,
    point_weights: Any,
    old: Mapping[str, Any],
) -> tuple[Stop, Checkpoint | None, Placement, Any]:
    """The four values with what was given by `old` names put where it belongs now; each warns.

    Raises `TypeError` for a name that `fit` never had.
    """
    for name in old:
        if name not in _NOW:
            raise TypeError(f"fit() got an unexpected keyword argument '{name}'")
        warnings.warn(
            f"fit({name}=...) is fit({_NOW[name]}) now, and the old name goes with the next "
            "version.",
            DeprecationWarning,
            stacklevel=3,
        )
    if "keep" in old:
        stop = replace(stop, keep_best=one_of("keep", old["keep"], ("best", "last")) == "best")
    stop = replace(stop, **_of(old, "patience", "seconds"))
    placement = replace(placement, **_of(old, "part", "devices"))
    if checkpoint is not None:
        checkpoint = replace(checkpoint, **_of(old, "every"))
    return stop, checkpoint, placement, old.get("points", point_weights)


def _of(old: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: old[name] for name in names if name in old}
