"""What a weighting is: statistics of the terms in, weights out, state passed along."""

from typing import NamedTuple, Protocol, runtime_checkable

from jaxtyping import Array, Float, PyTree


class Statistics(NamedTuple):
    """What the engine measured at the current parameters θ; `gram` only when it is needed.

    `losses [K]` are the unweighted L_k; `gram [K, K]` holds g_j·g_k with g_k = ∇_θ L_k.
    """

    losses: Float[Array, " K"]
    gram: Float[Array, "K K"] | None = None


@runtime_checkable
class Weighting(Protocol):
    """Decides the weight of each loss term; pure, so it can be compiled, stored and resumed."""

    @property
    def needs_gram(self) -> bool:
        """Whether `update` uses the Gram matrix of the term gradients (K backward passes)."""
        ...

    def init(self, energies: Float[Array, " K"]) -> PyTree:
        """The state before the first step, from ½ mean (label)² of each term."""
        ...

    def update(self, statistics: Statistics, state: PyTree) -> tuple[Float[Array, " K"], PyTree]:
        """`(weights for this step, next state)`."""
        ...
