"""A surrogate, answering for rows that were held out as it did before it was trained on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sobolev.data.learnt import Learnt
from sobolev.function.around import Around
from sobolev.surrogate import Surrogate


@dataclass(frozen=True, eq=False)
class Judge:
    """A surrogate that was trained without the rows at `x [k, d]`, which are `rows` of the data."""

    rows: np.ndarray
    x: np.ndarray
    surrogate: Surrogate


@dataclass(frozen=True, eq=False)
class Judged(Around, Learnt):
    """At the rows of each judge the judge's answer, everywhere else that of the `surrogate`.

    So whoever asks it at all rows of the data sees at each row held out a surrogate that has not
    been trained on it.

    ```python
    evaluate(Judged(best.surrogate, best.judges), data.rows(held_out))
    ```
    """

    surrogate: Surrogate
    judges: Sequence[Judge]

    @property
    def inner(self) -> Surrogate:
        """The surrogate that is trained on all rows."""
        return self.surrogate

    @property
    def scaling(self) -> Any:
        """That of the surrogate."""
        return self.surrogate.scaling

    @property
    def box(self) -> Any:
        """That of the surrogate."""
        return self.surrogate.box

    @property
    def undetermined(self) -> tuple[str, ...]:
        """What no label had decided."""
        return self.surrogate.undetermined

    def compute(self, rows: np.ndarray, order: int) -> Sequence[np.ndarray]:
        """Value and derivatives up to `order`, by whose answer it is."""
        answers = [np.array(part) for part in self.surrogate.compute(rows, order)]
        for judge in self.judges:
            known = {row.tobytes() for row in judge.x}
            here = np.array([row.tobytes() in known for row in rows], bool)
            if here.any():
                for answer, theirs in zip(
                    answers, judge.surrogate.compute(rows[here], order), strict=True
                ):
                    answer[here] = theirs
        return answers
