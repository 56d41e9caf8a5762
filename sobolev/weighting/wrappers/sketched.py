"""The Gram matrix from a few directional derivatives, for losses of many terms."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev._base.errors import ConfigError
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.schemes.by_size.inverse_norm import InverseNorm
from sobolev.weighting.settings import check_scheme, fraction, whole
from sobolev.weighting.wrappers.wrapper import Wrapper


class SketchState(NamedTuple):
    """The state of the inner scheme, the decayed sum of the estimates, and of the counts."""

    inner: PyTree
    gram: Float[Array, "K K"]
    total: Float[Array, ""]


class Sketched(Wrapper):
    """A scheme that needs the Gram matrix, given an estimate: Ĝ = tᵀt/v with t = V∇L, V ~ N(0, 1).

    E[Ĝ] = g_j·g_k. t costs `vectors` forward derivatives of all losses together, however many terms
    there are; the Gram matrix itself costs one reverse pass for each.

    **Arguments:** `inner` a scheme that needs the Gram matrix; `vectors` v ≥ 1 directions a step
    (default 4, static); `decay` in [0, 1) (default 0.9): the estimates are averaged over about
    1/(1 − decay) measurements, without bias at the start. Raises `ConfigError`.

    One measurement has a relative deviation of a norm of about 0.34 with four directions, 0.18 with
    16. That suffices for norms (`InverseNorm`). v directions give a matrix of rank v: schemes that
    invert it (ConFIG) need many more directions than terms, at a cost beyond that of the matrix.

    ```python
    fit(surrogate, train, weighting=Sketched(InverseNorm(), vectors=4))
    ```
    """

    inner: Scheme
    directions: int = eqx.field(static=True)
    decay: Array

    def __init__(self, inner: Scheme, vectors: int = 4, decay: float = 0.9):
        check_scheme("what stands inside Sketched", inner)
        if "gram" not in inner.needs:
            raise ConfigError(
                "a sketch estimates the Gram matrix, and this scheme does not need it: "
                f"{type(inner).__name__} needs {', '.join(sorted(inner.needs)) or 'losses only'}."
            )
        whole("vectors", vectors, 1)
        self.inner, self.directions, self.decay = inner, int(vectors), fraction("decay", decay)

    @classmethod
    def named(cls) -> Mapping[str, Callable[..., Scheme]]:
        """Around `InverseNorm`, for which a few directions suffice."""
        return {"sketched-inverse-norm": cls._around_norms}

    @classmethod
    def _around_norms(cls, vectors: int = 4, decay: float = 0.9) -> "Sketched":
        """Made when it is asked for: an array made on import would start JAX."""
        return cls(InverseNorm(), vectors, decay)

    @property
    def needs(self) -> frozenset[str]:  # pyright: ignore
        """A sketch in place of the Gram matrix."""
        return self.inner.needs - {"gram"} | {"sketch"}

    @property
    def vectors(self) -> int:
        """Random directions a step."""
        return self.directions

    def inner_state(self, state: SketchState) -> PyTree:
        """The state of the inner scheme."""
        return state.inner

    def with_inner_state(self, state: SketchState, inner: PyTree) -> SketchState:
        """The state with that of the inner scheme replaced."""
        return state._replace(inner=inner)

    def init(self, energies: Float[Array, " K"]) -> SketchState:
        """The inner state; nothing measured yet."""
        K, zero = len(energies), jnp.zeros((), energies.dtype)
        return SketchState(self.inner.init(energies), jnp.zeros((K, K), energies.dtype), zero)

    def update(
        self, statistics: Statistics, state: SketchState
    ) -> tuple[Float[Array, " K"], SketchState]:
        """The inner weights at the averaged estimate, this step's included where it is measured."""
        t = statistics.sketch
        assert t is not None
        measured = self.inner.due(state.inner)  # else t is zero, which is not an estimate
        gram = jnp.where(measured, self.decay * state.gram + t.T @ t / len(t), state.gram)
        count = jnp.where(measured, self.decay * state.total + 1, state.total)
        mean = gram / jnp.maximum(count, 1)
        weights, inner = self.inner.update(statistics._replace(gram=mean), state.inner)
        return weights, SketchState(inner, gram, count)
