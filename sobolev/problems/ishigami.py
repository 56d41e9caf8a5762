"""A closed-form test function of sensitivity analysis: strongly nonlinear, with an interaction."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import Diverged
from sobolev.box import Box
from sobolev.function import Derivatives
from sobolev.problems._problem import Problem


@dataclass(frozen=True)
class Ishigami(Problem):
    """Ishigami's function y = sin x₁ + a sin² x₂ + b x₃⁴ sin x₁ on [-π, π]³.

    Mean a/2 and variance 1/2 + a²/8 + b π⁴/5 + b² π⁸/18 are known, so it also checks uncertainty
    quantification. T. Ishigami, T. Homma, Proc. First Int. Symp. Uncertainty Modeling and Analysis
    (1990) 398, 10.1109/ISUMA.1990.151285. `solve` raises `Diverged` for a point that is not finite.

    ```python
    Ishigami().solve(np.zeros(3)).jacobian   # [[1, 0, 0]]
    ```
    """

    a: float = 7.0
    b: float = 0.1

    @property
    def name(self) -> str:
        """A short identifier, written into files."""
        return "ishigami"

    @property
    def box(self) -> Box:
        """Domain, names and units of the inputs."""
        return Box(("x1", "x2", "x3"), (-np.pi,) * 3, (np.pi,) * 3)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The single response."""
        return ("y",)

    @property
    def output_units(self) -> tuple[str, ...]:
        """Units of the responses."""
        return ("",)

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Derivatives:
        """Value and derivatives up to `order` at one point."""
        if not np.isfinite(x).all():
            raise Diverged(f"the point {np.asarray(x).tolist()} is not finite.")
        x1, x2, x3 = np.asarray(x, float)
        a, b = self.a, self.b
        s, c, power = np.sin(x1), np.cos(x1), 1 + b * x3**4
        value = np.array([s * power + a * np.sin(x2) ** 2])
        jacobian = np.array([[c * power, a * np.sin(2 * x2), 4 * b * x3**3 * s]])
        mixed = 4 * b * x3**3 * c
        hessian = np.array(
            [
                [-s * power, 0, mixed],
                [0, 2 * a * np.cos(2 * x2), 0],
                [mixed, 0, 12 * b * x3**2 * s],
            ]
        )
        return Derivatives(*(value, jacobian, hessian[None])[: order + 1])
