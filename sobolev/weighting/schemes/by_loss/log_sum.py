"""The logarithms of the losses instead of the losses."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.maths.ratios import floored
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import within


class LogSum(Scheme):
    """w_k = 1/L_k: the gradient is that of Σ_k log L_k, each term falls by its own share.

    The closed form of uncertainty weighting (`Uncertainty` at its optimum s = log L), and the
    direction of the geometric mean of the losses. The unit of a term does not matter.

    **Arguments:** `floor` (1e-8): a loss below that share of the largest counts as that share, so
    that a term at round-off does not take over. When all losses are 0 the weights are 1. Raises
    `ConfigError`.

    Pitfalls: the weights grow as the losses fall; Adam does not notice, plain descent does, and
    `Normalised` or `UnitLength` undo it. For residuals of a homogeneous equation a term that can be
    fitted exactly explodes, and training ends at the trivial solution. Source: Kendall, Gal &
    Cipolla, arXiv 1705.07115, eq. 7 with s eliminated; Chennupati et al., arXiv 1904.08492.

    ```python
    weighting = LogSum()
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "log-sum"
    unit_free = True

    floor: Array

    def __init__(self, floor: float = 1e-8):
        self.floor = within("the floor", floor)

    def init(self, energies: Float[Array, " K"]) -> tuple[()]:
        """Nothing to remember."""
        del energies
        return ()

    def update(
        self, statistics: Statistics, state: tuple[()]
    ) -> tuple[Float[Array, " K"], tuple[()]]:
        """1/L_k."""
        L = statistics.losses
        return jnp.where(jnp.any(L > 0), 1 / floored(L, self.floor), 1.0), state
