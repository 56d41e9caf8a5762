"""How noisy the labels are, from the labels alone."""

from dataclasses import dataclass, replace

import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling
from sobolev.kriging.gaussian_process import Observations, fit_process
from sobolev.kriging.gek import count_labels, observed
from sobolev.kriging.kernels import KERNELS

LABELS = 180  # of one output: a fifth of a CPU second
OUTPUTS = 3  # the ones with most labels
FEWEST = 8  # rows


@dataclass(frozen=True)
class NoiseSeen:
    """Deviation of the noise of values and of slopes, each relative to that of its labels.

    The largest of the outputs that were looked at; 0 where there are no labels to tell by.
    """

    values: float
    slopes: float


def noise_seen(data: Dataset) -> NoiseSeen | None:
    """What a Gaussian process takes for noise, where its likelihood is largest; None: cannot tell.

    Of a smooth function with slopes the nugget of greatest likelihood is the variance of the noise,
    within a few per cent of it already from some tens of labels; what the process cannot follow
    (a kink, a short wave between far rows) looks like noise to it. Only the nearest rows around the
    middle one are taken, 180 labels of an output, and at most three outputs. What is declared in
    `data.noise` is not looked at.

    ```python
    noise_seen(data).slopes    # 0.1: a tenth of what the slopes vary by
    ```
    """
    if len(data) < FEWEST:
        return None
    counts = np.array(count_labels(data))
    chosen = [k for k in np.argsort(-counts, kind="stable")[:OUTPUTS] if counts[k] >= FEWEST]
    if not chosen:
        return None
    bare = replace(data, noise={})
    scaling = Scaling.of(bare)
    found = [_of_output(bare, scaling, int(k)) for k in chosen]
    return NoiseSeen(*(float(max(each)) for each in zip(*found, strict=True)))


def _of_output(data: Dataset, scaling: Scaling, output: int) -> tuple[float, float]:
    whole = observed(data, scaling, output)
    known = np.nonzero(whole.present.any(axis=0))[0]
    middle = whole.x[known] - np.median(whole.x[known], axis=0)
    centre = known[np.argmin(np.sum(middle**2, axis=1))]
    order = known[
        np.argsort(np.sum((whole.x[known] - whole.x[centre]) ** 2, axis=1), kind="stable")
    ]
    per_row = whole.present[:, order].sum(axis=0)
    near = order[: max(FEWEST, int(np.searchsorted(np.cumsum(per_row), LABELS, side="right")))]
    seen = Observations(whole.x[near], whole.labels[:, near], whole.noise[:, near])
    p = fit_process(KERNELS["squared-exponential"], seen, 1).parameters
    deviations = np.sqrt(p.nuggets * p.variance)
    noise = np.concatenate([deviations[:1], deviations[1] / p.lengths])
    size = np.array([_spread(labels) for labels in whole.labels])
    relative = np.where(size > 0, noise / np.where(size > 0, size, 1.0), 0.0)
    there = size[1:] > 1e-3 * size[1:].max(initial=0.0)
    slopes = np.median(relative[1:][there]) if there.any() else 0.0
    return float(relative[0]), float(slopes)


def _spread(labels: np.ndarray) -> float:
    """Their standard deviation; that of absent ones is none."""
    known = labels[~np.isnan(labels)]
    return float(known.std()) if len(known) > 1 else 0.0
