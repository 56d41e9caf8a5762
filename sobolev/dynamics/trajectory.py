"""A trajectory as a function of its parameters: values, exact sensitivities, both ways."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError, Diverged
from sobolev._base.precision import require_x64
from sobolev._base.types import Points, Values
from sobolev.box import Box
from sobolev.dynamics.integrator import Explicit, Integrator, Sense, diffrax
from sobolev.dynamics.observation import Observation, Observed
from sobolev.dynamics.system import System
from sobolev.function.batched import Batched
from sobolev.function.by_jax import padded
from sobolev.function.derivatives import Derivatives
from sobolev.function.on_box import OnBox

FEW = 8  # rows, which cost hardly more than one, and fewer lengths of tables are compiled
USUAL = Explicit()
BACKWARDS = 8  # times as many inputs as outputs: then a gradient is cheaper from the answers


@dataclass(frozen=True, eq=False)
class Trajectory(Batched, OnBox):
    """y(p): what is observed of dx/dt = f(t, x, p), x(0) = x₀(p), with exact sensitivities.

    First and second derivatives are those of the steps that the integrator took, forwards beside
    the states: x_p' = f_x x_p + f_p, and so on. Where there are many more parameters than answers,
    and for `vjp`, they go backwards, with states kept at some times and computed again between
    them. Rows are integrated together in one compiled program.

    **Arguments:** `system`: the right-hand side, its start and its box of parameters; `observed`:
    `Sampled` states or a `Crossing`; `integrator`: `Explicit` or, for stiff systems, `Implicit`.
    Raises `ConfigError`, `PrecisionError` in 32-bit mode, `DataError` without diffrax
    (`pip install 'sobolev[dynamics]'`), `Diverged` for a row whose steps become too many or too
    short, with the time until which it came, and where a crossing is not found.

    Source: for the sensitivities of adaptive steps, E. Hairer, S. P. Nørsett, G. Wanner, Solving
    Ordinary Differential Equations I (1993), section I.14; the stepping is that of diffrax,
    P. Kidger, arXiv 2202.02435.

    ```python
    swing = Trajectory(Duffing(), Sampled([5.0, 10.0]))
    y, dy = swing.derivatives([0.1, 1.0])
    ```
    """

    system: System
    observed: Observation
    integrator: Integrator = USUAL

    remedy = "the trajectory is not smooth there. Leave the row out."

    def __post_init__(self):
        require_x64("a trajectory")
        diffrax()
        kinds = {"system": System, "observed": Observation, "integrator": Integrator}
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                raise ConfigError(
                    f"{name} is of type {type(getattr(self, name)).__name__}: give a "
                    f"dynamics.{kind.__name__}."
                )
        p = jax.ShapeDtypeStruct((self.box.dimension,), np.float64)
        x = _shape(self.system.start, p)
        states = (len(self.system.states),)
        rate = _shape(lambda p: self.system.rate(jnp.zeros(()), self.system.start(p), p), p)
        if not x == rate == states:
            raise ConfigError(
                f"there are {states[0]} states, {', '.join(self.system.states)}, but `start` has "
                f"shape {x} and `rate` {rate}: both must be {states}."
            )
        if (found := _shape(self._pure(Sense.FORWARDS), p)) != (len(self.outputs),):
            raise ConfigError(
                f"there are {len(self.outputs)} names, {', '.join(self.outputs)}, but what is "
                f"observed has shape {found}: give a name for each."
            )

    @property
    def box(self) -> Box:  # type: ignore[override]
        """The domain of the parameters."""
        return self.system.box

    @cached_property
    def _named(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.observed.outputs(self.system)

    @property
    def outputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the answers."""
        return self._named[0]

    @property
    def output_units(self) -> tuple[str, ...]:  # type: ignore[override]
        """Units of the answers."""
        return self._named[1]

    def as_function(self) -> Any:
        """The same as a pure JAX function of one point, to be composed and differentiated.

        Differentiable in both ways and of any order, at the memory of all steps; NaN where there is
        no trajectory.
        """
        function = self._pure(Sense.EITHER)
        return lambda p: function(p)

    def outcomes(self, rows: Points, order: int) -> list[Derivatives | Diverged]:
        """Values and derivatives of all rows, together."""
        if not len(rows):
            return []
        q, d = len(self.outputs), len(self.inputs)
        few = order == 1 and d >= BACKWARDS * q
        function = self._pure(Sense.BACKWARDS if few else Sense.FORWARDS)
        arrays = _derivatives(function, _filled(rows), order, few)
        arrays = [np.asarray(array)[: len(rows)] for array in arrays]
        whole = [np.isfinite(array).reshape(len(rows), -1).all(axis=1) for array in arrays]
        good = np.logical_and.reduce(whole)
        return [
            Derivatives(*(array[i] for array in arrays)) if good[i] else self._why(rows[i])
            for i in range(len(rows))
        ]

    def compute_jvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """Forwards along v, without the Jacobian."""
        return self._pair(_jvp, Sense.FORWARDS, rows, v)

    def compute_vjp(self, rows: Points, w: Values) -> tuple[np.ndarray, np.ndarray]:
        """Backwards from w, without the Jacobian."""
        return self._pair(_vjp, Sense.BACKWARDS, rows, w)

    def compute_hvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """The Jacobian, forwards along v, without the Hessian."""
        return self._pair(_hvp, Sense.FORWARDS, rows, v)

    def _pair(self, product: Any, sense: Sense, rows: Points, v: np.ndarray) -> tuple:
        if not len(rows):
            return super().compute_jvp(rows, v) if product is _jvp else self._none(product, rows)
        pair = product(self._pure(sense), _filled(rows), _filled(v))
        first, second = (np.asarray(array)[: len(rows)] for array in pair)
        for number, row in enumerate(rows):
            if not (np.isfinite(first[number]).all() and np.isfinite(second[number]).all()):
                raise Diverged(f"row {number} of x, {row.tolist()}: {self._why(row)}")
        return first, second

    def _none(self, product: Any, rows: Points) -> tuple[np.ndarray, np.ndarray]:
        q, d = len(self.outputs), len(self.inputs)
        return (
            (np.empty((0, q)), np.empty((0, d))) if product is _vjp
            else (np.empty((0, q, d)), np.empty((0, q, d)))
        )  # fmt: skip

    def _pure(self, sense: Sense) -> "_Pure":
        return _Pure(self.system, self.observed, self.integrator, sense)

    def _why(self, row: Float[np.ndarray, " d"]) -> Diverged:
        """In a sentence, why there is no answer at a row."""
        found = _observed(self._pure(Sense.FORWARDS), jnp.asarray(row))
        end, reached = self.observed.end, float(found.reached)
        if found.ended and not found.found:
            return Diverged(
                f"the quantity does not rise through its level before t = {end:g}: look further, "
                "or elsewhere."
            )
        if found.ended:
            return Diverged(
                "the trajectory is there, but a number of it is not finite: look at the quantities."
            )
        return Diverged(
            f"the integrator gave up at t = {reached:g} of {end:g}, after {self.integrator.most} "
            "steps or where they became too short: allow more steps, or take Implicit() for a "
            "stiff system."
        )


class _Pure(eqx.Module):
    """p ↦ y as a pytree; NaN, in the value and in all derivatives, where there is no answer."""

    system: System
    observed: Observation
    integrator: Integrator
    sense: Sense = eqx.field(static=True)

    def observe(self, p: Float[Array, " d"]) -> Observed:
        return self.observed.observe(self.system, self.integrator, p, self.sense)

    def __call__(self, p: Float[Array, " d"]) -> Float[Array, " q"]:
        seen = self.observe(p)
        return seen.answers * jnp.where(seen.found, 1.0, jnp.nan)  # a factor: slopes have it, too


def _filled(rows: np.ndarray) -> Array:
    return padded(np.concatenate([rows, np.repeat(rows[-1:], max(0, FEW - len(rows)), axis=0)]))


def _shape(function: Any, p: Any) -> tuple[int, ...] | None:
    got = eqx.filter_eval_shape(function, p)
    return getattr(got, "shape", None)


@compiled(SELDOM)
def _derivatives(function: _Pure, x: Array, order: int, backwards: bool) -> tuple:
    def of_row(row: Array) -> tuple:
        if not backwards:
            return _forwards(function, row, order)
        y, pullback = jax.vjp(function, row)
        return y, jax.vmap(lambda unit: pullback(unit)[0])(jnp.eye(len(y)))

    return jax.vmap(of_row)(x)


def _forwards(function: Any, row: Array, order: int) -> tuple:
    """Value and derivatives, each beside the one below."""
    if order == 0:
        return (function(row),)

    def lower(row: Array) -> tuple:
        found = _forwards(function, row, order - 1)
        return found[-1], found

    highest, found = jax.jacfwd(lower, has_aux=True)(row)
    return (*found, highest)


@compiled(SELDOM)
def _jvp(function: _Pure, x: Array, v: Array) -> tuple[Array, Array]:
    return jax.vmap(lambda x, v: jax.jvp(function, (x,), (v,)))(x, v)


@compiled(SELDOM)
def _vjp(function: _Pure, x: Array, w: Array) -> tuple[Array, Array]:
    def of_row(x: Array, w: Array) -> tuple[Array, Array]:
        y, pullback = jax.vjp(function, x)
        return y, pullback(w)[0]

    return jax.vmap(of_row)(x, w)


@compiled(SELDOM)
def _hvp(function: _Pure, x: Array, v: Array) -> tuple[Array, Array]:
    return jax.vmap(lambda x, v: jax.jvp(jax.jacfwd(function), (x,), (v,)))(x, v)


@compiled(SELDOM)
def _observed(function: _Pure, p: Array) -> Observed:
    return function.observe(p)
