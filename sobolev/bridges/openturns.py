"""A function of OpenTURNS: with gradient and Hessian, so that FORM and SORM are cheap and exact."""

import os

import numpy as np

from sobolev.bridges.watched import Watched, watched
from sobolev.function.function import Function

try:
    import openturns as ot
except ImportError as error:
    raise ImportError(
        "openturns_function needs OpenTURNS: pip install 'sobolev[openturns]'."
    ) from error


class _Asked(ot.OpenTURNSPythonFunction):
    """What OpenTURNS asks; where there is no Hessian it would take differences without a word."""

    def __init__(self, function: Watched):
        super().__init__(len(function.inputs), len(function.outputs))
        self.setInputDescription(function.inputs)
        self.setOutputDescription(function.outputs)
        self.function = function

    def _exec(self, X):  # type: ignore[override] - theirs only raises
        return self.function.value(np.array(X))

    def _exec_sample(self, X):  # type: ignore[override]
        return self.function.value(np.array(X))

    def _gradient(self, X):
        return self.function.jacobian(np.array(X)).T

    def _hessian(self, X):
        return self.function.hessian(np.array(X)).transpose(1, 2, 0)


def openturns_function(model: Function | str | os.PathLike, outside: str = "warn") -> "ot.Function":
    """A `Function` as an `openturns.Function`: value, samples at once, gradient, Hessian.

    The gradient of OpenTURNS is Jᵀ `[d, q]`, its Hessian `[d, d, q]`. Names arrive as descriptions;
    it has no place for units. A derivative that the function does not know is an error there, never
    a difference. Errors arrive as `RuntimeError`, with our sentence.

    **Arguments:** `model`: a `Function`, or the file of a saved one; `outside`: whether points
    outside of the box "warn", are refused ("refuse") or answered ("answer").

    ```python
    g = openturns_function("beam.npz")
    event = ot.ThresholdEvent(ot.CompositeRandomVector(g, inputs), ot.Greater(), 30.0)
    ot.FORM(ot.AbdoRackwitz(), event, start).run()
    ```
    """
    return ot.Function(_Asked(watched(model, outside)))
