"""Random directions: of operators in many dimensions, and of derivatives that are labels."""

import abc
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import one_of, whole
from sobolev._base.errors import ConfigError


class Directions(eqx.Module):
    """`count` random directions v `[d]` at a time, each with E vvᵀ = 1: abstract, or final.

    So E vᵀHv = tr H for any matrix H, and E |Jv|² = ‖J‖² for any J: a mean over them estimates a
    sum over all inputs without bias, whatever their number.
    """

    count: int = eqx.field(static=True)

    @abc.abstractmethod
    def drawn(self, key: PRNGKeyArray, d: int, kind: Any = float) -> Float[Array, "B d"]:
        """Directions in d dimensions, of numbers of a kind."""

    def left(self, d: int) -> float:
        """Var(mean) = `left` · s²/B, s² the variance in a sample of B: 1 for independent ones."""
        del d
        return 1.0

    def every(self, d: int, kind: Any = float) -> Float[Array, "d d"] | None:
        """Those whose mean is exact, whatever is asked of each; None: there are none."""
        del d, kind
        return None

    def check(self, d: int, of: str) -> None:
        """Raise `ConfigError` when there are not so many; `of` says whose they are."""


class RandomDimensions(Directions):
    """`count` of the d inputs, none twice: v = √d e_i.

    A mean over them is d/B times the sum over the inputs drawn. Its variance d²(1 − B/d)S²/B, S²
    that of the d parts of the sum, is none where all parts are alike. `count` = d is no estimate.
    Source: Hu, Shukla, Karniadakis & Kawaguchi, Neural Networks 176 (2024) 106369 (arXiv
    2307.12306).

    ```python
    RandomDimensions(16)
    ```
    """

    def __init__(self, count: int):
        self.count = whole("the number of dimensions", count, 1)

    def drawn(self, key: PRNGKeyArray, d: int, kind: Any = float) -> Float[Array, "B d"]:
        """√d e_i of the B largest of d random numbers."""
        which = jax.lax.top_k(jax.random.uniform(key, (d,)), self.count)[1]
        return jnp.sqrt(d) * jax.nn.one_hot(which, d, dtype=kind)

    def left(self, d: int) -> float:
        """1 − B/d, since none is drawn twice."""
        return 1 - self.count / d

    def every(self, d: int, kind: Any = float) -> Float[Array, "d d"]:
        """All of them."""
        return jnp.sqrt(d) * jnp.eye(d, dtype=kind)

    def check(self, d: int, of: str) -> None:
        """Refuse more than there are."""
        if self.count > d:
            raise ConfigError(
                f"{of} has {d} inputs, of which {self.count} cannot be drawn: give "
                f"RandomDimensions({d}), which is the whole sum, or fewer."
            )


class RandomDirections(Directions):
    """`count` independent directions, of ±1 ("rademacher") or of normal numbers ("normal").

    Of vᵀHv the variance is 2 Σ_{i≠j} H_ij² with ±1 and 2‖H‖² with normal numbers, never less: with
    ±1 none where H is diagonal. Normal ones are for derivatives of order four, E (v·∇)⁴u = 3 Δ²u.
    Source: Hutchinson, Commun. Statist. Simul. Comput. 19 (1990) 433; Shi, Hu, Lin & Kawaguchi,
    Stochastic Taylor derivative estimator, NeurIPS 2024, arXiv 2412.00088.

    ```python
    RandomDirections(16)
    ```
    """

    of: str = eqx.field(static=True)

    def __init__(self, count: int, of: str = "rademacher"):
        self.count = whole("the number of directions", count, 1)
        self.of = one_of("the kind of directions", of, ("rademacher", "normal"))

    def drawn(self, key: PRNGKeyArray, d: int, kind: Any = float) -> Float[Array, "B d"]:
        """Independent numbers."""
        draw = jax.random.rademacher if self.of == "rademacher" else jax.random.normal
        return draw(key, (self.count, d), kind)
