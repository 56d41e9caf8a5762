"""Equations to be met at points: terms of a loss beside those of the data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError, DataError
from sobolev.data.scaling import Scaling
from sobolev.losses.labels import Labels
from sobolev.losses.operator import Function, Operator
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.losses.term import Entry, Term
from sobolev.networks.derivatives import Prediction


@dataclass(frozen=True, eq=False)
class Residual:
    """Terms L = ½ mean ((N[u](x) − f)/scale)² over points of their own: differential equations.

    **Arguments:**
    - `name`: of the term, in tables and figures; or several, for equations that share derivatives.
    - `function(u, x)` → N[u](x), a number, or an array of one for each name; u: `[d]` → `[q]` is
      the surrogate as a JAX function of one point, x `[d]` that point, both in physical units.
      `derivatives_along` helps with higher derivatives.
    - `x [m, d]`: the points; None for those of the training data.
    - `labels` f: a number, one for each point `[m]`, or `[m, o]` for o names; NaN where absent.
    - `order`: the highest derivative in N.
    - `scale` > 0: what counts as 1; the residual is divided by it. An equation in Pa/m² needs one.
      One number, or one for each name.

    Raises `ConfigError` and `DataError`. Source: Raissi, Perdikaris & Karniadakis, J. Comput. Phys.
    378 (2019) 686.

    ```python
    slope = lambda u, x: jax.jacfwd(u)(x)[0, 0] + u(x)[0]
    fit(surrogate, data, residuals=[Residual("u' + u = 0", slope, x=points, order=1)])
    ```
    """

    name: str | tuple[str, ...]
    function: Callable[[Function, Float[Array, " d"]], Array]
    x: Float[np.ndarray, "m d"] | None = None
    labels: float | np.ndarray = 0.0
    order: int = 2
    scale: float | tuple[float, ...] = 1.0

    def __post_init__(self):
        if not self.names:
            raise ConfigError("a residual needs a name, or one for each of its equations.")
        if not callable(self.function):
            raise ConfigError(f"{self._called} needs a function of (u, x): got {self.function!r}.")
        scale = np.asarray(self.scale, float)
        positive = np.all(np.isfinite(scale) & (scale > 0))
        if scale.shape not in ((), (len(self.names),)) or not positive:
            raise ConfigError(
                f"the scale of {self._called} must be a positive number, or one for each name: got "
                f"{self.scale}."
            )
        if not isinstance(self.order, int) or self.order < 0:
            raise ConfigError(
                f"the order of {self._called} must be a whole number ≥ 0: got {self.order!r}."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its terms."""
        return (self.name,) if isinstance(self.name, str) else tuple(self.name)

    @property
    def scales(self) -> tuple[float, ...]:
        """The scale of each term."""
        return tuple(np.broadcast_to(np.asarray(self.scale, float), len(self.names)).tolist())

    @property
    def _called(self) -> str:
        return f"the residual '{', '.join(self.names)}'"

    def points(self, of_data: np.ndarray) -> np.ndarray:
        """x, or the points of the data; `DataError` when they have another number of inputs."""
        x = of_data if self.x is None else np.asarray(self.x, float)
        if x.ndim != 2 or x.shape[1] != of_data.shape[1] or not len(x):
            raise DataError(
                f"the points of {self._called} have shape {x.shape}: give an array "
                f"[m, {of_data.shape[1]}], a column for each input."
            )
        if not np.isfinite(x).all():
            raise DataError(f"the points of {self._called} must be finite.")
        return x

    def columns(self, m: int) -> np.ndarray:
        """Scaled labels `[m, o]` of m points."""
        labels, shape = np.asarray(self.labels, float), (m, len(self.names))
        if labels.shape == (m,):
            labels = labels[:, None]
        fits = labels.shape in ((), shape) or (labels.shape == (m, 1) and shape[1] == 1)
        if not fits or np.isinf(labels).any() or np.isnan(labels).all():
            raise DataError(
                f"the labels of {self._called} must be one finite number, or an array of "
                f"{m} × {shape[1]} with NaN where there is none: got shape {labels.shape}."
            )
        return np.broadcast_to(labels / np.asarray(self.scales), shape)


def at_points(labels: Labels, residuals: Sequence[Residual], scaling: Scaling) -> Labels:
    """The labels with a column for each equation, and rows for points of their own.

    At rows of one kind the labels of the other are absent. Raises `DataError` for points or labels
    of a wrong shape.
    """
    if not residuals:
        return labels
    of_data = np.asarray(labels.x) * scaling.x_scale + scaling.x_shift
    rows, blocks = len(of_data), []
    for residual in residuals:
        x = residual.points(of_data)
        first = 0 if residual.x is None else rows
        if residual.x is not None:
            labels = _longer(labels, jnp.asarray((x - scaling.x_shift) / scaling.x_scale))
            rows += len(x)
        blocks.append((first, residual.columns(len(x))))
    wanted = [np.full((rows, columns.shape[1]), np.nan) for _, columns in blocks]
    for block, (first, columns) in zip(wanted, blocks, strict=True):
        block[first : first + len(columns)] = columns
    target = labels.target._replace(operator=jnp.asarray(np.concatenate(wanted, axis=1)))
    return labels._replace(target=target)


def with_operators(
    loss: SobolevLoss, residuals: Sequence[Residual], scaling: Scaling
) -> SobolevLoss:
    """The loss with a term for each equation."""
    operators = tuple(
        Operator.between(scaling, r.names, r.function, r.order, r.scales) for r in residuals
    )
    names = [name for residual in residuals for name in residual.names]
    terms = tuple(Term(name, (Entry("operator", (o,)),)) for o, name in enumerate(names))
    return replace(loss, terms=loss.terms + terms, operators=operators)


def without_residuals(labels: Labels, residuals: Sequence[Residual]) -> Labels:
    """The labels with an empty column for each equation: data on which none is looked at."""
    if not residuals:
        return labels
    empty = jnp.full((len(labels.x), sum(len(r.names) for r in residuals)), jnp.nan)
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
