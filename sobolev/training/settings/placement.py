"""Where the rows of a training are: how many in memory, and on which devices."""

from collections.abc import Sequence
from dataclasses import dataclass

from sobolev._base.arguments import whole
from sobolev._base.errors import ConfigError

PART = 65536  # rows in memory at a time: 64 MB with 10 inputs, their slopes and a copy of each


@dataclass(frozen=True)
class Placement:
    """How much of a file is in memory at a time, and which devices share the rows.

    **Arguments:**
    - `part`: rows of a file, `open_rows("big.h5")`, that are in memory at a time.
    - `devices`: such as `jax.devices()`: the rows are divided over them, the parameters are on each
      (`sobolev.training.sharding`, also for several processes). None: where JAX puts things.

    Raises `ConfigError`.

    ```python
    fit(surrogate, open_rows("big.h5"), placement=Placement(part=10_000))
    ```
    """

    part: int = PART
    devices: Sequence | None = None

    def __post_init__(self) -> None:
        whole("part", self.part, 1, " of rows")
        if not isinstance(self.devices, Sequence | None) or self.devices in ((), []):
            raise ConfigError(
                f"devices are a list of them, such as jax.devices(), or None: got {self.devices!r}."
            )
