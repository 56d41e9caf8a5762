"""Points with weights whose sum stands for an integral: listed, by Gauss, or drawn evenly."""

import abc
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import shown, whole
from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError, DataError
from sobolev.box import Box
from sobolev.losses.batch import At
from sobolev.losses.equations.drawn import Drawn, Sobol
from sobolev.losses.equations.vanishing_polynomials import gauss, moved


class Weights(NamedTuple):
    """ω of each point, and 1/n of all n of them: so that some of them can stand for all."""

    each: Float[Array, " n"]
    share: Float[Array, " n"]


class Quadrature(eqx.Module):
    """∫ f dx ≈ Σ_n ω_n f(x_n): abstract, or final.

    `every`: after how many steps its points are others, 0 for never; `count` of them.
    """

    count: int = eqx.field(static=True)
    every: int = eqx.field(static=True)

    @abc.abstractmethod
    def draw(self, key: PRNGKeyArray | None = None) -> At:
        """Points, with `Weights` as what is known there."""

    @abc.abstractmethod
    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Raise `DataError` where these are no points of such inputs; `of` says whose they are."""

    def elsewhere(self, key: PRNGKeyArray) -> At | None:
        """Another, finer rule for the same integral; None: nobody knows of what it is one."""
        del key
        return None

    def error(self, parts: Float[Array, "E n"]) -> Float[Array, " E"]:
        """By how much Σ_n may be off for the points of `elsewhere`; 0: less than is asked for."""
        return jnp.zeros(len(parts))

    def moved(self, change: Callable[[At], At]) -> "Quadrature":
        """The same with points that stay changed."""
        del change
        return self

    def reach(self) -> Float[np.ndarray, "n d"] | None:
        """Points that reach as far as it does; None: nobody knows."""
        return None


class Listed(Quadrature):
    """These points `[n, d]` with these weights `[n]`."""

    at: At

    def __init__(self, name: str, x: Any, weights: Any):
        points, ω = np.asarray(x, float), np.asarray(weights, float)
        if points.ndim != 2 or ω.shape != points.shape[:1] or not ω.size:
            raise DataError(
                f"'{name}' needs points [n, d] and a weight for each, [n]: got shapes "
                f"{points.shape} and {ω.shape}."
            )
        if not (np.isfinite(points).all() and np.isfinite(ω).all()):
            raise DataError(f"the points and weights of '{name}' must be finite.")
        self.count, self.every, self.at = len(ω), 0, known(points, ω)

    def draw(self, key: PRNGKeyArray | None = None) -> At:
        """Always the same."""
        del key
        return self.at

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse another number of columns."""
        if self.at.x.shape[1] != len(inputs):
            raise DataError(
                f"the points of {of} have shape {self.at.x.shape}: give a column for each of "
                f"{', '.join(inputs)}."
            )

    def moved(self, change: Callable[[At], At]) -> "Listed":
        """The same points changed."""
        return eqx.tree_at(lambda rule: rule.at, self, change(self.at))


class Gauss(Quadrature):
    """Gauss' rule in every cell of a box, which a smooth map of the box onto itself moves.

    Exact to rounding for smooth integrands wherever its points are, and they are others after
    `every` steps: what lives between points that stay, and lowers a sum without being a lower
    integral, has nowhere to live. It is measured by one more cell and one more point in each.

    **Arguments:** `box`; `cells` and `points` in each of them, a number for every input or one for
    each; `every`: 0 for points that stay. Raises `ConfigError`. Source: Rivera, Taylor, Omella &
    Pardo, Comput. Methods Appl. Mech. Engrg. 393 (2022) 114710, arXiv 2111.00217 (of rules that
    are cheated).

    ```python
    Functional("energy", density, Gauss(box, cells=16, points=4))
    ```
    """

    inputs: tuple[str, ...] = eqx.field(static=True)
    lower: Float[Array, " d"]
    lengths: Float[Array, " d"]
    sides: tuple[tuple[Float[Array, " m"], Float[Array, " m"]], ...]
    plain: At
    finer: At

    def __init__(
        self,
        box: Box,
        cells: int | Sequence[int] = 16,
        points: int | Sequence[int] = 4,
        every: int = 1,
    ):
        if not isinstance(box, Box):
            raise ConfigError(
                f"Gauss' rule is one of a box: got {shown(box)}. Over a region give points that "
                "are drawn there, Sobol(region, 512)."
            )
        d = box.dimension
        many = tuple(zip(_each("cells", cells, d), _each("points", points, d), strict=True))
        self.inputs, self.every = box.names, whole("every", every, 0, " of steps")
        self.count = int(np.prod(many))
        lower, lengths = np.asarray(box.lower), np.subtract(box.upper, box.lower)
        self.lower, self.lengths = jnp.asarray(lower), jnp.asarray(lengths)
        sides = tuple(_composite(n, m) for n, m in many)
        self.sides = jax.tree.map(jnp.asarray, sides)
        # In NumPy: compiles nothing. One point more, one cell more: no two have the same place.
        finer = [_composite(n + 1, m + 1) for n, m in many]
        self.plain, self.finer = (known(*_product(lower, lengths, s)) for s in (sides, finer))

    def draw(self, key: PRNGKeyArray | None = None) -> At:
        """Moved by the key."""
        if not self.every or key is None:
            return self.plain
        keys = jax.random.split(key, len(self.sides))
        sides = [moved(*side, own) for side, own in zip(self.sides, keys, strict=True)]
        return known(*_product(self.lower, self.lengths, sides))

    def elsewhere(self, key: PRNGKeyArray) -> At:
        """Always the same."""
        del key
        return self.finer

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse a box of other inputs."""
        if self.inputs != inputs:
            raise DataError(
                f"the points of {of} lie in a box of {', '.join(self.inputs)}: give one of "
                f"{', '.join(inputs)}, in this order."
            )

    def moved(self, change: Callable[[At], At]) -> "Gauss":
        """Points that stay changed."""
        return self if self.every else eqx.tree_at(lambda r: r.plain, self, change(self.plain))

    def reach(self) -> Float[np.ndarray, "n d"]:
        """The corners."""
        lower = np.asarray(self.lower)
        return np.stack([lower, lower + np.asarray(self.lengths)])


class Even(Quadrature):
    """Points that are drawn evenly over a place, all with the same weight."""

    points: Drawn

    def __init__(self, points: Drawn):
        self.points, self.count, self.every = points, points.count, points.every

    def draw(self, key: PRNGKeyArray | None = None) -> At:
        """By the key."""
        return self._of(self.points.draw(key, lambda x: x[:, 0]).x)

    def elsewhere(self, key: PRNGKeyArray) -> At:
        """Four times as many, of a Sobol' sequence."""
        many = 1 << (MORE * self.count - 1).bit_length()
        return self._of(_even(Sobol(self.points.where, many), key))

    def error(self, parts: Float[Array, "E n"]) -> Float[Array, " E"]:
        """That of the mean of eight rules, each a block of its points: of a sequence, at most."""
        each = parts.shape[1] // BLOCKS
        if not each:
            return jnp.full(len(parts), jnp.nan)
        blocks = jnp.sum(parts[:, : BLOCKS * each].reshape(len(parts), BLOCKS, each), axis=2)
        return BLOCKS**0.5 * jnp.std(blocks, axis=1, ddof=1)

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse a place of other inputs."""
        self.points.check(of, inputs)

    def reach(self) -> Float[np.ndarray, "n d"]:
        """The corners of a box, or points spread over another place."""
        return self.points.where.reach()

    def _of(self, x: Float[Array, "n d"]) -> At:
        return known(x, jnp.full(len(x), self.points.where.size / len(x), x.dtype))


MORE, BLOCKS = 4, 8
_ELSEWHERE = 0x636F6E74


@compiled(SELDOM)
def _even(points: Sobol, key: PRNGKeyArray) -> Float[Array, "n d"]:
    own = jax.random.fold_in(key, _ELSEWHERE)  # of whatever key: never those that are drawn
    return points.draw(own, lambda x: x[:, 0]).x


def rule_of(name: str, x: Any, weights: Any) -> Quadrature:
    """The rule that is meant by the arguments of a functional; `ConfigError`, `DataError`."""
    rule = Even(x) if isinstance(x, Drawn) else x if isinstance(x, Quadrature) else None
    if rule is not None and weights is not None:
        raise ConfigError(f"{type(x).__name__} has own weights: leave those of '{name}' out.")
    if rule is not None:
        return rule
    if weights is None or isinstance(x, eqx.Module | Box):
        raise ConfigError(
            f"'{name}' is an integral: give Gauss(box, cells=16, points=4), points drawn evenly "
            f"such as Sobol(region, 512), or points [n, d] with weights [n]: got {shown(x)}."
        )
    return Listed(name, x, weights)


def known(x: Any, ω: Any) -> At:
    """Points and weights as a batch; arrays of JAX or of NumPy."""
    x, ω = jnp.asarray(x), jnp.asarray(ω)
    n = len(ω)
    return At.of(x, Weights(ω, jnp.asarray(np.full(n, 1 / n))))


def _each(what: str, numbers: Any, d: int) -> tuple[int, ...]:
    """For each input."""
    several = numbers if isinstance(numbers, Sequence) else (numbers,) * d
    if len(several) != d:
        raise ConfigError(f"{what} are one number, or one for each of {d} inputs: got {numbers}.")
    return tuple(whole(f"the number of {what}", each, 1) for each in several)


def _composite(cells: int, points: int) -> tuple[np.ndarray, np.ndarray]:
    """On [0, 1]."""
    s, ω = gauss(points)
    places = (np.arange(cells)[:, None] + s[None]) / cells
    return places.ravel(), np.tile(ω / cells, cells)


def _product(lower: Any, lengths: Any, sides: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    """Points of a box and weights of one rule for each side of it; arrays of JAX or of NumPy."""
    xp = sides[0][0].__array_namespace__()
    s = xp.stack([a.ravel() for a in xp.meshgrid(*[s for s, _ in sides], indexing="ij")], axis=1)
    ω = xp.stack([a.ravel() for a in xp.meshgrid(*[ω for _, ω in sides], indexing="ij")], axis=1)
    return lower[None] + lengths[None] * s, xp.prod(ω * lengths[None], axis=1)
