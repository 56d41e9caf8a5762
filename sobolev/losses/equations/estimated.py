"""The block of an equation in many dimensions, whose sums over them are estimated."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.losses.batch import At
from sobolev.losses.block import Block
from sobolev.losses.directions import Directions
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.losses.equations.equation import Equation
from sobolev.losses.equations.fields import ByNames, numbers
from sobolev.losses.view import View


class Known(NamedTuple):
    """f/scale at each point; by which key directions are drawn; for how many steps points stay.

    The key is the same in each row, `[n, 0]` for all directions that there are.
    """

    target: Float[Array, "n o"]
    key: UInt32[Array, "n k"]
    age: Int[Array, " n"]


class Estimated(Block):
    """L = ½ mean (E_v N[u](x, v) − f)²/scale²: an equation in the mean over directions v.

    The function of the equation is one of `(u, x, v)` with a random direction v, E vvᵀ = 1: it has
    v·Hv in place of Δu, (v·∇u)² in place of |∇u|². Each step looks at B directions, anew: one pass
    each and no matrix of second derivatives, so that a step costs what B directions cost, whatever
    the number of inputs. All points of a step have the same ones: what a network makes of a
    direction before it knows the point is then made once.

    The square of a mean r̂ over B directions is too large by its variance, E r̂² = r² + Var, which is
    often many times r². So the loss is ½ mean (r̂² − V̂), V̂ = left · s²/B of the variance s² in the
    sample: right in the mean over draws, as is its gradient, and of the unbiased forms on the same
    directions that of least variance. It may be negative, and no minimum of one draw means
    anything: steps follow its gradient, as `Adam` does, with a rate that falls. A least-squares or
    quasi-Newton method is refused.

    **Arguments:** `equation`: `Equation(name, function, points, ...)` as ever but for the third
    argument of its function, also several at once; points that are drawn have their own `every`.
    `directions`: `RandomDimensions(B)` where the parts of a sum over inputs are alike,
    `RandomDirections(B)` where second derivatives are nearly diagonal in any case; B ≥ 2. Raises
    `ConfigError`. Source: as of these, whose published codes square one mean; Hoeffding, Ann. Math.
    Statist. 19 (1948) 293 (of unbiased squares).

    ```python
    def heated(u, x, v):
        return derivatives_along(u, x, v, 2)[2, 0] + f(x)        # Δu + f

    fit(surrogate, Estimated(Equation("heated", heated, Uniform(box, 100)), RandomDimensions(16)))
    ```
    """

    equation: Equation
    directions: Directions

    least_squares = False
    estimated = True

    def __init__(self, equation: Equation, directions: Directions):
        if not isinstance(equation, Equation) or isinstance(equation.function, ByNames):
            raise ConfigError(
                "Estimated takes an Equation with a function of (u, x, v), v a direction: got "
                f"{'one by names' if isinstance(equation, Equation) else shown(equation)}."
            )
        if not isinstance(directions, Directions):
            raise ConfigError(
                f"directions are drawn by RandomDimensions(16) or RandomDirections(16): got "
                f"{shown(directions)}."
            )
        self.names, self.order = equation.names, equation.order
        self.equation, self.directions = equation, directions

    @property
    def every(self) -> int:
        """Directions are drawn in every step."""
        return 1

    @property
    def rows(self) -> int:
        """As many as points."""
        return self.equation.rows

    def moved(self, change: Any) -> "Estimated":
        """Points that stay changed."""
        return eqx.tree_at(lambda e: e.equation, self, self.equation.moved(change))

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> At:
        """Points and directions."""
        assert key is not None  # whoever trains has one
        of_points, of_directions = jax.random.split(key)
        at = self._on_average(of_directions).draw(of_points, view)
        return _with(at, of_directions, jnp.zeros((), int))

    def redraw(self, last: At, key: PRNGKeyArray, view: View) -> At:
        """Other directions, and points where they are due."""
        of_points, of_directions = jax.random.split(key)
        at, age = last._replace(known=last.known.target), last.known.age[0] + 1
        if self.equation.every:
            equation, due = self._on_average(of_directions), age >= self.equation.every
            at = jax.lax.cond(due, lambda: equation.redraw(at, of_points, view), lambda: at)
            age = jnp.where(due, 0, age)
        return _with(at, of_directions, age)

    def elsewhere(self, key: PRNGKeyArray, view: View | None = None) -> At | None:
        """Some other points, at least one, with all directions: exact, and four losses of a step.

        None where no mean over some directions is exact.
        """
        at = self.equation.elsewhere(key, view)
        if at is None or self.directions.every(at.x.shape[1]) is None:
            return None
        most = max(1, 4 * self.rows * self.directions.count // at.x.shape[1])
        some: At = jax.tree.map(lambda a: a[:most], at)
        n = len(some.weight)
        known = Known(some.known, jnp.zeros((n, 0), jnp.uint32), jnp.zeros(n, int))
        return some._replace(known=known)

    def check(self, inputs: tuple[str, ...]) -> None:
        """Refuse points of other inputs, more dimensions than there are, and a single direction."""
        self.equation.check(inputs)
        of = f"the equation '{', '.join(self.names)}'"
        self.directions.check(len(inputs), of)
        if self.directions.count == 1 and self.directions.left(len(inputs)):
            raise ConfigError(
                f"{of} has one direction, and how much its square is too large shows in two at "
                f"least: give {type(self.directions).__name__}(2) or more."
            )

    def samples(self, view: View, batch: At) -> Float[Array, "B o n"]:
        """(N[u](x, v) − f)/scale of each direction."""
        at = batch._replace(known=batch.known.target)
        along = lambda v: self._along(v).raw_residuals(view, at)  # noqa: E731
        return jax.vmap(along)(self._directions(batch))

    def raw_residuals(self, view: View, batch: At) -> Float[Array, "o n"]:
        """Their means r̂."""
        return jnp.mean(self.samples(view, batch), axis=0)

    def losses(self, view: View, batch: At) -> Float[Array, " o"]:
        """½ mean (r̂² − V̂)."""
        samples, left = self.samples(view, batch), 0.0
        if batch.known.key.shape[1]:
            left = self.directions.left(batch.x.shape[1])
        square = jnp.mean(samples, axis=0) ** 2
        if left:
            square = square - left * jnp.var(samples, axis=0, ddof=1) / len(samples)
        return 0.5 * jnp.sum(square * self.scales(batch) ** 2, axis=1)

    def targets(self, batch: At) -> Float[Array, "o n"]:
        """f/scale."""
        return batch.known.target.T

    def _directions(self, batch: At) -> Float[Array, "B d"]:
        d, kind = batch.x.shape[1], batch.x.dtype
        if batch.known.key.shape[1]:
            return self.directions.drawn(jax.random.wrap_key_data(batch.known.key[0]), d, kind)
        every = self.directions.every(d, kind)
        assert every is not None  # else there are no points elsewhere
        return every

    def _along(self, v: Float[Array, " d"]) -> Equation:
        """The equation with one direction."""
        function: Any = self.equation.function
        one = lambda u, x: function(u, x, v)  # noqa: E731
        return eqx.tree_at(lambda e: e.function, self.equation, one)

    def _on_average(self, key: PRNGKeyArray) -> Equation:
        """The equation with the mean over directions: for points that look at the residual."""
        function: Any = self.equation.function

        def mean(u: OfOnePoint, x: Float[Array, " d"]) -> Array:
            along = lambda v: numbers("the function of an equation", function(u, x, v))  # noqa: E731
            return jnp.mean(jax.vmap(along)(self.directions.drawn(key, len(x), x.dtype)), axis=0)

        return eqx.tree_at(lambda e: e.function, self.equation, mean)


def _with(at: At, key: PRNGKeyArray, age: Any) -> At:
    """A key and an age in each row."""
    n, numbers = len(at.weight), jax.random.key_data(key)
    key_rows = jnp.broadcast_to(numbers, (n, *numbers.shape))
    return at._replace(known=Known(at.known, key_rows, jnp.broadcast_to(age, (n,))))
