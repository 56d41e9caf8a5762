"""Split-conformal intervals: bounds that hold at the level asked, whatever the errors look like."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError, DataError
from sobolev.confidence.interval import Interval, check_level
from sobolev.data.dataset import Dataset
from sobolev.data.learnt import check_names, scaling_of
from sobolev.data.scaling import Scaling
from sobolev.function import Function, Uncertain, required

WAYS = "residual", "spread"
_ROUND_OFF = 1e-9  # (n + 1)·0.9 of whole numbers must not be lifted above the next whole number
_LEAST_SPREAD = 1e-6  # in scaled units, so that a spread of zero divides nothing


@dataclass(frozen=True, eq=False)
class Conformal:
    """A model with intervals ŷ ± q, or ŷ ± q·(spread of the model), for values and derivatives.

    `quantiles` are the q of `(value [q], jacobian [q, d], hessian [q, d, d])`, NaN for a term that
    was not calibrated; `rows` how many labels each was calibrated on; `scaling`
    the units of the least spread. Each term by itself holds its level; all terms of a row together
    do not.
    """

    model: Function
    level: float
    by: str
    quantiles: tuple[np.ndarray, ...]
    rows: tuple[np.ndarray, ...]
    scaling: Scaling

    def interval(self, x: Float[np.ndarray, "... d"], order: int = 0) -> tuple[Interval, ...]:
        """`(value, jacobian, hessian)` up to `order`, an `Interval` each, in physical units.

        Raises `ConfigError` for an order that was not calibrated.
        """
        if order >= len(self.quantiles):
            raise ConfigError(
                f"derivatives of order {order} were not calibrated: give calibration data that "
                "have them."
            )
        centre = self.model.derivatives(x, order)
        width = _widths(self.model, x, order, self.by, self.scaling)
        return tuple(
            Interval.about(c, q * w) for c, q, w in zip(centre, self.quantiles, width, strict=False)
        )


def conformal(
    model: Function, calibration: Dataset, level: float = 0.9, by: str = "residual"
) -> Conformal:
    """Intervals from errors on labelled rows that the model has not seen, in training or choosing.

    For every term, q is the ⌈(n + 1)·level⌉-th smallest of the n scores |ŷ − y| (`by="residual"`)
    or |ŷ − y| / spread (`by="spread"`, for models with a spread: wider where the model is less
    sure). A further label, drawn as the calibration rows were, then lies inside with a probability
    of at least `level`, on average over calibrations, whatever model and noise are; it is the
    noisy label that is bounded. Source: Lei et al., Distribution-free predictive inference for
    regression, JASA 113, 2018, section 2.

    Raises `DataError` when a term has too few calibration labels for the level, or names differ,
    and `ConfigError`.

    ```python
    bounds = conformal(ensemble, calibration, level=0.9, by="spread")
    value, jacobian = bounds.interval(x, order=1)
    ```
    """
    check_level(level)
    _check(model, calibration, by)
    order = 2 if calibration.hessian is not None else 1 if calibration.jacobian is not None else 0
    labels = (calibration.y, calibration.jacobian, calibration.hessian)[: order + 1]
    centre = model.derivatives(calibration.x, order)
    scaling = scaling_of(model, calibration)
    width = _widths(model, calibration.x, order, by, scaling)
    quantiles, rows = [], []
    for given, ours, wide in zip(labels, centre, width, strict=True):
        scores = np.full(ours.shape, np.nan) if given is None else np.abs(given - ours) / wide
        quantiles.append(np.full(scores.shape[1:], np.nan))
        rows.append(np.sum(~np.isnan(scores), axis=0))
        for index in np.ndindex(scores.shape[1:]):
            column = scores[(slice(None), *index)]
            column = np.sort(column[~np.isnan(column)])
            if len(column):
                _check_enough(len(column), level, calibration, index)
                quantiles[-1][index] = column[_rank(len(column), level) - 1]
    if not any(count.any() for count in rows):
        raise DataError("no value, Jacobian or Hessian is labelled in the calibration data.")
    return Conformal(model, level, by, tuple(quantiles), tuple(rows), scaling)


def _rank(n: int, level: float) -> int:
    return ceil((n + 1) * level - _ROUND_OFF)


def _widths(function: Function, x, order: int, by: str, scaling: Scaling) -> tuple:
    """What a score is divided by: 1, or the spread of the function, never zero."""
    if by == "residual" or not isinstance(function, Uncertain):
        return (1.0,) * (order + 1)
    pairs = zip(function.spread(x, order), scaling.units(order), strict=True)
    return tuple(spread + _LEAST_SPREAD * unit for spread, unit in pairs)


def _check(function: Function, data: Dataset, by: str) -> None:
    check_names(required("model", function), data, "the model", "the calibration data")
    if by not in WAYS:
        raise ConfigError(f"intervals are made by {' or '.join(WAYS)}: got '{by}'.")
    if by == "spread" and not isinstance(function, Uncertain):
        raise ConfigError(
            f"a {type(function).__name__} has no spread: take by='residual', an Ensemble, a "
            "Laplace or a GEK."
        )


def _check_enough(n: int, level: float, data: Dataset, index: tuple[int, ...]) -> None:
    if _rank(n, level) > n:
        y, x = data.outputs[index[0]], [data.inputs[j] for j in index[1:]]
        needed = ceil(level / (1 - level) - _ROUND_OFF)
        name = y if not x else f"the derivative of {y} by {' and '.join(x)}"
        raise DataError(
            f"{level:.4g} intervals need at least {needed} calibration rows with a label, but "
            f"{name} has {n}: give more rows, or ask for a level of at most {n / (n + 1):.3f}."
        )
