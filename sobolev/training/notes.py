"""What a user should know about the data of a training and what became of it: notes with a kind."""

import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from sobolev._base.errors import WrongDerivativeWarning
from sobolev.checks import Check, check
from sobolev.data.dataset import Dataset
from sobolev.data.variation import moments_of
from sobolev.kriging.noise import NoiseSeen
from sobolev.networks.capacity_warning import capacity_warning
from sobolev.surrogate import Surrogate
from sobolev.training.noise import is_noisy


class Kind(Enum):
    """What a note is about; all but information ask for a look."""

    INFORMATION = "information"
    WRONG_DERIVATIVE = "wrong derivative"
    WRONG_VALUE = "wrong value"
    CAPACITY = "capacity"
    UNDETERMINED = "undetermined"
    UNUSED = "unused"
    OVERFITTED = "overfitted equation"
    TRIVIAL = "trivial solution"
    OUTSIDE = "points outside"
    NOT_FINITE = "not a number"
    UNMET = "equation not met"
    NO_MINIMUM = "integral without a minimum"


@dataclass(frozen=True)
class Note:
    """A sentence about the data, and its `kind`; printed, it is the sentence.

    `checked` is what the check of the derivatives saw, where the sentence is its summary.
    """

    kind: Kind
    sentence: str
    checked: Check | None = field(default=None, compare=False, repr=False)

    @property
    def alarming(self) -> bool:
        """Whether the user should do something."""
        return self.kind is not Kind.INFORMATION

    def __str__(self) -> str:
        return self.sentence


def data_notes(
    data: Sequence[Dataset],
    parameters: int,
    labels: int,
    checked: bool,
    noise: NoiseSeen | None = None,
) -> tuple[Note, ...]:
    """Notes on these data for a network of so many parameters; what is wrong warns, too."""
    notes = [
        Note(Kind.UNUSED if each.unused.alarming else Kind.INFORMATION, each.unused.line)
        for each in data
        if each.unused
    ]
    for each in data if checked else ():
        seen = check(each)
        of_values = any(found.of_values for found in seen.findings)
        wrong = Kind.WRONG_VALUE if of_values else Kind.WRONG_DERIVATIVE
        notes.append(Note(Kind.INFORMATION if seen.good else wrong, seen.line, seen))
        if not seen.good:
            warnings.warn(
                f"{seen.line} Look at `check(data)`, or leave it with `check=False`.",
                WrongDerivativeWarning,
                stacklevel=3,
            )
    if noise is not None and is_noisy(noise):
        notes.append(
            Note(
                Kind.INFORMATION,
                f"noise seen: about {noise.values:.1%} of the values and {noise.slopes:.1%} of the "
                "slopes, relative to what they vary by",
            )
        )
        return tuple(notes)  # the evidence limits what the network can learn
    noisy = any(each.noise or each.estimated for each in data)
    crowded = capacity_warning(parameters, labels, noisy, any(each.noise for each in data))
    return (*notes, *([Note(Kind.CAPACITY, crowded)] if crowded else []))


def notes_on_constants(
    surrogate: Surrogate, data: Sequence[Dataset], constant: Collection[int], whole: bool = True
) -> tuple[Note, ...]:
    """Notes on inputs (`constant`, their places) and responses that are the same in every row.

    Without data, of blocks alone, inputs are as the surrogate has them. Where these data are not
    the `whole`, but a part of a file, nothing is said of responses.
    """
    sentences = []
    for j in constant:
        value = data[0].x[0, j] if data else surrogate.scaling.x_shift[j]
        sentences.append(
            f"input '{surrogate.inputs[j]}' is {value:g} in every row: away from there only its "
            "slopes tell something, where they are given."
        )
    y = np.concatenate([each.y for each in data]) if data else np.zeros((0, 0))
    for k, column in enumerate(y.T if whole else ()):
        count, mean, deviation = moments_of(column)
        if count > 1 and deviation <= 1e-13 * abs(mean):
            sentences.append(
                f"response '{data[0].outputs[k]}' is {mean:g} in every row: it is learnt as a "
                "constant."
            )
    return tuple(Note(Kind.INFORMATION, sentence) for sentence in sentences)


def notes_on_range(surrogate: Surrogate) -> tuple[Note, ...]:
    """Notes on inputs of whose range the rows that a surrogate was made for know nothing."""
    return tuple(
        Note(
            Kind.UNDETERMINED,
            f"input '{surrogate.inputs[j]}' is {surrogate.scaling.x_shift[j]:g} in every labelled "
            "row, so its range is not known: say it by Surrogate.new(data, box=Box(...)).",
        )
        for j in surrogate.scaling.constant
    )
