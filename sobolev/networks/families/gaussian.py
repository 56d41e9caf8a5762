"""Trainable Gaussian features: sums of local bumps, and a small MLP behind them or none."""

from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from sobolev._base.arguments import one_of
from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError
from sobolev.networks.activations import Activation
from sobolev.networks.architecture import settle
from sobolev.networks.families.dense import Dense, chain, widths
from sobolev.networks.families.gaussian_sums import GaussianSums
from sobolev.networks.families.layered import Activated, Layered, forward
from sobolev.networks.last_layer import WithLastLayer

SMALL = 0.01  # of the first weights, as published
COVARIANCES = "diagonal", "full"


@dataclass(frozen=True)
class GaussianFeatures(Activated):
    """MLP(h), h_f = Σ_k w_fk exp(−½ |z|²), z = Tᵀ((x − μ_fk)/σ_fk), all of it trained.

    Bumps with a place and a width of their own, for responses that are local or oscillate in few
    inputs: in d of them a bump of width 0.1 sees 0.1^d of the box.

    **Arguments:**
    - `hidden`: (K,) are K Gaussians of which each output is a weighted sum, a linear layer;
      (K, 16) are `features` sums of K Gaussians each, and a layer of 16 units and a linear one
      behind them.
    - `activation`, `init` of these layers, as in `MLP`.
    - `features` ≥ 1, the number of sums where layers follow.
    - `width` σ > 0 at the start, in scaled inputs, which span [−1, 1]; its logarithm is trained.
    - `narrowest`, from 0 to below `width`: what that is added to, so that no bump is narrower. Give
      the distance of the rows where there are labels alone: a bump between two rows that has
      become narrower is seen by nobody, and stays (`benchmarks/gaussian_features.py`).
    - `covariance`: "diagonal", T = 1; "full", T unit lower triangular, 1 at the start: then L =
      T/σ is the Cholesky factor of the precision, LLᵀ.

    First centres U(−1, 1), weights N(0, 0.01²). Its derivatives are closed forms around one
    exponential, as JAX's rules give them; a rule by hand is slower
    (`benchmarks/gaussian_features.py`). `networks.pruned` takes out those that do nothing. Raises
    `ConfigError`. Source: Kang et al., PIG: Physics-informed Gaussians as adaptive parametric mesh
    representations, arXiv 2412.05994; there K = 800, 4 features, 16 units, σ = 0.1.

    ```python
    network = GaussianFeatures((100,)).build(2, 1, jax.random.key(0))
    ```
    """

    name: ClassVar[str] = "gaussian"

    hidden: tuple[int, ...] = (100,)
    features: int = 4
    width: float = 0.1
    covariance: str = "diagonal"
    narrowest: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        whole = isinstance(self.features, Integral) and self.features >= 1
        if not (whole and 0 < self.width < np.inf):
            raise ConfigError(
                "Gaussian features need a whole number of features ≥ 1 and a width > 0: got "
                f"features = {self.features!r}, width = {self.width!r}."
            )
        if not 0 <= self.narrowest < self.width:
            raise ConfigError(
                f"the narrowest width is from 0 to below the first one, {self.width}: got "
                f"{self.narrowest!r}."
            )
        one_of("covariance", self.covariance, COVARIANCES)
        settle(self, width=float(self.width), narrowest=float(self.narrowest))
        settle(self, features=int(self.features))

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "GaussianSum | GaussianMLP":
        """The network with weights drawn from `key`."""
        widths(inputs, self.hidden, outputs)
        count, *behind = self.hidden
        bumps, layers = jax.random.split(key)
        sets = self.features if behind else 1
        sums = self.features if behind else outputs
        centres, weights = _drawn(bumps, (sets, count, inputs), (sums, count))
        pairs = inputs * (inputs - 1) // 2 if self.covariance == "full" else 0
        made = GaussianSums(
            weights,
            centres,
            jnp.full_like(centres, np.log(self.width - self.narrowest)),
            jnp.zeros((sets, count, pairs), centres.dtype),
            self.narrowest,
        )
        if not behind:
            return GaussianSum(made, jnp.zeros(outputs, weights.dtype))
        shapes = chain((sums, *behind, outputs))
        return GaussianMLP(self.init(layers, shapes), self.activation, made)


class GaussianSum(WithLastLayer):
    """What `GaussianFeatures` builds with one number in `hidden`: the sums, and a bias."""

    sums: GaussianSums
    bias: Float[Array, " q"]

    @property
    def last_layer(self) -> PyTree:
        """Weights and bias."""
        return self.sums.weights, self.bias

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        return self.sums(x) + self.bias


class GaussianMLP(Layered):
    """What `GaussianFeatures` builds with layers behind the sums."""

    layers: tuple[Dense, ...]
    activation: Activation = eqx.field(static=True)
    sums: GaussianSums

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        return forward(self.layers, self.activation, self.sums(x))


@compiled(SELDOM)
def _drawn(key: PRNGKeyArray, places: tuple, weights: tuple) -> tuple[Array, Array]:
    one, two = jax.random.split(key)
    centres = jax.random.uniform(one, places, minval=-1.0)
    return centres, SMALL * jax.random.normal(two, weights)
