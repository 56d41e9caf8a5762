"""The shape as a function of the parameters: positions of all nodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.values import Parameters, Static, Value, evaluate


@dataclass(frozen=True)
class Shape:
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


def positions(
    skeleton: Any, numbers: Sequence[Any], p: Parameters, points: Float[AnyArray, "n d"]
) -> Float[AnyArray, "n d"]:
    """Where the nodes are at the parameters p; a plain function is asked `geometry(X, p)`."""
    X = jnp.asarray(points)
    if skeleton is None:
        return X
    if isinstance(skeleton, Shape):
        made = skeleton.function(X, *evaluate(skeleton, numbers, p))
    else:
        made = skeleton(X, p)
    made = jnp.asarray(made)
    if made.shape != X.shape:
        raise ConfigError(
            f"the geometry returns the positions of all nodes, {shown(X.shape)}: got {made.shape}."
        )
    return made
