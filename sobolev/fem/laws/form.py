"""A user's own weak form, as short as on paper."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.laws.law import Dual, Law, Point, State, Traits
from sobolev.fem.values import Static, Value

Weak = Callable[..., tuple[Float[AnyArray, "c d"], Float[AnyArray, " c"]]]


@dataclass(frozen=True)
class Form(Law):
    """∫ P : ∂v/∂X + b · v dV = 0 for all v, with (P, b) = f(u, ∂u/∂X, x, *constants).

    **Arguments:** `f`, best a function of a module: `u [c]`, `gradient [c, d]`, `x [d]` and the
    constants to `(P [c, d], b [c])`; zero may be a plain 0. `fields` c; `constants`: numbers, names
    of parameters, functions of them, `PerCell`, `PerPoint`; `symmetric`: whether ∂(P, b)/∂(∇u, u)
    is, without which no time is lost on a factorisation that does not fit. The tangent is
    differentiated. Raises `ConfigError` where f returns other shapes.

    ```python
    def advection(T, dT, x, k, wind): return k * dT, dT @ wind
    fem.Form(advection, fields=1, constants=("k", (1.0, 0.5)), symmetric=False)
    ```
    """

    f: Static[Weak]
    fields: Static[int]
    constants: tuple[Value, ...] = ()
    symmetric: Static[bool] = False

    def __post_init__(self):
        if not callable(self.f) or not isinstance(self.fields, int) or self.fields < 1:
            raise ConfigError(
                "a Form is a function and the number of its fields, Form(f, 2): got "
                f"{shown(self.f)} and {self.fields!r}."
            )
        super().__post_init__()

    def traits(self) -> Traits:
        """Of any dimension, and values matter."""
        return Traits(dimension=None, symmetric=self.symmetric, uses_value=True)

    def components(self, dimension: int) -> int:
        """`fields`."""
        return self.fields

    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """What f returns, if its shapes are those of gradient and value."""
        constants = [jnp.stack(list(c)) if isinstance(c, tuple) else c for c in self.constants]
        parts = self.f(at.value, at.gradient, at.x, *constants)
        wanted = at.gradient.shape, at.value.shape
        shapes = tuple(jnp.shape(part) for part in parts)
        if len(shapes) != 2 or any(s not in ((), w) for s, w in zip(shapes, wanted, strict=True)):
            name = getattr(self.f, "__name__", "the form")
            raise ConfigError(
                f"{name} returns (P, b) of the shapes {shown(wanted)} (fields x directions, "
                f"fields), or 0 for one of them: got {shown(shapes)}."
            )
        P, b = (jnp.broadcast_to(part, w) for part, w in zip(parts, wanted, strict=True))
        return (P * 1.0, b * 1.0), state
