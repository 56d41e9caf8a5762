"""The statistics behind `Scaling`, of rows that arrive in parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling, slopes_of
from sobolev.data.variation import (
    Moments,
    check_inputs,
    check_outputs,
    constant_of,
    half_range,
    lengths_of,
    no_variation,
    spread_or_size,
)


@dataclass
class _Running:
    """Count, mean and Σ(v − mean)²/largest²; squares of 1e200 leave the range otherwise."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    largest: float = 0.0

    def add(self, values: np.ndarray) -> None:
        """Chan, Golub & LeVeque 1983, eq. 2.1: the moments of two samples from those of each."""
        values = values[~np.isnan(values)]
        if not len(values):
            return
        largest = max(self.largest, float(np.abs(values).max())) or 1.0
        mean = float((values / largest).mean()) * largest
        squares = float((((values - mean) / largest) ** 2).sum())
        old = self.squares * (self.largest / largest) ** 2
        count = self.count + len(values)
        difference = mean / largest - self.mean / largest
        between = difference**2 * self.count * len(values) / count
        self.mean += difference * (len(values) / count) * largest
        self.count, self.squares, self.largest = count, old + squares + between, largest

    def size(self) -> float:
        """Root mean square."""
        return float(np.hypot(self.mean, self.deviation()))

    def deviation(self) -> float:
        """Standard deviation; 0 without values."""
        return self.largest * float(np.sqrt(self.squares / max(self.count, 1)))


class RunningScaling:
    """`Scaling.of` for rows that arrive in parts."""

    def __init__(self, inputs: Sequence[str], outputs: Sequence[str]):
        self._inputs, self._outputs = inputs, outputs
        self._low = np.full(len(inputs), np.inf)
        self._high = np.full(len(inputs), -np.inf)
        self._rows = 0
        self._moments = [_Running() for _ in outputs]

    def add(self, part: Dataset) -> None:
        """The next rows."""
        self._rows += len(part)
        self._low = np.minimum(self._low, part.x.min(axis=0))
        self._high = np.maximum(self._high, part.x.max(axis=0))
        for moments, values in zip(self._moments, part.y.T, strict=True):
            moments.add(values)

    @property
    def needs_slopes(self) -> bool:
        """Whether something does not vary, so that slopes have to say how long or that it is so."""
        same = any(n > 1 and s <= 1e-13 * abs(m) for n, m, s in self._values)
        return same or not self._half().all()

    def x_scale(self, sizes: np.ndarray) -> np.ndarray:
        """Half the range of each input, or a length; `sizes [q, d]` are those of the Jacobian.

        Raises `DataError` as `Scaling.of`.
        """
        half, at = self._half(), self._low / 2 + self._high / 2
        check_outputs(self._outputs, self._values, sizes, half)
        return lengths_of(half, at, sizes, self._values)

    def without_values(self) -> list[int]:
        """The outputs that have to be scaled by their slopes."""
        return [k for k, moments in enumerate(self._moments) if moments.count < 2]

    def scaling(self, x_scale: np.ndarray, slopes: "RunningSlopes") -> Scaling:
        """The scaling of all rows so far; `DataError` for a response without any variation."""
        pairs = []
        for k, (count, mean, deviation) in enumerate(self._values):
            scale = slopes.scale(k) if count < 2 else spread_or_size(mean, deviation)
            if scale <= 0:
                raise no_variation(self._outputs[k])
            pairs.append((mean, scale))
        shift, spread = np.array(pairs).T
        middle = self._low / 2 + self._high / 2
        return Scaling(middle, x_scale, shift, spread, constant_of(self._half()))

    @property
    def _values(self) -> list[Moments]:
        return [(m.count, m.mean, m.deviation()) for m in self._moments]

    def _half(self) -> np.ndarray:
        half = half_range(self._low, self._high)
        check_inputs(self._inputs, half, self._low, self._rows)
        return half


class RunningSizes:
    """`jacobian_sizes` of rows that arrive in parts."""

    def __init__(self, outputs: int, inputs: int):
        self._moments = [[_Running() for _ in range(inputs)] for _ in range(outputs)]

    def add(self, part: Dataset) -> None:
        """The next rows."""
        if part.jacobian is not None:
            for k, row in enumerate(self._moments):
                for j, moments in enumerate(row):
                    moments.add(part.jacobian[:, k, j])

    def sizes(self) -> np.ndarray:
        """Root mean square of ∂y/∂x, `[q, d]`; NaN where there is no label."""
        return np.array([[m.size() if m.count else np.nan for m in row] for row in self._moments])


class RunningSlopes:
    """Root mean square of ∂y/∂x̂ of some outputs, by kind of label, the most telling first."""

    def __init__(self, outputs: list[int], x_scale: np.ndarray):
        self.outputs = outputs
        self._x_scale = x_scale
        self._moments: dict[tuple[int, int], _Running] = {}

    def add(self, part: Dataset) -> None:
        """The next rows."""
        for k in self.outputs:
            for kind, slopes in enumerate(slopes_of(part, k, self._x_scale)):
                moments = self._moments.setdefault((k, kind), _Running())
                moments.add(slopes[np.isfinite(slopes)])

    def scale(self, k: int) -> float:
        """Root mean square of the first kind of slopes that are not all 0; 0 when there is none."""
        for (output, _), moments in sorted(self._moments.items()):
            size = moments.size()
            if output == k and size > 0:
                return size
        return 0.0
