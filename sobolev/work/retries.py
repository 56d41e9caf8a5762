"""How often a task is tried whose worker fails, and how long one waits for it."""

from dataclasses import dataclass

from sobolev._base.arguments import one_of, positive, whole


@dataclass(frozen=True)
class Retries:
    """What a failing worker costs, and which failures of an earlier call are tried anew.

    **Arguments:**
    - `times`: how often a row is tried again whose worker was killed, hung, had no memory or sent
      garbage; then the row is a failure, with its reason, and the work goes on. That there is
      no solution, or an error of the problem, is not tried again: it would be the same.
    - `patience`: seconds that a row may take, compilation included; a worker that takes more is
      ended. None: for ever. Needs an executor that can end a worker.
    - `again`: failures that the journal holds already: "none" stay, "faults" are tried anew (all
      but points without a solution), or "all".

    Raises `ConfigError`.

    ```python
    generate(problem, design, journal="plate.journal", workers=4, retries=Retries(patience=600))
    ```
    """

    times: int = 3
    patience: float | None = None
    again: str = "none"

    def __post_init__(self):
        whole("times", self.times, 0)
        one_of("again", self.again, ("none", "faults", "all"))
        if self.patience is not None:
            positive("patience", self.patience, " of seconds")
