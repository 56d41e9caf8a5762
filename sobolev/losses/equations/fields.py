"""Equations written by names: u.t + u * u.x − ν u.xx instead of columns and directions."""

import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base import identity
from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.box import Box
from sobolev.losses.equations.derivatives_along import OfOnePoint, derivatives_along

# How often each input is differentiated by, in their order: (2, 0) of (x, t) is u_xx.
Orders = tuple[int, ...]


class Field:
    """One output at a point: its value in sums and products, its derivatives by names.

    `u.x`, `u.xx`, `u.xt`: derivatives by the inputs x and t; where names are longer also
    `u.d("time", "x1")`.
    """

    def __init__(self, output: int, inputs: tuple[str, ...], find: Callable[[Orders], Any]):
        self._output, self._inputs, self._find = output, inputs, find

    def d(self, *inputs: str) -> Float[Array, ""]:
        """The derivative by these inputs, one after the other; without one the value."""
        count = Counter(inputs)
        for name in count:
            if name not in self._inputs:
                raise ConfigError(
                    f"a derivative by '{name}': the inputs are {', '.join(self._inputs)}."
                )
        return self._find(tuple(count[name] for name in self._inputs))[self._output]

    def __getattr__(self, name: str) -> Float[Array, ""]:
        """The derivative whose inputs stand one after the other in the name."""
        if name.startswith("__"):  # what Python and JAX ask of any object
            raise AttributeError(name)
        if name in OF_ARRAYS:  # jax.numpy asks whether an argument is an array: it is none
            self._refuse_input(name)
            raise AttributeError(name)
        ways = list(_divided(name, self._inputs))
        if len(set(map(tuple, map(sorted, ways)))) != 1:
            reason = "may mean several derivatives" if ways else "is no derivative"
            raise ConfigError(
                f"'{name}' {reason} by the inputs {', '.join(self._inputs)}: write it as "
                f'd("{self._inputs[0]}", …).'
            )
        return self.d(*ways[0])

    @property
    def value(self) -> Float[Array, ""]:
        """The output itself, as a function of jax.numpy takes it: `jnp.sin(u.value)`."""
        self._refuse_input("value")
        return self.d()

    def _refuse_input(self, name: str) -> None:
        """Refuse an attribute that is not the derivative by the input which is called so."""
        if name in self._inputs:
            raise ConfigError(
                f"'.{name}' is not the derivative by the input '{name}': write that as "
                f'd("{name}"), and the value itself as d().'
            )

    def __add__(self, other):
        return self.d() + other

    def __sub__(self, other):
        return self.d() - other

    def __mul__(self, other):
        return self.d() * other

    def __truediv__(self, other):
        return self.d() / other

    def __pow__(self, other):
        return self.d() ** other

    def __neg__(self):
        return -self.d()

    def __pos__(self):
        return self.d()

    def __abs__(self):
        return abs(self.d())

    def __radd__(self, other):
        return other + self.d()

    def __rsub__(self, other):
        return other - self.d()

    def __rmul__(self, other):
        return other * self.d()

    def __rtruediv__(self, other):
        return other / self.d()

    def __rpow__(self, other):
        return other ** self.d()


OF_ARRAYS = "dtype", "shape", "ndim", "aval", "size", "weak_type", "sharding"


def surroundings(function: object) -> str:
    """What a function knows by name from its module, as a digest: another number, another one.

    Compiled code is found again by the function, which is the same when a number has changed.
    """
    if not isinstance(function, FunctionType):
        return ""
    return identity.digest(identity.named(function, _array), _array)


def _array(thing: object) -> np.ndarray | None:
    return np.asarray(thing) if isinstance(thing, jax.Array) else identity.as_array(thing)


class ByNames(eqx.Module):
    """A function of fields and coordinates by name, as one of (u, x); `by_names` makes it."""

    function: Callable[..., Any] = eqx.field(static=True)
    inputs: tuple[str, ...] = eqx.field(static=True)
    outputs: tuple[str, ...] = eqx.field(static=True)
    asked: tuple[Orders, ...] = eqx.field(static=True)
    known: str = eqx.field(static=True)

    @property
    def order(self) -> int:
        """That of the highest derivative that it asks for."""
        return max(map(sum, self.asked), default=0)

    def __call__(self, u: OfOnePoint, x: Float[Array, " d"]) -> Array:
        """What the function returns at x; several numbers as an array."""
        found = derivatives_asked(u, x, self.asked)
        for value in list(found.values())[:1]:
            if value.shape != (len(self.outputs),):
                raise ConfigError(
                    f"an equation in {', '.join(self.outputs)} is asked of a function with "
                    f"{value.shape[0]} outputs: name all of them, in their order."
                )
        return self.of(found.__getitem__, x)

    def of(self, find: Callable[[Orders], Any], x: Float[Array, " d"]) -> Array:
        """What the function returns where `find(orders)[i]` is that derivative of output i."""
        known = {name: x[i] for i, name in enumerate(self.inputs)} | {
            name: Field(i, self.inputs, find) for i, name in enumerate(self.outputs)
        }
        found = self.function(
            *(known[name] for name in inspect.signature(self.function).parameters)
        )
        return numbers(f"an equation of {', '.join(self.outputs)}", found)


def numbers(of: str, found: object) -> Array:
    """What the function of an equation returned for one point, as an array; `ConfigError`.

    A field counts as its value, a tuple or list of numbers as an array of them.
    """
    several = isinstance(found, tuple | list)
    parts = [*found] if several else [found]  # type: ignore[misc]  # then a sequence
    each = [part.d() if isinstance(part, Field) else part for part in parts]
    known = all(isinstance(part, _NUMBERS) for part in each)
    arrays = [jnp.asarray(part) for part in each] if known else []
    kinds, shapes = {a.dtype.kind for a in arrays}, {a.shape for a in arrays}
    if len(shapes) != 1 or not kinds <= set("fiu"):
        raise ConfigError(
            f"{of} returns {shown(found)} for one point: it must return a real number, or one for "
            "each name."
        )
    return jnp.stack(arrays) if several else arrays[0]


_NUMBERS = jax.Array | np.ndarray | np.generic | int | float
# What JAX raises for functions whose values it would have to know.
NOT_FOLLOWED = jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError


def why(error: TypeError) -> str:
    """What to write instead, where JAX cannot follow a function."""
    if isinstance(error, jax.errors.TracerBoolConversionError):
        return "Python cannot decide by a value (if, and, or): write jnp.where(condition, a, b)."
    return "functions of numpy and math do not know derivatives: take those of jax.numpy."


def by_names(
    inputs: Box | Sequence[str], outputs: str | Sequence[str]
) -> Callable[[Callable[..., Any]], ByNames]:
    """Makes the function of an `Equation` from one whose arguments are outputs and inputs by name.

    An argument with the name of an output is a `Field`: a number with derivatives, such as `u.x`
    and `u.xx`, and `u.value` for functions of jax.numpy; one with the name of an input is that
    coordinate. All are in physical units. What is asked for is found once, when the function is
    made: every derivative is taken once, those along one input together in one Taylor pass, and the
    order of the equation need not be said.

    **Arguments:** `inputs`: a box, or names; `outputs`: all of the surrogate's, in their order.
    The function returns a number, or several. Raises `ConfigError`.

    ```python
    @by_names(box, "u")
    def burgers(u):
        return u.t + u * u.x - 0.01 * u.xx

    fit(surrogate, [start, Equation("burgers", burgers, Uniform(box, 512))])
    ```
    """
    names = inputs.names if isinstance(inputs, Box) else tuple(inputs)
    fields = (outputs,) if isinstance(outputs, str) else tuple(outputs)
    both = [*names, *fields]
    if len(set(both)) != len(both) or not fields or not names:
        raise ConfigError(f"inputs and outputs have different names: got {names} and {fields}.")

    def made(function: Callable[..., Any]) -> ByNames:
        if not callable(function):
            raise ConfigError(f"by_names takes a function of {both}: got {shown(function)}.")
        wanted = inspect.signature(function).parameters
        for name, parameter in wanted.items():
            if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
                raise ConfigError(
                    f"an equation has plain arguments, one for each of {', '.join(both)} that it "
                    f"needs: got '{parameter}'."
                )
            if name not in both:
                raise ConfigError(
                    f"an equation has an argument '{name}', which is none of the inputs "
                    f"{', '.join(names)} and outputs {', '.join(fields)}."
                )
        known = surroundings(function)
        asked = _asked(ByNames(function, names, fields, (), known))
        if not asked:
            raise ConfigError(
                f"the equation has none of {', '.join(fields)} in it: it says nothing of them."
            )
        return ByNames(function, names, fields, asked, known)

    return made


def _asked(function: ByNames) -> tuple[Orders, ...]:
    """Which derivatives the function asks for: it is traced with numbers that ask no network."""
    asked: dict[Orders, None] = {}

    def find(orders: Orders) -> Array:
        asked[orders] = None
        return jnp.ones(len(function.outputs))

    try:
        jax.eval_shape(lambda x: function.of(find, x), jnp.ones(len(function.inputs)))
    except TypeError as error:
        first, hint = function.outputs[0], ""
        if "d" in function.inputs:
            hint = f"; the derivative by the input 'd' is {first}.d(\"d\")"
        reason = (
            f"a field is a number in + − * / ** alone, functions and comparisons take its value, "
            f"{first}.value{hint}."
        )
        raise ConfigError(
            f"the equation of {', '.join(function.outputs)} cannot be evaluated: "
            + (why(error) if isinstance(error, NOT_FOLLOWED) else reason)
        ) from error
    return tuple(asked)


def derivatives_asked(
    u: OfOnePoint, x: Float[Array, " d"], asked: tuple[Orders, ...]
) -> Mapping[Orders, Float[Array, " q"]]:
    """Every derivative that is asked for, and what comes with them."""
    found: dict[Orders, Array] = {}
    axes = jnp.eye(len(x), dtype=x.dtype)
    for axis in range(len(x)):
        highest = max((o[axis] for o in asked if sum(o) == o[axis]), default=0)
        if highest:
            pure = [tuple(k * (i == axis) for i in range(len(x))) for k in range(highest + 1)]
            found |= zip(pure, derivatives_along(u, x, axes[axis], highest), strict=True)
    for orders in asked:
        if orders not in found:
            found[orders] = _mixed(u, orders, axes)(x)
    return found


def _mixed(u: OfOnePoint, orders: Orders, axes: Float[Array, "d d"]) -> OfOnePoint:
    """u differentiated along one axis after the other, the most often first."""
    for axis in sorted(range(len(orders)), key=lambda i: -orders[i]):
        if orders[axis]:
            u = lambda x, u=u, k=orders[axis], v=axes[axis]: derivatives_along(u, x, v, k)[k]  # noqa: E731
    return u


def _divided(name: str, inputs: tuple[str, ...]):
    """All ways to read a name as inputs one after the other."""
    if not name:
        yield []
    for first in inputs:
        if name.startswith(first):
            yield from ([first, *rest] for rest in _divided(name[len(first) :].lstrip("_"), inputs))
