"""Nash-MTL: the terms bargain about the direction."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.maths.angles import Angles
from sobolev.weighting.maths.power_balance import power_balance
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme


class NashMTL(GramScheme):
    """The positive solution of G w = 1/w, element by element: max_d Σ_k log(g_k·d), ‖d‖ given.

    All g_k·d = 1/w_k are positive: no term ascends. Units of the terms do not matter, the length is
    √K always, and near Pareto-stationary points (opposite gradients) the weights grow as the
    gradients cancel; the solver's ridge keeps them finite. Source: Navon et al., arXiv 2202.01017
    (claim 3.1), solved here to rounding by Newton's method.

    ```python
    fit(surrogate, train, weighting=NashMTL())
    ```
    """

    name = "nash"
    unit_free = True

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """β with C β = 1/β, over the largest norm."""
        del losses
        return power_balance(angles, jnp.ones((), angles.sizes.dtype))
