"""What happened during training, at the recorded epochs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sobolev.training.recording.record import NAMES, Record


@dataclass(frozen=True, eq=False)
class History(Record):
    """Arrays over the T records (the start is the first) and the K terms of the data.

    `epoch [T]` and `step [T]` (training steps done); `loss`, `weight`, `weight_step` (the change of
    the weight in the last training step), `gradient_norm` (‖∇_θ L_k‖) `[T, K]`, all on the full
    training set and in scaled units; `cosine [T, K, K]` between the gradients of the terms,
    `smallest_cosine [T]` (negative: two terms are in conflict), `share [T, K]`
    (w_k‖∇L_k‖ / Σ_j |w_j|‖∇L_j‖) and `alignment [T]` (1 for gradients that are parallel), whatever
    the weighting, see `diagnostics`; `fresh_loss [T, K]` (the loss of an equation at points it is
    never trained on, the same in all records, NaN for a term that has none); `valid_loss [T, K]`,
    `valid_term_error [T, K]` (relative error of each term) and `valid_error [T]` (relative error in
    the norm of all terms) where the validation data have labels, else NaN; `rejected [T]` steps
    that were not finite; `seconds [T]` wall time and `cpu_seconds [T]` of the process, both of the
    training steps alone, without the measuring.

    A term that is not trained on has weight 0 and share 0, and counts neither in the smallest
    cosine nor in the alignment; its loss, gradient norm and cosines are recorded all the same. With
    less than two terms that count, smallest cosine and alignment are 1. Where a gradient is not
    finite, all of these are NaN.

    ```python
    history = fit(surrogate, train).history
    history.smallest_cosine.min()    # how far two terms pull apart at worst
    ```
    """

    terms: tuple[str, ...] = ()

    @classmethod
    def of(cls, terms: tuple[str, ...], records: Sequence[Record]) -> "History":
        """All records as arrays with the records first."""
        columns = {n: np.stack([getattr(record, n) for record in records]) for n in NAMES}
        return cls(**columns, terms=terms)

    def __len__(self) -> int:
        return len(self.epoch)

    def record(self, at: int) -> Record:
        """One of the records, the first is 0, the last −1."""
        return Record(**{name: np.asarray(getattr(self, name)[at]) for name in NAMES})
