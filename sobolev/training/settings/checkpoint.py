"""Where a training is kept while it runs, and how often."""

import os
from dataclasses import dataclass

from sobolev._base.arguments import duration


@dataclass(frozen=True)
class Checkpoint:
    """A file that keeps a whole training, so that the same call continues it to the same bits.

    **Arguments:** `path` of the file; `every` so many seconds it is saved (but never for more than
    a tenth of the time), 0 for each record. Raises `ConfigError`.

    ```python
    fit(surrogate, train, checkpoint=Checkpoint("plate.ckpt.npz", every=300))
    ```
    """

    path: str | os.PathLike
    every: float = 30.0

    def __post_init__(self) -> None:
        duration("every", self.every)
