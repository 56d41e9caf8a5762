"""What an atom sees of the others: numbers that do not change when all are moved or turned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.arguments import positive, whole
from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import settle
from sobolev.networks.as_json import Saved
from sobolev.networks.families.atoms.cell import Cell, images_of
from sobolev.networks.families.atoms.chebyshev import chebyshev

# (η in units of 1/cutoff², ζ, λ) of the angular functions: wide and narrow angles, around 0 and π
ANGLES = ((2.0, 1, 1), (2.0, 1, -1), (2.0, 4, 1), (2.0, 4, -1))


@dataclass(frozen=True)
class Surroundings(Saved):
    """Symmetry functions with a cut-off that is smooth to any order.

    Of atom i, for the others of each kind: radial ones, and for pairs of kinds angular ones,

        R_k = Σ_j T_k(u(r_ij)) f(r_ij),   u = 1 at `nearest`, −1 at `cutoff`, linear in 1/r,
        A   = 2^{1−ζ} Σ_{j<k} (1 + λ cos θ_ijk)^ζ exp(−η (r_ij² + r_ik² + r_jk²)/r_c²) f f f,
        f(r) = exp(1 − 1/(1 − (r/r_c)²)) below the cut-off r_c, and zero beyond.

    T_k are Chebyshev's polynomials: what is steep where atoms touch is smooth in 1/r. A network of
    R_k alone has the form of embedded atoms, Σ_i g(Σ_j φ(r_ij)), whose φ are learnt. All
    derivatives of f vanish at the cut-off: with the usual cosine forces are continuous and Hessians
    jump. **Arguments:** `cutoff`, `nearest` in the unit of the positions, `radial` how many,
    `angular` a tuple of (η, ζ, λ), ζ whole and λ = ±1, none for pairs alone. Raises `ConfigError`.

    Source: J. Behler, J. Chem. Phys. 134 (2011) 074106, 10.1063/1.3553717 (angular); N. Artrith,
    A. Urban, G. Ceder, Phys. Rev. B 96 (2017) 014112 (Chebyshev, there of r); M. S. Daw, M. I.
    Baskes, Phys. Rev. B 29 (1984) 6443 (embedded atoms).

    ```python
    networks.Surroundings(cutoff=6.0, nearest=2.0, radial=12, angular=())   # embedded atoms
    ```
    """

    name: ClassVar[str] = "surroundings"

    cutoff: float = 6.0
    nearest: float = 1.0
    radial: int = 12
    angular: tuple[tuple[float, int, int], ...] = ANGLES

    def __post_init__(self):
        positive("the cut-off", self.cutoff)
        whole("the number of radial functions", self.radial, 2)
        if not 0 < self.nearest < self.cutoff:
            raise ConfigError(
                "the nearest distance lies between 0 and the cut-off "
                f"{self.cutoff}: got {self.nearest}."
            )
        angular = tuple((float(η), int(ζ), int(λ)) for η, ζ, λ in self.angular)
        for η, ζ, λ in angular:
            if not (η > 0 and ζ >= 1 and abs(λ) == 1):
                raise ConfigError(
                    f"an angular function has η > 0, a whole ζ ≥ 1 and λ = 1 or -1: got "
                    f"{(η, ζ, λ)}."
                )
        settle(self, cutoff=float(self.cutoff), nearest=float(self.nearest), angular=angular)

    def count(self, kinds: int) -> int:
        """How many numbers an atom sees among so many kinds of atoms."""
        return self.radial * kinds + len(self.angular) * kinds * (kinds + 1) // 2

    def of(
        self, positions: Float[Array, "N 3"], kinds: Sequence[int]
    ) -> Float[Array, "N features"]:
        """What each atom sees, with the kind of each as a whole number."""
        apart = positions[None] - positions[:, None]
        return self.seen(apart, kinds, np.eye(len(kinds)))

    def of_periodic(
        self,
        positions: Float[Array, "N 3"],
        kinds: Sequence[int],
        cell: Cell,
        strain: Float[Array, "3 3"] | None = None,
    ) -> Float[Array, "N features"]:
        """What each atom sees of all images of all, where rows of `cell` are its vectors.

        Positions are those before the strain ε, which moves atoms and cell alike, r → r (1 + ε).
        """
        images = images_of(cell, self.cutoff)
        vectors = jnp.asarray(cell, positions.dtype)
        inside = positions @ jnp.linalg.inv(vectors)
        apart = inside[None] - inside[:, None]
        # To the nearest image: what is rounded off is a whole number and has no slope.
        apart = apart - jnp.round(jax.lax.stop_gradient(apart))
        apart = (apart[:, None] + images[None, :, None]).reshape(len(kinds), -1, 3)
        if strain is not None:
            vectors = vectors @ (jnp.eye(3, dtype=positions.dtype) + strain)
        itself = np.concatenate(
            [np.eye(len(kinds)) * float(not image.any()) for image in images], axis=1
        )
        return self.seen(apart @ vectors, tuple(kinds) * len(images), itself)

    def seen(
        self, apart: Float[Array, "N M 3"], kinds: Sequence[int], itself: Float[np.ndarray, "N M"]
    ) -> Float[Array, "N features"]:
        """What N atoms see of M others with these kinds, one of which may be `itself`."""
        many = max(kinds) + 1
        of_kind = jnp.asarray(np.eye(many)[list(kinds)], apart.dtype)  # [M, kinds]
        # An atom lies at its own place, where a root has no slope: there the distance is the
        # cut-off, which nothing is seen at.
        squared = jnp.sum(apart**2, axis=-1) + self.cutoff**2 * jnp.asarray(itself, apart.dtype)
        r = jnp.sqrt(squared)
        cut = self._cut(squared)
        radial = jnp.einsum("ijk,ij,js->isk", self._radial(r), cut, of_kind)
        found = [radial.reshape(len(apart), -1)]
        if self.angular:
            found.append(self._angular(apart, squared, r, cut, of_kind))
        return jnp.concatenate(found, axis=1)

    def _radial(self, r: Float[Array, "N M"]) -> Float[Array, "N M K"]:
        """T_k of the inverse distance, which goes from −1 at the cut-off to 1 at the nearest."""
        u = 2 * (1 / r - 1 / self.cutoff) / (1 / self.nearest - 1 / self.cutoff) - 1
        return chebyshev(u, self.radial)

    def _cut(self, squared: Float[Array, "..."]) -> Float[Array, "..."]:
        inside = squared < self.cutoff**2
        u2 = jnp.where(inside, squared, 0.0) / self.cutoff**2  # beyond, no slope of a pole
        return jnp.where(inside, jnp.exp(1 - 1 / (1 - u2)), 0.0)

    def _angular(self, apart, squared, r, seen, of_kind) -> Float[Array, "N features"]:
        """Sums over pairs j, k of neighbours, each pair once."""
        product = jnp.einsum("ijc,ikc->ijk", apart, apart)
        cosine = product / (r[:, :, None] * r[:, None, :])
        both = squared[:, :, None] + squared[:, None, :]
        # of a pair of one and the same, the cut-off again
        opposite = both - 2 * product + self.cutoff**2 * jnp.eye(len(of_kind), dtype=r.dtype)[None]
        around = (both + opposite) / self.cutoff**2
        three = seen[:, :, None] * seen[:, None, :] * self._cut(opposite)
        kinds = of_kind.shape[1]
        pairs = [(a, b) for a in range(kinds) for b in range(a, kinds)]
        found = []
        for η, ζ, λ in self.angular:
            each = 2.0 ** (1 - ζ) * (1 + λ * cosine) ** ζ * jnp.exp(-η * around) * three
            sums = jnp.einsum("ijk,ja,kb->iab", each, of_kind, of_kind) / 2
            # of two kinds both orders are there, of one each pair twice
            found += [sums[:, a, b] * (1 if a == b else 2) for a, b in pairs]
        return jnp.stack(found, axis=1)
