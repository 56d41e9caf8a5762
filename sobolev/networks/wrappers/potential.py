"""A strain energy as a network of invariants: of a material, by construction."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.activations import softplus
from sobolev.networks.architecture import Architecture, Frame, settle
from sobolev.networks.families.mlp import MLP
from sobolev.networks.wrappers.invariants import AnyArray, Invariants, Isotropic, volume_change

# softplus as in the source; the size learns laws of two constants (benchmarks/network_material.py)
SMALL, ISOTROPIC = MLP((8, 8), activation=softplus), Isotropic()

Numbers = tuple[float, ...]
# 11, 22, 33, 23, 13, 12
_VOIGT = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
_DIAGONAL = {6: (0, 1, 2), 9: (0, 4, 8)}


class Scales(NamedTuple):
    """Numbers between which a potential lies: x = `x_shift` + `x_scale` x̂, Ŵ = W/s_y - `y_shift`.

    `sizes` of the invariants over the range of the inputs; `growth` in scaled units.
    """

    x_shift: Numbers
    x_scale: Numbers
    y_shift: float
    sizes: Numbers
    growth: float


@dataclass(frozen=True)
class Potential(Architecture):
    """W = N(K) - N(0) + Σ c K + g ((J - 1)²/J)²: a strain energy whose invariants K feed a network.

    Inputs are the 9 components of the displacement gradient H = F - 1, row by row, or the 6 of
    Green's strain, E₁₁, E₂₂, E₃₃, 2E₂₃, 2E₁₃, 2E₁₂; there is one output, the energy W of a
    reference volume. Its slopes by H are the first Piola-Kirchhoff stress P, by E the second one S.
    Whatever the weights,

    - it is objective and has the symmetry of its invariants: it sees C = FᵀF through K alone;
    - energy and stress are zero at rest: K(0) = 0, and the terms c K take away the stress that
      ∂N/∂K there would give;
    - its tangent is symmetric, as a second derivative;
    - around a `ConvexMLP` it is polyconvex: convex and non-decreasing in K, and the other terms are
      convex in J, or in I₄, I₅ with coefficients that are not negative.

    **Arguments:** `inner`, the network N; `invariants` K: `Isotropic()`, `Fibres(directions)`,
    `Isochoric()` of rubber; `growth` g ≥ 0 in the unit of W, so that W → ∞ where J → 0 (at rest it
    has neither stress nor stiffness). `scales` are filled in by the surrogate. Raises
    `ConfigError`, of `build` for other numbers of inputs and outputs.

    Source: L. Linden, D. K. Klein, K. A. Kalina, J. Brummund, O. Weeger & M. Kästner, J. Mech.
    Phys. Solids 179 (2023) 105363, arXiv 2302.02403: terms of energy, stress and growth. The
    invariants are shifted by J, which gives the same functions and keeps the digits of small
    strains.

    ```python
    surrogate = sb.Surrogate.new(data, networks.Potential(networks.MLP((8, 8), networks.softplus)))
    law = fem.Hyperelastic(sb.fit(surrogate, data).surrogate)
    ```
    """

    name: ClassVar[str] = "potential"

    inner: Architecture = SMALL
    invariants: Invariants = ISOTROPIC
    growth: float = 0.0
    scales: Scales | None = None

    def __post_init__(self):
        if not isinstance(self.inner, Architecture) or not isinstance(self.invariants, Invariants):
            raise ConfigError(
                "Potential lies around an architecture, with invariants like networks.Isotropic(): "
                f"got {self.inner!r} and {self.invariants!r}."
            )
        if not 0 <= self.growth < np.inf:
            raise ConfigError(f"growth is a number ≥ 0, in the unit of W: got {self.growth!r}.")
        settle(self, growth=float(self.growth))

    @property
    def count(self) -> int:
        """How many invariants there are."""
        return len(self.invariants.names)

    def explicit(self, inputs: int, outputs: int) -> "Potential":
        """The inner one with its constants written out."""
        return replace(self, inner=self.inner.explicit(self.count, 1))

    def within(self, frame: Frame) -> "Potential":
        """The same between the scalings; the inner one lies between the invariants and 1."""
        if self.scales is not None:
            return self
        _check_sizes(len(frame.inputs), len(frame.outputs))
        unit = float(frame.y_scale[0])
        scales = Scales(
            tuple(map(float, frame.x_shift)), tuple(map(float, frame.x_scale)),
            float(frame.y_shift[0]) / unit, _sizes(self.invariants, frame), self.growth / unit,
        )  # fmt: skip
        names, n = self.invariants.names, self.count
        plain = Frame(names, ("W",), np.zeros(n), np.ones(n), np.zeros(1), np.ones(1))
        return replace(self, inner=self.inner.within(plain), scales=scales)

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "PotentialModule":
        """The network with weights of the inner one drawn from `key`."""
        _check_sizes(inputs, outputs)
        placed = self.within(Frame.plain(inputs, outputs))
        inner = placed.inner.build(self.count, 1, key)
        assert placed.scales is not None
        return PotentialModule(inner, self.invariants, placed.scales)


class PotentialModule(eqx.Module):
    """What `Potential` builds, between the scalings."""

    inner: Callable
    invariants: Invariants = eqx.field(static=True)
    # Numbers of Python: no optimiser sees them, and a law made of this has them as arguments.
    scales: Scales

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " 1"]:
        """Ŵ of one scaled input vector."""
        x_shift, x_scale, y_shift, sizes, growth = self.scales
        E = green(jnp.asarray(x_shift, x.dtype) + jnp.asarray(x_scale, x.dtype) * x)
        K = jnp.stack(list(self.invariants.of(E)))
        sizes = jnp.asarray(sizes, K.dtype)

        def of(K):
            return self.inner(K)[0]

        at_rest, slopes = jax.value_and_grad(of)(jnp.zeros_like(K))
        counter = jnp.stack([c + 0 * K[0] for c in self.invariants.counterweights(slopes / sizes)])
        J = 1 + volume_change(E)
        walls = growth * ((J - 1) ** 2 / J) ** 2
        return (of(K / sizes) - at_rest + jnp.sum(counter * K) + walls - y_shift)[None]


def green(x: Float[AnyArray, " d"]) -> Float[AnyArray, "3 3"]:
    """Green's strain of 9 components of H, or of its own 6 with twice the shears."""
    if len(x) == 6:
        return x[_VOIGT] * (1 + np.eye(3)) / 2
    H = x.reshape(3, 3)
    return (H + H.T + (H[:, :, None] * H[:, None, :]).sum(0)) / 2


def _check_sizes(inputs: int, outputs: int) -> None:
    if inputs not in _DIAGONAL or outputs != 1:
        raise ConfigError(
            "a potential has 9 inputs, the displacement gradient row by row, or the 6 components "
            f"of Green's strain, and one output, the energy: got {inputs} and {outputs}."
        )


def _sizes(invariants: Invariants, frame: Frame) -> Numbers:
    """How large each invariant becomes at the ends of the range of the inputs, from rest.

    All ends of the stretches together, and those of the shears one by one; where a stretch would
    turn the body inside out it stays at a hundredth.
    """
    lower, upper = frame.x_shift - frame.x_scale, frame.x_shift + frame.x_scale
    places = _DIAGONAL[len(lower)]
    floor = -0.99 if len(lower) == 9 else -0.49
    ends = [np.maximum((lower[k], upper[k]), floor) for k in places]
    points = []
    for corner in product(*ends):
        points.append(np.zeros(len(lower)))
        points[-1][list(places)] = corner
    for k in sorted({*range(len(lower))} - {*places}):
        points.append(np.zeros(len(lower)))
        points[-1][k] = max(-lower[k], upper[k])
    with np.errstate(all="ignore"):
        found: Any = np.abs([invariants.of(green(point)) for point in points])
    largest = np.max(np.where(np.isfinite(found), found, 0.0), axis=0)
    return tuple(float(size) if size > 0 else 1.0 for size in largest)
