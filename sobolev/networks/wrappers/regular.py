"""A network that is smooth at an axis or a centre: u = r^p N(r²)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Architecture, Frame, settle
from sobolev.networks.defaults import DEFAULT
from sobolev.networks.last_layer import Around

Numbers = tuple[float, ...]
ROUNDING = 1e-9  # of a half range: an end that is the axis


@dataclass(frozen=True)
class Regular(Architecture):
    """u(…, r, …) = r^p N(…, r², …): what a smooth field is at r = 0, whatever the weights.

    A component of angular order m goes as r^m times an even function: a radial displacement has
    p = 1, a temperature or a deflection without angle p = 0, and so u/r, u' and (u' − u/r)/r stay
    finite and have their values at r = 0 too. An even (p = 0) or odd (p = 1) function of any input
    is the same. With it a singular equation is multiplied out (r² u'' + r u' − u), never divided:
    nothing is cut out at the axis, and the solutions that are not smooth are not there to be found.

    **Arguments:** `inner`; `input`, the name or number of r, zero at the axis; `power` p ≥ 0 for
    all outputs, or one for each. `between` is filled in by the surrogate. Raises `ConfigError`.
    Source of the parity at a pole: J. P. Boyd, Chebyshev and Fourier Spectral Methods, 2nd ed.,
    2001, section 18.

    ```python
    disk = Surrogate.on(Box(("r",), (0.0,), (200.0,)), ("u",), Regular(MLP(), "r", power=1))
    ```
    """

    name: ClassVar[str] = "regular"

    inner: Architecture = DEFAULT
    input: str | int = 0
    power: int | tuple[int, ...] = 0
    between: tuple[Numbers, Numbers] | None = None

    def __post_init__(self):
        if not isinstance(self.inner, Architecture):
            raise ConfigError(f"Regular lies around an architecture: got {self.inner!r}.")
        powers = self.power if isinstance(self.power, tuple | list) else (self.power,)
        if not powers or not all(isinstance(p, Integral) and p >= 0 for p in powers):
            raise ConfigError(
                f"power is a whole number ≥ 0, or one for each output: got {self.power!r}."
            )
        each = tuple(map(int, powers))
        settle(self, power=each if isinstance(self.power, tuple | list) else each[0])

    def within(self, frame: Frame) -> "Regular":
        """The same between the scalings; the inner one sees r², over its largest value."""
        if self.between is not None:
            return self
        place, powers = frame.place("input", self.input), self._powers(len(frame.outputs))
        shift, scale = float(frame.x_shift[place]), float(frame.x_scale[place])
        reach = abs(shift) + scale  # s = r/reach is in [−1, 1]
        names, x_shift, x_scale = list(frame.inputs), frame.x_shift.copy(), frame.x_scale.copy()
        names[place] = f"{frame.inputs[place]}^2"
        x_shift[place] = x_scale[place] = reach**2 / 2
        odd = powers > 0  # u = y_shift + y_scale ŷ has to vanish there, not ŷ
        inner = replace(
            frame, inputs=tuple(names), x_shift=x_shift, x_scale=x_scale,
            y_shift=np.where(odd, 0.0, frame.y_shift), y_scale=frame.y_scale / reach**powers,
        )  # fmt: skip
        away = np.where(odd, frame.y_shift / frame.y_scale, 0.0)
        between = (shift / reach, scale / reach), tuple(map(float, away))
        return replace(self, inner=self.inner.within(inner), input=place, between=between)

    def held(self, frame: Frame) -> Float[np.ndarray, "d 2 q"] | None:
        """At the axis the value or the slope is 0; of a network that holds something else: None."""
        if not self.inner.plain:
            return None
        place = frame.place("input", self.input)
        found = np.zeros((len(frame.inputs), 2, len(frame.outputs)))
        ends = frame.x_shift[place] + frame.x_scale[place] * np.array([-1.0, 1.0])
        found[place, np.abs(ends) <= ROUNDING * frame.x_scale[place]] = 1
        return found

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "RegularModule":
        """The network with weights of the inner one drawn from `key`."""
        placed = self.within(Frame.plain(inputs, outputs))
        inner = placed.inner.build(inputs, outputs, key)
        assert placed.between is not None and isinstance(placed.input, int)
        powers = tuple(map(int, self._powers(outputs)))
        return RegularModule(inner, placed.input, powers, *placed.between)

    def _powers(self, outputs: int) -> np.ndarray:
        powers: Any = np.asarray(self.power)
        if powers.shape not in ((), (outputs,)):
            raise ConfigError(
                f"power is one number, or one for each of {outputs} outputs: got {self.power}."
            )
        return np.broadcast_to(powers, (outputs,))


class RegularModule(Around):
    """What `Regular` builds, between the scalings: ŷ = s^p N(…, 2s² − 1, …) − y_shift/y_scale."""

    inner: Callable
    # Static, as constants that no optimiser sees.
    place: int = eqx.field(static=True)
    powers: tuple[int, ...] = eqx.field(static=True)
    ratio: Numbers = eqx.field(static=True)
    away: Numbers = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        shift, scale = self.ratio
        s = shift + scale * x[self.place : self.place + 1]
        seen = jnp.concatenate([x[: self.place], 2 * s * s - 1, x[self.place + 1 :]])
        # Products, since the derivative of a power is not a number at 0.
        steps = [jnp.ones_like(s)]
        for _ in range(max(self.powers)):
            steps.append(steps[-1] * s)
        factor = jnp.concatenate([steps[p] for p in self.powers])
        return factor * self.inner(seen) - jnp.asarray(self.away, x.dtype)
