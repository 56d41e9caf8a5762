"""Values and derivatives at sampled points, with names, units and gaps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sobolev._errors import DataError
from sobolev._types import Hessians, Jacobians, Points, Values


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples of a function that knows its derivatives; rows are samples.

    **Arguments:**
    - `x [n, d]`: inputs, finite, in `input_units`.
    - `y [n, q]`: responses in `output_units`; NaN = absent.
    - `jacobian [n, q, d]` = ∂y/∂x, `hessian [n, q, d, d]` = ∂²y/∂x²: optional; NaN = absent.
    - `inputs`, `outputs`: names (default x1, x2, … and y1, y2, …); `input_units`, `output_units`.
    - `group [n]`: optional label of each row, "train" or "valid", used by `split()`.

    Raises `DataError` when a shape, a type or a name is wrong, an input is not finite, a label is
    infinite, or nothing at all is labelled.

    ```python
    data = Dataset(x, y, jacobian=dydx, inputs=("a", "b"), outputs=("eta",))
    ```
    """

    x: Points
    y: Values
    jacobian: Jacobians | None = None
    hessian: Hessians | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    input_units: tuple[str, ...] = ()
    output_units: tuple[str, ...] = ()
    group: np.ndarray | None = None

    def __post_init__(self):
        x = _real("x", self.x, 2)
        n, d = x.shape
        if n == 0 or d == 0:
            raise DataError(
                f"x is empty: its shape is {x.shape}. Give at least one row and column."
            )
        y = _real("y", self.y, 2)
        q = y.shape[1]
        if q == 0:
            raise DataError("y has no columns. Give at least one response.")
        set_ = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        set_("x", x)
        set_("y", y)
        set_("jacobian", None if self.jacobian is None else _real("jacobian", self.jacobian, 3))
        set_("hessian", None if self.hessian is None else _real("hessian", self.hessian, 4))
        _shape("y", y, (n, q), "x has {n} rows", n)
        if self.jacobian is not None:
            _shape("jacobian", self.jacobian, (n, q, d), "rows, responses, inputs")
        if self.hessian is not None:
            _shape("hessian", self.hessian, (n, q, d, d), "rows, responses, inputs, inputs")
        set_("inputs", _names("inputs", self.inputs, d, "x"))
        set_("outputs", _names("outputs", self.outputs, q, "y"))
        clash = set(self.inputs) & set(self.outputs)
        if clash:
            raise DataError(f"'{sorted(clash)[0]}' is both an input and an output: rename one.")
        set_("input_units", _units("input_units", self.input_units, d))
        set_("output_units", _units("output_units", self.output_units, q))
        if self.group is not None:
            set_("group", np.asarray(self.group, dtype=str))
            _shape("group", self.group, (n,), "rows")
        self._check_values()

    def _check_values(self) -> None:
        bad = np.argwhere(~np.isfinite(self.x))
        if len(bad):
            row, column = bad[0]
            raise DataError(
                f"row {row} of input '{self.inputs[column]}' is {self.x[row, column]}: inputs must "
                "be finite. Remove the row or correct the value."
            )
        for name, labels in self.labels().items():
            bad = np.argwhere(np.isinf(labels))
            if len(bad):
                row, output, *inputs = bad[0]
                by = "".join(f", input '{self.inputs[i]}'" for i in inputs)
                raise DataError(
                    f"row {row} of {name} (output '{self.outputs[output]}'{by}) is "
                    f"{labels[tuple(bad[0])]}: labels must be finite, or NaN where absent."
                )
        if all(np.isnan(labels).all() for labels in self.labels().values()):
            raise DataError("every label is absent (NaN): there is nothing to learn or to compare.")

    def labels(self) -> dict[str, np.ndarray]:
        """The label arrays that are there: "y" and, when given, "jacobian" and "hessian"."""
        every = {"y": self.y, "jacobian": self.jacobian, "hessian": self.hessian}
        return {name: array for name, array in every.items() if array is not None}

    def __len__(self) -> int:
        return len(self.x)

    @property
    def dimension(self) -> int:
        """Number of inputs d."""
        return self.x.shape[1]

    def rows(self, index: Sequence[int] | np.ndarray) -> "Dataset":
        """The rows selected by an index or a Boolean mask."""
        index = np.asarray(index)
        picked = {name: array[index] for name, array in self.labels().items()}
        group = None if self.group is None else self.group[index]
        return replace(self, x=self.x[index], group=group, **picked)

    def split(self, fraction: float | None = None, seed: int = 0) -> tuple["Dataset", "Dataset"]:
        """`(train, valid)`: by the `group` column, or at random with `fraction` of rows to valid.

        Raises `DataError` when there is no group and no fraction, or one side would be empty.
        """
        if fraction is None:
            if self.group is None:
                raise DataError(
                    "the data do not say which rows are for training: give split(fraction=0.3), or "
                    "a group of 'train' and 'valid' for each row."
                )
            unknown = sorted(set(self.group) - {"train", "valid"})
            if unknown:
                raise DataError(
                    f"group may hold 'train' and 'valid': got '{unknown[0]}'. Correct it, or give "
                    "split(fraction=0.3)."
                )
            valid = self.group == "valid"
        else:
            if not 0 < fraction < 1:
                raise DataError(f"fraction must lie between 0 and 1: got {fraction}.")
            valid = np.zeros(len(self), bool)
            order = np.random.default_rng(seed).permutation(len(self))
            valid[order[: max(1, round(fraction * len(self)))]] = True
        if valid.all() or not valid.any():
            side = "training" if valid.all() else "validation"
            raise DataError(
                f"no row is left for {side}: {len(self)} rows in all. Give more rows or another "
                "fraction or group."
            )
        return self.rows(~valid), self.rows(valid)


def _real(name: str, array, rank: int) -> np.ndarray:
    try:
        array = np.asanyarray(array)
    except ValueError as error:
        raise DataError(
            f"{name} has rows of different lengths: give every row the same columns, NaN where a "
            "label is absent."
        ) from error
    if array.dtype.kind not in "fiub":
        kind = {"c": "complex numbers", "U": "text", "S": "text", "O": "mixed objects"}
        raise DataError(
            f"{name} holds {kind.get(array.dtype.kind, str(array.dtype))}: give real numbers, NaN "
            "where a label is absent."
        )
    if array.ndim != rank:
        axes = "[rows, columns]", "[rows, responses, inputs]", "[rows, responses, inputs, inputs]"
        raise DataError(
            f"{name} has shape {array.shape}, but {rank} axes {axes[rank - 2]} are needed: reshape "
            "it, a single column is [:, None]."
        )
    if isinstance(array, np.ma.MaskedArray):  # masked = absent, not whatever lies below the mask
        array = np.ma.filled(array.astype(np.float64), np.nan)
    with np.errstate(over="ignore"):  # an extended float that is too large is refused as infinite
        return np.array(array, dtype=np.float64, order="C")


def _shape(name: str, array: np.ndarray, expected: tuple, what: str, n: int | None = None) -> None:
    if array.shape != expected:
        raise DataError(
            f"{name} has shape {array.shape}, but {expected} is needed ({what.format(n=n)}): rows "
            "must be the samples and derivative axes come last."
        )


def _names(field: str, names: Sequence[str], count: int, letter: str) -> tuple[str, ...]:
    if isinstance(names, str):  # a tuple of its letters is never meant
        raise DataError(f"{field} is the text '{names}': give a tuple, ('{names}',).")
    names = tuple(str(n) for n in names) or tuple(f"{letter}{i + 1}" for i in range(count))
    if len(names) != count:
        raise DataError(f"{field} has {len(names)} names for {count} columns: {names}.")
    repeated = sorted({n for n in names if names.count(n) > 1})
    if repeated:
        raise DataError(f"the name '{repeated[0]}' occurs twice in {field}: names must differ.")
    return names


def _units(field: str, units: Sequence[str], count: int) -> tuple[str, ...]:
    if isinstance(units, str):
        raise DataError(f"{field} is the text '{units}': give a tuple, ('{units}',).")
    units = tuple(str(u) for u in units) or ("",) * count
    if len(units) != count:
        raise DataError(f"{field} has {len(units)} units for {count} columns: {units}.")
    return units
