"""DCGD (centre): two groups of terms pull equally on the bisector of their gradients."""

from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sobolev._base.arguments import any_array, shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.maths.angles import Angles
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme


class DCGD(GramScheme):
    """d = (g_c·g/‖g_c‖²) g_c with g_c = a/‖a‖ + b/‖b‖ for the sums a, b of two groups, g = a + b.

    **Arguments:** `first`: for each term whether it is of the first group. Since g_c·g/‖g_c‖² =
    ½(‖a‖ + ‖b‖), the weights are ½(1 + ‖b‖/‖a‖) in the first and ½(1 + ‖a‖/‖b‖) in the second
    group, and nothing is divided by the small ‖g_c‖ of opposite gradients. A group without
    gradient leaves the other as it is. With one term in each group it has the direction of
    `InverseNorm(0)`. Source: Hwang & Lim, arXiv 2409.18426 (section 4, the centre). Raises
    `ConfigError`.

    ```python
    fit(surrogate, train, weighting=DCGD([True, False, False]))    # value against derivatives
    ```
    """

    name = "dcgd"
    told_about_terms = True

    first: Bool[Array, " K"]

    def __init__(self, first: Sequence[bool] | Array):
        member = any_array(first)
        if member.ndim != 1 or member.dtype != bool or member.all() or not member.any():
            raise ConfigError(
                "DCGD takes one boolean for each term, and both groups have one or more terms: "
                f"got {shown(first)}."
            )
        self.first = jnp.asarray(member)

    def init(self, energies: Float[Array, " K"]) -> tuple[()]:
        """Nothing is remembered; `ConfigError` when the groups are not those of K terms."""
        if len(energies) != len(self.first):
            raise ConfigError(
                f"DCGD has groups of {len(self.first)} terms, but the loss has {len(energies)}."
            )
        return ()

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """Each group's gradients on the common scale."""
        del losses
        a = _group_norm(angles, self.first)
        b = _group_norm(angles, ~self.first)
        both = (a > 0) & (b > 0)
        a, b = jnp.where(both, a, 1.0), jnp.where(both, b, 1.0)
        return angles.sizes * jnp.where(self.first, 1 + b / a, 1 + a / b) / 2


def _group_norm(angles: Angles, member: Bool[Array, " K"]) -> Float[Array, ""]:
    """‖Σ_k g_k‖ over the group; 0 where its gradients cancel to rounding."""
    parts = jnp.where(member, angles.sizes, 0.0)
    squared = parts @ angles.cosines @ parts
    rounding = 4 * len(parts) * float(jnp.finfo(parts.dtype).eps) * jnp.sum(parts) ** 2
    return jnp.sqrt(jnp.where(squared > rounding, squared, 0.0))
