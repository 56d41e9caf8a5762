"""Derivatives that do not exist, or are not numbers, are refused in a sentence."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import Diverged
from sobolev.fem.posed import at_parameters
from sobolev.fem.solvers.solver import Singular

T = TypeVar("T", bound=Sequence[np.ndarray])


@contextlib.contextmanager
def told(names: Sequence[str], p: Float[np.ndarray, " d"]) -> Iterator[None]:
    """Say at which parameters there is no answer; `Singular` of a solve with the tangent at the
    solution becomes `Diverged`.
    """
    try:
        yield
    except Diverged as error:
        raise error.at(at_parameters(names, p)) from error.__cause__
    except Singular as error:
        raise Diverged(
            f"the tangent at the solution is singular ({error}): derivatives do not exist there. "
            "Move the parameters away from the limit point."
        ).at(at_parameters(names, p)) from error


def finite(answer: T, parts: Sequence[tuple[str, Sequence[object]]]) -> T:
    """The arrays; raises `Diverged` where one has an entry that is no number.

    `parts`: what each array is, and of what its rows are: ("value of", names of the responses).
    """
    for (what, rows), array in zip(parts, answer, strict=False):
        bad = ~np.isfinite(array)
        if bad.any():
            which = int(np.argwhere(bad)[0][0])
            raise Diverged(
                f"the {what} '{rows[which]}' is not finite at this equilibrium "
                f"({array[bad].ravel()[0]}): what it asks for does not exist there, or the law has "
                "broken down. Ask something else, reduce the load, or move the parameters back "
                "into their domain."
            )
    return answer
