"""The statistics behind `Scaling`, of rows that arrive in parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling, input_scale, no_variation, slopes_of


@dataclass
class _Moments:
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

    def deviation(self) -> float:
        """Standard deviation; 0 without values."""
        return self.largest * float(np.sqrt(self.squares / max(self.count, 1)))


class RunningScaling:
    """`Scaling.of` for rows that arrive in parts."""

    def __init__(self, inputs: Sequence[str], outputs: Sequence[str]):
        self._inputs, self._outputs = inputs, outputs
        self._low = np.full(len(inputs), np.inf)
        self._high = np.full(len(inputs), -np.inf)
        self._moments = [_Moments() for _ in outputs]

    def add(self, part: Dataset) -> None:
        """The next rows."""
        self._low = np.minimum(self._low, part.x.min(axis=0))
        self._high = np.maximum(self._high, part.x.max(axis=0))
        for moments, values in zip(self._moments, part.y.T, strict=True):
            moments.add(values)

    def x_scale(self) -> np.ndarray:
        """Half the range of each input; `DataError` when an input is constant."""
        return input_scale(self._inputs, self._low, self._high)

    def without_values(self) -> list[int]:
        """The outputs that have to be scaled by their slopes."""
        return [k for k, moments in enumerate(self._moments) if moments.count < 2]

    def scaling(self, slopes: "RunningSlopes") -> Scaling:
        """The scaling of all rows so far; `DataError` when a response does not vary."""
        pairs = []
        for k, moments in enumerate(self._moments):
            scale = slopes.scale(k) if moments.count < 2 else moments.deviation()
            if scale <= (1e-13 * abs(moments.mean) if moments.count > 1 else 0.0):
                raise no_variation(self._outputs[k])
            pairs.append((moments.mean, scale))
        shift, spread = np.array(pairs).T
        return Scaling(self._low / 2 + self._high / 2, self.x_scale(), shift, spread)


class RunningSlopes:
    """Root mean square of ∂y/∂x̂ of some outputs, by kind of label, the most telling first."""

    def __init__(self, outputs: list[int], x_scale: np.ndarray):
        self.outputs = outputs
        self._x_scale = x_scale
        self._moments: dict[tuple[int, int], _Moments] = {}

    def add(self, part: Dataset) -> None:
        """The next rows."""
        for k in self.outputs:
            for kind, slopes in enumerate(slopes_of(part, k, self._x_scale)):
                moments = self._moments.setdefault((k, kind), _Moments())
                moments.add(slopes[np.isfinite(slopes)])

    def scale(self, k: int) -> float:
        """Root mean square of the first kind of slopes that are not all 0; 0 when there is none."""
        for (output, _), moments in sorted(self._moments.items()):
            size = float(np.hypot(moments.mean, moments.deviation()))
            if output == k and size > 0:
                return size
        return 0.0
