"""What a scheme made from another one passes on."""

import equinox as eqx
from jaxtyping import Array, Bool, Float, PyTree

from sobolev.weighting.scheme import Scheme
from sobolev.weighting.settings import check_scheme


class Wrapper(Scheme):
    """A scheme around an `inner` one, whose needs and promises it has.

    `inner_state(state)` says where in its own state that of the inner one is.
    """

    inner: eqx.AbstractVar[Scheme]

    def __check_init__(self):
        check_scheme(f"what stands inside {type(self).__name__}", self.inner)

    @property
    def needs(self) -> frozenset[str]:  # pyright: ignore  # a trait that the inner one decides
        """As the inner scheme."""
        return self.inner.needs

    @property
    def unit_free(self) -> bool:  # pyright: ignore
        """As the inner scheme."""
        return self.inner.unit_free

    @property
    def vectors(self) -> int:
        """As the inner scheme."""
        return self.inner.vectors

    @property
    def looks_back(self) -> bool:
        """As the inner scheme."""
        return self.inner.looks_back

    def inner_state(self, state: PyTree) -> PyTree:
        """The state of the inner scheme."""
        return state

    def with_inner_state(self, state: PyTree, inner: PyTree) -> PyTree:
        """Its own state with that of the inner one replaced."""
        del state
        return inner

    def init(self, energies: Float[Array, " K"]) -> PyTree:
        """As the inner scheme."""
        return self.inner.init(energies)

    def due(self, state: PyTree) -> Bool[Array, ""] | bool:
        """As the inner scheme."""
        return self.inner.due(self.inner_state(state))

    def after(self, losses: Float[Array, " K"], state: PyTree) -> PyTree:
        """As the inner scheme."""
        return self.with_inner_state(state, self.inner.after(losses, self.inner_state(state)))
