"""What every function that was learnt from data keeps of them: the scaling."""

from typing import Any

from sobolev._base.errors import DataError
from sobolev.box import Box
from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling
from sobolev.function import Function


class Learnt(Function):
    """A `Function` learnt from data: errors are measured in the `scaling` of its training data.

    Its domain is the range of these data.
    """

    undetermined: Any = ()  # names of values and slopes that no label decided
    scaling: Any  # a `Scaling`; Any, because both fields and properties of subclasses fill it in
    remedy = "the point lies too far from the training data. Leave the row out."

    @property
    def box(self) -> Box:
        """The range of the training data, with the names and units of the inputs."""
        return self.scaling.box(self.inputs, self.input_units)


def scaling_of(function: Function, data: Dataset) -> Scaling:
    """In what errors of a function are measured: its training data, or else these data."""
    return function.scaling if isinstance(function, Learnt) else Scaling.of(data)


def check_names(function: Function, data: Dataset, who: str, whose: str) -> None:
    """Refuse data with other inputs or outputs than the function: "the surrogate", "the data"."""
    pairs = (("inputs", function.inputs, data.inputs), ("outputs", function.outputs, data.outputs))
    for what, ours, theirs in pairs:
        if tuple(ours) != tuple(theirs):
            raise DataError(
                f"{who} has the {what} {', '.join(ours)}, {whose} have {', '.join(theirs)}: they "
                "must be the same, in the same order."
            )
