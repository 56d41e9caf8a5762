"""Whatever was saved, read by what the file says that it holds."""

import os
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, TypeGuard

from sobolev._base.checksummed import archive_kind
from sobolev._base.errors import DataError

if TYPE_CHECKING:
    from sobolev.confidence.ensemble import Ensemble
    from sobolev.confidence.laplace import Laplace
    from sobolev.equations.eulerian import Eulerian
    from sobolev.kriging.gek import GEK
    from sobolev.networks.architecture import Architecture
    from sobolev.surrogate import Surrogate

    Saved = Surrogate | Ensemble | Laplace | GEK | Eulerian

# By name: who asks for a surrogate does not wait for training, statistics and kriging.
LOADERS = {
    "surrogate": ("sobolev.surrogate", "Surrogate"),
    "ensemble": ("sobolev.confidence.ensemble", "Ensemble"),
    "laplace approximation": ("sobolev.confidence.laplace", "Laplace"),
    "transported field": ("sobolev.equations.eulerian", "Eulerian"),
    "kriging model": ("sobolev.kriging.gek", "GEK"),
}


def load(path: str | os.PathLike, architectures: "Sequence[type[Architecture]]" = ()) -> "Saved":
    """Read what `save` of a surrogate, an ensemble, an `Eulerian`, a Laplace approximation or
    kriging wrote.

    **Arguments:** `architectures` of your own, as in `Surrogate.load`. Raises `CorruptFile` when a
    bit has changed, `DataError` for a missing file and for one that holds something else.

    ```python
    model = load("plate.npz")
    y, dy = model.derivatives(x)
    ```
    """
    kind = archive_kind(path)
    if kind not in LOADERS:
        *most, last = LOADERS
        raise DataError(
            f"{path} holds a {kind}, but a {', '.join(most)} or {last} is needed here. Name "
            "another file."
        )
    module, name = LOADERS[kind]
    member = getattr(import_module(module), name)
    return member.load(path) if kind == "kriging model" else member.load(path, architectures)


def can_be_saved(function: object) -> TypeGuard["Saved"]:
    """Whether `load` reads what the function's `save` writes."""
    kinds = type(function).__mro__
    return any((kind.__module__, kind.__name__) in LOADERS.values() for kind in kinds)
