"""Equal convergence rates: weights from the trace of each term's tangent kernel."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.maths.ratios import FLOOR
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import fraction


class TangentKernel(Scheme):
    """w_k = Σ_j T_j / T_k with T_k = mean_n ‖∂r_kn/∂θ‖², the mean of the tangent kernel's diagonal.

    The true trace ‖∂r_k/∂θ‖_F² over the number of labels, from the derivative of each residual: not
    the norm of the gradient of the loss, which vanishes with the residuals and which several codes
    call by this name.

    **Arguments:** `decay` in [0, 1) (default 0.9): the traces are averaged over about
    1/(1 − decay) measurements. A trace below 1e-12 of the largest is floored there. Raises
    `ConfigError`.

    One reverse pass for each residual of each row: ask seldom, `Every(TangentKernel(), 1000)`. The
    kernel is constant in wide networks only. Source: Wang, Yu & Perdikaris, When and why PINNs fail
    to train, arXiv 2007.14527, with the mean in place of the trace, so that terms with different
    numbers of labels compare.

    ```python
    fit(surrogate, train, weighting=Every(TangentKernel(), 1000))
    ```
    """

    name = "tangent-kernel"
    needs = frozenset({"traces"})
    unit_free = True

    decay: Array

    def __init__(self, decay: float = 0.9):
        self.decay = fraction("decay", decay)

    def init(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """The decayed sum of the traces: nothing seen yet."""
        return jnp.zeros_like(energies)

    def update(
        self, statistics: Statistics, state: Float[Array, " K"]
    ) -> tuple[Float[Array, " K"], Float[Array, " K"]]:
        """Weights from the averaged traces, this step's included."""
        assert statistics.traces is not None
        traces = self.decay * state + statistics.traces  # a sum, not a mean: only ratios matter
        largest = jnp.max(traces)
        relative = jnp.maximum(traces / jnp.where(largest > 0, largest, 1.0), FLOOR**2)
        return jnp.sum(relative) / relative, traces
