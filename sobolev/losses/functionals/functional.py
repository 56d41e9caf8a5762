"""A term that is an integral and no sum of squares, such as the energy of a body."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.losses.batch import At
from sobolev.losses.block import Block, scaled
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.losses.equations.drawn import Drawn
from sobolev.losses.equations.fields import NOT_FOLLOWED, ByNames, numbers, surroundings, why
from sobolev.losses.functionals.quadrature import Quadrature, rule_of
from sobolev.losses.view import ScalingArrays, View

NOTHING = 1e-4  # of Σ ω|ψ|: a hundredth in the norm of the energy, which misleads nobody
DEVIATIONS, DRAWS = 5.0, 8  # of a sum over points that are drawn, from so many draws


class Functional(Block):
    """L = Σ_n ω_n ψ(u, x_n)/scale ≈ ∫ ψ dx / scale: minimised, not made small; it may be negative.

    No sum of squares: for first-order and quasi-Newton optimisers. A weighting that looks at sizes
    of losses may not know what to do with a negative one; weights that are fixed, or come from
    gradients, do. Points that stay can be cheated: u = A sin²(πNx) has no slope in the middle of
    any of N cells, and all the work of its load. So draw them anew, by a rule that knows its
    region; `fit` then measures by another, finer rule, returns the record with the least integral
    there, and tells when the sum falls and the integral does not. Where ψ has no value, as ln λ for
    λ ≤ 0, return NaN and start where it has one: quasi-Newton steps are shortened until it is a
    number, and a gradient that is none is not followed. A value cut off, max(λ, ε), has minima
    there that mean nothing.

    **Arguments:** `name` of the term; `density` ψ, a number: a function of `(u, x)` or one
    `by_names`, as of an `Equation`; `x`: a rule, `Gauss(box, cells=16, points=4)`, or points that
    are drawn evenly over a box, a region or a part of its boundary (`Sobol`, `Uniform`,
    `LatinHypercube`), or `x [n, d]` and `weights [n]` in physical units; `order`: the highest
    derivative in ψ, known by names, else 1 unless you say it; `scale` > 0: what counts as 1;
    `control`: another rule of the same region to be measured by, for points that are listed. Raises
    `ConfigError`, `DataError`. Source: E & Yu, The deep Ritz method, Commun. Math. Stat. 6 (2018)
    1.

    ```python
    bent = lambda u, x: 0.5 * jax.grad(lambda p: u(p)[0])(x)[0] ** 2 - load * u(x)[0]
    Functional("energy", bent, Gauss(box, cells=16, points=4))
    ```
    """

    density: Callable[[OfOnePoint, Float[Array, " d"]], Array]
    known: str = eqx.field(static=True)
    rule: Quadrature
    control: Quadrature | None
    scale: Float[Array, ""]

    least_squares = False

    def __init__(
        self,
        name: str,
        density: Callable[[OfOnePoint, Float[Array, " d"]], Array],
        x: Quadrature | Drawn | Float[np.ndarray, "n d"],
        weights: Float[np.ndarray, " n"] | None = None,
        order: int | None = None,
        scale: float = 1.0,
        control: Quadrature | Drawn | None = None,
    ):
        found = density.order if isinstance(density, ByNames) else 1
        self.names, self.density = (name,), density
        self.order = found if order is None else order
        self.known = surroundings(density)
        if not callable(density):
            raise ConfigError(f"'{name}' needs a density, a function of (u, x): got {density!r}.")
        if not (np.isfinite(scale) and scale > 0):
            raise ConfigError(f"the scale of '{name}' must be a positive number: got {scale}.")
        self.rule, self.scale = rule_of(name, x, weights), jnp.asarray(float(scale))
        self.control = None if control is None else rule_of(f"control of {name}", control, None)

    @property
    def every(self) -> int:
        """That of its rule."""
        return self.rule.every

    @property
    def rows(self) -> int:
        """As many as points, with those that only fill up."""
        return self.rule.count if self.every else len(self.rule.draw().weight)

    @property
    def remedy(self) -> str:
        """Other points: as many as stay can always be found to be too few."""
        anew = "more cells or points" if self.every else "points drawn anew, Gauss(box, every=1)"
        return f"Give it {anew}, or a smaller network."

    def moved(self, change: Callable[[At], At]) -> "Functional":
        """Points that stay changed."""
        return eqx.tree_at(lambda f: f.rule, self, self.rule.moved(change))

    def reach(self, scaling: ScalingArrays | None) -> Float[np.ndarray, "n d"] | None:
        """As far as its rule."""
        x = self.rule.reach()
        return None if x is None else scaled(x, scaling)

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> At:
        """The points of the rule."""
        del view
        return self.rule.draw(key)

    def elsewhere(self, key: PRNGKeyArray, view: View | None = None) -> At | None:
        """The control rule, or a finer one than its own."""
        del view
        return (self.rule if self.control is None else self.control).elsewhere(key)

    def check(self, inputs: tuple[str, ...]) -> None:
        """Refuse points of other inputs, and a density of other names."""
        for rule in (self.rule, *([] if self.control is None else [self.control])):
            rule.check(f"'{self.names[0]}'", inputs)
        if isinstance(self.density, ByNames) and self.density.inputs != inputs:
            raise ConfigError(
                f"'{self.names[0]}' is written in the inputs {', '.join(self.density.inputs)}: the "
                f"surrogate has {', '.join(inputs)}, in this order."
            )

    def raw_residuals(self, view: View, batch: At) -> Float[Array, "1 n"]:
        """ψ at each point."""
        of = f"the density of '{self.names[0]}'"
        try:
            ψ = jax.vmap(lambda x: numbers(of, self.density(view.physical, x)))(batch.x)
        except NOT_FOLLOWED as error:
            raise ConfigError(f"{of} cannot be evaluated: {why(error)}") from error
        if ψ.size != len(batch.x):
            raise ConfigError(
                f"{of} returns shape {ψ.shape[1:]} for one point: it must return a number, such as "
                "u(x)[0]."
            )
        return ψ.reshape(1, -1).astype(batch.x.dtype)

    def scales(self, batch: At) -> Float[Array, "1 n"]:
        """ω/scale; of a batch so much more that on average it counts as much as all points do."""
        share = jnp.sum(batch.known.share * batch.weight)
        return (batch.known.each * batch.weight / (share * self.scale))[None]

    def losses(self, view: View, batch: At) -> Float[Array, " 1"]:
        """Σ ω ψ / scale."""
        return jnp.sum(self.residuals(view, batch), axis=1)

    def allowance(self, view: View, elsewhere: Any) -> Float[Array, " 1"]:
        """1e-4 Σ ω|ψ|, five deviations of the sums of a few draws, and of the sum elsewhere."""
        parts = self.residuals(view, elsewhere)
        there = self.rule if self.control is None else self.control
        nothing = NOTHING * jnp.sum(jnp.abs(parts), axis=1) + DEVIATIONS * there.error(parts)
        if not self.every:
            return nothing
        keys = jax.random.split(jax.random.key(0), DRAWS)
        drawn = jax.lax.map(lambda key: self.losses(view, self.draw(key)), keys)
        return nothing + DEVIATIONS * jnp.std(drawn, axis=0, ddof=1)
