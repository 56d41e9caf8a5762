"""A quarter plate with an elliptic hole, pulled: the stress triaxiality of the ligament."""

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
    "a": (1.0, 5.0, "mm"),
    "b": (1.0, 5.0, "mm"),
    "E": (150.0, 250.0, "GPa"),
    "nu": (0.2, 0.4, ""),
}


@dataclass(frozen=True)
class PlateWithHole(Problem):
    """Quarter plate with an elliptic hole in plane stress, its top edge lifted by a given amount.

    The plate is `size` x `size`, the hole has the semi-axes a (along x) and b (along y); symmetry
    on x = 0 and y = 0, u_y = `displacement` on y = `size`, free sideways. Two patches of
    `divisions` x `divisions` Q4 elements meet on the diagonal. The response η is the area mean
    over the ligament of the triaxiality I₁ / (3 √(3 J₂)) of the Cauchy stress; the ligament is the
    one layer of elements between the hole and the outer edge along y = 0, where the plate breaks.
    Not the edge of the hole: there η is 1/3 identically. The thickness stretch of the SVK law
    follows from S₃₃ = 0; it scales the Cauchy stress and cancels in η.

    **Arguments:** `material` "svk" (St. Venant-Kirchhoff, large displacements) or "linear" (small
    strain); `parameters`, the inputs, any of "a", "b" (mm), "E" (GPa), "nu"; `E`, `nu`, `a`, `b`,
    their values where they are not inputs; `displacement` and `size` in mm. Raises `ConfigError`;
    `solve` raises `Diverged`.

    ```python
    problem = PlateWithHole(material="svk")
    problem.solve(np.array([2.5, 2.5])).jacobian   # dη/da, dη/db in 1/mm
    ```
    """

    material: str = "svk"
    parameters: tuple[str, ...] = ("a", "b")
    E: float = 210.0
    nu: float = 0.3
    a: float = 2.5
    b: float = 2.5
    displacement: float = 1.0
    size: float = 10.0
    divisions: int = 16

    def __post_init__(self):
        object.__setattr__(self, "parameters", choose(self.parameters, tuple(_RANGES)))
        check_elastic(self, {"a": self.size, "b": self.size})

    @property
    def name(self) -> str:
        """A short identifier, written into files."""
        return f"plate_with_hole_{self.material}"

    @property
    def box(self) -> Box:
        """Domain, names and units of the inputs."""
        return box_of(self.parameters, _RANGES)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The mean triaxiality of the ligament."""
        return ("eta",)

    @property
    def output_units(self) -> tuple[str, ...]:
        """Units of the responses."""
        return ("",)

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
def _model(problem: PlateWithHole) -> "Model":
    from sobolev.problems._plate_model import plate_model

    return plate_model(problem)
