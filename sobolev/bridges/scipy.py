"""What SciPy's optimisers and solvers ask for: slopes and Hessians beside values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import NonlinearConstraint

from sobolev._base.arrays import real
from sobolev.bridges.watched import number_of, watched
from sobolev.function.derivatives import Derivatives
from sobolev.function.function import Function


def objective(
    model: Function, output: str | int = 0, sign: float = 1.0, outside: str = "warn"
) -> dict[str, Any]:
    """One output as `fun`, `jac` and, where it is known, `hess` of `scipy.optimize.minimize`.

    `fun` gives value and gradient of one pass, `jac` is True. `sign` −1 maximises. Raises
    `DataError` for an output that is not there.

    ```python
    minimize(x0=x, bounds=list(zip(box.lower, box.upper)), method="L-BFGS-B",
             **{k: v for k, v in objective(surrogate, "mass").items() if k != "hess"})
    minimize(x0=x, method="trust-exact", **objective(surrogate, "mass"))
    ```
    """
    function = watched(model, outside)
    q = number_of("output", output, function.outputs)

    def fun(x):
        y, dy = function.derivatives(x, 1)
        return sign * float(y[q]), sign * dy[q]

    known: dict[str, Any] = {"fun": fun, "jac": True}
    if function.order > 1:
        known["hess"] = lambda x: sign * function.hessian(x)[q]
    return known


def constraint(
    model: Function,
    lower: Any = -np.inf,
    upper: Any = np.inf,
    outputs: Sequence[str | int] | None = None,
    outside: str = "warn",
) -> NonlinearConstraint:
    """lower ≤ y(x) ≤ upper of all or some outputs, with Jacobian and Σ v_k H_k.

    Value and Jacobian at one point are one pass. A function without second derivatives gets BFGS.
    """
    asked = _Asked(model, outputs, outside)
    made: Any = NonlinearConstraint  # its types know texts alone
    more = {"hess": asked.curved} if asked.function.order > 1 else {}
    return made(asked.value, lower, upper, jac=asked.slopes, **more)


def residuals(
    model: Function, targets: Any, scales: Any = 1.0, outside: str = "warn"
) -> dict[str, Any]:
    """(y(x) − targets)/scales as `fun` and `jac` of `scipy.optimize.least_squares`.

    `targets [q]`, NaN where nothing was measured; `scales [q]` or one number.

    ```python
    least_squares(x0=x, **residuals(surrogate, measured, noise))
    ```
    """
    targets = real("targets", targets, 1, "outputs")
    asked = _Asked(model, np.flatnonzero(np.isfinite(targets)), outside)
    scales = np.broadcast_to(np.asarray(scales, float), targets.shape)[asked.places]
    goals = targets[asked.places]
    return {
        "fun": lambda x: (asked.value(x) - goals) / scales,
        "jac": lambda x: asked.slopes(x) / scales[:, None],
    }


class _Asked:
    """Some outputs of a function; the last point is remembered, which SciPy asks about twice."""

    def __init__(self, model: Function, outputs: Any, outside: str):
        self.function = watched(model, outside)
        names = self.function.outputs
        chosen = range(len(names)) if outputs is None else outputs
        self.places = np.array([number_of("output", each, names) for each in chosen], int)
        self.last: tuple[bytes, Derivatives] | None = None

    def _at(self, x: np.ndarray) -> Derivatives:
        key = np.asarray(x, float).tobytes()
        if self.last is None or self.last[0] != key:
            self.last = key, self.function.derivatives(x, 1)
        return self.last[1]

    def value(self, x: np.ndarray) -> np.ndarray:
        return self._at(x)[0][self.places]

    def slopes(self, x: np.ndarray) -> np.ndarray:
        return self._at(x)[1][self.places]

    def curved(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        return np.einsum("q,qij->ij", v, self.function.hessian(x)[self.places])
