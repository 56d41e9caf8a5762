"""The combined gradient with length 1: what an optimiser sees is the direction alone."""

from jaxtyping import Array, Float, PyTree

from sobolev.weighting.around.wrapper import Wrapper
from sobolev.weighting.protocol import Statistics, Weighting


class UnitLength(Wrapper):
    """w ← w/‖Σ_k w_k g_k‖: no scheme gains or loses by the length of its gradient.

    Adam remembers past lengths for about 1/(1 − β₂) steps, so a scheme that lets them fall slows it
    down, whatever the balance. It comes last, around everything else, and costs no pass: the length
    is known once the gradient is. Line searches and Levenberg–Marquardt need the weighted loss
    itself and cannot work with it.

    ```python
    fit(surrogate, train, weighting=UnitLength(InverseEnergy()), optimiser=Adam(5e-3))
    ```
    """

    inner: Weighting

    def update(self, statistics: Statistics, state: PyTree) -> tuple[Float[Array, " K"], PyTree]:
        """The inner weights; the engine divides by the length of the gradient they give."""
        return self.inner.update(statistics, state)
