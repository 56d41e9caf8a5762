"""How a training ended: one of a few outcomes, and the numbers that its sentence tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Outcome(Enum):
    """How a training can end; the value is its sentence, with places for numbers.

    The first four are good: the surrogate is what was asked for. Programs decide on the member,
    the sentence is for people.
    """

    FINISHED = "finished"
    CONVERGED = "converged"
    STOPPED_EARLY = (
        "stopped early: the {what} has not fallen for {patience} epochs, since it was "
        "{error:.3g} at epoch {epoch}"
    )
    OUT_OF_TIME = "stopped after {seconds:.1f} {unit} of training, at epoch {epoch}"
    NOT_FINITE_AT_THE_START = (
        "the loss is not finite at the start: scale the data or draw another initialisation"
    )
    NOT_FINITE = (
        "the loss is no longer finite after epoch {epoch}: lower the learning rate; the surrogate "
        "is one of a record before"
    )
    REJECTED = (
        "{rejected} of {step} steps were not finite and were rejected, or had no positive weight: "
        "lower the learning rate, of the network or of the weights, or bound the weights"
    )
    NO_MINIMUM = "no minimum of an integral was found, {ended}: {sentence}"
    # What follows is no end of a training in this process: a member of an ensemble has it.
    KILLED = "its process was killed (out of memory? take fewer workers)"
    TOLD = "{sentence}"  # kept by an earlier version, which wrote the sentence alone

    @property
    def good(self) -> bool:
        """Whether the training ended as it should."""
        return self in _GOOD


_GOOD = {Outcome.FINISHED, Outcome.CONVERGED, Outcome.STOPPED_EARLY, Outcome.OUT_OF_TIME}


@dataclass(frozen=True)
class Ending:
    """An outcome with its numbers; printed, it is the sentence.

    ```python
    print(Ending(Outcome.OUT_OF_TIME, {"seconds": 60.0, "epoch": 512}))
    ```
    """

    outcome: Outcome
    numbers: Mapping[str, float | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.outcome.value.format(**self.numbers)
