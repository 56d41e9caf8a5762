"""Points that are drawn anew over a region: at random, by Sobol', by Latin hypercubes."""

import abc

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, UInt32

from sobolev._base.arguments import whole
from sobolev._base.errors import ConfigError, DataError
from sobolev.losses.batch import At
from sobolev.losses.equations.points import Points, Size
from sobolev.losses.equations.regions.region import Place, Where, place_of


class Drawn(Points):
    """`count` points over a place, anew after `every` steps of training (default 1): abstract.

    With mini-batches every step has all `count` of them. A step is one of a first-order optimiser,
    or a trial of Levenberg–Marquardt; a quasi-Newton optimiser, whose matrix and line search belong
    to one set of points, keeps them for its `hold` steps if that is longer.

    **Arguments:** `where`: a `Box`, a `Region`, or parts of the boundary of one. Raises
    `ConfigError`.
    """

    where: Place

    def _set(self, where: Where, count: int, every: int) -> None:
        self.where = place_of(where)
        self.count = whole("the number of points", count, 1)
        self.every = whole("the steps after which points are drawn anew", every, 1)

    @property
    def domain(self) -> Place:
        """Where they are drawn."""
        return self.where

    @abc.abstractmethod
    def cube(self, key: PRNGKeyArray, count: int) -> Float[Array, "m c"]:
        """Points of the unit cube."""

    def draw(self, key: PRNGKeyArray | None, size: Size) -> At:
        """Fresh ones."""
        del size
        assert key is not None  # whoever trains has one
        return At.of(
            placed(self.where, self.cube(key, proposals(self.where, self.count)), self.count)
        )

    def elsewhere(self, key: PRNGKeyArray, count: int) -> Float[Array, "n d"] | None:
        """Others of the same place, at random."""
        return at_random(self.where, key, count)

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse a place of other inputs."""
        if self.where.inputs != inputs:
            raise DataError(
                f"the points of {of} lie in a box of {', '.join(self.where.inputs)}: give one of "
                f"{', '.join(inputs)}, in this order."
            )


class Uniform(Drawn):
    """Points drawn at random, evenly over a region, anew after `every` steps of training.

    ```python
    Equation("decay", decay, points=Uniform(Box(("t",), (0.0,), (2.0,)), 64))
    ```
    """

    def __init__(self, where: Where, count: int, every: int = 1):
        self._set(where, count, every)

    def cube(self, key: PRNGKeyArray, count: int) -> Float[Array, "m c"]:
        """At random."""
        return _random(key, count, self.where)


class LatinHypercube(Drawn):
    """Points of Latin hypercubes: in a box each of `count` slices of every axis has one point.

    Of another region the points that lie inside; with 2 or more inputs they are hardly more even
    than `Uniform`. Source: McKay, Beckman & Conover, Technometrics 21 (1979) 239.

    ```python
    Equation("decay", decay, points=LatinHypercube(box, 100, every=10))
    ```
    """

    def __init__(self, where: Where, count: int, every: int = 1):
        self._set(where, count, every)

    def cube(self, key: PRNGKeyArray, count: int) -> Float[Array, "m c"]:
        """A shuffled slice on each axis, at random inside."""
        order, inner = jax.random.split(key)
        axes = jax.random.split(order, self.where.cube)
        slices = jax.vmap(lambda k: jax.random.permutation(k, count))(axes).T
        return (slices + _random(inner, count, self.where)) / count


class Sobol(Drawn):
    """Points of Sobol' sequences, a power of two of them: evenly in all directions at once.

    The sequence is scrambled once and shifted digit by digit at random whenever it is drawn, which
    keeps it even. Of a region that is no box the first ones that lie inside. Source: Sobol', USSR
    Comput. Math. Math. Phys. 7 (1967) 86; Owen, J. Complexity 14 (1998) 466, section on digital
    shifts.

    ```python
    Equation("burgers", burgers, points=Sobol(box, 512, every=5))
    ```
    """

    digits: UInt32[Array, "m c"]

    def __init__(self, where: Where, count: int, every: int = 1):
        self._set(where, count, every)
        if self.count & (self.count - 1):
            raise ConfigError(f"Sobol' points are a power of two: got {count}.")
        from scipy.stats import qmc  # half a second, for those who need it

        many = 1 << (proposals(self.where, self.count) - 1).bit_length()
        sequence = qmc.Sobol(max(self.where.cube, 1), bits=32, rng=np.random.default_rng(0))
        unit = sequence.random(many)[:, : self.where.cube]
        self.digits = jnp.asarray((unit * 2.0**32).astype(np.uint32))

    def cube(self, key: PRNGKeyArray, count: int) -> Float[Array, "m c"]:
        """The first of the sequence, shifted."""
        shift = jax.random.bits(key, (1, self.where.cube), jnp.uint32)
        shifted = (self.digits[:count] ^ shift).astype(self.where.size.dtype)
        return (shifted + 0.5) / 2.0**32


def at_random(where: Place, key: PRNGKeyArray, count: int) -> Float[Array, "m d"]:
    """So many points, evenly over a place."""
    return placed(where, _random(key, proposals(where, count), where), count)


def proposals(where: Place, count: int) -> int:
    """How many to propose, so that hardly ever fewer than `count` belong: five deviations more."""
    if where.share >= 1:
        return count
    return int(np.ceil((count + 5 * np.sqrt(count) + 10) / where.share))


def placed(where: Place, cube: Float[Array, "m c"], count: int) -> Float[Array, "n d"]:
    """The first `count` that belong; should they be fewer, some of them again."""
    x, inside = jax.vmap(where.place)(cube)
    if where.share >= 1:
        return x
    order = jnp.argsort(~inside, stable=True)
    return x[order[jnp.arange(count) % jnp.maximum(jnp.sum(inside), 1)]]


def _random(key: PRNGKeyArray, count: int, where: Place) -> Float[Array, "m c"]:
    return jax.random.uniform(key, (count, where.cube), where.size.dtype)
