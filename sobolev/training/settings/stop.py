"""When a training ends before its epochs are over, and which of its records is returned."""

from dataclasses import dataclass

from sobolev._base.arguments import duration, whole
from sobolev._base.errors import ConfigError, Remedy


@dataclass(frozen=True)
class Stop:
    """Rules for the end of a training, beside its number of epochs.

    **Arguments:**
    - `patience`: stop when the validation error has not fallen for so many epochs; None: never.
    - `seconds`: stop after so much wall time of training, which is not reproducible; None: never.
    - `keep_best`: return the record with the smallest validation error (relative, over values and
      derivatives) when there are validation data; otherwise the last record.

    Raises `ConfigError`.

    ```python
    fit(surrogate, train, valid, stop=Stop(patience=500, seconds=3600))
    ```
    """

    patience: int | None = None
    seconds: float | None = None
    keep_best: bool = True

    def __post_init__(self) -> None:
        if self.patience is not None:
            whole("patience", self.patience, 1, " of epochs")
        if self.seconds is not None:
            duration("seconds", self.seconds)

    def check(self, validated: bool) -> None:
        """Refuse to wait for a validation error where nothing validates."""
        if self.patience is not None and not validated:
            raise ConfigError(
                f"patience={self.patience} looks at the validation error, and there are no "
                "validation data:",
                Remedy(
                    "give valid=..., or leave patience out.",
                    option="give --fraction, or leave --patience out.",
                ),
            )

    def late(self, seconds: float) -> bool:
        """Whether the time is over."""
        return self.seconds is not None and seconds >= self.seconds

    def stale(self, epochs: int) -> bool:
        """Whether so many epochs without a better record are too many."""
        return self.patience is not None and epochs >= self.patience
