"""Widths and depth of a network, from how much there is to learn from."""

from sobolev.data.dataset import Dataset
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.networks.defaults import CANDIDATES

NARROW, DEEP = (16, 16), (24, 24, 24)
NOISY_LABELS = 400  # above, steps of Bayesian regularisation are three times as cheap when narrow
MANY_LABELS = 2500  # above, a third layer is worth its time where the response is not simple


def widths(data: Dataset, loss: SobolevLoss, noisy: bool) -> tuple[int, ...]:
    """Of the hidden layers: a ladder of three, so that few programs are compiled.

    24-24; 16-16 for more than 400 noisy labels, which learns as well by the evidence in a third of
    the time; 24-24-24 for more than 2500 labels without noise (RobotArm with 1000 rows: 0.010
    instead of 0.017, beam, borehole and wing weight alike).

    ```python
    widths(data, SobolevLoss.of(data), noisy=False)    # (24, 24)
    ```
    """
    labels = len(data) * len(loss.entries)
    if noisy and labels > NOISY_LABELS:
        return NARROW
    if labels > MANY_LABELS:
        return DEEP
    return CANDIDATES[0].hidden
