"""From labelled data to a law: one sparse regression for each output, on values and slopes."""

import numpy as np
from jaxtyping import Float, Int, Shaped

from sobolev._base.arguments import finite
from sobolev._base.errors import ConfigError, DataError
from sobolev.box import Box
from sobolev.data.dataset import Dataset
from sobolev.identification.identified import Identified
from sobolev.identification.library import Library, Polynomials
from sobolev.identification.regression import Rows, sparse

USUAL = Polynomials(3)
DRAWS = 400  # of a bootstrap


def identify(
    data: Dataset,
    library: Library = USUAL,
    *,
    threshold: float = 0.02,
    ridge: float = 1e-3,
    groups: Shaped[np.ndarray, " n"] | None = None,
) -> Identified:
    """The few terms of a library of which the outputs are made: y = Ξ Θ(x).

    Values are rows Θ(x) ξ = y; a slope is a row ∂Θ/∂x_k ξ = ∂y/∂x_k, one along a direction
    ∇Θ · v ξ = ∇y · v. What deviates more counts less: each kind of label is weighted by the
    variance of its own residuals. `data` are measurements, or what `generate` makes of any
    `Function`, such as a surrogate or an ensemble that has smoothed them: noise of the *inputs*
    biases every nonlinear term, so make them smooth first.

    **Arguments:** `threshold`: a term with |ξ_j| rms Θ_j below this part of the output's rms goes;
    `ridge`: penalty, on columns of length 1, of the fits that decide who goes, not of the last
    one. `groups`: a label for each row, such as its trajectory; then intervals are found by
    drawing whole groups anew, else rows count as independent. Hessians and products from the left
    are not read. Raises `DataError` without values and slopes, or with fewer labels than terms,
    `ConfigError` for settings that are none.

    Source: S. L. Brunton, J. L. Proctor, J. N. Kutz, PNAS 113 (2016) 3932, 10.1073/pnas.1517384113.

    ```python
    law = identify(generate(surrogate, designs.sobol(256), order=1))
    print(law)                                  # dv/dt = -0.0999(4) v - 0.998(3) x - 1.000(1) x^3
    ```
    """
    if not isinstance(data, Dataset):
        raise DataError(f"data is of type {type(data).__name__}: give a Dataset.")
    if not isinstance(library, Library):
        raise ConfigError(
            f"library is of type {type(library).__name__}: give an identification.Library."
        )
    for name, number in (("threshold", threshold), ("ridge", ridge)):
        if finite(name, number) < 0:
            raise ConfigError(f"{name} must not be negative: got {number}.")
    groups = None if groups is None else _numbered(groups, len(data))
    box = _hull(data)
    names = library.names(tuple(data.inputs))
    found = [_one(data, q, library, threshold, ridge, groups) for q in range(len(data.outputs))]
    coefficients, spread = (np.stack(part) for part in zip(*found, strict=True))
    return Identified(
        library, names, coefficients, spread, box, tuple(data.outputs), tuple(data.output_units)
    )


def _one(data: Dataset, q: int, library: Library, threshold: float, ridge: float, groups):
    """Coefficients `[m]` of one output and their standard deviations."""
    rows, where = _rows(data, q, library)
    m = rows.matrix.shape[1]
    if len(rows.right) < m:
        raise DataError(
            f"'{data.outputs[q]}' has {len(rows.right)} labels of values and slopes, and the "
            f"library {m} terms: give more rows, or fewer terms."
        )
    sizes = np.sqrt(np.mean(library.at(data.x)[0] ** 2, axis=0))
    size = np.sqrt(np.mean(rows.right[_first(rows)] ** 2)) or 1.0
    ξ, kept, deviation = sparse(rows, sizes, size, threshold, ridge)
    weighted, spread = rows.weighted(deviation), np.zeros(m)
    if kept.any():
        matrix = weighted.matrix[:, kept]
        if groups is None:
            spread[kept] = np.sqrt(np.diag(np.linalg.pinv(matrix.T @ matrix)))
        else:
            spread[kept] = _drawn(matrix, weighted.right, groups[where])
    return ξ, spread


def _hull(data: Dataset) -> Box:
    low, high = data.x.min(axis=0), data.x.max(axis=0)
    for name, a, b in zip(data.inputs, low, high, strict=True):
        if a == b:
            raise DataError(
                f"input '{name}' is {a + 0.0:g} in every row, so no term of it can be told from "
                "another: leave it out, or give rows where it varies."
            )
    return Box(data.inputs, tuple(low), tuple(high), data.input_units)


def _first(rows: Rows) -> np.ndarray:
    """Rows of values, or all where there are none: their size is that of what is explained."""
    values = rows.kind == 0
    return values if values.any() else np.ones(len(values), bool)


def _rows(data: Dataset, q: int, library: Library) -> tuple[Rows, Int[np.ndarray, " rows"]]:
    """What the labels of an output say of its coefficients, in its unit; of which row each is."""
    Θ, slopes = library.at(data.x)
    lengths = data.x.std(axis=0)
    lengths[lengths == 0] = 1.0
    pieces = [(Θ, data.y[:, q], np.ones(len(data)))]
    if data.jacobian is not None:
        for k, length in enumerate(lengths):
            pieces.append((slopes[..., k], data.jacobian[:, q, k], np.full(len(data), length)))
    if data.jvp is not None and data.directions is not None:
        for k in range(data.jvp.shape[2]):
            v = np.nan_to_num(data.directions[:, k])
            reach = np.maximum(np.linalg.norm(v / lengths, axis=1), 1e-300)
            pieces.append((np.einsum("nmd,nd->nm", slopes, v), data.jvp[:, q, k], 1 / reach))
    made = []
    for kind, (matrix, right, factor) in enumerate(pieces):
        here = np.flatnonzero(~np.isnan(right))
        scaled = matrix[here] * factor[here, None], right[here] * factor[here]
        made.append((*scaled, np.full(len(here), kind), here))
    return Rows(*(np.concatenate(part) for part in zip(*(m[:3] for m in made), strict=True))), (
        np.concatenate([m[3] for m in made])
    )


def _drawn(
    matrix: Float[np.ndarray, "n m"], right: Float[np.ndarray, " n"], groups: np.ndarray
) -> Float[np.ndarray, " m"]:
    """Standard deviations over fits to as many groups, drawn with replacement."""
    count = groups.max() + 1
    grams = np.stack([matrix[groups == g].T @ matrix[groups == g] for g in range(count)])
    sides = np.stack([matrix[groups == g].T @ right[groups == g] for g in range(count)])
    often = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), DRAWS)
    gram, side = np.einsum("bg,gij->bij", often, grams), np.einsum("bg,gi->bi", often, sides)
    found = np.einsum("bij,bj->bi", np.linalg.pinv(gram, hermitian=True), side)
    return found.std(axis=0, ddof=1)


def _numbered(groups: np.ndarray, rows: int) -> Int[np.ndarray, " n"]:
    groups = np.asarray(groups)
    if groups.shape != (rows,):
        raise ConfigError(f"groups has shape {groups.shape}: give a label for each of {rows} rows.")
    labels, numbered = np.unique(groups, return_inverse=True)
    if len(labels) < 3:
        raise ConfigError(
            f"intervals by groups need three of them at least: got {len(labels)}, leave them out."
        )
    return numbered
