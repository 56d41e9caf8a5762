"""Gradient-enhanced kriging between the scalings of the data, with names and units."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import one_of, whole
from sobolev._base.errors import DataError
from sobolev._base.types import Hessians, Jacobians, Points, Values
from sobolev.data.arrays import points
from sobolev.data.dataset import Dataset
from sobolev.data.scaling import Scaling
from sobolev.kriging.kernels import KERNELS
from sobolev.kriging.process import Observations, Process, fit_process


@dataclass(frozen=True, eq=False)
class GEK:
    """Exact Gaussian process regression on any mix of values and Jacobian entries.

    f ~ GP(m, σ² k((x − x′)/ℓ)) for each output on its own, with one length ℓ for each input, an
    estimated constant mean m and a nugget; derivatives of f are jointly Gaussian with f. Lengths,
    variance and nuggets maximise the marginal likelihood (L-BFGS-B with analytic gradients). Cost
    of a fit: some ten to a hundred times (labels)³ operations, memory 8 (labels)² bytes several
    times over. Source: Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006,
    chapters 2, 5, section 9.4; Morris, Mitchell & Ylvisaker, Technometrics 35, 1993.

    ```python
    model = GEK.of(train)
    y, dydx = model.value(x), model.jacobian(x)
    sd_y, sd_dydx = model.deviations(x)
    ```
    """

    processes: tuple[Process, ...]
    scaling: Scaling
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_units: tuple[str, ...]
    output_units: tuple[str, ...]

    @classmethod
    def of(
        cls,
        data: Dataset,
        kernel: str = "squared-exponential",
        restarts: int = 2,
        limit: int = 6000,
    ) -> "GEK":
        """Fit every output of the data.

        **Arguments:** `kernel` "squared-exponential" or "matern52"; `restarts` from the best of
        four lengths; `limit` on the labels of one output. Where `data.noise` says the standard
        deviation of a label it is used, elsewhere a nugget is estimated. Labels other than `y` and
        `jacobian` are not looked at. Raises `DataError` for more labels than `limit` and for an
        output without values and slopes, `ConfigError` for an unknown kernel.
        """
        one_of("kernel", kernel, tuple(KERNELS))
        restarts = whole("restarts", restarts, 1)
        labels = count_labels(data)
        if max(labels) > limit:
            raise DataError(
                f"exact kriging works on a matrix of {max(labels)} × {max(labels)} numbers here "
                f"(every value and slope of an output), and the limit is {limit}: take fewer rows, "
                "or train a network."
            )
        if min(labels) == 0:
            raise DataError(
                f"output '{data.outputs[int(np.argmin(labels))]}' has neither values nor Jacobian "
                "entries, and exact kriging learns from these only: leave it out."
            )
        scaling = Scaling.of(data)
        processes = tuple(
            fit_process(KERNELS[kernel], _observed(data, scaling, output), restarts)
            for output in range(len(data.outputs))
        )
        names = (data.inputs, data.outputs, data.input_units, data.output_units)
        return cls(processes, scaling, *names)

    def value(self, x: Float[np.ndarray, "... d"]) -> Values:
        """Posterior mean y(x): `[d]` → `[q]`, `[n, d]` → `[n, q]`, in `output_units`."""
        return self.derivatives(x, 0)[0]

    def jacobian(self, x: Float[np.ndarray, "... d"]) -> Jacobians:
        """Posterior mean ∂y/∂x: `[d]` → `[q, d]`, `[n, d]` → `[n, q, d]`."""
        return self.derivatives(x, 1)[1]

    def hessian(self, x: Float[np.ndarray, "... d"]) -> Hessians:
        """Posterior mean ∂²y/∂x²: `[d]` → `[q, d, d]`, `[n, d]` → `[n, q, d, d]`."""
        return self.derivatives(x, 2)[2]

    def derivatives(self, x: Float[np.ndarray, "... d"], order: int = 1) -> tuple:
        """`(value, jacobian, hessian)` up to `order` (0, 1 or 2)."""
        rows, single = self._scaled(x)
        each = zip(*(process.predict(rows, order) for process in self.processes), strict=True)
        found = self.scaling.unscaled([np.stack(arrays, axis=1) for arrays in each])
        return tuple(a[0] if single else a for a in found)

    def deviations(self, x: Float[np.ndarray, "... d"]) -> tuple[Values, Jacobians]:
        """Posterior standard deviations of value and Jacobian, without the noise of a label."""
        rows, single = self._scaled(x)
        each = zip(*(process.deviations(rows) for process in self.processes), strict=True)
        y, slopes = (np.stack(arrays, axis=1) for arrays in each)
        of_y, of_slopes = self.scaling.units(1)
        found = of_y * y, of_slopes * slopes
        return (found[0][0], found[1][0]) if single else found

    def _scaled(self, x) -> tuple[Points, bool]:
        rows, single = points("x", x, self.inputs)
        return self.scaling.scale_x(rows), single


def count_labels(data: Dataset) -> list[int]:
    """Values and Jacobian entries that are present, for each output."""
    counts = np.sum(~np.isnan(data.y), axis=0)
    if data.jacobian is not None:
        counts = counts + np.sum(~np.isnan(data.jacobian), axis=(0, 2))
    return counts.tolist()


def _observed(data: Dataset, scaling: Scaling, output: int) -> Observations:
    scaled, factors = scaling.scaled(data), scaling.factors(data)
    n, d = data.x.shape
    labels, noise = np.full((2, 1 + d, n), np.nan)
    for kind, rows in (("y", slice(0, 1)), ("jacobian", slice(1, None))):
        if kind in scaled:
            labels[rows] = scaled[kind][:, output].reshape(n, -1).T
        if kind in data.noise:
            levels = data.noise[kind] * np.broadcast_to(factors[kind], data.noise[kind].shape)
            noise[rows] = levels[:, output].reshape(n, -1).T ** 2
    return Observations(scaled["x"], labels, noise)
