"""The page of one fit, beside its surrogate."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sobolev._base.atomic import write_atomically
from sobolev.data.dataset import Dataset
from sobolev.function import Function
from sobolev.reports.claims.fit.sentences import sentences
from sobolev.reports.pages.fit import fit_page
from sobolev.reports.read.fit import seen

if TYPE_CHECKING:
    from sobolev.training import Fit


def write_page(
    fitted: "Fit",
    path: str | os.PathLike,
    train: Dataset,
    valid: Dataset | None = None,
    *,
    judged: Function | None = None,
    rows_held_out: Sequence[int] | np.ndarray = (),
    said: Sequence[str] = (),
    model: str = "",
    source: str = "",
) -> Path:
    """Write one self-contained page about a fit, and return its path.

    In words what the surrogate is worth; then its errors, given against computed values and slopes,
    slices with tangents and data, the course of the training, and what the check saw. No script,
    nothing from the network; it follows the reader's light or dark colours.

    **Arguments:**
    - `train`, `valid`: the rows that it was trained on, and rows that it was not, if there are any.
      Of more than 5000 a sample is looked at.
    - `judged`, `rows_held_out`: where rows of `train` were held out before they were trained on,
      which, and who answers there as it was then: those of a `BestFit`.
    - `said`: the lines on top; composed from the errors when not given.
    - `model`, `source`: the names of the surrogate's file and of the table, for the text.

    Raises `DataError` for data of other inputs or outputs, or where the surrogate is not finite,
    and `OutputError` when the page cannot be written.

    ```python
    fitted = sb.fit(surrogate, train, valid)
    sb.write_page(fitted, "model.html", train, valid)
    ```
    """
    checked = next((note.checked for note in fitted.notes if note.checked is not None), None)
    with np.errstate(all="ignore"):  # what is not finite is not drawn
        asked = fitted.surrogate if judged is None else judged
        found = seen(asked, train, valid, held_out=rows_held_out)
        lines = list(said) or sentences(found, fitted, checked)
        name = model or Path(path).with_suffix(".npz").name
        page = fit_page(found, fitted, checked, lines, name, source)
    return write_atomically(path, page.encode())
