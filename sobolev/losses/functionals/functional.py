"""A term that is an integral and no sum of squares, such as the energy of a body."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError, DataError
from sobolev.losses.batch import At
from sobolev.losses.block import Block
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.losses.equations.fields import surroundings
from sobolev.losses.view import View


class Functional(Block):
    """L = Σ_n ω_n ψ(u, x_n)/scale ≈ ∫ ψ dx / scale: minimised, not made small; it may be negative.

    No sum of squares: for first-order and quasi-Newton optimisers. A weighting that looks at sizes
    of losses may not know what to do with a negative one; weights that are fixed, or come from
    gradients, do.

    **Arguments:** `name` of the term; `density(u, x)` ψ, a number, as the function of an
    `Equation`; `x [n, d]` and `weights [n]`: a quadrature rule in physical units; `order`: the
    highest derivative in ψ; `scale` > 0: what counts as 1. Raises `ConfigError`, `DataError`.
    Source: E & Yu, The deep Ritz method, Commun. Math. Stat. 6 (2018) 1.

    ```python
    bent = lambda u, x: 0.5 * jax.grad(lambda p: u(p)[0])(x)[0] ** 2 - load * u(x)[0]
    Functional("energy", bent, nodes, weights)
    ```
    """

    density: Callable[[OfOnePoint, Float[Array, " d"]], Array]
    known: str = eqx.field(static=True)
    rule: At

    least_squares = False

    def __init__(
        self,
        name: str,
        density: Callable[[OfOnePoint, Float[Array, " d"]], Array],
        x: Float[np.ndarray, "n d"],
        weights: Float[np.ndarray, " n"],
        order: int = 1,
        scale: float = 1.0,
    ):
        self.names, self.density, self.order = (name,), density, order
        self.known = surroundings(density)
        points, ω = np.asarray(x, float), np.asarray(weights, float)
        if not callable(density):
            raise ConfigError(f"'{name}' needs a density, a function of (u, x): got {density!r}.")
        if not (np.isfinite(scale) and scale > 0):
            raise ConfigError(f"the scale of '{name}' must be a positive number: got {scale}.")
        if points.ndim != 2 or ω.shape != points.shape[:1] or not ω.size:
            raise DataError(
                f"'{name}' needs points [n, d] and a weight for each, [n]: got shapes "
                f"{points.shape} and {ω.shape}."
            )
        if not (np.isfinite(points).all() and np.isfinite(ω).all()):
            raise DataError(f"the points and weights of '{name}' must be finite.")
        self.rule = At.of(jnp.asarray(points), jnp.asarray(ω / scale))

    def moved(self, change: Callable[[At], At]) -> "Functional":
        """The rule changed."""
        return eqx.tree_at(lambda f: f.rule, self, change(self.rule))

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> At:
        """The rule."""
        del key, view
        return self.rule

    def check(self, inputs: tuple[str, ...]) -> None:
        """Refuse points of other inputs."""
        if self.rule.x.shape[1] != len(inputs):
            raise DataError(
                f"the points of '{self.names[0]}' have shape {self.rule.x.shape}: give a column "
                f"for each of {', '.join(inputs)}."
            )

    def raw_residuals(self, view: View, batch: At) -> Float[Array, "1 n"]:
        """ψ at each point."""
        return jax.vmap(lambda x: self.density(view.physical, x))(batch.x).reshape(1, -1)

    def scales(self, batch: At) -> Float[Array, "1 n"]:
        """ω; of a batch so much more that on average it counts as much as all points do."""
        share = jnp.sum(self.rule.weight) / jnp.sum(batch.weight)
        return (share * batch.known * batch.weight)[None]

    def losses(self, view: View, batch: At) -> Float[Array, " 1"]:
        """Σ ω ψ."""
        return jnp.sum(self.residuals(view, batch), axis=1)
