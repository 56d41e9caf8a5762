"""What a weighting is: statistics of the terms in, weights out, state passed along."""

from typing import NamedTuple, Protocol, runtime_checkable

from jaxtyping import Array, Float, PyTree

NEEDS = frozenset({"gram", "moments", "traces", "sketch"})


class Moments(NamedTuple):
    """Of the entries of each term's gradient g_k, `[K]` each: max |g|, mean |g|, deviation of g."""

    largest: Float[Array, " K"]
    mean: Float[Array, " K"]
    deviation: Float[Array, " K"]


class Statistics(NamedTuple):
    """What the engine measured at the current parameters θ; beside the losses only what is needed.

    `losses [K]` are the unweighted L_k; `gram [K, K]` holds g_j·g_k with g_k = ∇_θ L_k; `moments`
    those of the entries of g_k; `traces [K]` Σ_e mean_n ‖∂r_en/∂θ‖² over the residuals of a term,
    the trace of its tangent kernel over its number of labels; `sketch [v, K]` holds g_k·v for
    random directions v, E[tᵀt]/v = gram.
    """

    losses: Float[Array, " K"]
    gram: Float[Array, "K K"] | None = None
    moments: Moments | None = None
    traces: Float[Array, " K"] | None = None
    sketch: Float[Array, "v K"] | None = None


@runtime_checkable
class Weighting(Protocol):
    """Decides the weight of each loss term; pure, so it can be compiled, stored and resumed.

    A weighting may also have `due(state)`, whether this step's statistics beside the losses will be
    used (when not, they are zeros and cost nothing), `vectors`, the number of random directions of
    a sketch, `after(losses, state)`, the next state from the losses after the step, taken on the
    same rows: first-order optimisers call it, and `unit_free`, the claim that a term's share
    w_k L_k does not depend on the unit in which the term is measured.
    """

    @property
    def needs(self) -> frozenset[str]:
        """Which statistics `update` uses beside the losses: some of `NEEDS`."""
        ...

    def init(self, energies: Float[Array, " K"]) -> PyTree:
        """The state before the first step, from ½ mean (label)² of each term."""
        ...

    def update(self, statistics: Statistics, state: PyTree) -> tuple[Float[Array, " K"], PyTree]:
        """`(weights for this step, next state)`."""
        ...
