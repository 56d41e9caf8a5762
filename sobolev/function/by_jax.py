"""Everything by JAX from one pure function: values, derivatives and products over rows."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.compiled import SELDOM, STEPS
from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev._base.types import Points, Values
from sobolev.box import Box
from sobolev.function.bound import Bound
from sobolev.function.function import Function

AT_ONCE = 4096  # rows: what a function has inside of one of them is there as often
FEW = 512  # rows, of which values and slopes take less than a millisecond however compiled
# Outputs at a single point. XLA counts a loop as one turn of it, and what it counts as less than
# 1000 operations runs in the thread that asks: waiting for another one takes 40 microseconds.
IN_TURN = 4


class ByJax(Function):
    """A `Function` that is a JAX function of one point, hence differentiable without end.

    A member says `pure`. What is compiled is kept for all functions of the same structure, and for
    numbers of rows up to the next power of two.
    """

    @abstractmethod
    def pure(self) -> Callable[[Float[Array, " d"]], Float[Array, " q"]]:
        """y(x) as a pytree that can be called: its arrays are arguments of the compiled code."""

    def as_function(self) -> Callable[[Float[Array, " d"]], Float[Array, " q"]]:
        """The same as a pure JAX function of one point, to be composed and differentiated."""
        function = self.pure()
        return lambda x: function(x)

    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """Value and derivatives, in one pass for so many rows that memory stays bounded."""
        if len(rows) > AT_ONCE:
            pieces = np.split(rows, range(AT_ONCE, len(rows), AT_ONCE))
            found = (self.compute(piece, order) for piece in pieces)
            return tuple(np.concatenate(part) for part in zip(*found, strict=True))
        what = _derivatives_of_few if len(rows) <= FEW else _derivatives_of_many
        return _asked(self, what, order, rows)

    def compute_jvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """Forwards along v, without the Jacobian."""
        return _asked(self, _jvp, None, rows, v)

    def compute_jvps(self, rows: Points, v: Float[np.ndarray, "n k d"]) -> Sequence[np.ndarray]:
        """Forwards along each direction, without the Jacobian."""
        return _asked(self, _jvps, None, rows, v)

    def compute_vjp(self, rows: Points, w: Values) -> tuple[np.ndarray, np.ndarray]:
        """Backwards from w, without the Jacobian."""
        return _asked(self, _vjp, None, rows, w)

    def compute_hvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """The Jacobian, forwards along v, without the Hessian."""
        return _asked(self, _hvp, None, rows, v)


@dataclass(frozen=True, eq=False)
class JaxFunction(ByJax):
    """A user's JAX function of one point; see `of_jax`."""

    function: Callable
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_units: tuple[str, ...]
    output_units: tuple[str, ...]
    box: Box | None

    def __post_init__(self):
        require_x64("a function by JAX")
        d, q = len(self.inputs), len(self.outputs)
        check_shape("the function", self.function, d, q)

    def pure(self) -> Callable:
        """The function itself."""
        return self.function


def check_shape(who: str, function: Callable, d: int, q: int) -> None:
    """Refuse what does not map one point `[d]` to an array `[q]`; `ConfigError`."""
    got = eqx.filter_eval_shape(function, jax.ShapeDtypeStruct((d,), np.float64))
    if not (isinstance(got, jax.ShapeDtypeStruct) and got.shape == (q,)):
        raise ConfigError(
            f"{who} gives {got} for one point of {d} inputs, but there are {q} outputs: it must "
            f"return an array of shape ({q},)."
        )


def padded(rows: np.ndarray) -> Array:
    """Rows repeated up to a power of two: then a new number of rows seldom compiles anew."""
    return jnp.asarray(_filled_up(rows))


def _filled_up(rows: np.ndarray) -> np.ndarray:
    size = 1 << max(0, len(rows) - 1).bit_length()
    if size == len(rows):
        return rows
    return np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), axis=0)])


def orders(function: Callable, row: Float[Array, " d"], order: int) -> tuple:
    """Value and derivatives at one point up to `order`.

    First derivatives go the shorter way: backwards from q outputs when there are fewer outputs than
    inputs, else forwards from d inputs; second ones go forwards over that.
    """
    if order == 0:
        return (function(row),)
    if order == 1:
        return _value_and_jacobian(function, row)
    hessian, lower = jax.jacfwd(lambda r: _with_itself(orders(function, r, 1)), has_aux=True)(row)
    return (*lower, hessian)


def _value_and_jacobian(
    function: Callable, row: Float[Array, " d"], each: Callable = jax.vmap
) -> tuple:
    """Training takes the gradient of this, which is 3 to 4 times the passes made here.

    `each` makes of what goes backwards from one output what goes so from all.
    """
    outputs = jax.eval_shape(function, row).shape[0]
    if outputs >= len(row):
        jacobian, y = jax.jacfwd(_twice(function), has_aux=True)(row)
        return y, jacobian
    y, pullback = jax.vjp(function, row)
    if outputs == 1:  # nothing to vectorise over
        return y, pullback(jnp.ones_like(y))[0][None]
    return y, each(lambda unit: pullback(unit)[0])(jnp.eye(outputs, dtype=y.dtype))


def _in_turn(function: Callable) -> Callable:
    """As `jax.vmap`; up to `IN_TURN` are computed one after the other."""
    together = jax.vmap(function)
    return lambda x: jax.lax.map(function, x) if len(x) <= IN_TURN else together(x)


def _twice(function: Callable) -> Callable:
    return lambda row: (lambda y: (y, y))(function(row))


def _with_itself(lower: tuple) -> tuple:
    return lower[-1], lower


def _cut(arrays: Sequence[Array], rows: Points) -> tuple:
    """NumPy arrays without the rows that were filled up."""
    return tuple(np.asarray(array)[: len(rows)] for array in arrays)


# What is asked of a function, with what is static and arrays of rows.


def _derivatives_of_many(function: Callable, order: int, x: Array) -> tuple:
    return jax.vmap(lambda row: orders(function, row, order))(x)


def _derivatives_of_few(function: Callable, order: int, x: Array) -> tuple:
    if (len(x), order) == (1, 1):
        return tuple(part[None] for part in _value_and_jacobian(function, x[0], _in_turn))
    return _derivatives_of_many(function, order, x)


def _jvp(function: Callable, _: None, x: Array, v: Array) -> tuple[Array, Array]:
    return jax.jvp(jax.vmap(function), (x,), (v,))


def _jvps(function: Callable, _: None, x: Array, v: Array) -> tuple[Array, Array]:
    def of_row(x: Array, v: Array) -> tuple[Array, Array]:
        y, along = jax.linearize(function, x)
        return y, jax.vmap(along, out_axes=1)(v)

    return jax.vmap(of_row)(x, v)


def _vjp(function: Callable, _: None, x: Array, w: Array) -> tuple[Array, Array]:
    y, pullback = jax.vjp(jax.vmap(function), x)
    return y, pullback(w)[0]


def _hvp(function: Callable, _: None, x: Array, v: Array) -> tuple[Array, Array]:
    jacobian = jax.vmap(lambda row: orders(function, row, 1)[1])
    return jax.jvp(jacobian, (x,), (v,))


_SELDOM = frozenset({_derivatives_of_few, _jvps})
# Taken apart once for as long as the function lives.
_known: WeakKeyDictionary[ByJax, dict[Callable, Bound]] = WeakKeyDictionary()


def _asked(function: ByJax, what: Callable, static: int | None, *rows: np.ndarray) -> tuple:
    """The first of `rows` are points; what comes back is cut to them."""
    return _cut(_bound(function, what)(static, *map(_filled_up, rows)), rows[0])


def _bound(function: ByJax, what: Callable) -> Bound:
    def made() -> Bound:
        options = tuple((SELDOM if what in _SELDOM else STEPS).items())
        with jax.ensure_compile_time_eval():  # the arrays outlive whatever is traced just now
            return Bound(function.pure(), what, options)

    if type(function).__hash__ is not object.__hash__:  # equal ones are not the same one
        return made()
    mine = _known.setdefault(function, {})
    if what not in mine:
        mine[what] = made()
    return mine[what]
