"""What a descent came to."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Float, Int


class Outcome(Enum):
    """How a descent can end; the value is its sentence, with places for numbers.

    Only the first is good. Programs decide on the member, the sentence is for people.
    """

    CONVERGED = "converged: the gradient has the norm {size:.3g} after {steps} steps"
    OUT_OF_STEPS = (
        "not converged: after {steps} steps the gradient has the norm {size:.3g}, and {wanted:.3g} "
        "was asked for: allow more steps, or take a method or an inner product that fits better"
    )
    NO_LOWER_VALUE = (
        "not converged: after {steps} steps the gradient has the norm {size:.3g}, {wanted:.3g} was "
        "asked for, and no step along the direction leads to a lower value; {why}"
    )
    NO_VALUE = (
        "not converged: after {steps} steps the fixed step leads to where the function has no "
        "value: take a shorter one, or a search such as Armijo(); {why}"
    )


@dataclass(frozen=True, eq=False)
class Descent:
    """Where a descent ended, why, and the way there.

    `v [n]`; its `value`; the `gradient` G⁻¹g there and its norm `size`, which is the dual norm of
    the derivative. `values`, `sizes` `[k + 1]` at the start and after each of the k steps, the step
    lengths α `lengths [k]`, and `evaluations [k + 1]` of the function until then.
    """

    outcome: Outcome
    result: str
    v: Float[np.ndarray, " n"]
    gradient: Float[np.ndarray, " n"]
    values: Float[np.ndarray, " s"]
    sizes: Float[np.ndarray, " s"]
    lengths: Float[np.ndarray, " k"]
    evaluations: Int[np.ndarray, " s"]

    @property
    def converged(self) -> bool:
        """Whether the gradient is as small as was asked for."""
        return self.outcome is Outcome.CONVERGED

    @property
    def steps(self) -> int:
        """k."""
        return len(self.lengths)

    @property
    def value(self) -> float:
        """Of the function at v."""
        return float(self.values[-1])

    @property
    def size(self) -> float:
        """The norm of the gradient at v."""
        return float(self.sizes[-1])

    def __str__(self) -> str:
        return self.result
