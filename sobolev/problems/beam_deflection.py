"""A closed-form problem from mechanics: the deflection of an Euler-Bernoulli cantilever."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError, Diverged
from sobolev.box import Box
from sobolev.function import Derivatives
from sobolev.problems._problem import Problem


@dataclass(frozen=True)
class BeamDeflection(Problem):
    """Tip deflection w = F L³ / (3 E I) of a cantilever of unit width, I = h³ / 12.

    Inputs: the length L in mm, Young's modulus E in MPa and the height h in mm; `force` F in N.
    Every derivative is closed-form, as w is a monomial: ∂w/∂x_i = n_i w / x_i with the exponents
    n = (3, -1, -3). Raises `ConfigError` for a force that is not finite; `solve` raises `Diverged`
    for inputs that are not positive.

    ```python
    BeamDeflection().solve(np.array([100.0, 2.1e5, 10.0])).value   # 0.0190 mm
    ```
    """

    force: float = 1.0

    def __post_init__(self):
        if not np.isfinite(self.force):
            raise ConfigError(f"force must be finite: got {self.force}.")

    @property
    def name(self) -> str:
        """A short identifier, written into files."""
        return "beam_deflection"

    @property
    def box(self) -> Box:
        """Domain, names and units of the inputs."""
        return Box(("L", "E", "h"), (80, 1.8e5, 8), (120, 2.4e5, 12), ("mm", "MPa", "mm"))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The tip deflection."""
        return ("w",)

    @property
    def output_units(self) -> tuple[str, ...]:
        """Units of the responses."""
        return ("mm",)

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Derivatives:
        """Value and derivatives up to `order` at one point."""
        x = np.asarray(x, float)
        if not (np.isfinite(x) & (x > 0)).all():
            raise Diverged(f"L, E and h must be positive and finite: got {x.tolist()}.")
        L, E, h = x
        w = 4 * self.force * L**3 / (E * h**3)
        slope = np.array([3.0, -1.0, -3.0]) / x
        bend = np.outer(slope, slope) - np.diag(slope / x)
        pieces = (np.array([w]), w * slope[None], w * bend[None])
        return Derivatives(*pieces[: order + 1])
