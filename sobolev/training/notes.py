"""What a user should know about the data of a training: notes with a kind."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from sobolev._base.errors import WrongDerivativeWarning
from sobolev.checks import check
from sobolev.data.dataset import Dataset
from sobolev.networks.capacity_warning import capacity_warning


class Kind(Enum):
    """What a note is about; all but information ask for a look."""

    INFORMATION = "information"
    WRONG_DERIVATIVE = "wrong derivative"
    CAPACITY = "capacity"


@dataclass(frozen=True)
class Note:
    """A sentence about the data, and its `kind`; printed, it is the sentence."""

    kind: Kind
    sentence: str

    @property
    def alarming(self) -> bool:
        """Whether the user should do something."""
        return self.kind is not Kind.INFORMATION

    def __str__(self) -> str:
        return self.sentence


def data_notes(
    data: Sequence[Dataset], parameters: int, labels: int, checked: bool
) -> tuple[Note, ...]:
    """Notes on these data for a network of so many parameters; wrong derivatives warn, too."""
    notes = []
    for each in data if checked else ():
        seen = check(each)
        notes.append(Note(Kind.INFORMATION if seen.good else Kind.WRONG_DERIVATIVE, seen.line))
        if not seen.good:
            warnings.warn(
                f"{seen.line} Look at `check(data)`, or leave it with `check=False`.",
                WrongDerivativeWarning,
                stacklevel=3,
            )
    noisy = any(each.noise or each.estimated for each in data)
    crowded = capacity_warning(parameters, labels, noisy)
    return (*notes, *([Note(Kind.CAPACITY, crowded)] if crowded else []))
