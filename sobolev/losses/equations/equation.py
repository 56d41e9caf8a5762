"""The block of equations that a function has to meet at points."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import array_of, shown
from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError, DataError
from sobolev.losses.batch import At
from sobolev.losses.block import Block, scaled
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.losses.equations.fields import NOT_FOLLOWED, ByNames, numbers, surroundings, why
from sobolev.losses.equations.points import Fixed, Points, Size
from sobolev.losses.view import ScalingArrays, View

_ELSEWHERE = 0x656C7365


class Equation(Block):
    """Terms L = ½ mean ((N[u](x) − f)/scale)² over points of their own: differential equations.

    **Arguments:**
    - `name`: of the term, in tables and figures; or several, for equations that share derivatives.
    - `function`: one by names, which `by_names` makes; or any `function(u, x)` → N[u](x), a number,
      or an array of one for each name; u: `[d]` → `[q]` is the surrogate as a JAX function of one
      point, x `[d]` that point, both in physical units. `derivatives_along` helps there.
    - `points`: an array `[m, d]` or `Fixed(x)`; or drawn anew over a box, a region or a part of its
      boundary: `Uniform`, `Sobol`, `LatinHypercube`, `Adaptive`, `Refined`.
    - `labels` f: a number; one for each name `[o]`; and at fixed points also one for each of them,
      `[m]` or `[m, o]`, NaN where absent.
    - `order`: the highest derivative in N; by names it is known, else 2 unless you say it. A
      network that is not smooth is refused by what it is, whatever you say.
    - `scale` > 0: what counts as 1; the residual is divided by it. An equation in Pa/m² needs one.
      One number, or one for each name.

    Raises `ConfigError` and `DataError`. Source: Raissi, Perdikaris & Karniadakis, J. Comput. Phys.
    378 (2019) 686.

    ```python
    decay = by_names(box, "u")(lambda u: u.t + u)
    fit(surrogate, [data, Equation("u' + u = 0", decay, Sobol(box, 64))])
    ```
    """

    function: Callable[[OfOnePoint, Float[Array, " d"]], Array]
    known: str = eqx.field(static=True)
    points: Points
    target: Float[Array, " o"] | None
    scale: Float[Array, " o"]

    def __init__(
        self,
        name: str | tuple[str, ...],
        function: Callable[[OfOnePoint, Float[Array, " d"]], Array],
        points: Points | Float[np.ndarray, "m d"],
        labels: float | np.ndarray = 0.0,
        order: int | None = None,
        scale: float | tuple[float, ...] = 1.0,
    ):
        self.names = tuple(name) if isinstance(name, tuple | list) else (name,)
        found = function.order if isinstance(function, ByNames) else None
        self.function, self.known = function, surroundings(function)
        self.order = order if order is not None else 2 if found is None else found
        self._check(scale)
        self.points = points if isinstance(points, Points) else Fixed(points)
        scales = np.broadcast_to(np.asarray(scale, float), len(self.names))
        self.scale, known = jnp.asarray(scales), self._columns(labels) / scales
        # None where labels belong to the points, so that nothing is known anywhere else.
        self.target = jnp.asarray(known) if known.ndim == 1 else None
        self.points = self.points.knowing(jnp.asarray(known))

    def orders_by_input(self, inputs: int) -> tuple[int, ...]:
        """Of the highest derivative by each input that it may have."""
        if isinstance(self.function, ByNames):
            return tuple(max((o[i] for o in self.function.asked), default=0) for i in range(inputs))
        return (self.order,) * inputs

    @property
    def every(self) -> int:
        """That of its points."""
        return self.points.every

    @property
    def rows(self) -> int:
        """As many as points."""
        return self.points.count

    @property
    def count(self) -> int:
        """One for each name and point, without those that have no label."""
        absent = 0 if self.every else int(np.isnan(np.asarray(self.draw().known)).sum())
        return self.rows * len(self.names) - absent

    def moved(self, change: Callable[[At], At]) -> "Equation":
        """Points that stay changed."""
        return eqx.tree_at(lambda e: e.points, self, self.points.moved(change))

    def reach(self, scaling: ScalingArrays | None) -> Float[np.ndarray, "n d"] | None:
        """The corners of a box, or points spread over another place."""
        domain = self.points.domain
        return None if domain is None else scaled(domain.reach(), scaling)

    def draw(self, key: PRNGKeyArray | None = None, view: View | None = None) -> At:
        """Its points; adaptive ones look at the residual there."""
        return self._with_target(self.points.draw(key, self._size_in(view)))

    def redraw(self, last: At, key: PRNGKeyArray, view: View) -> At:
        """Those that follow on the last ones."""
        return self._with_target(self.points.redraw(last, key, self._size_in(view)))

    def _size_in(self, view: View | None) -> Size:
        def size(x: Float[Array, "m d"]) -> Float[Array, " m"]:
            assert view is not None and self.target is not None  # whoever trains has a view
            return jnp.linalg.norm(self._values(view, x) - self.target[None], axis=1)

        return size

    def elsewhere(self, key: PRNGKeyArray, view: View | None = None) -> At | None:
        """As many points that it is never trained on; None where labels belong to the points."""
        del view
        return None if self.target is None else _elsewhere(self.points, self.target, key)

    def at(self, x: Float[np.ndarray, "m d"]) -> At | None:
        """These points, where labels do not belong to its own."""
        return None if self.target is None else _knowing(At.of(jnp.asarray(x)), self.target)

    def _with_target(self, at: At) -> At:
        # Labels that belong to points stay with them.
        return at if self.target is None else _knowing(at, self.target)

    def check(self, inputs: tuple[str, ...]) -> None:
        """Refuse points of other inputs, and a function of other names."""
        self.points.check(self._called, inputs)
        if isinstance(self.function, ByNames) and self.function.inputs != inputs:
            raise DataError(
                f"{self._called} is written in the inputs {', '.join(self.function.inputs)}: the "
                f"surrogate has {', '.join(inputs)}, in this order."
            )

    def raw_residuals(self, view: View, batch: At) -> Float[Array, "o n"]:
        """(N[u] − f)/scale, 0 where f is absent."""
        off = self._values(view, batch.x) - batch.known
        # Chosen, not multiplied by 0: NaN · 0 is NaN. The gradient of what is not chosen is 0.
        return jnp.asarray(jnp.where(jnp.isnan(batch.known), 0.0, off)).T

    def targets(self, batch: At) -> Float[Array, "o n"]:
        """f/scale."""
        return batch.known.T

    def _values(self, view: View, x: Float[Array, "n d"]) -> Float[Array, "n o"]:
        """N[u]/scale."""
        of = f"the function of {self._called}"
        try:
            found = jax.vmap(lambda row: numbers(of, self.function(view.physical, row)))(x)
        except NOT_FOLLOWED as error:
            raise ConfigError(f"{of} cannot be evaluated: {why(error)}") from error
        n, o = len(x), len(self.names)
        if found.shape not in [(n, o), *([(n,)] if o == 1 else [])]:
            must = "a number, such as u(x)[0]" if o == 1 else f"an array of {o} numbers"
            raise ConfigError(
                f"{of} returns shape {found.shape[1:]} for one point: it must return {must}."
            )
        return found.reshape(n, o).astype(x.dtype) / self.scale[None]  # numbers of NumPy are 64-bit

    @property
    def _called(self) -> str:
        return f"the equation '{', '.join(self.names)}'"

    def _check(self, scale: float | tuple[float, ...]) -> None:
        if not self.names or not all(isinstance(name, str) and name for name in self.names):
            raise ConfigError(
                f"an equation needs a name, or one for each of several: got {self.names}."
            )
        if not callable(self.function):
            raise ConfigError(f"{self._called} needs a function of (u, x): got {self.function!r}.")
        sizes = array_of(scale)
        positive = np.all(np.isfinite(sizes) & (sizes > 0))
        if sizes.shape not in ((), (len(self.names),)) or not positive:
            raise ConfigError(
                f"the scale of {self._called} must be a positive number, or one for each name: got "
                f"{scale}."
            )
        found = self.function.order if isinstance(self.function, ByNames) else 0
        if isinstance(self.order, int) and 0 <= self.order < found:
            raise ConfigError(
                f"{self._called} has derivatives of order {found}: leave order={self.order} out."
            )
        if not isinstance(self.order, int) or self.order < 0:
            raise ConfigError(
                f"the order of {self._called} must be a whole number ≥ 0: got {self.order!r}."
            )

    def _columns(self, labels: float | np.ndarray) -> np.ndarray:
        """The labels as `[m, o]` at fixed points, else `[o]`."""
        f, m, o = array_of(labels), self.points.count, len(self.names)
        if self.every:
            fits = f.shape in ((), (o,)) and np.isfinite(f).all()
            each = f", or {o}" if o > 1 else ""
            must = f"one finite number{each}: what depends on the point belongs into the function"
        else:
            if f.shape == (m,) and (o == 1 or m != o):
                f = f[:, None]
            fits = f.shape in ((), (o,), (m, o)) or f.shape == (m, 1) == (m, o)
            fits = fits and not np.isinf(f).any() and not np.isnan(f).all()
            must = f"one finite number, or an array of {m} × {o} with NaN where there is none"
        if not fits:
            got = f"shape {f.shape}" if f.size > 1 else shown(labels)
            raise DataError(f"the labels of {self._called} must be {must}: got {got}.")
        return f if f.shape in ((m, o), (m, 1)) and not self.every else np.broadcast_to(f, o)


def _knowing(at: At, target: Float[Array, " o"]) -> At:
    return at._replace(known=jnp.broadcast_to(target, (len(at.x), len(target))))


@compiled(SELDOM)
def _elsewhere(points: Points, target: Float[Array, " o"], key: PRNGKeyArray) -> At | None:
    """In one program, which is that of any function at such points."""
    own = jax.random.fold_in(key, _ELSEWHERE)  # of whatever key: never those that are drawn
    x = points.elsewhere(own, points.count)
    return None if x is None else _knowing(At.of(x), target)
