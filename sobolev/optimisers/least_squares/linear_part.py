"""The least-squares problem of the parameters in which a network is linear."""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from sobolev.losses.batch import Batch
from sobolev.losses.block import Block
from sobolev.losses.loss import joined
from sobolev.losses.view import View
from sobolev.networks.last_layer import places_of_last_layer
from sobolev.networks.parameters import unflatten
from sobolev.optimisers.optimiser import Task


def last_layer(task: Task) -> Int[np.ndarray, " L"]:
    """Where in θ the last layer is; `ConfigError` for a network that says none."""
    return places_of_last_layer(task.network)


def columns_of_last_layer(
    task: Task, θ: Float[Array, " P"], batches: Sequence[Batch], weights: Float[Array, " K"]
) -> tuple[Float[Array, " m"], Float[Array, "m L"]]:
    """r and ∂r/∂c of all weighted residuals, as `stacked` has them, without those of the rest."""
    network = unflatten(task.network, θ)
    blank = jax.tree.map(lambda _: False, network)
    marked = eqx.tree_at(lambda n: jax.tree.leaves(n.last_layer), blank, replace_fn=lambda _: True)
    own, rest = eqx.partition(network, marked)

    def rows(block: Block, batch: Batch) -> tuple[Array, PyTree]:
        def residuals(c: PyTree) -> tuple[Array, Array]:
            view = View(eqx.combine(c, rest), task.scaling)
            found = (block.raw_residuals if block.rowwise else block.residuals)(view, batch)
            return found, found

        parts, found = jax.jacrev(residuals, has_aux=True)(own)
        flat = [part.reshape(*found.shape, -1) for part in jax.tree.leaves(parts)]
        return found, jnp.concatenate(flat, axis=-1)

    roots = task.loss.per_entry(jnp.sqrt(weights))
    r, A = [], []
    for block, batch, root in zip(task.loss.blocks, batches, roots, strict=True):
        scale = root[:, None]
        if block.rowwise:  # each row has its own residuals only
            alone = jax.tree.map(lambda a: a[:, None], batch)
            found, of_c = jax.vmap(rows, (None, 0))(block, alone)
            found, of_c = found[..., 0].T, jnp.swapaxes(of_c[:, :, 0], 0, 1)
            scale = scale * block.scales(batch)
        else:
            found, of_c = rows(block, batch)
        r.append((scale * found).reshape(-1))
        A.append((scale[..., None] * of_c).reshape(found.size, -1))
    return joined(r), joined(A)


class Projection(NamedTuple):
    """The range of A `[m, L]` and what undoes A there, singular values below a cut-off left out.

    `basis` Q `[m, L]` of it, columns that were cut are 0; `back` `[L, L]` with A⁺ = back Qᵀ.
    """

    basis: Float[Array, "m L"]
    back: Float[Array, "L L"]

    @classmethod
    def of(cls, A: Float[Array, "m L"], cutoff: Float[Array, ""] | float) -> "Projection":
        """Of these columns, which are scaled to length 1 first; `cutoff` of the largest value.

        Triangles of a QR factorisation are decomposed, not A: the large part of the work is then
        done once. Nothing here is ever differentiated.
        """
        length = jnp.sqrt(jnp.sum(A**2, axis=0))
        length = jnp.where(length > 0, length, 1.0)
        Q, R = jnp.linalg.qr(A / length[None])
        U, σ, Vt = jnp.linalg.svd(R, full_matrices=False)
        keep = σ > cutoff * σ[0]
        basis = jnp.where(keep[None], Q @ U, 0.0)
        back = Vt.T * jnp.where(keep, 1 / jnp.where(keep, σ, 1.0), 0.0)[None] / length[:, None]
        return cls(basis, back)

    def solved(self, r: Float[Array, " m"]) -> Float[Array, " L"]:
        """−A⁺r, the least c among those that make |r + A c| least."""
        return -self.back @ (self.basis.T @ r)

    def left(self, r: Float[Array, "m ..."]) -> Float[Array, "m ..."]:
        """What of r no c can take away: (1 − QQᵀ) r, twice, since once leaves round-off of r."""
        for _ in range(2):
            r = r - self.basis @ (self.basis.T @ r)
        return r
