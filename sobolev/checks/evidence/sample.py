"""The rows that are looked at, in the coordinates in which they are compared."""

from dataclasses import dataclass

import numpy as np

from sobolev.data.dataset import Dataset

CENTRES, POOL = 1000, 20000
SPAN = 10.0  # the largest of an input is more than that many times its smallest


@dataclass(frozen=True)
class Sample:
    """The rows that are looked at: `centres` among those of a pool, for which arrays are kept.

    `x [n, d]` scaled, `unit [n, d]` takes a physical slope at a row to a scaled one, 0 where the
    input is constant; `physical [n, d]`; `rows [n]` of the pool in the table.
    """

    x: np.ndarray
    physical: np.ndarray
    unit: np.ndarray
    centres: np.ndarray
    rows: np.ndarray

    @property
    def constant(self) -> np.ndarray:
        """Which inputs do not vary, `[d]`."""
        return (self.unit == 0).all(axis=0)


def sample_of(data: Dataset) -> Sample:
    """All rows of a table, or 1000 among 20 000."""
    rng, n = np.random.default_rng(0), len(data)
    rows = np.arange(n) if n <= POOL else np.sort(rng.choice(n, POOL, replace=False))
    centres = np.arange(len(rows))
    if len(rows) > CENTRES:
        centres = np.sort(rng.choice(len(rows), CENTRES, replace=False))
    x = data.x[rows]
    scaled, unit = _scaled(x)
    unit = np.broadcast_to(unit, x.shape)
    uneven = _uneven(x, _sizes(data, rows))
    if uneven.any():  # by the chain rule ∂y/∂log|x| = x ∂y/∂x
        logarithm, per = _scaled(np.log(np.abs(x), where=uneven, out=np.zeros(x.shape)))
        scaled, unit = np.where(uneven, logarithm, scaled), np.where(uneven, x * per, unit)
    return Sample(scaled, x, unit, centres, rows)


def _sizes(data: Dataset, rows: np.ndarray) -> np.ndarray:
    """Root sum of squares of the derivatives of all outputs, each by its spread, `[n, d]`."""
    if data.jacobian is None:
        return np.full((len(rows), data.dimension), np.nan)
    jacobian = data.jacobian[rows]
    largest = np.nanmax(np.abs(jacobian), axis=(0, 2), initial=0.0)[:, None]
    return np.sqrt(np.sum((jacobian / np.where(largest > 0, largest, 1.0)) ** 2, axis=1))


def _uneven(x: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Inputs `[d]` over more than a decade whose influence is more even in their logarithm.

    What a unit of the coordinate does is |∂y/∂x| in x and |x ∂y/∂x| in log |x|; the rule between
    neighbours holds the better the less that varies. It varies less by its large values over its
    typical ones, which noise in small slopes does not hide, or by the variance of its logarithm,
    which what other inputs do does not hide. No factor of a column, right or wrong, changes the
    answer, nor do a few wrong rows. `slopes [n, d]`: size of the derivatives of all outputs.
    """
    size = np.abs(x)
    one_sign = (x > 0).all(axis=0) | (x < 0).all(axis=0)
    wide = one_sign & (size.max(axis=0) > SPAN * size.min(axis=0))
    for j in np.flatnonzero(wide):
        there = np.isfinite(slopes[:, j])
        one, other = slopes[there, j], (size * slopes)[there, j]
        measures = (_unevenness, _variation)
        wide[j] = there.sum() > 3 and any(of(one) > of(other) for of in measures)
    return wide


def _unevenness(influence: np.ndarray) -> float:
    """What is large over what is typical."""
    typical, large = np.quantile(influence, [0.5, 0.9])
    return float(large / typical) if typical > 0 else np.inf


def _variation(influence: np.ndarray) -> float:
    """Variance of its logarithm."""
    return float(np.var(np.log(influence[influence > 0]))) if (influence > 0).any() else 0.0


def _scaled(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    span = x.std(axis=0)
    unit = np.where(span > 1e-13 * np.abs(x).max(axis=0), span, 0.0)
    return (x - x.mean(axis=0)) / np.where(unit > 0, unit, 1.0) * (unit > 0), unit
