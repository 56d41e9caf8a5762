"""Clusters of atoms that attract and repel each other by Lennard and Jones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import minimize

from sobolev._base.arguments import positive, whole
from sobolev.box import Box
from sobolev.function.by_jax import ByJax
from sobolev.function.on_box import OnBox

AXES = "xyz"


@dataclass(frozen=True, eq=False)
class LennardJones(OnBox, ByJax):
    """E = Σ_{i<j} 4 (r_ij⁻¹² − r_ij⁻⁶) of N atoms in units of σ and ε, around its best known shape.

    Inputs are the 3N coordinates, within `rattle` of the minimum; with masses of 1 the Hessian
    there has the squares of angular frequencies as its eigenvalues, six of them zero. Known:
    N = 7, −16.505384168; N = 13, an icosahedron, −44.326801420 (D. J. Wales, J. P. K. Doye,
    J. Phys. Chem. A 101 (1997) 5111). The minimum is searched from 30 random starts; raises
    `ConfigError`.

    ```python
    cluster = problems.LennardJones(7)
    energy, slopes, hessian = cluster.derivatives(cluster.minimum, 2)   # forces are -slopes
    ```
    """

    atoms: int = 7
    rattle: float = 0.1

    def __post_init__(self):
        whole("the number of atoms", self.atoms, 2)
        positive("the rattle", self.rattle)

    outputs = ("energy",)
    output_units = ("ε",)

    @cached_property
    def minimum(self) -> Float[np.ndarray, " d"]:
        """Coordinates of the lowest of some minima, around its middle."""
        rng, best = np.random.default_rng(0), None
        for _ in range(30):
            start = rng.normal(size=3 * self.atoms) * 0.5 * self.atoms ** (1 / 3)
            found = minimize(_energy, start, jac=True, options={"gtol": 1e-10, "maxiter": 5000})
            best = found if best is None or found.fun < best.fun else best
        assert best is not None
        x = best.x.reshape(-1, 3)
        return (x - x.mean(axis=0)).ravel()

    @cached_property
    def box(self) -> Box:  # type: ignore[override]
        """Around the minimum, in units of σ."""
        names = tuple(f"X{i + 1}.{axis}" for i in range(self.atoms) for axis in AXES)
        x = self.minimum
        return Box(names, tuple(x - self.rattle), tuple(x + self.rattle), ("σ",) * len(x))

    def pure(self) -> Callable:
        """The sum over pairs."""
        return _Pairs()


class _Pairs(eqx.Module):
    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " 1"]:
        places = x.reshape(-1, 3)
        i, j = np.triu_indices(len(places), 1)
        inverse = 1 / jnp.sum((places[i] - places[j]) ** 2, axis=1) ** 3
        return jnp.sum(4 * inverse * (inverse - 1))[None]


def _energy(x: np.ndarray) -> tuple[float, np.ndarray]:
    """Value and slopes, for the search; atoms that meet push each other apart by a finite force."""
    places = x.reshape(-1, 3)
    i, j = np.triu_indices(len(places), 1)
    apart = places[i] - places[j]
    squared = np.maximum(np.sum(apart**2, axis=1), 0.3)
    inverse = squared**-3
    slopes = (4 * (-12 * inverse + 6) * inverse / squared)[:, None] * apart
    total = np.zeros_like(places)
    np.add.at(total, i, slopes)
    np.add.at(total, j, -slopes)
    return float(np.sum(4 * inverse * (inverse - 1))), total.ravel()
