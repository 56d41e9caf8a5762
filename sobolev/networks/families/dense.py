"""Dense layers in plain `jax.numpy`, and how their first weights are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from numbers import Integral

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError
from sobolev.networks.as_json import Named

Shapes = tuple[tuple[int, int], ...]


class Dense(eqx.Module):
    """x ↦ W x + b with `weight [out, in]` and `bias [out]`."""

    weight: Float[Array, "out in"]
    bias: Float[Array, " out"]

    def __call__(self, x: Float[Array, " in"]) -> Float[Array, " out"]:
        """Apply the layer to one vector."""
        return self.weight @ x + self.bias


def hidden_widths(hidden: Sequence[int]) -> tuple[int, ...]:
    """The widths of hidden layers as whole numbers; `ConfigError` for what is no architecture."""
    sizes = tuple(hidden) if isinstance(hidden, Sequence) else ()
    if not (sizes and all(isinstance(w, Integral) and w >= 1 for w in sizes)):
        raise ConfigError(
            "the widths of a network are whole numbers ≥ 1, with at least one hidden layer, "
            f"like (5, 3, 3): got {hidden!r}."
        )
    return tuple(map(int, sizes))


def widths(inputs: int, hidden: tuple[int, ...], outputs: int) -> tuple[int, ...]:
    """All widths from inputs to outputs; `ConfigError` when there is no input or no output."""
    if not all(isinstance(w, Integral) and w >= 1 for w in (inputs, outputs)):
        raise ConfigError(
            f"the widths of a network are whole numbers ≥ 1: got {inputs} inputs and {outputs} "
            "outputs."
        )
    return (int(inputs), *hidden, int(outputs))


def one_width(kind: str, hidden: tuple[int, ...]) -> int:
    """The width that all hidden layers share; `ConfigError` when they do not."""
    if len(set(hidden)) > 1:
        raise ConfigError(
            f"all hidden layers of a {kind} network have the same width, because its layers are "
            f"added or mixed entry by entry: got {hidden}, give for instance "
            f"{(hidden[0],) * len(hidden)}."
        )
    return hidden[0]


def chain(sizes: Sequence[int]) -> Shapes:
    """Shapes `(out, in)` of the layers between these widths."""
    return tuple(zip(sizes[1:], sizes[:-1], strict=True))


@dataclass(frozen=True, repr=False)
class Initialisation(Named):
    """How the first weights of dense layers are drawn, under the `name` that files know."""

    def __call__(self, key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
        """Layers of these shapes `(out, in)`."""
        return self.function(key, shapes)


# Functions of this module that are not compiled themselves: pickle finds them by their names.
def _glorot(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
    """U(±√(6/(in+out))), biases zero (Glorot & Bengio, AISTATS 2010)."""
    return _draw_uniform(key, shapes)


def _glorot_normal(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
    """N(0, 2/(in+out)), biases zero: the variance of `glorot` with tails (the same source)."""
    return _draw_normal(key, shapes)


def _orthogonal(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
    """Rows or columns, whichever are fewer, orthonormal and uniformly distributed; biases zero.

    Source: Saxe, McClelland & Ganguli, arXiv 1312.6120; Mezzadri, Notices AMS 54, 2007, for the
    signs.
    """
    return _draw_orthonormal(key, shapes)


glorot = Initialisation("glorot", _glorot)
glorot_normal = Initialisation("glorot_normal", _glorot_normal)
orthogonal = Initialisation("orthogonal", _orthogonal)

INITS: dict[str, Initialisation] = {init.name: init for init in (glorot, glorot_normal, orthogonal)}


def initialisation(name: str) -> Initialisation:
    """The initialisation of this name; `ConfigError` when there is none."""
    if name not in INITS:
        raise ConfigError(f"unknown initialisation '{name}': choose one of {', '.join(INITS)}.")
    return INITS[name]


# All layers come from one draw: one small compilation instead of one for each layer.
@compiled(SELDOM)
def _draw_uniform(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
    parts = split(jax.random.uniform(key, (count(shapes),), minval=-1.0), shapes)
    return tuple(_unbiased((6 / sum(part.shape)) ** 0.5 * part) for part in parts)


@compiled(SELDOM)
def _draw_normal(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
    parts = split(jax.random.normal(key, (count(shapes),)), shapes)
    return tuple(_unbiased((2 / sum(part.shape)) ** 0.5 * part) for part in parts)


@partial(jax.jit, static_argnums=1)
def _draw_orthonormal(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
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
