"""Where an equation is looked at: points that stay, or points that are drawn anew."""

import abc
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import DataError
from sobolev.losses.batch import At
from sobolev.losses.equations.between import between

Size = Callable[[Float[Array, "m d"]], Float[Array, " m"]]


class Points(eqx.Module):
    """Points of an equation, in physical units: abstract, or final.

    `count`: how many there are at a time; `every`: after how many steps they are drawn anew, 0 for
    never.
    """

    count: int = eqx.field(static=True)
    every: int = eqx.field(static=True)

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
        rows = np.asarray(x, float)
        self.at = At.of(jnp.asarray(rows))
        self.count, self.every = len(rows), 0
        found = between(rows) if rows.ndim == 2 else None
        self.between = None if found is None else jnp.asarray(found)

    def knowing(self, known: Array) -> "Fixed":
        """The same points with labels, one for each or the same `[o]` for all."""
        every = jnp.broadcast_to(known, (self.count, known.shape[-1]))
        return eqx.tree_at(lambda p: p.at, self, self.at._replace(known=every))

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
