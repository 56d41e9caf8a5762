"""Values and input derivatives of a network over rows, in one pass."""

from collections.abc import Callable
from typing import NamedTuple

import jax
from jaxtyping import Array, Float


class Prediction(NamedTuple):
    """`y [n, q]`, `jacobian [n, q, d]` and `hessian [n, q, d, d]`; None beyond the order asked."""

    y: Float[Array, "n q"]
    jacobian: Float[Array, "n q d"] | None = None
    hessian: Float[Array, "n q d d"] | None = None


def predict(network: Callable, x: Float[Array, "n d"], order: int) -> Prediction:
    """Evaluate a network and its input derivatives up to `order` (0, 1 or 2) at each row of x.

    Forward mode over inputs: inputs are few, and the training gradient is then one reverse pass
    over this whole function.
    """
    return Prediction(*jax.vmap(lambda row: _orders(network, row, order))(x))


def _orders(network: Callable, row: Float[Array, " d"], order: int) -> tuple:
    if order == 0:
        return (network(row),)
    if order == 1:
        jacobian, y = jax.jacfwd(_twice(network), has_aux=True)(row)
        return y, jacobian
    hessian, lower = jax.jacfwd(lambda r: _with_itself(_orders(network, r, 1)), has_aux=True)(row)
    return (*lower, hessian)


def _twice(function: Callable) -> Callable:
    return lambda row: (lambda y: (y, y))(function(row))


def _with_itself(lower: tuple) -> tuple:
    return lower[-1], lower
