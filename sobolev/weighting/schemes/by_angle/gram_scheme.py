"""What schemes without memory that look at the Gram matrix have in common."""

from abc import abstractmethod

from jaxtyping import Array, Float, PyTree

from sobolev.weighting.maths.angles import Angles, angles_of, weights_of
from sobolev.weighting.scheme import Scheme, Statistics


class GramScheme(Scheme):
    """A scheme whose weights follow from the lengths and angles of this step's gradients alone."""

    needs = frozenset({"gram"})

    @abstractmethod
    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """a_k = w_k ‖g_k‖ / largest ‖g‖, finite and meaningful for the terms that are alive."""

    def init(self, energies: Float[Array, " K"]) -> PyTree:
        """Nothing is remembered."""
        del energies
        return ()

    def update(self, statistics: Statistics, state: PyTree) -> tuple[Float[Array, " K"], PyTree]:
        """The weights of this step's Gram matrix."""
        assert statistics.gram is not None
        angles = angles_of(statistics.gram)
        weights = weights_of(self.parts(angles, statistics.losses), angles)
        return weights.astype(statistics.gram.dtype), state
