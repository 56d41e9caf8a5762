"""Values and derivatives at sampled points, with names, units, noise levels and gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sobolev._base.arrays import check_columns, check_shape, clean_names, clean_units, real
from sobolev._base.errors import DataError, Remedy
from sobolev._base.types import Hessians, Jacobians, Points, Values
from sobolev.data.kinds import ALONG, LABELS, VECTORS, axes, place, slots
from sobolev.data.unused import Unused

_GAPS = "labels must be finite, or NaN where absent."


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples of a function that knows its derivatives; rows are samples.

    **Arguments:**
    - `x [n, d]`: inputs, finite, in `input_units`.
    - `y [n, q]`: responses in `output_units`. This and all labels: NaN = absent, None = none.
    - `jacobian [n, q, d]` = ∂y/∂x, `hessian [n, q, d, d]` = ∂²y/∂x².
    - `jvp [n, q, k]` = ∂y/∂x · v and `hvp [n, q, k, d]` = ∂²y/∂x² · v along k vectors v a row, the
      `directions [n, k, d]` in input units.
    - `vjp [n, l, d]` = wᵀ ∂y/∂x for l adjoint weights w a row, the `cotangents [n, l, q]`.
    - `noise`: standard deviation of the labels by kind, `{"jacobian": σ}`, each broadcast to the
      shape of its labels; NaN = not known. `estimated`: which labels are estimates, likewise.
    - `inputs`, `outputs`: names (default x1, x2, … and y1, y2, …); `input_units`, `output_units`.
    - `group [n]`: optional label of each row, "train" or "valid", used by `split()`.
    - `unused`: what a reader found in the file and did not take; `check` and `fit` say it.

    Labels at different points are different rows: a row has NaN for what it does not know, and
    `stack` joins data sets that know different things. Raises `DataError` when a shape, a type or a
    name is wrong, an input or a direction in use is not finite, a label is infinite, a noise level
    is negative, or nothing at all is labelled.

    ```python
    data = Dataset(x, y, jacobian=dydx, inputs=("a", "b"), outputs=("eta",))
    data = Dataset(x, jvp=slopes, directions=v, noise={"jvp": 0.01}, outputs=("eta",))
    ```
    """

    x: Points
    y: Values = None  # type: ignore[assignment]  # an array of NaN from the first moment on
    jacobian: Jacobians | None = None
    hessian: Hessians | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    input_units: tuple[str, ...] = ()
    output_units: tuple[str, ...] = ()
    group: np.ndarray | None = None
    jvp: np.ndarray | None = None
    hvp: np.ndarray | None = None
    directions: np.ndarray | None = None
    vjp: np.ndarray | None = None
    cotangents: np.ndarray | None = None
    noise: Mapping[str, np.ndarray] = field(default_factory=dict)
    estimated: Mapping[str, np.ndarray] = field(default_factory=dict)
    unused: Unused = field(default_factory=Unused)

    def __post_init__(self):
        set_ = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        for name, field_ in (("x", "inputs"), ("y", "outputs")):
            check_columns(name, getattr(self, name), getattr(self, field_), field_)
        set_("x", real("x", self.x, 2))
        if 0 in self.x.shape:
            raise DataError(
                f"x is empty: its shape is {self.x.shape}. Give at least one row and column."
            )
        given = (LABELS | VECTORS).items()
        for name, letters in given:
            if getattr(self, name) is not None:
                set_(name, real(name, getattr(self, name), len(letters), axes(name)))
        self._check_pairs()
        sizes = self._sizes()
        if self.y is None:
            set_("y", np.full((sizes["n"], sizes["q"]), np.nan))
        for name, letters in given:
            array, shape = getattr(self, name), tuple(sizes.get(a, 0) for a in letters)
            if array is not None:
                check_shape(name, array, shape, f"x has {sizes['n']} rows; {axes(name)}")
        set_("inputs", clean_names("inputs", self.inputs, sizes["d"], "x"))
        set_("outputs", clean_names("outputs", self.outputs, sizes["q"], "y"))
        clash = set(self.inputs) & set(self.outputs)
        if clash:
            raise DataError(f"'{sorted(clash)[0]}' is both an input and an output: rename one.")
        set_("input_units", clean_units("input_units", self.input_units, sizes["d"]))
        set_("output_units", clean_units("output_units", self.output_units, sizes["q"]))
        if self.group is not None:
            set_("group", np.asarray(self.group, dtype=str))
            check_shape("group", self.group, (sizes["n"],), "rows")
        self._check_values()
        self._check_vectors()
        set_("noise", {k: self._beside("noise", k, v, float) for k, v in self.noise.items()})
        marks = {k: self._beside("estimated", k, v, bool) for k, v in self.estimated.items()}
        set_("estimated", marks)
        self._check_noise()

    def _sizes(self) -> dict[str, int]:
        """The length of each axis, from the first array that has it."""
        sizes = {"n": self.x.shape[0], "d": self.x.shape[1]}
        for name in ("y", *VECTORS, *LABELS):
            array, letters = getattr(self, name), (LABELS | VECTORS)[name]
            if array is not None:
                for letter, size in zip(letters, array.shape, strict=True):
                    sizes.setdefault(letter, size)
        if "q" not in sizes:
            raise DataError("there is no label: give y, jacobian, hessian, or products of them.")
        if sizes["q"] == 0:
            raise DataError("y has no columns. Give at least one response.")
        return sizes

    def _check_pairs(self) -> None:
        """Products come with their vectors, and vectors with a product."""
        for kind, (vectors, _) in ALONG.items():
            if getattr(self, kind) is not None and getattr(self, vectors) is None:
                raise DataError(
                    f"{kind} is given without {vectors}: give the vectors along which it was taken."
                )
        for vectors in VECTORS:
            kinds = [kind for kind, (along, _) in ALONG.items() if along == vectors]
            if getattr(self, vectors) is not None and all(getattr(self, k) is None for k in kinds):
                raise DataError(f"{vectors} are given without {' or '.join(kinds)}: give that too.")

    def _check_values(self) -> None:
        bad = np.argwhere(~np.isfinite(self.x))
        if len(bad):
            row, column = bad[0]
            raise DataError(
                f"row {row} of input '{self.inputs[column]}' is {self.x[row, column]}: inputs must "
                "be finite. Remove the row or correct the value."
            )
        for kind, labels in self.labels().items():
            bad = np.argwhere(np.isinf(labels))
            if len(bad):
                raise DataError(f"{self._where(kind, bad[0])} is {labels[tuple(bad[0])]}: {_GAPS}")
        if all(np.isnan(labels).all() for labels in self.labels().values()):
            raise DataError("every label is absent (NaN): there is nothing to learn or to compare.")

    def _check_vectors(self) -> None:
        for kind, (name, _) in ALONG.items():
            if getattr(self, kind) is None:
                continue
            vectors, used = getattr(self, name), slots(kind, getattr(self, kind))
            wrong = ~np.isfinite(vectors).all(axis=2) | (vectors == 0).all(axis=2)
            bad = np.argwhere(used & wrong)
            if len(bad):
                row, number = bad[0]
                raise DataError(
                    f"row {row} of {name}, vector {number}, is {vectors[row, number].tolist()}, "
                    f"and {kind} has a label along it: give a finite vector that is not zero."
                )

    def _beside(self, name: str, kind: str, array, type_) -> np.ndarray:
        """`array` broadcast to the labels of its kind."""
        labels = self.labels().get(kind)
        if labels is None:
            raise DataError(
                f"{name} names '{kind}', of which there are no labels: there are "
                f"{', '.join(self.labels())}."
            )
        try:
            array = np.asarray(array, dtype=type_)
            return np.array(np.broadcast_to(array, labels.shape))
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{name} of {kind} does not fit its shape {labels.shape} ({axes(kind)}): give one "
                "number, or numbers that broadcast to it."
            ) from error

    def _check_noise(self) -> None:
        for kind, levels in self.noise.items():
            bad = np.argwhere((levels < 0) | np.isinf(levels))
            if len(bad):
                raise DataError(
                    f"the noise of {self._where(kind, bad[0])} is {levels[tuple(bad[0])]}: a "
                    "standard deviation is not negative, and NaN where it is not known."
                )

    def _where(self, kind: str, index: np.ndarray) -> str:
        return f"row {index[0]} of {kind} ({place(kind, index[1:], self.outputs, self.inputs)})"

    def labels(self) -> dict[str, np.ndarray]:
        """The label arrays that are there, by kind: "y" and, when given, "jacobian" and so on."""
        every = {kind: getattr(self, kind) for kind in LABELS}
        return {kind: array for kind, array in every.items() if array is not None}

    def vectors(self) -> dict[str, np.ndarray]:
        """The arrays "directions" and "cotangents" that are there."""
        every = {name: getattr(self, name) for name in VECTORS}
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
        arrays = self.labels() | self.vectors()
        picked: dict[str, Any] = {name: a[index] for name, a in arrays.items()}
        for name in ("noise", "estimated"):
            picked[name] = {kind: a[index] for kind, a in getattr(self, name).items()}
        group = None if self.group is None else self.group[index]
        return replace(self, x=self.x[index], group=group, **picked)

    def split(self, fraction: float | None = None, seed: int = 0) -> tuple["Dataset", "Dataset"]:
        """`(train, valid)`: by the `group` column, or at random with `fraction` of rows to valid.

        Raises `DataError` when there is no group and no fraction, or one side would be empty.
        """
        if fraction is None:
            if self.group is None:
                raise DataError(
                    "the data do not say which rows are for training:",
                    Remedy(
                        "give split(fraction=0.3), or a group of 'train' and 'valid' for each row.",
                        option="give --fraction 0.3, or a column group with train and valid.",
                    ),
                )
            unknown = sorted(set(self.group) - {"train", "valid"})
            if unknown:
                raise DataError(
                    f"group may hold 'train' and 'valid': got '{unknown[0]}'. Correct it,",
                    Remedy("or give split(fraction=0.3).", option="or give --fraction 0.3."),
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
