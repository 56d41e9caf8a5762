"""What a page says of a fit, gathered: labels beside what the surrogate says, and slices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.learnt import check_names, scaling_of
from sobolev.data.stack import stack
from sobolev.derivative_names import ADJOINT, derivative_name, product_name
from sobolev.function import Function

if TYPE_CHECKING:
    from sobolev.data.scaling import Scaling

MOST_ROWS = 5000  # of each data set that are compared, as many numbers as memory likes
MOST_NUMBERS = 20_000_000
CURVE = 41  # points of a slice
NEAR = 40  # rows shown beside a slice


@dataclass(frozen=True)
class Compared:
    """One value or derivative in all rows: `given` by the data, and what the surrogate `says`.

    `factor` takes both to scaled units; `order` 0 for values; `output` is None for what belongs to
    several; `input` is that of a first derivative.
    """

    name: str
    order: int
    unit: str
    given: np.ndarray
    says: np.ndarray
    factor: np.ndarray
    shift: float = 0.0
    output: int | None = None
    input: int | None = None

    @property
    def there(self) -> np.ndarray:
        """Which rows have this label."""
        return ~np.isnan(self.given)

    @property
    def error(self) -> np.ndarray:
        """In scaled units; NaN where there is no label."""
        return (self.says - self.given) * self.factor

    @property
    def size(self) -> np.ndarray:
        """Of the label in scaled units, values about their mean."""
        return (self.given - self.shift) * self.factor


@dataclass(frozen=True)
class Slice:
    """Along one input through the middle of the box: curve, and the rows that are nearest.

    `at [m]` of the input, `y [m, q]`, `slope [m, q]` there; `rows [k]` of the compared data, with
    the surrogate's `row_y [k, q]`, `row_slope [k, q]` on the slice at their own place, and how
    `near [k]` they are, from 0 to 1.
    """

    input: int
    at: np.ndarray
    y: np.ndarray
    slope: np.ndarray
    rows: np.ndarray
    row_y: np.ndarray
    row_slope: np.ndarray
    near: np.ndarray


@dataclass(frozen=True)
class Seen:
    """Everything that is drawn: rows of both data sets, training rows first.

    `held_out [n]` says which rows were not trained on, or not yet when they were asked (`later`);
    `of` how many rows there are in all, of each kind; `importance [q, d]`: mean |slope| · range,
    over the standard deviation of the output.
    """

    data: Dataset
    held_out: np.ndarray
    of: tuple[int, int]
    compared: tuple[Compared, ...]
    slices: tuple[Slice, ...]
    importance: np.ndarray
    later: bool = False

    @property
    def sampled(self) -> bool:
        """Whether rows were left out."""
        return len(self.data) < sum(self.of)

    @cached_property
    def misfit(self) -> np.ndarray:
        """Root mean square of the scaled errors of each row, over the labels it has."""
        with np.errstate(invalid="ignore"):
            squares = np.array([each.error**2 for each in self.compared])
            there = ~np.isnan(squares)
            return np.sqrt(np.where(there, squares, 0).sum(0) / np.maximum(1, there.sum(0)))


def seen(
    surrogate: Function,
    train: Dataset,
    valid: Dataset | None,
    most_inputs: int = 4,
    held_out: Sequence[int] | np.ndarray = (),
) -> Seen:
    """Ask the surrogate at the rows and along slices by the inputs that matter most; `DataError`.

    Of large data sets a sample of rows is taken, always the same. `held_out`: those rows of `train`
    that were held out before, where there is no `valid`.
    """
    before = np.zeros(0, int) if valid is not None else np.asarray(held_out, int)
    if len(before):
        valid = train.rows(before)
        rest = np.setdiff1d(np.arange(len(train)), before)
        train = train.rows(rest) if len(rest) else valid
    named = {"the training data": train}
    if valid is not None:
        named["the validation data"] = valid
    for whose, each in named.items():
        if not isinstance(each, Dataset):
            raise DataError(f"{whose} are of type {type(each).__name__}: give a Dataset.")
        check_names(surrogate, each, "the surrogate", whose)
    judged = [False] if valid is None else [True] if train is valid else [False, True]
    both = list(named.values())[-len(judged) :]
    second = any("hessian" in each.labels() for each in both) and surrogate.order > 1
    q, d = len(train.outputs), train.dimension
    numbers = 2 * q * d * (d if second else 1)
    most = max(1, min(MOST_ROWS, MOST_NUMBERS // numbers))
    parts = [_sample(each, most) for each in both]
    data = stack(*parts)
    # Both questions have as many rows, so that one program answers both.
    size = max(len(data), min(d, most_inputs) * (CURVE + min(NEAR, len(data))))
    answers = _asked(surrogate, data.x, size, 2 if second else 1)
    scaling = scaling_of(surrogate, train)
    per_output = 2 * scaling.x_scale / scaling.y_scale[:, None]
    importance = np.abs(answers[1]).mean(axis=0) * per_output
    ranked = np.argsort(-importance.sum(axis=0), kind="stable")
    varies = train.x.min(axis=0) < train.x.max(axis=0)
    inputs = np.sort([j for j in ranked if varies[j]][:most_inputs])
    return Seen(
        data,
        np.repeat(judged, [len(part) for part in parts]),
        (0 if train is valid else len(train), 0 if valid is None else len(valid)),
        tuple(_compared(data, answers, scaling)),
        tuple(_slices(surrogate, data, scaling, inputs, size, 2 if second else 1)),
        importance,
        len(before) > 0,
    )


def _sample(data: Dataset, most: int) -> Dataset:
    if len(data) <= most:
        return data
    picked = np.random.default_rng(0).choice(len(data), most, replace=False)
    return data.rows(np.sort(picked))


def _asked(surrogate: Function, x: np.ndarray, size: int, order: int) -> list[np.ndarray]:
    more = np.repeat(x[-1:], max(0, size - len(x)), axis=0)
    return [a[: len(x)] for a in surrogate.derivatives(np.concatenate([x, more]), order)]


def _slices(
    surrogate: Function, data: Dataset, scaling: "Scaling", inputs, size: int, order: int
) -> Iterator[Slice]:
    """One for each of these inputs, all asked at once."""
    middle, half = scaling.x_shift, scaling.x_scale
    points, nearest = [], []
    for j in inputs:
        away = np.delete((data.x - middle) / half, j, axis=1)
        distance = np.sqrt((away**2).mean(axis=1)) if away.shape[1] else np.zeros(len(data))
        rows = np.argsort(distance, kind="stable")[:NEAR]
        at = np.linspace(middle[j] - half[j], middle[j] + half[j], CURVE)
        line = np.repeat(middle[None], CURVE + len(rows), axis=0)
        line[:, j] = np.concatenate([at, data.x[rows, j]])
        points.append(line)
        nearest.append((rows, np.exp(-2 * distance[rows])))
    y, slope, *_ = _asked(surrogate, np.concatenate(points), size, order)
    start = 0
    for j, line, (rows, near) in zip(inputs, points, nearest, strict=True):
        here = slice(start, start + len(line))
        values, slopes = y[here], slope[here][:, :, j]
        yield Slice(
            int(j), line[:CURVE, j], values[:CURVE], slopes[:CURVE],
            rows, values[CURVE:], slopes[CURVE:], near,
        )  # fmt: skip
        start += len(line)


def _compared(data: Dataset, answers, scaling: "Scaling") -> Iterator[Compared]:
    """Every value, derivative and product of which there is a label, output by output."""
    said = _said(data, answers)
    factors = scaling.factors(data)
    for kind, given in data.labels().items():
        if kind not in said:
            continue
        factor = np.broadcast_to(factors[kind], given.shape)
        for index in np.ndindex(*given.shape[1:]):
            if kind == "hessian" and index[1] > index[2]:
                continue
            here = (slice(None), *index)
            label = given[here]
            if kind == "hessian":
                i, j, k = index
                label = np.where(np.isnan(label), given[:, i, k, j], label)
            if np.isnan(label).all():
                continue
            name, unit, output, one = _called(data, kind, index)
            order = {"y": 0, "hessian": 2}.get(kind, 1)
            shift = float(scaling.y_shift[index[0]]) if kind == "y" else 0.0
            numbers = label, said[kind][here], factor[here]
            yield Compared(name, order, unit, *numbers, shift, output, one)


def _said(data: Dataset, answers) -> dict[str, np.ndarray]:
    y, jacobian, *second = answers
    said = {"y": y, "jacobian": jacobian}
    if second:
        said["hessian"] = second[0]
    if data.directions is not None:
        said["jvp"] = np.einsum("nqd,nkd->nqk", jacobian, data.directions)
    if data.cotangents is not None:
        said["vjp"] = np.einsum("nlq,nqd->nld", data.cotangents, jacobian)
    return said


def _called(data: Dataset, kind: str, index) -> tuple[str, str, int | None, int | None]:
    """Name, unit, output and input of an entry."""
    if kind == "vjp":
        return derivative_name(ADJOINT, data.inputs[index[1]]), "", None, None
    output = data.outputs[index[0]]
    own = data.output_units[index[0]]
    if kind == "jvp":
        return f"{product_name(output, 1)}{_number(index[1])}", "", index[0], None
    by = index[1:]
    unit = per(own, *(data.input_units[j] for j in by))
    one = by[0] if len(by) == 1 else None
    return derivative_name(output, *(data.inputs[j] for j in by)), unit, index[0], one


def _number(direction: int) -> str:
    return "" if direction == 0 else str(direction + 1)


def per(unit: str, *by: str) -> str:
    """The unit of a derivative: `N/mm`, `per mm` of what has none; empty where nobody named one."""
    below = "·".join(f"({u})" if any(c in u for c in "/ ·*") else u for u in by if u)
    if not below:
        return unit
    if not unit:
        return f"per {below}"
    above = f"({unit})" if any(c in unit for c in "/ ") else unit
    return f"{above}/({below})" if "·" in below else f"{above}/{below}"
