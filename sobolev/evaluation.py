"""How right a function is: values and derivatives, in physical units and relative."""

from dataclasses import dataclass

import numpy as np

from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.learnt import Learnt, check_names, scaling_of
from sobolev.data.scaling import Scaling
from sobolev.data.undetermined import said
from sobolev.function import Function, required
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.losses.labelled.term import Term


@dataclass(frozen=True)
class TermError:
    """Errors of one value or derivative over the labels that are there.

    `rmse` and `largest` in physical units; `relative` = rmse / rms of the label (for values: rms of
    the label about the mean of the training data); `rows` labels compared.
    """

    name: str
    rmse: float
    relative: float
    largest: float
    rows: int


@dataclass(frozen=True)
class Evaluation:
    """The errors of each term, and the relative error in the whole norm.

    `relative_h1` = √(Σ_k mean ê_k² / Σ_k mean t̂_k²) over values and first derivatives of every
    response, in scaled units (inputs on [−1, 1], responses with mean 0 and standard deviation 1),
    so that it does not depend on the user's units. `notes`: what no label had decided in training,
    such as the level of a value. `print` shows a table.
    """

    terms: tuple[TermError, ...]
    relative_h1: float
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        width = max(len("term"), *(len(t.name) for t in self.terms))
        head = f"{'term':<{width}}  {'RMSE':>11}  {'relative':>9}  {'largest':>11}  {'rows':>6}"
        rows = [
            f"{t.name:<{width}}  {t.rmse:11.4e}  {t.relative:9.3%}  {t.largest:11.4e}  {t.rows:6d}"
            for t in self.terms
        ]
        last = f"relative H1 error {self.relative_h1:.3%}"
        return "\n".join([head, *rows, last, *(f"note: {note}" for note in self.notes)])


def evaluate(surrogate: Function, data: Dataset, scaling: Scaling | None = None) -> Evaluation:
    """Compare a function with labelled data it has, one hopes, not seen.

    It may be a `Surrogate` or any other `Function`: with a problem in its place the same call
    verifies at the true model, at the cost of one solve a row.

    **Arguments:** `scaling` in whose units the errors are added up; by default that of its
    training data, and of `data` for a function that was not learnt.

    Raises `DataError` when names of inputs or outputs differ, and for a label or a row that lies
    so far outside the training data that the error leaves the range of 64-bit floating point;
    `Diverged` where a problem has no solution.

    ```python
    print(evaluate(surrogate, valid))
    ```
    """
    if not isinstance(data, Dataset):
        raise DataError(f"data is of type {type(data).__name__}: give a Dataset.")
    check_names(required("surrogate", surrogate), data, "the surrogate", "the data")
    loss = SobolevLoss.of(data)
    computed = _computed(surrogate, data, loss.order)
    scaling = scaling_of(surrogate, data) if scaling is None else scaling
    scaling.scaled(data)  # refuses labels whose squares overflow
    factors = scaling.factors(data)
    terms, errors, energies = [], 0.0, 0.0
    for term in loss.terms:
        error, label, factor = _compared(term, computed, data, factors, scaling)
        size, rmse = _root_mean_square(label), _root_mean_square(error)
        largest = float(np.max(np.abs(error)))
        terms.append(TermError(term.name, rmse, _ratio(rmse, size), largest, len(error)))
        if term.order <= 1:
            errors += len(term.entries) * float(np.mean((error * factor) ** 2))
            energies += len(term.entries) * float(np.mean((label * factor) ** 2))
    open_ = surrogate.undetermined if isinstance(surrogate, Learnt) else ()
    notes = said(open_, surrogate.outputs)
    return Evaluation(tuple(terms), _ratio(errors**0.5, energies**0.5), notes)


_UP_TO = "y", "jacobian", "hessian"


def _computed(surrogate: Function, data: Dataset, order: int) -> dict[str, np.ndarray]:
    """What the surrogate says about every kind of label that the data have."""
    found: dict[str, np.ndarray] = {}
    for kind, array in zip(_UP_TO, surrogate.derivatives(data.x, order), strict=False):
        found[kind] = array
        if kind == "jacobian" and data.directions is not None:
            found["jvp"] = np.einsum("nqd,nkd->nqk", array, data.directions)
        if kind == "jacobian" and data.cotangents is not None:
            found["vjp"] = np.einsum("nlq,nqd->nld", data.cotangents, array)
        if kind == "hessian" and data.directions is not None:
            found["hvp"] = np.einsum("nqij,nkj->nqki", array, data.directions)
    return found


def _compared(term: Term, computed: dict, data: Dataset, factors: dict, scaling: Scaling):
    """Errors, labels (values about the mean of the training data) and factors to scaled units."""
    parts = []
    for entry in term.entries:
        index = (slice(None), *entry.index)
        given = data.labels()[entry.kind]
        label = given[index]
        if entry.kind == "hessian":
            i, j, k = entry.index
            label = np.where(np.isnan(label), given[:, i, k, j], label)
        error = computed[entry.kind][index] - label
        shift = scaling.y_shift[entry.index[0]] if entry.kind == "y" else 0.0
        factor = np.broadcast_to(factors[entry.kind], given.shape)[index]
        here = ~np.isnan(label)
        parts.append((error[here], label[here] - shift, factor[here]))
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def _root_mean_square(values: np.ndarray) -> float:
    """Without overflow or underflow, hence scaled by a power of two: no other bit changes."""
    exponent = int(np.frexp(np.abs(values).max())[1])
    return float(np.ldexp(np.sqrt(np.mean(np.ldexp(values, -exponent) ** 2)), exponent))


def _ratio(error: float, size: float) -> float:
    return error / size if size > 0 else np.inf if error > 0 else 0.0
