"""How right a surrogate is: values and derivatives, in physical units and relative."""

from dataclasses import dataclass

import numpy as np

from sobolev._errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.surrogate import Surrogate


@dataclass(frozen=True)
class TermError:
    """Errors of one value or derivative over the rows that have a label.

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
    so that it does not depend on the user's units. `print` shows a table.
    """

    terms: tuple[TermError, ...]
    relative_h1: float

    def __str__(self) -> str:
        width = max(len("term"), *(len(t.name) for t in self.terms))
        head = f"{'term':<{width}}  {'RMSE':>11}  {'relative':>9}  {'largest':>11}  {'rows':>6}"
        rows = [
            f"{t.name:<{width}}  {t.rmse:11.4e}  {t.relative:9.3%}  {t.largest:11.4e}  {t.rows:6d}"
            for t in self.terms
        ]
        return "\n".join([head, *rows, f"relative H1 error {self.relative_h1:.3%}"])


def evaluate(surrogate: Surrogate, data: Dataset) -> Evaluation:
    """Compare a surrogate with labelled data it has, one hopes, not seen.

    Raises `DataError` when names of inputs or outputs differ.

    ```python
    print(evaluate(surrogate, valid))
    ```
    """
    _same_names(surrogate, data)
    loss = SobolevLoss.of(data)
    computed = surrogate.derivatives(data.x, loss.order)
    labels = [data.y, data.jacobian, data.hessian]
    terms, errors, energies = [], 0.0, 0.0
    for term in loss.terms:
        index = (slice(None), *term.index)
        label = labels[term.order][index]  # type: ignore[index]  # the loss asks for what is there
        error = computed[term.order][index] - label
        present = ~np.isnan(label)
        error, label = error[present], label[present]
        if term.order == 0:
            label = label - surrogate.scaling.y_shift[term.index[0]]
        size = float(np.sqrt(np.mean(label**2)))
        rmse = float(np.sqrt(np.mean(error**2)))
        largest = float(np.max(np.abs(error)))
        terms.append(TermError(term.name, rmse, _ratio(rmse, size), largest, len(error)))
        if term.order <= 1:
            factor = _scale(surrogate, term.index)
            errors += (rmse * factor) ** 2
            energies += (size * factor) ** 2
    return Evaluation(tuple(terms), _ratio(errors**0.5, energies**0.5))


def _ratio(error: float, size: float) -> float:
    return error / size if size > 0 else np.inf if error > 0 else 0.0


def _scale(surrogate: Surrogate, index: tuple[int, ...]) -> float:
    """The factor from physical to scaled units of one term."""
    scaling = surrogate.scaling
    return float(np.prod(scaling.x_scale[list(index[1:])]) / scaling.y_scale[index[0]])


def _same_names(surrogate: Surrogate, data: Dataset) -> None:
    for what in ("inputs", "outputs"):
        ours, theirs = getattr(surrogate, what), getattr(data, what)
        if ours != theirs:
            raise DataError(
                f"the surrogate has the {what} {', '.join(ours)}, the data have "
                f"{', '.join(theirs)}: they must be the same, in the same order."
            )
