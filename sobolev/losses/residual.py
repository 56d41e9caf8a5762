"""Equations to be met at points: terms of a loss beside those of the data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._errors import ConfigError, DataError
from sobolev.data.scaling import Scaling
from sobolev.losses.labels import Labels
from sobolev.losses.operator import Function, Operator
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.losses.term import Entry, Term
from sobolev.networks.derivatives import Prediction


@dataclass(frozen=True, eq=False)
class Residual:
    """A term L = ½ mean ((N[u](x) − f)/scale)² over points of its own: a differential equation.

    **Arguments:**
    - `name`: of the term, in tables and figures.
    - `function(u, x)` → N[u](x), a number; u: `[d]` → `[q]` is the surrogate as a JAX function of
      one point, x `[d]` that point, both in physical units. `derivatives_along` helps with higher
      derivatives.
    - `x [m, d]`: the points; None for those of the training data.
    - `labels` f: a number, or one for each point; NaN where there is none.
    - `order`: the highest derivative in N.
    - `scale` > 0: what counts as 1; the residual is divided by it. An equation in Pa/m² needs one.

    Raises `ConfigError` and `DataError`. Source: Raissi, Perdikaris & Karniadakis, J. Comput. Phys.
    378 (2019) 686.

    ```python
    slope = lambda u, x: jax.jacfwd(u)(x)[0, 0] + u(x)[0]
    fit(surrogate, data, residuals=[Residual("u' + u = 0", slope, x=points, order=1)])
    ```
    """

    name: str
    function: Callable[[Function, Float[Array, " d"]], Float[Array, ""]]
    x: Float[np.ndarray, "m d"] | None = None
    labels: float | Float[np.ndarray, " m"] = 0.0
    order: int = 2
    scale: float = 1.0

    def __post_init__(self):
        if not callable(self.function):
            raise ConfigError(
                f"the residual '{self.name}' needs a function of (u, x): got {self.function!r}."
            )
        if not (self.scale > 0 and np.isfinite(self.scale)):
            raise ConfigError(
                f"the scale of the residual '{self.name}' must be a positive number: got "
                f"{self.scale}."
            )
        if not isinstance(self.order, int) or self.order < 0:
            raise ConfigError(
                f"the order of the residual '{self.name}' must be a whole number ≥ 0: got "
                f"{self.order!r}."
            )

    def points(self, of_data: np.ndarray) -> np.ndarray:
        """x, or the points of the data; `DataError` when they have another number of inputs."""
        x = of_data if self.x is None else np.asarray(self.x, float)
        if x.ndim != 2 or x.shape[1] != of_data.shape[1] or not len(x):
            raise DataError(
                f"the points of the residual '{self.name}' have shape {x.shape}: give an array "
                f"[m, {of_data.shape[1]}], a column for each input."
            )
        if not np.isfinite(x).all():
            raise DataError(f"the points of the residual '{self.name}' must be finite.")
        return x

    def column(self, m: int) -> np.ndarray:
        """Scaled labels of m points."""
        labels = np.asarray(self.labels, float)
        if labels.shape not in ((), (m,)) or np.isinf(labels).any() or np.isnan(labels).all():
            raise DataError(
                f"the labels of the residual '{self.name}' must be one finite number, or an array "
                f"of {m} with NaN where there is none: got shape {labels.shape}."
            )
        return np.broadcast_to(labels / self.scale, (m,))


def at_points(labels: Labels, residuals: Sequence[Residual], scaling: Scaling) -> Labels:
    """The labels with a column for each residual, and rows for points of its own.

    At rows of one kind the labels of the other are absent. Raises `DataError` for points or labels
    of a wrong shape.
    """
    if not residuals:
        return labels
    of_data = np.asarray(labels.x) * scaling.x_scale + scaling.x_shift
    rows, columns = len(of_data), []
    for residual in residuals:
        x = residual.points(of_data)
        first = 0 if residual.x is None else rows
        if residual.x is not None:
            labels = _longer(labels, jnp.asarray((x - scaling.x_shift) / scaling.x_scale))
            rows += len(x)
        columns.append((first, residual.column(len(x))))
    wanted = np.full((rows, len(residuals)), np.nan)
    for o, (first, column) in enumerate(columns):
        wanted[first : first + len(column), o] = column
    return labels._replace(target=labels.target._replace(operator=jnp.asarray(wanted)))


def with_operators(
    loss: SobolevLoss, residuals: Sequence[Residual], scaling: Scaling
) -> SobolevLoss:
    """The loss with a term for each residual."""
    operators = tuple(
        Operator.between(scaling, r.name, r.function, r.order, float(r.scale)) for r in residuals
    )
    terms = tuple(Term(r.name, (Entry("operator", (o,)),)) for o, r in enumerate(residuals))
    return replace(loss, terms=loss.terms + terms, operators=operators)


def without_residuals(labels: Labels, residuals: Sequence[Residual]) -> Labels:
    """The labels with an empty column for each residual: data on which no equation is looked at."""
    if not residuals:
        return labels
    empty = jnp.full((len(labels.x), len(residuals)), jnp.nan)
    return labels._replace(target=labels.target._replace(operator=empty))


def _longer(labels: Labels, x: Array) -> Labels:
    """Rows at the points x added, at which nothing is known."""
    m = len(x)

    def filled(array: Array, value: float) -> Array:
        return jnp.concatenate([array, jnp.full((m, *array.shape[1:]), value, array.dtype)])

    vectors = {
        name: filled(array, 0.0)
        for name in ("directions", "cotangents")
        if (array := getattr(labels, name)) is not None
    }
    return labels._replace(
        x=jnp.concatenate([labels.x, x]),
        target=Prediction(*[None if a is None else filled(a, jnp.nan) for a in labels.target]),
        weight=filled(labels.weight, 1.0),
        trust=Prediction(*[None if a is None else filled(a, 1.0) for a in labels.trust]),
        **vectors,
    )
