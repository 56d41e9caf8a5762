"""A component of OpenMDAO: named inputs and outputs, units, partials, many points at once."""

import os
import re
import warnings

import numpy as np

from sobolev._base.arguments import whole
from sobolev._base.errors import ConfigError
from sobolev._base.plain_units import plain_unit
from sobolev.bridges.watched import watched
from sobolev.function.function import Function

try:
    import openmdao.api as om
    from openmdao.utils.units import valid_units
except ImportError as error:
    raise ImportError(
        "OpenMDAOComponent needs OpenMDAO: pip install 'sobolev[openmdao]'."
    ) from error

# What OpenMDAO refuses in a name: paths, wildcards and indices are written with them.
REFUSED = re.compile(r"[.*?\[\]!]")
SAME = {"%": "percent", "in": "inch", "Å": "Ang"}


class OpenMDAOComponent(om.ExplicitComponent):
    """y(x) as an `ExplicitComponent` with exact partials, and the Jacobian also in complex steps.

    Each input and output is a variable of its own, with its unit as OpenMDAO writes it ("N/mm^2"
    becomes "N/mm**2"; one it does not know becomes none, with a warning); in their names what
    OpenMDAO refuses becomes _. Inputs start in the middle of the box.

    **Arguments:** `model`: a `Function` of order 1 at least, or the file of a saved one;
    `vec_size`: points at once, arrays `[vec_size]` with diagonal partials; `outside` as in
    `openturns_function`. Raises `ConfigError`, `DataError`.

    ```python
    problem.model.add_subsystem("beam", OpenMDAOComponent("beam.npz"), promotes=["*"])
    ```
    """

    def __init__(
        self,
        model: Function | str | os.PathLike,
        vec_size: int = 1,
        outside: str = "warn",
        **options: object,
    ):
        self.function, self.vec_size = watched(model, outside), whole("vec_size", vec_size, 1)
        if self.function.order < 1:
            raise ConfigError(
                f"a {type(self.function.inner).__name__} without derivatives: a component of "
                "OpenMDAO declares its partials."
            )
        super().__init__(**options)
        self.x_names = _variables(self.function.inputs)
        self.y_names = _variables(self.function.outputs)

    def setup(self) -> None:
        """Variables with start, unit and their name as description."""
        function, size = self.function, self.vec_size
        box = function.box
        middle = (
            np.zeros(len(function.inputs)) if box is None else np.mean([box.lower, box.upper], 0)
        )
        about = zip(self.x_names, middle, function.input_units, function.inputs, strict=True)
        for variable, start, unit, name in about:
            self.add_input(variable, float(start), (size,), units=_unit(unit), desc=name)
        outputs = zip(self.y_names, function.output_units, function.outputs, strict=True)
        for variable, unit, name in outputs:
            self.add_output(variable, 0.0, (size,), units=_unit(unit), desc=name)

    def setup_partials(self) -> None:
        """Diagonal: each point on its own."""
        places = np.arange(self.vec_size)
        self.declare_partials(self.y_names, self.x_names, rows=places, cols=places)

    def compute(self, inputs, outputs, discrete_inputs=None, discrete_outputs=None) -> None:
        """Values of all points; in a complex step y(Re x) + i J Im x."""
        x = np.stack([inputs[name] for name in self.x_names], axis=1)
        if np.iscomplexobj(x):  # to float64, NumPy would drop the imaginary part
            y, along = self.function.jvp(np.real(x), np.imag(x))
            found = y + 1j * along
        else:
            found = self.function.value(x)
        for name, column in zip(self.y_names, found.T, strict=True):
            outputs[name] = column

    def compute_partials(self, inputs, partials, discrete_inputs=None) -> None:
        """The Jacobian of each point."""
        x = np.stack([np.real(inputs[name]) for name in self.x_names], axis=1)
        slopes = self.function.jacobian(x)
        for q, of in enumerate(self.y_names):
            for d, by in enumerate(self.x_names):
                partials[of, by] = slopes[:, q, d]


def _variables(names: tuple[str, ...]) -> list[str]:
    found = [REFUSED.sub("_", name) for name in names]
    if len(set(found)) < len(found):
        raise ConfigError(f"OpenMDAO refuses . * ? [ ] ! in names, and without them two of {names} "
                          "are the same: call them otherwise.")  # fmt: skip
    return found


def _unit(unit: str) -> str | None:
    """As OpenMDAO writes it: `kg/m3` and `N/mm²` become `kg/m**3` and `N/mm**2`."""
    text = plain_unit(unit).replace("^", "**")
    text = SAME.get(text, text)
    if not text or _known(text):
        return text or None
    warnings.warn(f"OpenMDAO knows no unit '{unit}': it gets none.", RuntimeWarning, stacklevel=2)
    return None


def _known(text: str) -> bool:
    try:
        return bool(valid_units(text))
    except Exception:  # its parser is Python's, so anything may be raised
        return False
