"""GradVac: each gradient turned until its cosines with the others reach their usual values."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev.weighting.maths.angles import angles_of, weights_of
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.schemes.by_angle.pcgrad import orders
from sobolev.weighting.settings import whole, within


class VaccineState(NamedTuple):
    """The usual cosines φ_kj between the gradients, and steps done."""

    targets: Float[Array, "K K"]
    step: Int[Array, ""]


class GradVac(Scheme):
    """d = Σ_k g̃_k: g̃_k += ‖g̃_k‖ (φ√(1−c²) − c√(1−φ²))/√(1−φ²) u_j where c = cos(g̃_k, g_j) < φ.

    For all j in random order. φ ← (1 − rate) φ + rate·c, from 0 on, is the usual cosine of the
    pair k, j; with φ = 0 for ever (`rate` 0) this is `PCGrad`.

    **Arguments:** `rate` in [0, 1] of that average; `seed` of the random orders. The paper changes
    φ slowly (0.01). Source: Wang et al., arXiv 2010.05874 (algorithm 1). Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=Chain(InverseEnergy(), GradVac(0.01)))
    ```
    """

    name = "gradvac"
    needs = frozenset({"gram"})

    rate: Array
    seed: Array

    def __init__(self, rate: float = 0.5, seed: int = 0):
        self.rate = within("the rate of the usual cosines", rate)
        self.seed = whole("the seed", seed)

    def init(self, energies: Float[Array, " K"]) -> VaccineState:
        """Targets 0: only conflicts are removed at first."""
        K = len(energies)
        return VaccineState(jnp.zeros((K, K), energies.dtype), jnp.zeros((), int))

    def update(
        self, statistics: Statistics, state: VaccineState
    ) -> tuple[Float[Array, " K"], VaccineState]:
        """The weights of the sum of the turned gradients; the targets moved on."""
        assert statistics.gram is not None
        angles = angles_of(statistics.gram)
        order = orders(self.seed, state.step, len(angles.sizes))
        rate = self.rate.astype(state.targets.dtype)
        rows, targets = turned(angles.cosines, angles.alive, state.targets, rate, order)
        return weights_of(angles.sizes @ rows, angles), VaccineState(targets, state.step + 1)


def turned(
    C: Float[Array, "K K"], alive: Array, targets: Array, rate: Array, order: Int[Array, "K K"]
) -> tuple[Float[Array, "K K"], Float[Array, "K K"]]:
    """Row k: the parts of unit gradient u_k after it has met the others; and the new targets."""
    K, ε = len(C), float(jnp.finfo(C.dtype).eps)

    def one(k: Array, start: Array, targets: Array, others: Array) -> tuple[Array, Array]:
        def meet(carry: tuple[Array, Array], j: Array) -> tuple[tuple[Array, Array], None]:
            row, φs = carry
            length = jnp.sqrt(jnp.maximum(row @ C @ row, 0.0))
            c = jnp.clip(row @ C[j] / jnp.where(length > 0, length, 1.0), -1, 1)
            φ = φs[j]
            across = jnp.sqrt(jnp.maximum(1 - φ**2, ε))
            more = length * (φ * jnp.sqrt(1 - c**2) / across - c)
            meets = (j != k) & alive[j] & alive[k]
            row = row.at[j].add(jnp.where(meets & (c < φ), more, 0.0))
            return (row, φs.at[j].add(jnp.where(meets, rate * (c - φ), 0.0))), None

        return jax.lax.scan(meet, (start, targets), others)[0]

    return jax.vmap(one)(jnp.arange(K), jnp.eye(K, dtype=C.dtype), targets, order)
