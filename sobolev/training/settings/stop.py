"""When a training ends before its epochs are over, and which of its records is returned."""

from dataclasses import dataclass

from sobolev._base.arguments import duration, whole
from sobolev._base.errors import ConfigError, Remedy


@dataclass(frozen=True)
class Stop:
    """Rules for the end of a training, beside its number of epochs.

    **Arguments:**
    - `patience`: stop when what is judged has not fallen for so many epochs; None: never.
    - `seconds`: stop after so much wall time of training, which is not reproducible; None: never.
    - `cpu_seconds`: the same in CPU time of the process, which others on the machine disturb less.
    - `keep_best`: return the best record; without it, or where nothing is judged, the last.

    Judged is the validation error (relative, over values and derivatives) where there are
    validation data: it is the error itself, while a small residual may belong to another solution.
    Without them, where an equation is measured at points it is never trained on
    (`History.fresh_loss`), it is the loss there, of other terms as they are trained, with the
    weights of the start. An optimiser that goes by the evidence chooses itself.

    Raises `ConfigError`.

    ```python
    fit(surrogate, train, valid, stop=Stop(patience=500, seconds=3600))
    ```
    """

    patience: int | None = None
    seconds: float | None = None
    keep_best: bool = True
    cpu_seconds: float | None = None

    def __post_init__(self) -> None:
        if self.patience is not None:
            whole("patience", self.patience, 1, " of epochs")
        if self.seconds is not None:
            duration("seconds", self.seconds)
        if self.cpu_seconds is not None:
            duration("cpu_seconds", self.cpu_seconds)

    def check(self, judged: bool) -> None:
        """Refuse to wait for what is judged where nothing is."""
        if self.patience is not None and not judged:
            raise ConfigError(
                f"patience={self.patience} looks at the validation error, or at equations away "
                "from the points they are trained on, and there are neither:",
                Remedy(
                    "give valid=..., or leave patience out.",
                    option="give --fraction, or leave --patience out.",
                ),
            )

    def late(self, seconds: float, cpu_seconds: float) -> bool:
        """Whether the time is over."""
        over = self.seconds is not None and seconds >= self.seconds
        return over or (self.cpu_seconds is not None and cpu_seconds >= self.cpu_seconds)

    def stale(self, epochs: int) -> bool:
        """Whether so many epochs without a better record are too many."""
        return self.patience is not None and epochs >= self.patience
