"""Gradients of a mean over random choices, estimated from a function at some designs."""

import abc
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import whole
from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError
from sobolev.descent.discrete.catalogue import Catalogue
from sobolev.function import Function


class Draw(NamedTuple):
    """Where the function is to be asked, and what the estimate needs of the draw.

    `points [k, n]`, the s samples first; `weights [s, n, m]`, the share of each entry in each
    sample: 1 for the one that was chosen, or those of a relaxed choice.
    """

    points: Float[Array, "k n"]
    weights: Float[Array, "s n m"]
    temperature: Float[Array, ""]


class Gate(abc.ABC):
    """A way to estimate ∂E[f]/∂l, of designs whose entries are drawn with p_i = softmax(l_i).

    Variable i takes the value c_ij with probability p_ij, independent of the others; l is
    `logits [n, m]`. A member says at which points it wants f and, if `needs_derivatives`, ∂f/∂x
    (`draw`), and makes an estimate for each sample of the answers (`estimate`). So f may be any
    `Function`: it is asked, not traced. `unbiased`: whether the mean of the estimates is the
    gradient; `among_designs`: whether the samples are designs, not something in between.
    """

    needs_derivatives: ClassVar[bool]
    unbiased: ClassVar[bool] = False

    @property
    def least(self) -> int:
        """How many samples it needs."""
        return 1

    @property
    def among_designs(self) -> bool:
        """Whether the samples are designs."""
        return True

    def draw(
        self,
        key: PRNGKeyArray,
        logits: Float[Array, "n m"],
        values: Float[Array, "n m"],
        count: int,
        progress: float | Float[Array, ""] = 1.0,
    ) -> Draw:
        """`count` samples; `progress` in [0, 1] is how far a search has come."""
        noise = jax.random.gumbel(key, (count, *logits.shape), logits.dtype)
        return chosen(logits[None] + noise, values)

    @abc.abstractmethod
    def estimate(
        self,
        draw: Draw,
        logits: Float[Array, "n m"],
        values: Float[Array, "n m"],
        f: Float[Array, " k"],
        slopes: Float[Array, "k n"],
    ) -> Float[Array, "s n m"]:
        """An estimate of the gradient by each sample, of f and ∂f/∂x at the points."""


def chosen(scores: Float[Array, "s n m"], values: Float[Array, "n m"]) -> Draw:
    """The entries of the highest scores."""
    one = jax.nn.one_hot(jnp.argmax(scores, axis=-1), scores.shape[-1], dtype=values.dtype)
    return Draw(jnp.sum(one * values[None], axis=-1), one, jnp.ones((), values.dtype))


def through_softmax(
    share: Float[Array, "s n m"], values: Float[Array, "n m"], slopes: Float[Array, "k n"]
) -> Float[Array, "k n m"]:
    """∂f/∂l of f(Σ_j y_ij c_ij), y = softmax(l): f′_i y_ij (c_ij − Σ_k y_ik c_ik); s is k or 1."""
    middle = jnp.sum(share * values[None], axis=-1, keepdims=True)
    return slopes[..., None] * share * (values[None] - middle)


def estimates(
    function: Function,
    catalogue: Catalogue,
    logits: Float[np.ndarray, "n m"],
    gate: Gate,
    count: int,
    key: PRNGKeyArray,
    progress: float = 1.0,
) -> Float[np.ndarray, "s n m"]:
    """`count` estimates of ∂E[f]/∂l by a gate, f the one output of a function.

    Their mean is an estimate as well, and their spread says how good it is. Raises `ConfigError`.

    ```python
    g = estimates(function, catalogue, np.zeros((10, 4)), StraightThrough(), 1000, key)
    g.mean(axis=0)
    ```
    """
    check(function, catalogue, gate, whole("the number of samples", count, 1))
    if len(function.outputs) != 1:
        raise ConfigError(
            f"estimates are of a function with one output: got {len(function.outputs)}; "
            "Task(...).judged() puts several together."
        )
    at, values = masked(logits, catalogue), jnp.asarray(catalogue.values)
    draw = _drawn(gate, key, at, values, count, jnp.asarray(progress, float))
    points = np.asarray(draw.points)
    f, *slopes = function.derivatives(points, int(gate.needs_derivatives))
    given = slopes[0][:, 0] if gate.needs_derivatives else np.zeros_like(points)
    return np.asarray(_estimated(gate, draw, at, values, jnp.asarray(f[:, 0]), jnp.asarray(given)))


def masked(logits: object, catalogue: Catalogue) -> Float[Array, "n m"]:
    """Logits, −∞ where there is no entry."""
    at = np.asarray(logits, float)
    if at.shape != catalogue.present.shape:
        raise ConfigError(
            f"logits have a row for each variable and a column for each entry, "
            f"{catalogue.present.shape}: got {at.shape}."
        )
    return jnp.asarray(np.where(catalogue.present, at, -np.inf))


def check(function: Function, catalogue: Catalogue, gate: Gate, count: int) -> None:
    """Raise `ConfigError` for what does not go together."""
    if not isinstance(gate, Gate):
        raise ConfigError(f"a gate is StraightThrough(), GumbelSoftmax(), …: got {gate!r}.")
    if len(catalogue.sizes) != len(function.inputs):
        raise ConfigError(
            f"the function has {len(function.inputs)} inputs, the catalogue lists for "
            f"{len(catalogue.sizes)}: give one for each."
        )
    if gate.needs_derivatives and function.order < 1:
        raise ConfigError(
            f"{type(gate).__name__} needs derivatives, which this {type(function).__name__} does "
            "not know: take ScoreFunction()."
        )
    if count < gate.least:
        raise ConfigError(
            f"{type(gate).__name__} needs {gate.least} or more samples, which it compares with "
            f"each other: got {count}."
        )


@compiled(SELDOM)
def _drawn(gate: Gate, key, logits, values, count: int, progress) -> Draw:
    return gate.draw(key, logits, values, count, progress)


@compiled(SELDOM)
def _estimated(gate: Gate, draw: Draw, logits: Any, values: Any, f: Any, slopes: Any) -> Array:
    return gate.estimate(draw, logits, values, f, slopes)
