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
        x_scale = (high - low) / 2
        for name, value, scale in zip(data.inputs, low, x_scale, strict=True):
            if scale <= 1e-13 * abs(value):  # the round-off of the column's own numbers
                raise DataError(
                    f"input '{name}' is constant ({value:g} in every row): nothing can be learnt "
                    "about it. Leave the column out or vary it."
                )
        pairs = [_response_scale(data, k, x_scale) for k in range(data.y.shape[1])]
        y_shift, y_scale = np.array(pairs).T
        return cls((low + high) / 2, x_scale, y_shift, y_scale)

    def scaled(self, data: Dataset) -> dict[str, np.ndarray]:
        """Scaled copies of x and of the labels that are there, keyed like `Dataset.labels`."""
        per_x = self.x_scale / self.y_scale[:, None]
        factors = {"jacobian": per_x, "hessian": per_x[..., None] * self.x_scale}
        scaled = {
            name: (array - self.y_shift) / self.y_scale if name == "y" else array * factors[name]
            for name, array in data.labels().items()
        }
        return {"x": (data.x - self.x_shift) / self.x_scale, **scaled}


def _response_scale(data: Dataset, k: int, x_scale: np.ndarray) -> tuple[float, float]:
    y = data.y[:, k]
    y = y[~np.isnan(y)]
    if len(y) > 1:
        shift, scale = float(y.mean()), float(y.std())
        if scale > 1e-13 * abs(shift):
            return shift, scale
    elif data.jacobian is not None:
        slopes = data.jacobian[:, k] * x_scale
        scale = float(np.sqrt(np.nanmean(slopes**2))) if np.isfinite(slopes).any() else 0.0
        if scale > 0:
            return (float(y[0]) if len(y) else 0.0), scale
    raise DataError(
        f"response '{data.outputs[k]}' is constant or absent in every row: there is nothing to "
        "learn. Leave the column out."
    )
