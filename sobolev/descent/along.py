"""A function of many numbers looked at: at points, and along a line through one of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import any_array, real, shown
from sobolev._base.errors import ConfigError, DataError, Diverged
from sobolev.inner_products.inner_product import InnerProduct

Function = Callable[[Float[np.ndarray, " n"]], tuple[Any, Any]]


class Point(NamedTuple):
    """A place v, the value there, its derivative g_i = ∂f/∂v_i and the gradient G⁻¹g.

    `size` is the dual norm √(gᵀG⁻¹g) of the derivative, which is the norm of the gradient.
    """

    v: Float[np.ndarray, " n"]
    value: float
    g: Float[np.ndarray, " n"]
    gradient: Float[np.ndarray, " n"]
    size: float


class Trial(NamedTuple):
    """A step length α, the value there and the slope ⟨g, d⟩ along the line.

    Where the function has no value, it is infinite: such a step is too long.
    """

    α: float
    value: float
    slope: float
    v: Float[np.ndarray, " n"]
    g: Float[np.ndarray, " n"]


@dataclass
class Counted:
    """A function that is asked for value and derivative, with what it was asked and refused."""

    function: Function
    inner: InnerProduct
    evaluations: int = 0
    refusal: str = ""

    def at(self, v: Float[np.ndarray, " n"]) -> tuple[float, Float[np.ndarray, " n"]]:
        """`(value, derivative)`. Raises `DataError` where they are none, and what it raises."""
        self.evaluations += 1
        answer = self.function(v)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise DataError(
                f"the function returns its value and its derivative, (f, g): got {shown(answer)}."
            )
        value, g = answer
        found = any_array(value)
        if found.size != 1 or found.dtype.kind not in "fiu":
            raise DataError(f"the value of the function is one real number: got {shown(value)}.")
        derivative = any_array(g)
        if derivative.shape != v.shape or derivative.dtype.kind not in "fiu":
            raise DataError(
                f"the derivative of the function has one number for each of the {len(v)} of v: got "
                f"an array of shape {derivative.shape}."
            )
        return real(found.reshape(())), derivative.astype(float)

    def start(self, v: Float[np.ndarray, " n"]) -> Point:
        """The first point, where what is wrong is wrong for good: `DataError`."""
        value, g = self.at(v)
        if not np.isfinite(value):
            raise DataError(f"the function has no finite value at the start: got {value}.")
        wrong = np.flatnonzero(~np.isfinite(g))
        if len(wrong):
            raise DataError(
                f"the derivative at the start has {len(wrong)} entries that are not finite, the "
                f"first is number {wrong[0]}: {g[wrong[0]]}."
            )
        return self.point(v, value, g)

    def point(self, v: Any, value: float, g: Any) -> Point:
        """With the gradient. Raises `ConfigError` where that is none."""
        gradient = np.asarray(self.inner.riesz(g))
        square = float(g @ gradient)
        if not square >= 0:
            raise ConfigError(
                "the inner product is not positive definite: the derivative g of the function has "
                f"gᵀG⁻¹g = {square:.3g}."
            )
        return Point(v, value, g, gradient, square**0.5)


@dataclass
class Line:
    """v + α d from a point: the trials of a search, which are kept."""

    counted: Counted
    start: Point
    d: Float[np.ndarray, " n"]
    slope: float
    trials: list[Trial] = field(default_factory=list)

    def at(self, α: float) -> Trial:
        """Infinite where the function raises `Diverged` or has numbers that are not finite."""
        v = self.start.v + α * self.d
        try:
            value, g = self.counted.at(v)
            slope = float(g @ self.d)
            if not (np.isfinite(value) and np.isfinite(slope)):
                self.counted.refusal = "the value or the derivative is not finite."
                value = np.inf
        except Diverged as error:
            self.counted.refusal = str(error)
            value, slope, g = np.inf, np.inf, np.full_like(v, np.inf)
        self.trials.append(Trial(α, value, slope, v, g))
        return self.trials[-1]

    @property
    def noise(self) -> float:
        """What of a value is rounding: below it slopes decide, as they are exact for longer."""
        return 1e-10 * abs(self.start.value)

    def enough(self, trial: Trial, decrease: float) -> bool:
        """Whether f(α) ≤ f(0) + c α f′(0).

        Of a parabola that is f′(α) ≤ (2c − 1) f′(0), which is asked where values no longer tell.
        Source: W. W. Hager, H. Zhang, SIAM J. Optim. 16 (2005) 170, eq. 4.1.
        """
        if trial.value <= self.start.value + decrease * trial.α * self.slope:
            return True
        near = trial.value <= self.start.value + self.noise
        return near and trial.slope <= (2 * decrease - 1) * self.slope

    def real(self, trial: Trial) -> bool:
        """Whether it is a step, not one so short that nothing but rounding differs."""
        lower = trial.value < self.start.value - self.noise
        return lower or abs(trial.slope) <= 0.9 * abs(self.slope)

    def disagreement(self) -> str:
        """Why there is no lower value: what the trials say of the derivative, in a sentence."""
        told = [t for t in self.trials if np.isfinite(t.value)]
        if not told:
            return f"no trial has a value: {self.counted.refusal}"
        told = [t for t in told if abs(t.value - self.start.value) > 10 * self.noise]
        if not told:
            far = f"; farther along there is none: {self.counted.refusal}"
            none = any(np.isinf(t.value) for t in self.trials)
            return f"values change by no more than rounding{far if none else '.'}"
        last = min(told, key=lambda t: t.α)
        found = (last.value - self.start.value) / last.α
        return (
            f"over a step of {last.α:.2g} the value changes by {found:.4g} a unit, and the "
            f"derivative says {self.slope:.4g}: is it that of the function?"
        )
