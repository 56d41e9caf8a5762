"""A JAX function taken apart once, so that to ask it again at a point takes some microseconds."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from sobolev._base.compiled import Jitted

KEPT = 512  # programs of different structure


class Bound:
    """The arrays of a function, which are arguments of what is compiled, and the rest of it.

    Functions of one structure share what is compiled, `what(function, static, *arguments)`;
    `options` say how much work the compiler puts into it.
    """

    def __init__(self, pure: Callable, what: Callable, options: tuple[tuple[str, Any], ...]):
        leaves, tree = jax.tree.flatten(pure)
        is_array = [isinstance(leaf, jax.Array | np.ndarray) for leaf in leaves]
        self._arrays = tuple(
            jax.device_put(leaf) for leaf, array in zip(leaves, is_array, strict=True) if array
        )
        # with their types: 1, 1.0 and True are equal, and make different programs
        others = tuple(
            None if array else (type(leaf), leaf)
            for leaf, array in zip(leaves, is_array, strict=True)
        )
        self._program = _program(tree, others, what, options)

    def __call__(self, static: Any, *arguments: np.ndarray) -> tuple[jax.Array, ...]:
        """What is asked of the function."""
        return self._program(static, self._arrays, *arguments)


@lru_cache(maxsize=KEPT)
def _program(tree, others: tuple, what: Callable, options: tuple) -> Jitted:
    def run(static: Any, arrays: tuple, *arguments: jax.Array) -> tuple:
        rest = iter(arrays)
        leaves = [next(rest) if other is None else other[1] for other in others]
        return what(jax.tree.unflatten(tree, leaves), static, *arguments)

    return Jitted(run, dict(options))
