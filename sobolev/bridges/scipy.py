"""What SciPy's optimisers and solvers ask for: slopes and Hessians beside values."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import NonlinearConstraint

from sobolev._base.arguments import finite, shown
from sobolev._base.arrays import points, real
from sobolev._base.errors import ConfigError, DataError
from sobolev.bridges.watched import number_of, watched
from sobolev.function.derivatives import Derivatives
from sobolev.function.function import Function


def objective(
    model: Function, output: str | int = 0, sign: float = 1.0, outside: str = "warn"
) -> dict[str, Any]:
    """One output as `fun`, `jac` and, where it is known, `hess` of `scipy.optimize.minimize`.

    `fun` gives value and gradient of one pass, `jac` is True. `sign` −1 maximises. Raises
    `DataError` for an output that is not there and `ConfigError` for a sign of 0.

    ```python
    minimize(x0=x, bounds=list(zip(box.lower, box.upper)), method="L-BFGS-B",
             **{k: v for k, v in objective(surrogate, "mass").items() if k != "hess"})
    minimize(x0=x, method="trust-exact", **objective(surrogate, "mass"))
    ```
    """
    if not finite("sign", sign):
        raise ConfigError("sign is 0: give 1 to minimise, -1 to maximise.")
    asked = _Asked(model, [output], outside)
    goal = _Objective(asked, float(sign))
    known: dict[str, Any] = {"fun": goal.both, "jac": True}
    return known | {"hess": goal.curved} if asked.function.order > 1 else known


def constraint(
    model: Function,
    lower: Any = -np.inf,
    upper: Any = np.inf,
    outputs: Sequence[str | int] | None = None,
    outside: str = "warn",
) -> NonlinearConstraint:
    """lower ≤ y(x) ≤ upper of all or some outputs, with Jacobian and Σ v_k H_k.

    Value and Jacobian at one point are one pass. A function without second derivatives gets BFGS.
    `outputs` are names or places, all of them unless you say which; `DataError` for others.
    """
    asked = _Asked(model, outputs, outside)
    made: Any = NonlinearConstraint  # its types know texts alone
    more = {"hess": asked.curved} if asked.function.order > 1 else {}
    return made(asked.value, lower, upper, jac=asked.slopes, **more)


def residuals(
    model: Function, targets: Any, scales: Any = 1.0, outside: str = "warn"
) -> dict[str, Any]:
    """(y(x) − targets)/scales as `fun` and `jac` of `scipy.optimize.least_squares`.

    `targets [q]`, NaN where nothing was measured; `scales [q]` or one number, such as standard
    deviations of the noise. Raises `DataError`, `ConfigError`.

    ```python
    least_squares(x0=x, **residuals(surrogate, measured, noise))
    ```
    """
    targets = real("targets", targets, 1, "outputs")
    asked = _Asked(model, None, outside)
    q, here = len(asked.places), np.flatnonzero(np.isfinite(targets))
    if len(targets) != q:
        raise DataError(f"targets has {len(targets)} numbers for {q} outputs: give NaN for absent.")
    if not len(here):
        raise DataError("targets are all NaN: at least one output has to be measured.")
    wide = real("scales", np.atleast_1d(scales), 1, "outputs")
    if wide.shape not in ((1,), (q,)) or not np.all(np.isfinite(wide) & (wide > 0)):
        raise ConfigError(f"scales must be {q} positive numbers or one: got {shown(scales)}.")
    asked.places = here
    misfit = _Misfit(asked, targets[here], np.broadcast_to(wide, (q,))[here])
    return {"fun": misfit.apart, "jac": misfit.slopes}


class _Asked:
    """Some outputs of a function; the last point is remembered, which SciPy asks about twice."""

    def __init__(self, model: Function, outputs: Any, outside: str):
        self.function = watched(model, outside)
        names = self.function.outputs
        if isinstance(outputs, str):  # a list of its letters is never meant
            raise DataError(f"outputs is the text '{outputs}': give a list, ['{outputs}'].")
        chosen = range(len(names)) if outputs is None else outputs
        self.places = np.array([number_of("output", each, names) for each in chosen], int)
        self.last: tuple[bytes, Derivatives] | None = None

    def one(self, x: Any) -> np.ndarray:
        """A point; a batch would be read as outputs."""
        rows, one = points("x", x, self.function.inputs)
        if not one:
            raise DataError(f"x has shape {np.shape(x)}: give one point at a time, [inputs].")
        return rows[0]

    def at(self, x: np.ndarray) -> Derivatives:
        """Value and Jacobian of all outputs at one point."""
        x = self.one(x)
        last, key = self.last, x.tobytes()  # another thread may change what is remembered
        if last is None or last[0] != key:
            self.last = last = key, self.function.derivatives(x, 1)
        return last[1]

    def value(self, x: np.ndarray) -> np.ndarray:
        return self.at(x)[0][self.places]

    def slopes(self, x: np.ndarray) -> np.ndarray:
        return self.at(x)[1][self.places]

    def curved(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        second = self.function.hessian(self.one(x))[self.places]
        return np.einsum("q,qij->ij", v, second)


class _Objective(NamedTuple):
    """One output; by methods and not by closures, so that SciPy's workers can be sent it."""

    asked: _Asked
    sign: float

    def both(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        return self.sign * float(self.asked.value(x)[0]), self.sign * self.asked.slopes(x)[0]

    def curved(self, x: np.ndarray) -> np.ndarray:
        return self.asked.curved(x, np.array([self.sign]))


class _Misfit(NamedTuple):
    """(y − goals)/scales."""

    asked: _Asked
    goals: np.ndarray
    scales: np.ndarray

    def apart(self, x: np.ndarray) -> np.ndarray:
        return (self.asked.value(x) - self.goals) / self.scales

    def slopes(self, x: np.ndarray) -> np.ndarray:
        return self.asked.slopes(x) / self.scales[:, None]
