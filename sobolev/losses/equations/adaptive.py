"""Points that are drawn where the residual is large."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import not_negative, whole
from sobolev._base.errors import ConfigError
from sobolev.losses.batch import At
from sobolev.losses.equations.drawn import Uniform, at_random
from sobolev.losses.equations.points import Points, Size
from sobolev.losses.equations.regions.region import Place, Where


class ByResidual(Points):
    """Points chosen among candidates by the size ε of the residual there: abstract.

    The probability of a candidate is ∝ ε^power / mean ε^power + floor; none is taken twice.
    """

    pool: Uniform
    candidates: int = eqx.field(static=True)
    power: Array
    floor: Array

    @property
    def domain(self) -> Place:
        """Where they are drawn."""
        return self.pool.where

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse a place of other inputs."""
        self.pool.check(of, inputs)

    def elsewhere(self, key: PRNGKeyArray, count: int) -> Float[Array, "n d"] | None:
        """Evenly over the region, wherever the residual is large."""
        return self.pool.elsewhere(key, count)

    def _set(
        self, where: Where, chosen: int, every: int, among: int | None, power: float, floor: float
    ) -> None:
        self.pool = Uniform(where, chosen, every)
        self.every = self.pool.every
        among = 10 * chosen if among is None else among
        self.candidates = whole("the number of candidates", among, 1)
        if self.candidates < chosen:
            raise ConfigError(
                f"there must be as many candidates as points, {chosen}: got {self.candidates}."
            )
        self.power = jnp.asarray(not_negative("the power of the residual", power))
        self.floor = jnp.asarray(not_negative("the floor", floor))
        if power == 0 and floor == 0:
            raise ConfigError(
                "with power 0 and floor 0 the residual decides nothing: take Uniform."
            )

    def among(
        self, key: PRNGKeyArray, size: Size, count: int
    ) -> tuple[Float[Array, "m d"], Float[Array, "m 1"]]:
        """So many candidates, and λ of each, which makes the mean λ r² that of r² over the region.

        The largest of log p + Gumbel noise are a draw without putting back, whose κ, the largest
        that is not drawn, gives 1/P(log p + noise > κ): an unbiased weight. Source: Duffield, Lund
        & Thorup, J. ACM 54 (2007) 32; Kool, van Hoof & Welling, ICML 2019.
        """
        where, which = jax.random.split(key)
        x = at_random(self.pool.where, where, self.candidates)
        ε = size(x) ** self.power
        chance = jnp.nan_to_num(ε / jnp.mean(ε), nan=1.0) + self.floor
        lots = jnp.log(chance) + jax.random.gumbel(which, chance.shape, chance.dtype)
        best, order = jax.lax.top_k(jnp.append(lots, -jnp.inf), count + 1)
        taken = -jnp.expm1(-chance[order[:-1]] * jnp.exp(-best[-1]))
        taken = jnp.nan_to_num(taken, nan=1.0)  # 0·∞: without a chance, and none other was left
        return x[order[:-1]], (count / self.candidates / taken)[:, None]


class Adaptive(ByResidual):
    """`count` points of a region where the residual is large, anew after `every` steps.

    They are chosen among `candidates` drawn evenly, none twice, each with a probability
    ∝ ε^power / mean ε^power + floor, ε the norm of its residual at the present parameters. The mean
    over the points is then another one than over the region: it leans to where the equation is met
    worst, as published. `Unbiased(Adaptive(...))` takes the leaning out.

    **Arguments:** `where`, `every` (default 100) as in `Uniform`; `candidates` (default 10·count);
    `power` ≥ 0 and `floor` ≥ 0 (defaults 1 and 1). Raises `ConfigError`. Source: Wu, Zhu, Tan,
    Kartha & Lu, A comprehensive study of non-adaptive and residual-based adaptive sampling for
    PINNs, Comput. Methods Appl. Mech. Engrg. 403 (2023) 115671, algorithm RAD.

    ```python
    Equation("burgers", burgers, points=Adaptive(box, 256, every=50))
    ```
    """

    def __init__(
        self,
        where: Where,
        count: int,
        every: int = 100,
        candidates: int | None = None,
        power: float = 1.0,
        floor: float = 1.0,
    ):
        self._set(where, count, every, candidates, power, floor)
        self.count = self.pool.count

    def draw(self, key: PRNGKeyArray | None, size: Size) -> At:
        """The chosen ones."""
        assert key is not None  # whoever trains has one
        return At.of(self.among(key, size, self.count)[0])


class Unbiased(Points):
    """Adaptive points that count the less, the likelier they were: the loss is that of even ones.

    It has the points of an `Adaptive` and the mean of a `Uniform`, with less scatter where few
    points have most of the loss. Not the default: as published, RAD leans on purpose.

    ```python
    Equation("burgers", burgers, points=Unbiased(Adaptive(box, 256)))
    ```
    """

    points: Adaptive

    def __init__(self, points: Adaptive):
        if not isinstance(points, Adaptive):
            raise ConfigError(f"Unbiased takes Adaptive points: got {type(points).__name__}.")
        self.points, self.count, self.every = points, points.count, points.every

    @property
    def domain(self) -> Place:
        """Where they are drawn."""
        return self.points.domain

    def draw(self, key: PRNGKeyArray | None, size: Size) -> At:
        """The chosen ones with their weights."""
        assert key is not None  # whoever trains has one
        x, λ = self.points.among(key, size, self.count)
        return At.of(x)._replace(attention=λ)

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse a place of other inputs."""
        self.points.check(of, inputs)

    def elsewhere(self, key: PRNGKeyArray, count: int) -> Float[Array, "n d"] | None:
        """Evenly over the region."""
        return self.points.elsewhere(key, count)


class Refined(ByResidual):
    """Points to which some are added where the residual is large, until there are `most`.

    `count` even ones in the beginning, and after every `every` steps `more` of the `candidates`, by
    a probability as in `Adaptive`, with other defaults. All points stay once they are there.

    **Arguments:** `where` as in `Uniform`; `count` ≥ 1; `most` > count; `more` ≥ 1 (default: ten
    rounds fill it up); `every` (default 100); `candidates` (default 10·most); `power` > 0, `floor`
    (defaults 2 and 0). Raises `ConfigError`. Source: as `Adaptive`, algorithm RAR-D, whose
    published script has power 0 and floor 2, so that its points are even.

    ```python
    Equation("burgers", burgers, points=Refined(box, 256, most=1024, every=50))
    ```
    """

    first: int = eqx.field(static=True)
    more: int = eqx.field(static=True)

    def __init__(
        self,
        where: Where,
        count: int,
        most: int,
        more: int | None = None,
        every: int = 100,
        candidates: int | None = None,
        power: float = 2.0,
        floor: float = 0.0,
    ):
        self.first = whole("the number of points", count, 1)
        self.count = whole("the most points that there will be", most, count + 1)
        spare = self.count - self.first
        self.more = whole("how many points are added", -(-spare // 10) if more is None else more, 1)
        if not power > 0:
            raise ConfigError(f"points that are refined need a power > 0: got {power}.")
        among = 10 * self.count if candidates is None else candidates
        self._set(where, self.more, every, among, power, floor)

    def draw(self, key: PRNGKeyArray | None, size: Size) -> At:
        """Even ones; the rows of those that are to come weigh 0."""
        del size
        assert key is not None  # whoever trains has one
        at = At.of(at_random(self.pool.where, key, self.count))
        return at._replace(weight=(jnp.arange(self.count) < self.first).astype(at.x.dtype))

    def redraw(self, last: At, key: PRNGKeyArray, size: Size) -> At:
        """The same and some more, in the first rows of weight 0."""
        x, _ = self.among(key, size, self.more)
        there = jnp.sum(last.weight > 0)
        new = jnp.arange(self.count) - there  # which of the new ones belongs in a row
        takes = (new >= 0) & (new < self.more)
        rows = x[jnp.clip(new, 0, self.more - 1)]
        return last._replace(
            x=jnp.where(takes[:, None], rows, last.x), weight=jnp.where(takes, 1.0, last.weight)
        )
