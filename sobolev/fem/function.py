"""A finite-element model with names and a domain: a `Function`."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sobolev._base.arrays import clean_names, clean_units
from sobolev.box import Box
from sobolev.fem.model import Model
from sobolev.fem.sensitivity import solve
from sobolev.function import Derivatives, Pointwise


@dataclass(frozen=True, eq=False)
class FEFunction(Pointwise):
    """The responses of a model, by name, over the domain of its parameters.

    **Arguments:** `model`; `box` with a name, bounds and a unit for each of its parameters;
    `outputs` and `output_units` of its responses. One solve a point, with exact derivatives.

    ```python
    function = FEFunction(model, Box(("E", "nu"), (800, 0.2), (1200, 0.4)), ("deflection",))
    evaluate(function, data)
    ```
    """

    model: Model
    box: Box
    outputs: tuple[str, ...]
    output_units: tuple[str, ...] = ()

    def __post_init__(self):
        outputs = clean_names("outputs", self.outputs, self.model.responses, "y")
        object.__setattr__(self, "outputs", outputs)
        units = clean_units("output_units", self.output_units, len(outputs))
        object.__setattr__(self, "output_units", units)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.box.names

    @property
    def input_units(self) -> tuple[str, ...]:
        """Units of the parameters."""
        return self.box.units

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Derivatives:
        """The responses at one point, with exact derivatives up to `order`."""
        return solve(self.model, x, order)
