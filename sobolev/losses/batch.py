"""Points of a block, and the order in which mini-batches take them."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree


class Batch(Protocol):
    """Points and what is known there: a NamedTuple of arrays, their first axis the rows.

    `weight [n]` is 1, or 0 for a row that only fills up; `attention [n, E]` λ multiplies the square
    of the residual of an entry in a row (None: 1): what a training makes of it.
    """

    @property
    def weight(self) -> Float[Array, " n"]:
        """1, or 0 for a row that only fills up."""
        ...

    @property
    def attention(self) -> Float[Array, "n E"] | None:
        """λ of each entry in each row."""
        ...

    def _replace(self, **fields: Any) -> Any: ...


class At(NamedTuple):
    """The plain batch: points x `[n, d]` in physical units, and whatever is `known` at each."""

    x: Float[Array, "n d"]
    known: PyTree
    weight: Float[Array, " n"]
    attention: Float[Array, "n E"] | None = None

    @classmethod
    def of(cls, x: Float[Array, "n d"], known: PyTree = None) -> "At":
        """Points that all count."""
        return cls(x, known, jnp.ones(len(x), x.dtype))


def filled(batches: Sequence[Batch | None], drawn: Sequence[Batch | None]) -> tuple[Batch, ...]:
    """What is None among the batches taken from those that were `drawn`, if any were."""
    pairs = zip(batches, drawn or batches, strict=True)
    whole = [new if own is None else own for own, new in pairs]
    assert None not in whole  # a block either stays or is drawn
    return tuple(batch for batch in whole if batch is not None)


def shuffled(
    batches: Sequence[Batch | None], key: PRNGKeyArray, size: int
) -> tuple[Batch | None, ...]:
    """All rows in a new order, `[steps, rows a step, …]`, so that each step has some of each batch.

    A step has `size` rows, of each batch in proportion, rounded up. The last rows of a batch fill
    their step up with rows of weight 0; steps after that take its rows again from the first. None
    stays None.
    """
    count = [0 if batch is None else len(batch.weight) for batch in batches]
    steps = -(-sum(count) // size)
    first = next(i for i, n in enumerate(count) if n)

    def order(i: int) -> Int[Array, " n"]:
        own = key if i == first else jax.random.fold_in(key, i)
        return jax.random.permutation(own, count[i])

    return tuple(
        None if batch is None else _dealt(batch, order(i), steps, -(-size * n // sum(count)))
        for i, (batch, n) in enumerate(zip(batches, count, strict=True))
    )


def _dealt(batch: Batch, order: Int[Array, " n"], steps: int, size: int) -> Batch:
    n, slots = len(order), jnp.arange(steps * size).reshape(steps, size)
    rows = jax.tree.map(lambda a: a[order[slots % n]], batch)
    # A step that would have none of them takes some again.
    counts = (slots < n) | (slots[:, :1] >= n)
    return rows._replace(weight=jnp.where(counts, rows.weight, 0.0))
