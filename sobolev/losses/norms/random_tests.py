"""A norm by a few random test functions instead of all."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from sobolev._base.arguments import whole
from sobolev._base.errors import ConfigError
from sobolev.inner_products.inner_product import InnerProduct
from sobolev.losses.block import Block
from sobolev.losses.norms.linear_map import Mapped
from sobolev.losses.view import View


class Tested(NamedTuple):
    """The points of a block, and with each of them its share of random numbers ξ `[n, M]`."""

    x: Float[Array, "n d"]
    known: PyTree
    weight: Float[Array, " n"]
    attention: Float[Array, "n E"] | None
    draws: Float[Array, "n M"]


class RandomTests(Mapped):
    """L_k = ½ Σ_e |Ξ R r_e|²/M: the residual against M random functions, in the mean ½ ‖r_e‖².

    With the dual of ∫ ∇u·∇v these are ∫ r ψ_j with ψ = Σ_k ξ_k λ_k^{−½} φ_k, ξ ~ N(0, 1), the φ_k
    orthonormal: E(∫ r ψ)² = ‖r‖² in H⁻¹, and the mean over M tests is within √(2/M) of it. Drawn
    anew after `every` steps, they are M residuals a step, where the whole norm has one for each
    point; all points are looked at. The loss is a random number: steps of first order settle only
    as far as its scatter lets them, so take the whole norm, `Mapped`, where it can be had.

    **Arguments:** `block` and `norm` as in `Mapped`; `count` M of tests; `every` (default 1).
    Raises `ConfigError`.

    ```python
    negative = inner_products.Sines(box, (63, 63)).dual
    RandomTests(Equation("Δu = f", poisson, points=negative.points), negative, 64)
    ```
    """

    tests: int = eqx.field(static=True)
    drawn: int = eqx.field(static=True)

    def __init__(self, block: Block, norm: InnerProduct, count: int, every: int = 1):
        if not isinstance(norm, InnerProduct):
            raise ConfigError(f"random tests are of an inner product: got {norm!r}.")
        super().__init__(block, norm)
        self.tests = whole("the number of random tests", count, 1)
        self.drawn = whole("the steps after which tests are drawn anew", every, 1)

    @property
    def every(self) -> int:
        """After how many steps the tests are drawn anew."""
        return self.drawn

    @property
    def count(self) -> int:
        """One for each test."""
        return len(self.term_of) * self.tests

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> Tested:
        """The points of the block and fresh tests."""
        return self._tested(self.block.draw(None, view), key)

    def redraw(self, last: Any, key: PRNGKeyArray, view: View) -> Tested:
        """The same points and fresh tests."""
        return self.draw(key, view)

    def elsewhere(self, key: PRNGKeyArray, view: View | None = None) -> Tested | None:
        """Tests of the finer grid."""
        found = super().elsewhere(key, view)
        return None if found is None else self._tested(found, key)

    def only(self, keep: Any) -> "RandomTests":
        """These terms of the block."""
        assert isinstance(self.map, InnerProduct)
        return RandomTests(self.block.only(keep), self.map, self.tests, self.drawn)

    def vectors(self, raw: Float[Array, "E n"], batch: Tested) -> Float[Array, "E M"]:
        """Ξ R r_e/√M."""
        r = super().vectors(raw, batch)
        return r @ batch.draws[: r.shape[1]] / jnp.sqrt(1.0 * self.tests)

    def _tested(self, batch: Any, key: PRNGKeyArray | None) -> Tested:
        assert key is not None  # whoever trains has one
        # So many at each point, of which those are taken that the root has: no more than points.
        draws = jax.random.normal(key, (len(batch.x), self.tests), batch.x.dtype)
        return Tested(batch.x, batch.known, batch.weight, batch.attention, draws)
