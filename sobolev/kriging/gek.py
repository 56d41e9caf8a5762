"""Gradient-enhanced kriging between the scalings of the data, with names and units."""

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sobolev._base import checksummed
from sobolev._base.arguments import one_of, whole
from sobolev._base.errors import ConfigError, CorruptFile, DataError
from sobolev._base.types import Points
from sobolev.data import packed_names
from sobolev.data.dataset import Dataset
from sobolev.data.learnt import Learnt
from sobolev.data.scaling import Scaling
from sobolev.data.undetermined import undetermined
from sobolev.function import Derivatives, Uncertain
from sobolev.kriging import archive
from sobolev.kriging.gaussian_process import Observations, Process, fit_process
from sobolev.kriging.kernels import KERNELS


@dataclass(frozen=True, eq=False)
class GEK(Learnt, Uncertain):
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
    sd_y, sd_dydx = model.spread(x, 1)
    ```
    """

    processes: tuple[Process, ...]
    scaling: Scaling
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_units: tuple[str, ...]
    output_units: tuple[str, ...]
    undetermined: tuple[str, ...] = ()

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
        six lengths; `limit` on the labels of one output. Where `data.noise` says the standard
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
            fit_process(KERNELS[kernel], observed(data, scaling, output), restarts)
            for output in range(len(data.outputs))
        )
        names = (data.inputs, data.outputs, data.input_units, data.output_units)
        kinds = (("y", data.y), ("jacobian", data.jacobian))
        entries = [
            (kind, tuple(map(int, index)))
            for kind, labels in kinds
            if labels is not None
            for index in np.argwhere(~np.isnan(labels).all(axis=0))
        ]
        open_ = undetermined(data.inputs, data.outputs, scaling.constant, entries)
        return cls(processes, scaling, *names, undetermined=open_)

    def save(self, path: str | os.PathLike) -> Path:
        """Write one `.npz` with format version and checksum, no pickle. Raises `OutputError`.

        Half of a matrix of (labels)² numbers for each output is in it.
        """
        names, arrays = packed_names.packed(self)
        arrays |= archive.parts(self.processes)
        header = {"kernel": archive.kernel_of(self.processes), **names}
        return checksummed.write_archive(path, archive.KIND, archive.FORMAT, header, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "GEK":
        """Read what `save` wrote: it answers with the same bits.

        Raises `CorruptFile` when a bit has changed, `DataError`.
        """
        header, arrays = checksummed.read_archive(path, archive.KIND, archive.FORMAT)
        try:
            scaling, names = packed_names.unpacked(header, arrays)
            processes = archive.processes_of(header["kernel"], arrays, *map(len, names[:2]))
            return cls(
                processes, scaling, *names, undetermined=packed_names.undetermined_of(header)
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptFile(f"{path} does not hold a whole {archive.KIND} ({error}).") from error

    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """Posterior means."""
        x = self.scaling.scale_x(rows)
        each = zip(*(process.predict(x, order) for process in self.processes), strict=True)
        return self.scaling.unscaled([np.stack(arrays, axis=1) for arrays in each])

    @property
    def rounding(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """2⁻⁵² Σ|σ²α|: terms far larger than their sum leave as many digits of it."""
        sums = [p.parameters.variance * np.abs(p.α).sum() for p in self.processes]
        return float(np.finfo(float).eps * max(sums))

    def as_function(self) -> Callable:
        """The posterior mean of one point, by the arrays that it is given: JAX's, so it is traced.

        The same sum as `compute` makes, in another order: with large weights of both signs the last
        digits differ, by `rounding` at most.
        """
        scaling, processes = self.scaling, self.processes

        def mean(x):
            u = (x - scaling.x_shift) / scaling.x_scale
            y = x.__array_namespace__().stack([process.mean_at(u) for process in processes])
            return scaling.y_shift + scaling.y_scale * y

        return mean

    def compute_spread(self, rows: Points, order: int) -> list[np.ndarray]:
        """Posterior standard deviations of value and Jacobian, without the noise of a label."""
        if order > 1:
            raise ConfigError("kriging knows the spread of value and Jacobian: ask for order 0, 1.")
        x = self.scaling.scale_x(rows)
        each = zip(*(process.deviations(x) for process in self.processes), strict=True)
        y, slopes = (np.stack(arrays, axis=1) for arrays in each)
        units = self.scaling.units(order)
        return [array * unit for array, unit in zip((y, slopes), units, strict=False)]

    def deviations(self, x: Float[np.ndarray, "... d"]) -> Derivatives:
        """The old name of `spread(x, 1)`, which warns."""
        warnings.warn(
            "GEK.deviations(x) is GEK.spread(x, 1) now, and the old name goes with the next "
            "version.",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.spread(x, 1)


def count_labels(data: Dataset) -> list[int]:
    """Values and Jacobian entries that are present, for each output."""
    counts = np.sum(~np.isnan(data.y), axis=0)
    if data.jacobian is not None:
        counts = counts + np.sum(~np.isnan(data.jacobian), axis=(0, 2))
    return counts.tolist()


def observed(data: Dataset, scaling: Scaling, output: int) -> Observations:
    """Values and slopes of one output, in scaled units."""
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
