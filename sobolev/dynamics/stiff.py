"""A stiff run by SciPy's implicit methods, with a source and a Jacobian from anywhere, counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.integrate import BDF, RK45, Radau

from sobolev._base.arguments import positive, whole
from sobolev._base.errors import ConfigError, DataError, Diverged
from sobolev.function.function import Function, required

METHODS = {"Radau": Radau, "BDF": BDF, "RK45": RK45}
NODES = {"Radau": 3, "BDF": 1, "RK45": 5}  # times after its start at which a step asks
HALF = 1e-6  # what is off one half by less was halved


@dataclass(frozen=True)
class Run:
    """States `[k, s]` at the ends of the steps, at `times [k]`, and what it took to get there.

    `evaluations` of the source, `jacobians`, `decompositions` (two in each of Radau, real and
    complex), `rejected` steps whose error was too large, and `failures` of Newton's method with a
    Jacobian made for the step, after which it is halved: the mark of a wrong Jacobian.
    """

    times: Float[np.ndarray, " k"]
    states: Float[np.ndarray, "k s"]
    evaluations: int
    jacobians: int
    decompositions: int
    failures: int
    rejected: int

    @property
    def steps(self) -> int:
        """How many there were."""
        return len(self.times) - 1

    def evenly(
        self, count: int, by: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> Float[np.ndarray, "n s"]:
        """So many of the states or a few less, as evenly as there are some along the path.

        Its length is measured in `by(states)`, such as `sources.Progress.logarithms`; by default in
        the states themselves.
        """
        path = self.states if by is None else by(self.states)
        along = np.append(0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
        wanted = np.linspace(0, along[-1], whole("the count", count, 1))
        places = np.searchsorted(along, wanted).clip(0, self.steps)
        return self.states[np.unique(places)]

    def __str__(self) -> str:
        return (
            f"{self.steps} steps to t = {self.times[-1]:g}: {self.evaluations} evaluations, "
            f"{self.jacobians} Jacobians, {self.decompositions} decompositions, {self.failures} "
            f"failures of Newton's method, {self.rejected} rejected steps"
        )


def integrate(
    rate: Function,
    start: Float[np.ndarray, " s"],
    end: float,
    method: Literal["Radau", "BDF", "RK45"] = "Radau",
    jacobian: Function | None = None,
    rtol: float = 1e-6,
    atol: float | Sequence[float] = 1e-9,
    most: int = 1_000_000,
) -> Run:
    """dx/dt = rate(x) from `start` at t = 0 until `end`, with its own or another Jacobian.

    With another one, such as a surrogate's beside the exact rate, the steps solve the same
    equations and Newton's method is slower, or fails: a step of Radau contracts by the spectral
    radius of (I − hγJ̃)⁻¹ hγ(J − J̃). So what a Jacobian is worth is seen in `failures` and
    `decompositions`, never in the end state.

    **Arguments:** `rate`: a `Function` of s states with s rates, in this order; `jacobian`: one
    like it that knows its slopes, by default the rate itself; `end` > 0; tolerances of the method,
    `atol` one number or one for each state; `most` evaluations. Raises `ConfigError`, `DataError`,
    and `Diverged` with the time until which it came: too many evaluations, or steps too short.

    Source: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), section IV.8;
    the methods are those of `scipy.integrate`.

    ```python
    run = integrate(gas, gas.state("H2:2, O2:1, N2:3.76", 1200.0), 1e-3, atol=1e-12)
    print(run)   # 216 steps to t = 0.001: 1925 evaluations, 85 Jacobians, …
    ```
    """
    required("rate", rate)
    slopes = rate if jacobian is None else required("jacobian", jacobian)
    size = len(rate.inputs)
    for name, source in (("rate", rate), ("jacobian", slopes)):
        if len(source.outputs) != size or len(source.inputs) != size:
            raise ConfigError(
                f"the {name} has {len(source.inputs)} inputs and {len(source.outputs)} outputs: a "
                f"run needs {size} of both, a rate for each state."
            )
    x = np.asarray(start, float)
    if x.shape != (size,) or not np.isfinite(x).all():
        raise DataError(f"start must be {size} finite numbers, the states: got shape {x.shape}.")
    if method not in METHODS:
        raise ConfigError(f"there is no method {method!r}: choose among {', '.join(METHODS)}.")
    positive("the end", end)
    source = _Counted(rate, whole("most", most, 1), method)
    options = {} if method == "RK45" else {"jac": lambda t, x: slopes.jacobian(x)}
    solver = METHODS[method](
        source.rate, 0.0, x, float(end), rtol=positive("rtol", rtol), atol=np.asarray(atol, float),
        **options,
    )  # fmt: skip
    times, states = [0.0], [x]
    while solver.status == "running":
        source.begin(solver.t)
        why = solver.step()
        source.end()
        if solver.status == "failed" or source.spent:
            raise Diverged(
                f"{method} gave up at t = {solver.t:g} of {end:g} after {len(times) - 1} steps and "
                f"{source.evaluations} evaluations: "
                + ("no more are allowed." if source.spent else f"{why}")
            )
        times.append(solver.t)
        states.append(solver.y.copy())
    return Run(
        np.array(times), np.array(states), source.evaluations, solver.njev, solver.nlu,
        source.failures, source.rejected,
    )  # fmt: skip


@dataclass
class _Counted:
    """A source that is called by a solver, and what its calls tell of each step.

    Within one step a method asks at its nodes of [t, t + h] for one h after another. Where h is
    halved, Newton's method did not end with a Jacobian of this step; else the error was too large.
    """

    source: Function
    most: int
    method: str
    evaluations: int = 0
    failures: int = 0
    rejected: int = 0
    spent: bool = False
    start: float = 0.0
    nodes: list[float] = field(default_factory=list)  # from the start of the step, as first asked

    def begin(self, t: float) -> None:
        self.start, self.nodes = t, []

    def rate(self, t: float, x: np.ndarray) -> np.ndarray:
        self.evaluations += 1
        self.spent = self.evaluations > self.most
        ahead = float(t) - self.start
        if ahead > 0 and ahead not in self.nodes:
            self.nodes.append(ahead)
        nothing = np.full_like(x, np.nan)
        try:
            with np.errstate(all="ignore"):  # a trial may be far beyond what is physical
                return nothing if self.spent else self.source.value(x)
        except (DataError, Diverged):
            return nothing  # the solver takes a shorter step

    def end(self) -> None:
        h = self.nodes[NODES[self.method] - 1 :: NODES[self.method]]
        for before, after in pairwise(h):
            halved = bool(abs(after / before - 0.5) < HALF)
            self.failures += halved
            self.rejected += not halved
