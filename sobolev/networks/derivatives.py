"""Values and input derivatives of a network over rows, in one pass."""

from collections.abc import Callable, Collection
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.function.by_jax import orders

_UP_TO = ("y",), ("y", "jacobian"), ("y", "jacobian", "hessian")


class Prediction(NamedTuple):
    """Value, derivatives and products of them over rows; None for what was not asked.

    `y [n, q]`, `jacobian [n, q, d]`, `hessian [n, q, d, d]`, `jvp [n, q, k]` along k directions,
    `hvp [n, q, k, d]`, `vjp [n, l, d]` for l cotangents.
    """

    y: Float[Array, "n q"] | None = None
    jacobian: Float[Array, "n q d"] | None = None
    hessian: Float[Array, "n q d d"] | None = None
    jvp: Float[Array, "n q k"] | None = None
    hvp: Float[Array, "n q k d"] | None = None
    vjp: Float[Array, "n l d"] | None = None


def predict(
    network: Callable,
    x: Float[Array, "n d"],
    wanted: int | Collection[str],
    directions: Float[Array, "n k d"] | None = None,
    cotangents: Float[Array, "n l q"] | None = None,
) -> Prediction:
    """Evaluate a network and its input derivatives at each row of x.

    `wanted` is an order (0, 1 or 2), for everything up to it, or the names of the fields. First
    derivatives go the shorter way: backwards from q outputs when there are fewer outputs than
    inputs, else forwards from d inputs; second ones go forwards over that. Products alone cost a
    pass each and no Jacobian or Hessian.
    """
    kinds = _UP_TO[wanted] if isinstance(wanted, int) else tuple(wanted)

    def of_row(row, v, w):
        return _fields(network, row, kinds, v, w)

    return jax.vmap(of_row)(x, directions, cotangents)


def _fields(network: Callable, row: Float[Array, " d"], kinds: tuple, v, w) -> Prediction:
    order = 2 if "hessian" in kinds else 1 if "jacobian" in kinds else 0
    y, jacobian, hessian, *_ = (*orders(network, row, order), None, None)
    found: dict[str, Array | None] = {"y": y, "jacobian": jacobian, "hessian": hessian}
    if "hvp" in kinds and hessian is not None:
        found["hvp"] = jnp.einsum("qij,kj->qki", hessian, v)
    elif "hvp" in kinds:
        slopes, curved = _along(jax.jacfwd(network), row, v)
        found["hvp"] = jnp.swapaxes(curved, 0, 1)
        jacobian = slopes[0]
    if "jvp" in kinds:
        found["jvp"] = jacobian @ v.T if jacobian is not None else _along(network, row, v)[1].T
    if "vjp" in kinds:
        found["vjp"] = w @ jacobian if jacobian is not None else _back(network, row, w)
    return Prediction(**found)


def _along(function: Callable, row: Float[Array, " d"], v: Float[Array, "k d"]) -> tuple:
    """Value and derivative of a function along each direction."""
    return jax.vmap(lambda t: jax.jvp(function, (row,), (t,)))(v)


def _back(network: Callable, row: Float[Array, " d"], w: Float[Array, "l q"]) -> Array:
    return jax.vmap(jax.vjp(network, row)[1])(w)[0]
