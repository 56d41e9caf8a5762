"""What a weighting made from another one passes on."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from sobolev.weighting.protocol import Weighting
from sobolev.weighting.settings import check_scheme


class Wrapper(eqx.Module):
    """A weighting around an `inner` one whose needs it has.

    `inner_state(state)` says where in its own state that of the inner one is.
    """

    inner: eqx.AbstractVar[Weighting]

    def __check_init__(self):
        check_scheme(f"what stands inside {type(self).__name__}", self.inner)

    @property
    def needs(self) -> frozenset[str]:
        """As the inner scheme."""
        return self.inner.needs

    @property
    def vectors(self) -> int:
        """As the inner scheme."""
        return getattr(self.inner, "vectors", 1)

    @property
    def unit_free(self) -> bool:
        """As the inner scheme."""
        return getattr(self.inner, "unit_free", False)

    def inner_state(self, state: PyTree) -> PyTree:
        """The state of the inner scheme."""
        return state

    def init(self, energies: Float[Array, " K"]) -> PyTree:
        """As the inner scheme."""
        return self.inner.init(energies)

    def due(self, state: PyTree) -> Bool[Array, ""]:
        """As the inner scheme."""
        return due(self.inner, self.inner_state(state))

    @property
    def looks_back(self) -> bool:
        """As the inner scheme."""
        return looks_back(self.inner)

    def with_inner_state(self, state: PyTree, inner: PyTree) -> PyTree:
        """Its own state with that of the inner one replaced."""
        del state
        return inner

    def after(self, losses: Float[Array, " K"], state: PyTree) -> PyTree:
        """As the inner scheme."""
        return self.with_inner_state(state, after(self.inner, losses, self.inner_state(state)))


def due(weighting: Weighting, state: PyTree) -> Bool[Array, ""]:
    """Whether a weighting will use this step's statistics; without `due` always."""
    asked = getattr(weighting, "due", None)
    return jnp.ones((), bool) if asked is None else asked(state)


def looks_back(weighting: object) -> bool:
    """Whether a weighting asks for the losses after the step."""
    return bool(getattr(weighting, "looks_back", hasattr(weighting, "after")))


def after(weighting: Weighting, losses: Float[Array, " K"], state: PyTree) -> PyTree:
    """The state once the losses after the step are known; without `after` as it was."""
    seen = getattr(weighting, "after", None)
    return state if seen is None else seen(losses, state)
