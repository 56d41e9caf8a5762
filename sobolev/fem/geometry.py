"""The shape as a function of the parameters: positions of all nodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Constants
from sobolev.fem.told import named, told
from sobolev.fem.values import Parameters, Static, Value, evaluate


@dataclass(frozen=True)
class Shape(Constants):
    """Positions of all nodes, `function(X [n, d], *constants) -> [n, d]`, a JAX function.

    `X` are the coordinates of the mesh, whatever they mean to the function. **Arguments:**
    `constants`: numbers, names of parameters, functions of them. Shapes that differ in numbers only
    share compiled code; `function` is best one of a module.

    ```python
    def stretched(X, length, height): return X * jnp.stack([length, height])
    fem.Shape(stretched, ("length", 0.1))
    ```
    """

    function: Static[Callable[..., Float[AnyArray, "n d"]]]
    constants: tuple[Value, ...] = ()

    def __post_init__(self):
        if not callable(self.function) or isinstance(self.constants, str):
            raise ConfigError(
                "a Shape is a function and a tuple of constants, Shape(stretched, ('a',)): got "
                f"{shown(self.function)} and {shown(self.constants)}."
            )
        super().__post_init__()


def positions(
    skeleton: Any, numbers: Sequence[Any], p: Parameters, points: Float[AnyArray, "n d"]
) -> Float[AnyArray, "n d"]:
    """Where the nodes are at the parameters p; a plain function is asked `geometry(X, p)`."""
    X = jnp.asarray(points)
    if skeleton is None:
        return X
    if isinstance(skeleton, Shape):
        constants = evaluate(skeleton, numbers, p)
        with told(f"the geometry {named(skeleton.function)}"):
            made = jnp.asarray(skeleton.function(X, *constants))
    else:
        with told(f"the geometry {named(skeleton)}"):
            made = jnp.asarray(skeleton(X, p))
    if made.shape != X.shape:
        raise ConfigError(
            f"the geometry returns the positions of all nodes, {shown(X.shape)}: got {made.shape}."
        )
    return made
