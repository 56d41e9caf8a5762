"""What happened during training, at the recorded epochs."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class History:
    """Arrays over the T records (the start is the first) and the K terms of the data.

    `epoch [T]` and `step [T]` (training steps done); `loss`, `weight`, `weight_step` (the change of
    the weight in the last training step), `gradient_norm` (‖∇_θ L_k‖) `[T, K]`, all on the full
    training set and in scaled units; `valid_loss [T, K]`, `valid_term_error [T, K]` (relative error
    of each term) and `valid_error [T]` (relative error in the norm of all terms) where the
    validation data have labels, else NaN; `rejected [T]` steps that were not finite; `seconds [T]`
    wall time and `cpu_seconds [T]` of the process, both of the training steps alone, without the
    measuring. A term that is not trained on has weight 0; its loss is recorded all the same.
    """

    terms: tuple[str, ...]
    epoch: Int[np.ndarray, " T"]
    step: Int[np.ndarray, " T"]
    loss: Float[np.ndarray, "T K"]
    weight: Float[np.ndarray, "T K"]
    weight_step: Float[np.ndarray, "T K"]
    gradient_norm: Float[np.ndarray, "T K"]
    valid_loss: Float[np.ndarray, "T K"]
    valid_term_error: Float[np.ndarray, "T K"]
    valid_error: Float[np.ndarray, " T"]
    rejected: Int[np.ndarray, " T"]
    seconds: Float[np.ndarray, " T"]
    cpu_seconds: Float[np.ndarray, " T"]
