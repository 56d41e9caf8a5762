"""Where an equation is looked at: points that stay, or points that are drawn anew."""

import abc
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError, DataError
from sobolev.box import Box
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


class Uniform(Points):
    """`count` points drawn evenly over a box, anew after `every` steps of training (default 1).

    With mini-batches every step has all `count` of them. A step is one of a first-order optimiser,
    or a trial of Levenberg–Marquardt; a quasi-Newton optimiser, whose matrix and line search belong
    to one set of points, keeps them for its `hold` steps if that is longer. Raises `ConfigError`.

    ```python
    Equation("decay", decay, points=Uniform(Box(("t",), (0.0,), (2.0,)), 64))
    ```
    """

    lower: Float[Array, " d"]
    upper: Float[Array, " d"]
    inputs: tuple[str, ...] = eqx.field(static=True)

    def __init__(self, box: Box, count: int, every: int = 1):
        self.lower, self.upper = jnp.asarray(box.lower), jnp.asarray(box.upper)
        self.inputs = box.names
        self.count = _whole("the number of points", count)
        self.every = _whole("the steps after which points are drawn anew", every)

    def draw(self, key: PRNGKeyArray | None, size: Size) -> At:
        """Fresh ones."""
        del size
        return At.of(self.among(key, self.count))

    def elsewhere(self, key: PRNGKeyArray, count: int) -> Float[Array, "n d"] | None:
        """Others of the box."""
        return self.among(key, count)

    def among(self, key: PRNGKeyArray | None, count: int) -> Float[Array, "m d"]:
        """So many points of the box."""
        assert key is not None  # whoever trains has one
        share = jax.random.uniform(key, (count, len(self.inputs)), self.lower.dtype)
        return self.lower[None] * (1 - share) + self.upper[None] * share

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse a box of other inputs."""
        if self.inputs != inputs:
            raise DataError(
                f"the points of {of} lie in a box of {', '.join(self.inputs)}: give one of "
                f"{', '.join(inputs)}, in this order."
            )


class Adaptive(Points):
    """`count` points of a box where the residual is large, anew after `every` steps (default 100).

    They are chosen among `candidates` drawn evenly, none twice, each with a probability
    ∝ ε^power / mean ε^power + floor, ε the norm of its residual at the present parameters. The mean
    over the points is then another one than over the box: it leans to where the equation is met
    worst.

    **Arguments:** `every` as in `Uniform`; `candidates` (default 10·count); `power` ≥ 0 and `floor`
    ≥ 0 (defaults 1 and 1). Raises `ConfigError`. Source: Wu, Zhu, Tan, Kartha & Lu, A comprehensive
    study of non-adaptive and residual-based adaptive sampling for PINNs, Comput. Methods Appl.
    Mech. Engrg. 403 (2023) 115671, algorithm RAD.

    ```python
    Equation("burgers", burgers, points=Adaptive(box, 256, every=50))
    ```
    """

    pool: Uniform
    candidates: int = eqx.field(static=True)
    power: Array
    floor: Array

    def __init__(
        self,
        box: Box,
        count: int,
        every: int = 100,
        candidates: int | None = None,
        power: float = 1.0,
        floor: float = 1.0,
    ):
        self.pool = Uniform(box, count, every)
        self.count, self.every = self.pool.count, self.pool.every
        self.candidates = 10 * count if candidates is None else candidates
        if not _whole("the number of candidates", self.candidates) >= count:
            raise ConfigError(
                f"there must be as many candidates as points, {count}: got {candidates}."
            )
        if not (power >= 0 and floor >= 0 and np.isfinite(power + floor)):
            raise ConfigError(f"power and floor are numbers ≥ 0: got {power} and {floor}.")
        self.power, self.floor = jnp.asarray(float(power)), jnp.asarray(float(floor))

    def draw(self, key: PRNGKeyArray | None, size: Size) -> At:
        """The chosen ones."""
        assert key is not None
        where, which = jax.random.split(key)
        x = self.pool.among(where, self.candidates)
        ε = size(x) ** self.power
        chance = jnp.nan_to_num(ε / jnp.mean(ε), nan=1.0) + self.floor
        # The largest of log p + Gumbel noise: a draw without putting back.
        lots = jnp.log(chance) + jax.random.gumbel(which, chance.shape, chance.dtype)
        return At.of(x[jax.lax.top_k(lots, self.count)[1]])

    def elsewhere(self, key: PRNGKeyArray, count: int) -> Float[Array, "n d"] | None:
        """Evenly over the box, wherever the residual is large."""
        return self.pool.among(key, count)

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse a box of other inputs."""
        self.pool.check(of, inputs)


def _whole(what: str, number: int) -> int:
    if not isinstance(number, int | np.integer) or number < 1:
        raise ConfigError(f"{what} must be a whole number ≥ 1: got {number!r}.")
    return int(number)
