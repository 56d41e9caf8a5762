"""Widths and depth of a network, from how much there is to learn from."""

from sobolev.data.dataset import Dataset
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.networks.defaults import CANDIDATES

NARROW = 16, 16
NOISY_LABELS = 400  # above, steps of Bayesian regularisation are three times as cheap when narrow


def widths(data: Dataset, loss: SobolevLoss, noisy: bool) -> tuple[int, ...]:
    """Of the hidden layers.

    ```python
    widths(data, SobolevLoss.of(data), noisy=False)    # (24, 24)
    ```
    """
    if noisy and len(data) * len(loss.entries) > NOISY_LABELS:
        return NARROW
    return CANDIDATES[0].hidden
