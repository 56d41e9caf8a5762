"""SOAP: Adam in the eigenbasis of Shampoo's preconditioner, for mini-batches."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from sobolev._base.late import Late
from sobolev.optimisers.first_order.first_order import FirstOrder

if TYPE_CHECKING:
    import optax
else:
    optax = Late("optax")  # a tenth of what importing takes; the default does without


class Factors(NamedTuple):
    """Of one matrix G [a, b]: mean GGᵀ and GᵀG, their bases, and Adam's two moments."""

    L: Float[Array, "a a"]
    R: Float[Array, "b b"]
    QL: Float[Array, "a a"]
    QR: Float[Array, "b b"]
    mean: Float[Array, "a b"]
    square: Float[Array, "a b"]


class SoapState(NamedTuple):
    """Steps done, and the factors of each array of parameters."""

    steps: Int[Array, ""]
    factors: PyTree


def SOAP(
    learning_rate: float | Callable = 3e-3,
    batch_size: int | None = 32,
    b1: float = 0.95,
    b2: float = 0.95,
    refresh: int = 10,
) -> FirstOrder:
    """Adam in the eigenbasis of GGᵀ and GᵀG of each weight matrix, renewed every `refresh` steps.

    For mini-batches, where curvature from differences of gradients is noise. The first step only
    measures. Source: Vyas et al., SOAP: improving and stabilizing Shampoo using Adam, ICLR 2025
    (arXiv 2409.11321), algorithm 3; refreshed by one power iteration and QR.

    ```python
    fit(surrogate, train, optimiser=SOAP(3e-3, batch_size=256), epochs=100)
    ```
    """
    return FirstOrder(scale_by_soap(b1, b2, refresh), learning_rate, batch_size, structured=True)


@lru_cache(maxsize=64)
def scale_by_soap(b1: float, b2: float, refresh: int) -> "optax.GradientTransformation":
    """The transformation of the gradients of matrices and vectors, without a learning rate."""

    def init(params: PyTree) -> SoapState:
        leaves = [_nothing(_matrix(leaf)) for leaf in jax.tree.leaves(params)]
        return SoapState(jnp.zeros((), int), leaves)

    def update(updates: PyTree, state: PyTree, params=None) -> tuple[PyTree, PyTree]:
        del params
        leaves, structure = jax.tree.flatten(updates)
        count = state.steps + 1
        scale = jnp.sqrt(1 - b2**count) / (1 - b1**count)
        first, renew = state.steps == 0, state.steps % refresh == 0
        steps, factors = [], []
        for leaf, f in zip(leaves, state.factors, strict=True):
            step, f = _rotated_adam(_matrix(leaf), f, b1, b2, first, renew)
            steps.append(jnp.asarray(jnp.where(first, 0.0, scale * step)).reshape(leaf.shape))
            factors.append(f)
        return jax.tree.unflatten(structure, steps), SoapState(count, factors)

    return optax.GradientTransformation(init, update)


def _matrix(leaf: Array) -> Array:
    """A vector is one row."""
    return leaf.reshape(len(leaf), -1) if leaf.ndim > 1 else leaf.reshape(1, -1)


def _nothing(G: Array) -> Factors:
    a, b = G.shape
    if a == 1:  # a vector: plain Adam, its entries are not mixed
        a = b = 0
    QL, QR, zero = jnp.eye(a, dtype=G.dtype), jnp.eye(b, dtype=G.dtype), jnp.zeros_like(G)
    return Factors(jnp.zeros_like(QL), jnp.zeros_like(QR), QL, QR, zero, zero)


def _rotated_adam(G: Array, f: Factors, b1, b2, first, renew) -> tuple[Array, Factors]:
    mean = b1 * f.mean + (1 - b1) * G
    if f.L.size == 0:
        square = b2 * f.square + (1 - b2) * G**2
        return mean / (jnp.sqrt(square) + 1e-30), f._replace(mean=mean, square=square)
    # The mean is kept unturned and turned in every step, so that it follows when the basis changes.
    # Squares cannot be turned: those of the last basis go on, and are forgotten within 1/(1 − b2)
    # steps. The first step has no basis yet, so its squares do not count.
    turned = f.QL.T @ G @ f.QR
    square = b2 * f.square + (1 - b2) * jnp.where(first, 0.0, turned) ** 2
    # A gradient of low rank is zero in most directions of the basis, but for round-off: that over
    # its own root mean square would be a full step at random, so it is compared with the largest.
    size = jnp.sqrt(square)
    size = size + _ROUNDOFF * jnp.max(size) + 1e-30
    step = f.QL @ ((f.QL.T @ mean @ f.QR) / size) @ f.QR.T
    L, R = b2 * f.L + (1 - b2) * G @ G.T, b2 * f.R + (1 - b2) * G.T @ G

    # After the step: a basis must not be chosen by the gradient that it is then used on. One power
    # iteration follows the eigenvectors, which change slowly.
    def renewed():
        return tuple(jnp.linalg.qr(A @ Q)[0] for A, Q in ((L, f.QL), (R, f.QR)))

    QL, QR = jax.lax.cond(renew, renewed, lambda: (f.QL, f.QR))
    return step, Factors(L, R, QL, QR, mean, square)


_ROUNDOFF = 1e-8  # of the largest entry of a gradient; what is smaller is not followed
