"""Affine scaling that carries derivatives by the chain rule."""

from dataclasses import dataclass

import numpy as np

from sobolev._errors import DataError
from sobolev.data.dataset import Dataset


@dataclass(frozen=True, eq=False)
class Scaling:
    """x̂ = (x − x₀)/sₓ, ŷ = (y − y₀)/s_y, hence ∂ŷ/∂x̂ = (sₓ/s_y) ∂y/∂x and likewise for ∂².

    `x_shift [d]`, `x_scale [d]`, `y_shift [q]`, `y_scale [q]`, all in physical units. Because the
    derivatives follow from the values' scaling, results do not depend on the user's units.
    """

    x_shift: np.ndarray
    x_scale: np.ndarray
    y_shift: np.ndarray
    y_scale: np.ndarray

    @classmethod
    def of(cls, data: Dataset) -> "Scaling":
        """Inputs to [−1, 1] over the data's range; responses to mean 0, standard deviation 1.

        A response without values but with derivatives is scaled by the root mean square of
        ∂ŷ/∂x̂. Raises `DataError` for a constant input column and for a constant response.
        """
        low, high = data.x.min(axis=0), data.x.max(axis=0)
        x_scale = high / 2 - low / 2  # halved first: the range of ±1e308 overflows
        for name, value, scale in zip(data.inputs, low, x_scale, strict=True):
            if scale <= 1e-13 * abs(value):  # the round-off of the column's own numbers
                raise DataError(
                    f"input '{name}' is constant ({value:g} in every row): nothing can be learnt "
                    "about it. Leave the column out or vary it."
                )
        pairs = [_response_scale(data, k, x_scale) for k in range(data.y.shape[1])]
        y_shift, y_scale = np.array(pairs).T
        return cls(low / 2 + high / 2, x_scale, y_shift, y_scale)

    def scaled(self, data: Dataset) -> dict[str, np.ndarray]:
        """Scaled copies of x and of the labels that are there, keyed like `Dataset.labels`.

        Raises `DataError` when a scaled number exceeds the range of 64-bit floating point.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            per_x = self.x_scale / self.y_scale[:, None]
            scaled = {
                "x": (data.x - self.x_shift) / self.x_scale,
                "y": (data.y - self.y_shift) / self.y_scale,
            }
            if data.jacobian is not None:
                scaled["jacobian"] = data.jacobian * per_x
            if data.hessian is not None:
                scaled["hessian"] = data.hessian * per_x[..., None] * self.x_scale
        for name, labels in data.labels().items():
            bad = np.argwhere(~np.isfinite(scaled[name]) & ~np.isnan(labels))
            if len(bad):
                row, output = bad[0, :2]
                raise DataError(
                    f"row {row} of {name} (output '{data.outputs[output]}') is "
                    f"{labels[tuple(bad[0])]:g}, too large to be scaled: correct the value, or "
                    "choose units in which the numbers are of moderate size."
                )
        return scaled


def _response_scale(data: Dataset, k: int, x_scale: np.ndarray) -> tuple[float, float]:
    y = data.y[:, k]
    y = y[~np.isnan(y)]
    if len(y) > 1:
        shift, spread = _mean_and_deviation(y)
        if spread > 1e-13 * abs(shift):
            return shift, spread
    elif data.jacobian is not None:
        slopes = data.jacobian[:, k] * x_scale
        scale = _root_mean_square(slopes[np.isfinite(slopes)])
        if scale > 0:
            return (float(y[0]) if len(y) else 0.0), scale
    raise DataError(
        f"response '{data.outputs[k]}' is constant or absent in every row: there is nothing to "
        "learn. Leave the column out."
    )


# The squares of 1e200 and of 1e-200 leave the range of floating point: both divide by the largest.
def _mean_and_deviation(values: np.ndarray) -> tuple[float, float]:
    largest = float(np.abs(values).max()) or 1.0
    return float((values / largest).mean()) * largest, float((values / largest).std()) * largest


def _root_mean_square(values: np.ndarray) -> float:
    largest = float(np.abs(values).max(initial=0.0))
    return largest * float(np.sqrt(np.mean((values / largest) ** 2))) if largest > 0 else 0.0
