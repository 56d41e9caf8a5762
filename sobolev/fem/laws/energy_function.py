"""A hyperelastic law whose energy is any function that JAX can differentiate: a trained network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Demand, positive
from sobolev.fem.laws.hyperelastic import Finite, volumetric
from sobolev.fem.laws.tensors import determinant, green
from sobolev.fem.values import Static, Value


@dataclass(frozen=True)
class Structure:
    """A pytree without its numbers: what must be equal for compiled code to be shared."""

    tree: Any
    others: tuple[tuple[int, Any], ...]

    def filled(self, numbers: Sequence[Any]) -> Callable:
        """The function with these numbers."""
        rest, others = iter(numbers), dict(self.others)
        leaves = [others[k] if k in others else next(rest) for k in range(self.tree.num_leaves)]
        return jax.tree.unflatten(self.tree, leaves)


@dataclass(frozen=True)
class Traced:
    """A JAX function of one vector, cut into `numbers` and what is compiled."""

    numbers: tuple[Value, ...]
    structure: Static[Structure]
    inputs: Static[int]

    @classmethod
    def of(cls, function: Callable, inputs: int) -> "Traced":
        """Floating-point arrays and numbers of Python are numbers, all else is structure."""
        leaves, tree = jax.tree.flatten(function)
        numbers = tuple(leaf for leaf in leaves if _is_number(leaf))
        others = tuple((k, leaf) for k, leaf in enumerate(leaves) if not _is_number(leaf))
        return cls(numbers, Structure(tree, others), inputs)

    def value(self, x: Float[AnyArray, " d"]) -> Float[AnyArray, ""]:
        """The first and only output."""
        return self.structure.filled(self.numbers)(x)[0]


@dataclass(frozen=True)
class Hyperelastic(Finite):
    """ψ = W(H) + κ/2 ((J² - 1)/2 - ln J), W any function of the strain: a trained network.

    Stress and tangent are exact derivatives of W, so that Newton's method converges as with any
    other law, if W is smooth. The weights of a network are arguments of the compiled code: another
    network of the same architecture, trained on other data, does not compile anew.

    **Arguments:** `function`, a `Function` by JAX (a `Surrogate`, or `function.of_jax` of one's
    own) with one output, the energy of a reference volume in stress units, and 9 inputs, the
    displacement gradient H = F - 1 row by row, or 6, Green's strain E₁₁, E₂₂, E₃₃, 2E₂₃, 2E₁₃,
    2E₁₂ (of 6, W is objective by itself; of 9, as `networks.Potential` is). `kappa`: the bulk
    modulus of an energy of rubber that does not hold its volume; None, nothing is added. Raises
    `ConfigError`.

    ```python
    fem.PlaneStrain(fem.Hyperelastic(surrogate))
    fem.PlaneStrain(fem.MeanDilatation(fem.Hyperelastic(rubber, kappa=1000.0)))
    ```
    """

    function: Any
    kappa: Value | None = None

    def __post_init__(self):
        if not isinstance(self.function, Traced):
            object.__setattr__(self, "function", _traced(self.function))
        super().__post_init__()

    def demands(self) -> Sequence[Demand]:
        """A body that resists a change of its volume."""
        return [] if self.kappa is None else positive(kappa=self.kappa)

    def density(self, H: Float[AnyArray, "3 3"]) -> Float[AnyArray, ""]:
        """ψ(F)."""
        x = jnp.reshape(H, -1) if self.function.inputs == 9 else _voigt(green(H))
        W = self.function.value(x)
        if self.kappa is None:
            return W
        return W + volumetric(determinant(np.eye(3) + H), self.kappa)


def _voigt(E: Float[AnyArray, "3 3"]) -> Float[AnyArray, " 6"]:
    return jnp.reshape(E, -1)[np.array([0, 4, 8, 5, 2, 1])] * np.array([1, 1, 1, 2, 2, 2.0])


def _is_number(leaf: Any) -> bool:
    if isinstance(leaf, jax.Array | np.ndarray | np.generic):
        return leaf.dtype.kind == "f"
    return isinstance(leaf, float)


def _traced(function: Any) -> Traced:
    # a surrogate is one: imported here, so that posing a problem does not wait for Equinox
    from sobolev.function.by_jax import ByJax

    if not isinstance(function, ByJax):
        raise ConfigError(
            "Hyperelastic takes a function by JAX, like a Surrogate or function.of_jax(W, ...): "
            f"got {shown(function)}."
        )
    d, q = len(function.inputs), len(function.outputs)
    if d not in (6, 9) or q != 1:
        raise ConfigError(
            "the energy of Hyperelastic has 9 inputs, the displacement gradient row by row, or the "
            f"6 components of Green's strain, and one output: got {d} and {q}."
        )
    made = Traced.of(function.pure(), d)
    if not all(np.isfinite(number).all() for number in made.numbers):
        raise ConfigError(
            "the energy of Hyperelastic has parameters that are not finite: train it again."
        )
    return made
