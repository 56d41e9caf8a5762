"""Whatever was saved, read by what the file says that it holds."""

import os
from collections.abc import Callable, Sequence
from typing import Any

from sobolev._base.checksummed import archive_kind
from sobolev._base.errors import DataError
from sobolev.confidence.ensemble import Ensemble
from sobolev.confidence.laplace import KIND as LAPLACE
from sobolev.confidence.laplace import Laplace
from sobolev.equations.eulerian import KIND as TRANSPORTED
from sobolev.equations.eulerian import Eulerian
from sobolev.kriging.archive import KIND as KRIGING
from sobolev.kriging.gek import GEK
from sobolev.networks.architecture import Architecture
from sobolev.surrogate import Surrogate

Saved = Surrogate | Ensemble | Laplace | GEK | Eulerian
LOADERS: dict[str, Callable[[Any, Sequence[type[Architecture]]], Saved]] = {
    "surrogate": Surrogate.load,
    "ensemble": Ensemble.load,
    LAPLACE: Laplace.load,
    TRANSPORTED: Eulerian.load,
    KRIGING: lambda path, _: GEK.load(path),
}


def load(path: str | os.PathLike, architectures: Sequence[type[Architecture]] = ()) -> Saved:
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
    return LOADERS[kind](path, architectures)
