"""Where an equation is looked at: points that stay, or points that are drawn anew."""

import abc
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import any_array, shown
from sobolev._base.errors import DataError
from sobolev.losses.batch import At
from sobolev.losses.equations.between import between
from sobolev.losses.equations.regions.region import Place

Size = Callable[[Float[Array, "m d"]], Float[Array, " m"]]


class Points(eqx.Module):
    """Points of an equation, in physical units: abstract, or final.

    `count`: how many there are at a time; `every`: after how many steps they are drawn anew, 0 for
    never.
    """

    count: int = eqx.field(static=True)
    every: int = eqx.field(static=True)

    @property
    def domain(self) -> Place | None:
        """Where they are drawn; None where nobody says."""
        return None

    def knowing(self, known: Array) -> "Points":
        """The same with labels `[m, o]` or `[o]`, if they stay."""
        del known
        return self

    def moved(self, change: Callable[[At], At]) -> "Points":
        """The same changed, such as divided over devices, if they stay."""
        del change
        return self

    @abc.abstractmethod
    def draw(self, key: PRNGKeyArray | None, size: Size) -> At:
        """Points by the key; `size` gives the present |residual| at others."""

    def redraw(self, last: At, key: PRNGKeyArray, size: Size) -> At:
        """Those that follow on the last ones; by default any by the key."""
        del last
        return self.draw(key, size)

    @abc.abstractmethod
    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Raise `DataError` when these are no points of such inputs; `of` says whose they are."""

    def elsewhere(self, key: PRNGKeyArray, count: int) -> Float[Array, "n d"] | None:
        """About so many points of the same place that are never trained on; None: nobody knows."""
        del key, count
        return None


class Fixed(Points):
    """These points `[m, d]`, in every step.

    ```python
    Equation("decay", decay, points=Fixed(x))
    ```
    """

    at: At
    between: Float[Array, "k d"] | None

    def __init__(self, x: Float[np.ndarray, "m d"]):
        given = any_array(x)
        if given.dtype.kind not in "fiu":
            raise DataError(
                "points are an array [m, d] of real numbers, or a rule how they are drawn, such as "
                f"Uniform(box, 256): got {shown(x)}."
            )
        rows = given.astype(float)
        self.at = At(jnp.asarray(rows), None, jnp.asarray(np.ones(len(rows))))
        self.count, self.every = len(rows), 0
        found = between(rows) if rows.ndim == 2 else None
        self.between = None if found is None else jnp.asarray(found)

    def knowing(self, known: Array) -> "Fixed":
        """The same points with labels, one for each or the same `[o]` for all."""
        every = np.broadcast_to(np.asarray(known), (self.count, known.shape[-1]))
        return self.moved(lambda at: at._replace(known=jnp.asarray(every)))

    def moved(self, change: Callable[[At], At]) -> "Fixed":
        """The same points changed."""
        return eqx.tree_at(lambda p: p.at, self, change(self.at))

    def elsewhere(self, key: PRNGKeyArray, count: int) -> Float[Array, "n d"] | None:
        """Midpoints of nearest neighbours: always the same."""
        del key
        return None if self.between is None else self.between[:count]

    def draw(self, key: PRNGKeyArray | None, size: Size) -> At:
        """The same."""
        del key, size
        return self.at

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse another number of columns, no row, and what is not finite."""
        x = self.at.x
        if x.ndim != 2 or x.shape[1] != len(inputs) or not len(x):
            raise DataError(
                f"the points of {of} have shape {x.shape}: give an array [m, {len(inputs)}], "
                "a column for each input."
            )
        if not np.isfinite(np.asarray(x)).all():
            raise DataError(f"the points of {of} must be finite.")
