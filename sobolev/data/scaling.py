"""Affine scaling that carries derivatives by the chain rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sobolev._base.errors import DataError
from sobolev.box import Box
from sobolev.data.dataset import Dataset
from sobolev.data.kinds import place

LARGEST = 1e150  # of a scaled label: a loss is a sum of squares


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
        x_scale = input_scale(data.inputs, low, high)
        pairs = [_response_scale(data, k, x_scale) for k in range(data.y.shape[1])]
        y_shift, y_scale = np.array(pairs).T
        return cls(low / 2 + high / 2, x_scale, y_shift, y_scale)

    def scale_x(self, x):
        """x̂ of physical points, NumPy or JAX, `[d]` or `[n, d]`."""
        return (x - self.x_shift) / self.x_scale

    def unscale_x(self, x):
        """Physical points of x̂."""
        return self.x_shift + self.x_scale * x

    def unscale_y(self, y):
        """Physical values of ŷ, NumPy or JAX, `[q]` or `[n, q]`."""
        return self.y_shift + self.y_scale * y

    def units(self, order: int = 2) -> tuple[np.ndarray, ...]:
        """What one scaled unit is in physical ones: of value `[q]`, ∂y/∂x `[q, d]`, ∂² `[q, d, d]`.

        Errors, spreads and derivatives are multiplied by them; a value also has its shift.
        """
        units = [self.y_scale]
        for _ in range(order):
            units.append(units[-1][..., None] / self.x_scale)
        return tuple(units)

    def unscaled(self, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Physical value, Jacobian, Hessian of scaled ones, as many as there are."""
        value, *derivatives = arrays
        _, *units = self.units(len(derivatives))
        pairs = zip(derivatives, units, strict=True)
        return self.unscale_y(value), *(array * unit for array, unit in pairs)

    def box(self, inputs: Sequence[str], units: Sequence[str]) -> Box:
        """The range of the inputs that goes to [−1, 1]."""
        lower, upper = self.x_shift - self.x_scale, self.x_shift + self.x_scale
        return Box(tuple(inputs), tuple(lower), tuple(upper), tuple(units))

    def factors(self, data: Dataset) -> dict[str, np.ndarray]:
        """From physical to scaled labels, by kind; each broadcasts to its labels.

        Directions and adjoint weights are scaled to length 1, and the products along them with
        them: how long a vector was given decides nothing.
        """
        per_x = self.x_scale / self.y_scale[:, None]
        factors = {
            "y": 1 / self.y_scale,
            "jacobian": per_x,
            "hessian": per_x[..., None] * self.x_scale,
        }
        if data.directions is not None:
            lengths = _lengths(data.directions / self.x_scale)
            factors["jvp"] = 1 / (self.y_scale[:, None] * lengths[:, None])
            factors["hvp"] = per_x[:, None] / lengths[:, None, :, None]
        if data.cotangents is not None:
            factors["vjp"] = self.x_scale / _lengths(data.cotangents * self.y_scale)[..., None]
        return factors

    def scaled(self, data: Dataset) -> dict[str, np.ndarray]:
        """Scaled copies of x, of the labels and of the vectors that are there, keyed as in `data`.

        Raises `DataError` when the square of a scaled label would exceed the range of 64-bit
        floating point.
        """
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            factors = self.factors(data)
            scaled = {kind: labels * factors[kind] for kind, labels in data.labels().items()}
            scaled |= {
                "x": self.scale_x(data.x),
                "y": (data.y - self.y_shift) / self.y_scale,
            }
        for kind, labels in data.labels().items():
            bad = np.argwhere((np.abs(scaled[kind]) > LARGEST) & ~np.isnan(labels))
            if len(bad):
                row, *entry = bad[0]
                raise DataError(
                    f"row {row} of {kind} ({place(kind, tuple(entry), data.outputs, data.inputs)}) "
                    f"is {labels[tuple(bad[0])]:g}, too large to be scaled: correct the value, or "
                    "choose units in which the numbers are of moderate size."
                )
        return scaled | self._vectors(data)

    def _vectors(self, data: Dataset) -> dict[str, np.ndarray]:
        found = {}
        if data.directions is not None:
            found["directions"] = _unit(data.directions / self.x_scale)
        if data.cotangents is not None:
            found["cotangents"] = _unit(data.cotangents * self.y_scale)
        return found


def input_scale(names: Sequence[str], low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Half the range of each input `[d]`; raises `DataError` when one is constant."""
    x_scale = high / 2 - low / 2  # halved first: the range of ±1e308 overflows
    for name, value, scale in zip(names, low, x_scale, strict=True):
        if scale <= 1e-13 * abs(value):  # the round-off of the column's own numbers
            raise DataError(
                f"input '{name}' is constant ({value:g} in every row): nothing can be learnt "
                "about it. Leave the column out or vary it."
            )
    return x_scale


def no_variation(output: str) -> DataError:
    """What is wrong with a response that is the same in every row."""
    return DataError(
        f"response '{output}' is constant or absent in every row: there is nothing to "
        "learn. Leave the column out."
    )


def _lengths(vectors: np.ndarray) -> np.ndarray:
    """Euclidean length along the last axis, without overflow; NaN for an absent vector."""
    largest = np.abs(vectors).max(axis=-1)
    safe = np.where(largest > 0, largest, 1.0)
    return safe * np.sqrt(np.sum((vectors / safe[..., None]) ** 2, axis=-1))


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Length 1, or 0 where a vector is absent."""
    lengths = _lengths(vectors)[..., None]
    return np.where(lengths > 0, vectors / np.where(lengths > 0, lengths, 1.0), 0.0)


def _response_scale(data: Dataset, k: int, x_scale: np.ndarray) -> tuple[float, float]:
    y = data.y[:, k]
    y = y[~np.isnan(y)]
    if len(y) > 1:
        shift, spread = _mean_and_deviation(y)
        if spread > 1e-13 * abs(shift):
            return shift, spread
    else:
        for slopes in slopes_of(data, k, x_scale):
            scale = _root_mean_square(slopes[np.isfinite(slopes)])
            if scale > 0:
                return (float(y[0]) if len(y) else 0.0), scale
    raise no_variation(data.outputs[k])


def slopes_of(data: Dataset, k: int, x_scale: np.ndarray) -> Iterator[np.ndarray]:
    """First derivatives of output k by scaled inputs, the most telling kind first."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if data.jacobian is not None:
            yield data.jacobian[:, k] * x_scale
        if data.jvp is not None and data.directions is not None:
            yield data.jvp[:, k] / _lengths(data.directions / x_scale)
        if data.vjp is not None and data.cotangents is not None:
            with_k = data.cotangents[..., k, None] != 0
            lengths = _lengths(data.cotangents)[..., None]
            yield np.where(with_k, data.vjp * x_scale / lengths, np.nan)


# The squares of 1e200 and of 1e-200 leave the range of floating point: both divide by the largest.
def _mean_and_deviation(values: np.ndarray) -> tuple[float, float]:
    largest = float(np.abs(values).max()) or 1.0
    return float((values / largest).mean()) * largest, float((values / largest).std()) * largest


def _root_mean_square(values: np.ndarray) -> float:
    largest = float(np.abs(values).max(initial=0.0))
    return largest * float(np.sqrt(np.mean((values / largest) ** 2))) if largest > 0 else 0.0
