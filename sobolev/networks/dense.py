"""Dense layers in plain `jax.numpy`, and how their first weights are drawn."""

from collections.abc import Sequence
from functools import partial
from math import prod
from numbers import Integral

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError

INITS = ("glorot", "orthogonal")
Shapes = tuple[tuple[int, int], ...]


class Dense(eqx.Module):
    """x ↦ W x + b with `weight [out, in]` and `bias [out]`."""

    weight: Float[Array, "out in"]
    bias: Float[Array, " out"]

    def __call__(self, x: Float[Array, " in"]) -> Float[Array, " out"]:
        """Apply the layer to one vector."""
        return self.weight @ x + self.bias


def widths(inputs: int, hidden: Sequence[int], outputs: int) -> tuple[int, ...]:
    """All widths from inputs to outputs; `ConfigError` for what is no architecture."""
    sizes = (inputs, *hidden, outputs) if isinstance(hidden, Sequence) else ()
    if len(sizes) < 3 or not all(isinstance(w, Integral) and w >= 1 for w in sizes):
        raise ConfigError(
            "the widths of a network are whole numbers ≥ 1, with at least one hidden layer, "
            f"like (5, 3, 3): got {hidden!r} between {inputs} inputs and {outputs} outputs."
        )
    return tuple(map(int, sizes))


def one_width(kind: str, sizes: tuple[int, ...]) -> int:
    """The width that all hidden layers share; `ConfigError` when they do not."""
    if len(set(sizes[1:-1])) > 1:
        raise ConfigError(
            f"all hidden layers of a {kind} network have the same width, because its layers are "
            f"added or mixed entry by entry: got {sizes[1:-1]}, give for instance "
            f"{(sizes[1],) * (len(sizes) - 2)}."
        )
    return sizes[1]


def chain(sizes: Sequence[int]) -> Shapes:
    """Shapes `(out, in)` of the layers between these widths."""
    return tuple(zip(sizes[1:], sizes[:-1], strict=True))


def draw(key: PRNGKeyArray, shapes: Shapes, init: str = "glorot") -> tuple[Dense, ...]:
    """All layers from one draw: one small compilation instead of one for each layer.

    Glorot: U(±√(6/(in+out))) (Glorot & Bengio, AISTATS 2010). Orthogonal: rows or columns,
    whichever are fewer, are orthonormal and uniformly distributed (Saxe, McClelland & Ganguli,
    arXiv 1312.6120; Mezzadri, Notices AMS 54, 2007, for the signs). Biases are zero.
    """
    if init not in INITS:
        raise ConfigError(f"unknown initialisation '{init}': choose one of {', '.join(INITS)}.")
    return (_glorot if init == "glorot" else _orthogonal)(key, shapes)


@partial(jax.jit, static_argnums=1)
def _glorot(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
    parts = split(jax.random.uniform(key, (count(shapes),), minval=-1.0), shapes)
    return tuple(_unbiased((6 / sum(part.shape)) ** 0.5 * part) for part in parts)


@partial(jax.jit, static_argnums=1)
def _orthogonal(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
    parts = split(jax.random.normal(key, (count(shapes),)), shapes)
    return tuple(_unbiased(_orthonormal(part)) for part in parts)


def _orthonormal(normal: Float[Array, "out in"]) -> Float[Array, "out in"]:
    out, into = normal.shape
    q, r = jnp.linalg.qr(normal if out >= into else normal.T)
    q = q * jnp.sign(jnp.diagonal(r))[None]  # without these signs the law is not uniform
    return q if out >= into else q.T


def _unbiased(weight: Float[Array, "out in"]) -> Dense:
    return Dense(weight, jnp.zeros(len(weight), weight.dtype))


def count(shapes: Shapes) -> int:
    """Number of weights in these shapes."""
    return sum(map(prod, shapes))


def split(flat: Float[Array, " P"], shapes: Shapes) -> list[Array]:
    """One vector cut into matrices."""
    ends = np.cumsum([prod(shape) for shape in shapes])[:-1]
    return [p.reshape(s) for p, s in zip(jnp.split(flat, ends), shapes, strict=True)]
