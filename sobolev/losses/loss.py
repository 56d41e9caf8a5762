"""A loss: a tuple of blocks, whose terms stand one after the other."""

from collections.abc import Callable, Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev.losses.batch import Batch
from sobolev.losses.block import Block
from sobolev.losses.view import View


class Loss(eqx.Module):
    """The K terms of all blocks; batches, residuals and draws are tuples, one for each block.

    Raises `ConfigError` without a term, or when two have the same name.

    ```python
    loss = Loss((Labelled.of(data, surrogate.scaling), equation))
    losses = loss.losses(View.of(surrogate), loss.batches())       # [K]
    ```
    """

    blocks: tuple[Block, ...]

    def __check_init__(self):
        if not self.names or len(set(self.names)) != len(self.names):
            names = list(self.names)
            raise ConfigError(
                f"a loss needs at least one term, all with different names: {names}. Several data "
                "sets with the same labels are groups: give Group(name, data) for each."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(name for block in self.blocks for name in block.names)

    @property
    def order(self) -> int:
        """Highest derivative among the blocks."""
        return max(block.order for block in self.blocks)

    @property
    def rows(self) -> int:
        """How many rows stay the same from step to step, in all blocks together."""
        return sum(block.rows for block in self.blocks if not block.every)

    @property
    def squares(self) -> np.ndarray:
        """Which terms are mean squares, `[K]`; others are integrals and have no zero."""
        each = [b.least_squares or b.estimated for b in self.blocks for _ in b.names]
        return np.array(each)

    def batches(self, drawn: Sequence[Batch | None] | None = None) -> tuple[Batch, ...]:
        """All points of every block; of blocks with fresh ones those `drawn` last."""
        drawn = drawn or (None,) * len(self.blocks)
        pairs = zip(self.blocks, drawn, strict=True)
        return tuple(block.draw() if new is None else new for block, new in pairs)

    def losses(self, view: View, batches: Sequence[Batch]) -> Float[Array, " K"]:
        """L_k of all terms."""
        pairs = zip(self.blocks, batches, strict=True)
        return joined([block.losses(view, batch) for block, batch in pairs])

    def signals(self, batches: Sequence[Batch]) -> Float[Array, " K"]:
        """The energies that a weighting is told; none is 0.

        A term whose labels are zero but for rounding (an input without influence, a homogeneous
        condition) has no energy of its own. Among labels of the data it takes the largest of those,
        which are in the same scaled units, and ½ where all are zero: that of labels of size 1. A
        term with a scale of its own, such as an equation, takes ½. Nobody takes the energy of
        another quantity: with an equation of labels 250 that would switch the condition off.
        """
        told = [block.signals(batch) for block, batch in zip(self.blocks, batches, strict=True)]
        scaled = [e for block, e in zip(self.blocks, told, strict=True) if block.of_labels]
        largest = jnp.max(jnp.concatenate(scaled)) if scaled else jnp.asarray(0.0)
        pairs = zip(self.blocks, told, strict=True)
        return joined([_with_size(e, largest if block.of_labels else None) for block, e in pairs])

    def energies(self, batches: Sequence[Batch]) -> Float[Array, " K"]:
        """What each term would be if nothing were predicted."""
        pairs = zip(self.blocks, batches, strict=True)
        return joined([block.energies(batch) for block, batch in pairs])

    def per_term(self, of_entries: Sequence[Float[Array, "E ..."]]) -> Float[Array, "K ..."]:
        """Sums over the entries of each term."""
        pairs = zip(self.blocks, of_entries, strict=True)
        return joined([block.per_term(part) for block, part in pairs])

    def per_entry(self, of_terms: Float[Array, " K"]) -> tuple[Float[Array, " E"], ...]:
        """What belongs to the term of each entry, block by block."""
        ends = np.cumsum([len(block.names) for block in self.blocks])[:-1]
        first = [0, *ends.tolist()]
        pairs = zip(self.blocks, first, strict=True)
        return tuple(of_terms[start + block.term_of] for block, start in pairs)

    @property
    def alike(self) -> np.ndarray:
        """A number for each term `[K]`, the same for those of a block that are noisy alike."""
        found, first = [], 0
        for block in self.blocks:
            found.append(first + np.unique(block.alike, return_inverse=True)[1])
            first = int(found[-1].max()) + 1
        return np.concatenate(found)

    def moved(self, change: Callable[[Batch], Batch]) -> "Loss":
        """The loss with points that stay changed in every block, such as divided over devices."""
        return Loss(tuple(block.moved(change) for block in self.blocks))

    def only(self, keep: np.ndarray) -> "Loss":
        """The loss with the kept terms `[K]`, the others not even computed where that is possible.

        A block of one piece stays as long as one of its terms does.
        """
        parts = np.split(keep, np.cumsum([len(block.names) for block in self.blocks])[:-1])
        pairs = zip(self.blocks, parts, strict=True)
        return Loss(tuple(block.only(part) for block, part in pairs if part.any()))


def joined(parts: Sequence[Array], axis: int = 0) -> Array:
    """One array after the other; a single one as it is."""
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=axis)


def _with_size(energies: Float[Array, " K"], largest: Array | None) -> Float[Array, " K"]:
    if largest is None:
        return jnp.where(energies > 0, energies, 0.5)
    lent = jnp.where(largest > 0, largest, 0.5)
    # Below 1e-6 of the largest a label is rather noise than something to be fitted.
    floored = jnp.maximum(energies, 1e-6 * largest)
    return jnp.where(energies > 1e-12 * largest, floored, lent)
