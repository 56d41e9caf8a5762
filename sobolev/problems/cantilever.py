"""A clamped beam under a tip force: the deflection, against material and shape parameters."""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from sobolev.box import Box
from sobolev.function import Derivatives
from sobolev.problems._elastic import box_of, check_elastic, choose, refuse_fault
from sobolev.problems._problem import Problem

if TYPE_CHECKING:
    from sobolev.fem.model import Model

_RANGES = {
    "E": (800.0, 1200.0, "MPa"),
    "nu": (0.2, 0.4, ""),
    "length": (4.0, 8.0, "mm"),
    "height": (0.8, 1.2, "mm"),
}


@dataclass(frozen=True)
class Cantilever(Problem):
    """Clamped beam in plane stress with a transverse dead force at its tip; answers its deflection.

    `2 divisions` x `divisions` Q4 elements; all displacements are zero at x = 0, the force is
    spread evenly over the end x = length. The response is the mean transverse displacement of the
    loaded end in mm. For small loads it tends to Timoshenko's beam, F L³ / (3 E I) + F L / (κ G A)
    with I = h³ / 12, A = h, κ = 5/6, up to the error of the elements.

    **Arguments:** `material` "svk" or "linear"; `parameters`, the inputs, any of "E" (MPa), "nu",
    "length", "height" (mm); `E`, `nu`, `length`, `height`, their values where they are not inputs;
    `force` in N per mm of thickness. Raises `ConfigError`; `solve` raises `Diverged`.

    ```python
    problem = Cantilever(parameters=("length", "height"))
    problem.solve(np.array([6.0, 1.0])).jacobian   # dw/dlength, dw/dheight
    ```
    """

    material: str = "svk"
    parameters: tuple[str, ...] = ("E", "nu")
    E: float = 1000.0
    nu: float = 0.3
    length: float = 6.0
    height: float = 1.0
    force: float = 1.0
    divisions: int = 16

    def __post_init__(self):
        object.__setattr__(self, "parameters", choose(self.parameters, tuple(_RANGES)))
        check_elastic(self, {"length": float("inf"), "height": float("inf")})

    @property
    def name(self) -> str:
        """A short identifier, written into files."""
        return f"cantilever_{self.material}"

    @property
    def box(self) -> Box:
        """Domain, names and units of the inputs."""
        return box_of(self.parameters, _RANGES)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The deflection of the tip."""
        return ("deflection",)

    @property
    def output_units(self) -> tuple[str, ...]:
        """Units of the responses."""
        return ("mm",)

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1, mode=None) -> Derivatives:
        """Value and derivatives up to `order` at one point; `mode` "adjoint" or "direct"."""
        from sobolev.fem.sensitivity.static import solve

        refuse_fault(self.parameters, x)
        return solve(self.model, x, order, mode)

    @property
    def model(self) -> "Model":
        """The finite-element model behind it, shared between equal problems."""
        return _model(self)


@functools.lru_cache(maxsize=16)
def _model(problem: Cantilever) -> "Model":
    from sobolev.problems._cantilever_model import cantilever_model

    return cantilever_model(problem)
