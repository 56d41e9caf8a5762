"""Descent in function space: one loop for every method and every inner product."""

from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import any_array, not_negative, shown, whole
from sobolev._base.errors import ConfigError, DataError
from sobolev.descent.along import Counted, Function, Line, Point, Trial
from sobolev.descent.lbfgs import LBFGS
from sobolev.descent.method import Method
from sobolev.descent.result import Descent, Outcome
from sobolev.inner_products.inner_product import InnerProduct


def minimise(
    function: Function,
    start: Float[np.ndarray, " n"],
    inner_product: InnerProduct,
    method: Method | None = None,
    tolerance: float = 1e-6,
    absolute: float = 0.0,
    steps: int = 1000,
) -> Descent:
    """A local minimum of f(v), v the coefficients of a function, in the geometry of its space.

    The derivative g_i = ∂f/∂v_i is no function: which direction is steepest, how long a step is and
    when the gradient is small depend on the inner product, in which the gradient is G⁻¹g. In that
    of the space where f is smooth the number of steps does not depend on the mesh; numbers that
    are compared each by itself (`inner_products.Sparse(sp.eye_array(n))`, what SciPy does) see
    every refinement, above all an uneven one.

    It ends when ‖G⁻¹g‖ ≤ max(absolute, tolerance · its first value). What did not get there says
    so: `outcome` and `converged`, and `result` with the reason.

    **Arguments:** `function(v [n]) -> (value, g [n])` of NumPy, which may raise `Diverged` where it
    has no value: such a step is too long. `start`; `inner_product`, of n coefficients; values that
    it holds fixed stay. `method`: `LBFGS()` by default, `ConjugateGradients`, `SteepestDescent`.
    Raises `ConfigError` and `DataError` for sizes that do not fit and for a start without finite
    value and derivative; what the function raises there passes.

    ```python
    space = fem.inner_product(mesh)

    def function(f):
        u, more = solved(f), ...
        return value, derivative

    found = descent.minimise(function, np.zeros(space.size), space, descent.LBFGS())
    assert found.converged, found.result
    ```
    """
    method = LBFGS() if method is None else method
    if not isinstance(inner_product, InnerProduct) or not isinstance(method, Method):
        raise ConfigError(
            "a descent needs an inner product and a method, minimise(function, start, "
            f"inner_product, LBFGS()): got {shown(inner_product)} and {shown(method)}."
        )
    share, least = not_negative("the tolerance", tolerance), not_negative("absolute", absolute)
    most = whole("the number of steps", steps)
    counted = Counted(function, inner_product)
    here = counted.start(_vector(start, inner_product.size))
    wanted = max(least, share * here.size)
    way, lengths = [_record(here, counted)], []
    memory, last, outcome, why = None, None, None, ""
    while outcome is None:
        if here.size <= wanted:
            outcome = Outcome.CONVERGED
        elif len(lengths) == most:
            outcome = Outcome.OUT_OF_STEPS
        else:
            line, memory = _line(method, counted, here, memory)
            trial = method.search.search(line, _first_trial(method, memory, last, line.slope))
            if trial is None:
                lowers = method.search.lowers
                outcome = Outcome.NO_LOWER_VALUE if lowers else Outcome.NO_VALUE
                why = line.disagreement()
                continue
            new = counted.point(trial.v, trial.value, trial.g)
            memory, last = method.after(memory, here, line.d, new), (trial, line.slope)
            here = new
            way.append(_record(here, counted))
            lengths.append(trial.α)
    told = {"size": here.size, "steps": len(lengths), "wanted": wanted, "why": why}
    values, sizes, evaluations = (np.array(column) for column in zip(*way, strict=True))
    return Descent(
        outcome, outcome.value.format(**told), here.v, here.gradient,
        values, sizes, np.array(lengths), evaluations.astype(int),
    )  # fmt: skip


def _line(method: Method, counted: Counted, here: Point, memory: Any) -> tuple[Line, Any]:
    """Along the direction of the method, begun anew where that does not lead down."""
    d = method.direction(here, memory)
    if not here.g @ d < 0:
        memory, d = None, method.direction(here, None)
    return Line(counted, here, d, float(here.g @ d)), memory


def _first_trial(
    method: Method, memory: Any, last: tuple[Trial, float] | None, slope: float
) -> float:
    if method.natural(memory):
        return 1.0
    return method.search.begin() if last is None else method.search.next(*last, slope)


def _vector(start: object, size: int) -> Float[np.ndarray, " n"]:
    found = any_array(start)
    if found.shape != (size,) or found.dtype.kind not in "fiu" or not np.isfinite(found).all():
        raise DataError(
            f"the start is {size} finite numbers, as many as the inner product has coefficients: "
            f"got an array of shape {found.shape}{_finite(found)}."
        )
    return found.astype(float)


def _finite(found: np.ndarray) -> str:
    good = found.dtype.kind in "fiu" and np.isfinite(found).all()
    return "" if good else " with entries that are no finite numbers"


def _record(here: Point, counted: Counted) -> tuple[float, float, int]:
    return here.value, here.size, counted.evaluations
