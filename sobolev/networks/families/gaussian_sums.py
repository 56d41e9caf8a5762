"""Weighted sums of Gaussians with places and widths of their own."""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

SMALLEST = float(np.log(1e-3))  # width that is trained: below it numbers would overflow


class GaussianSums(eqx.Module):
    """h_f = Σ_k w_fk φ_fk, φ = exp(−½ |Tᵀ((x − μ)/σ)|²); one set of φ for all f, or own ones.

    The derivatives are those of the closed form, −φ Lz and φ (Lz (Lz)ᵀ − LLᵀ) with L = T/σ: JAX's
    rule for exp takes the exponential that it has, and z is linear in x. σ = `narrowest` + eᵛ of
    the parameters v = `log_widths`, of which those below ln 1e-3 count as that.
    """

    weights: Float[Array, "sums K"]
    centres: Float[Array, "sets K d"]
    log_widths: Float[Array, "sets K d"]
    below: Float[Array, "sets K pairs"]  # the diagonal of T, row by row; none: T = 1
    narrowest: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " sums"]:
        """h at one point."""
        sharp = jnp.exp(-jnp.maximum(self.log_widths, SMALLEST))
        z = (x[None, None] - self.centres) * (sharp / (1 + self.narrowest * sharp))
        if self.below.shape[-1]:
            i, j = np.tril_indices(len(x), -1)
            # Tᵀz: entry j has Σ T_ij z_i, i > j, beside its own
            to = np.eye(len(x))[j]
            z = z + (self.below * z[..., i]) @ jnp.asarray(to, z.dtype)
        φ = jnp.exp(-0.5 * jnp.sum(z**2, axis=-1))
        return self.weights @ φ[0] if len(φ) == 1 else jnp.sum(self.weights * φ, axis=1)

    def largest(self, share: float) -> int:
        """How many of each sum are to stay so that those left out have this share of Σ|w|.

        As many for all sums: what stays is an array again.
        """
        sizes = np.sort(self._sizes(), axis=-1)
        # The smallest first: as long as their sum is small they go.
        go = np.cumsum(sizes, axis=-1) <= share * sizes.sum(axis=-1, keepdims=True)
        return max(1, int(sizes.shape[-1] - go.sum(axis=-1).min()))

    def only(self, count: int) -> "GaussianSums":
        """The same with the `count` largest of each sum, in the order they had."""
        stay = np.sort(np.argsort(-self._sizes(), axis=-1, kind="stable")[:, :count], axis=-1)
        each = stay[..., None]
        columns = np.broadcast_to(stay, (len(self.weights), count))
        return replace(
            self,
            weights=jnp.take_along_axis(self.weights, columns, axis=1),
            centres=jnp.take_along_axis(self.centres, each, axis=1),
            log_widths=jnp.take_along_axis(self.log_widths, each, axis=1),
            below=jnp.take_along_axis(self.below, each, axis=1),
        )

    def _sizes(self) -> np.ndarray:
        """|w| `[sets, K]`, of a set that several sums share the largest, each against its sum."""
        w = np.abs(np.asarray(self.weights))
        if len(self.centres) == len(w):
            return w
        return (w / np.maximum(w.sum(axis=1, keepdims=True), 1e-300)).max(axis=0)[None]
