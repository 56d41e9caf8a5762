"""A network that sees some inputs only as waves: periodic in them, with all derivatives."""

from collections.abc import Callable, Mapping
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

Pairs = tuple[tuple[str | int, float], ...]
# Of a turn: bounds that were typed in with a few digits still fit.
FITS = 1e-6


@dataclass(frozen=True)
class Periodic(Architecture):
    """u(x) = N(…, cos 2πkx/L, sin 2πkx/L, …), k = 1 … `harmonics`, in place of the input x.

    Whatever the weights, u and each of its derivatives have the period L in x, to rounding. The
    waves stand where the input stood, cosine before sine, and the `inner` network N knows them as
    "cos 1 x", "sin 1 x", "cos 2 x", …; the other inputs go through as they are. Frequencies that
    are known, such as those of a drive, come in the same way, and a period of twice the side of the
    box gives a Fourier series on it that need not be periodic there.

    **Arguments:** `inner`; `periods`, L > 0 in the unit of an input, by its name or number;
    `harmonics` ≥ 1, where the response has more waves than one. `origins` are filled in by the
    surrogate. Raises `ConfigError`, also of a surrogate on a box whose side is neither a whole
    number of periods nor a whole part of one. Source: S. Dong & N. Ni, J. Comput. Phys. 435 (2021)
    110242, arXiv 2007.07442.

    ```python
    made = Periodic(MLP((20, 20)), {"x": 2.0})
    surrogate = Surrogate.on(Box(("x", "t"), (-1, 0), (1, 1)), ("u",), made)
    ```
    """

    name: ClassVar[str] = "periodic"

    inner: Architecture = DEFAULT
    periods: Mapping[str | int, float] | Pairs = ()
    harmonics: int = 1
    origins: tuple[float, ...] | None = None

    def __post_init__(self):
        if not isinstance(self.inner, Architecture):
            raise ConfigError(f"Periodic lies around an architecture: got {self.inner!r}.")
        if not (isinstance(self.harmonics, Integral) and self.harmonics >= 1):
            raise ConfigError(f"harmonics is a whole number ≥ 1: got {self.harmonics!r}.")
        settle(self, periods=_pairs(self.periods), harmonics=int(self.harmonics))

    @property
    def _waves(self) -> int:
        return 2 * self.harmonics

    def _inputs(self, inputs: int) -> int:
        """How many the inner network has."""
        return inputs + len(self.periods) * (self._waves - 1)

    def explicit(self, inputs: int, outputs: int) -> "Periodic":
        """The inner one with its constants written out."""
        return replace(self, inner=self.inner.explicit(self._inputs(inputs), outputs))

    def within(self, frame: Frame) -> "Periodic":
        """The same in scaled inputs by number; the inner one lies between waves and outputs."""
        given: Any = self.periods
        periods, origins = [], []
        for k, (name, period) in enumerate(given):
            place = frame.place("input", name)
            if frame.of_box:
                _check_fit(frame.inputs[place], period, 2 * float(frame.x_scale[place]))
            scaled = period / float(frame.x_scale[place])
            # Only the part of a period counts: the digits of a far origin would be lost with it.
            origin = frame.scaled_input(place, self.origins[k] if self.origins else 0.0)
            periods.append((place, scaled))
            origins.append(float(np.remainder(origin, scaled)))
        places = [place for place, _ in periods]
        if len(set(places)) < len(places):
            raise ConfigError(f"an input has one period: got {self.periods}.")
        return replace(
            self,
            inner=self.inner.within(self._inside_frame(frame, places)),
            periods=tuple(periods),
            origins=tuple(origins),
        )

    def held(self, frame: Frame) -> Float[np.ndarray, "d 2 q"] | None:
        """All in inputs whose side has whole periods; of a network that holds something: None."""
        if not self.inner.plain:
            return None
        found = np.zeros((len(frame.inputs), 2, len(frame.outputs)))
        pairs: Any = self.periods
        for name, period in pairs:
            place = frame.place("input", name)
            turns = 2 * float(frame.x_scale[place]) / period
            if round(turns) >= 1 and abs(turns - round(turns)) <= FITS * turns:
                found[place] = np.inf
        return found

    def _inside_frame(self, frame: Frame, places: list[int]) -> Frame:
        """Waves are numbers in [−1, 1] as they are."""
        names, shifts, scales = [], [], []
        for i, name in enumerate(frame.inputs):
            if i in places:
                names += [f"{f} {k + 1} {name}" for k in range(self.harmonics) for f in _NAMES]
                shifts += [0.0] * self._waves
                scales += [1.0] * self._waves
            else:
                names.append(name)
                shifts.append(float(frame.x_shift[i]))
                scales.append(float(frame.x_scale[i]))
        return replace(
            frame, inputs=tuple(names), x_shift=np.array(shifts), x_scale=np.array(scales)
        )

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "PeriodicModule":
        """The network with weights of the inner one drawn from `key`."""
        placed = self.within(Frame.plain(inputs, outputs))
        inner = placed.inner.build(self._inputs(inputs), outputs, key)
        assert placed.origins is not None
        given: Any = placed.periods
        waves = zip(given, placed.origins, strict=True)
        turns = {place: (period, origin) for (place, period), origin in waves}
        rows = tuple(turns.get(i) for i in range(inputs))
        return PeriodicModule(inner, rows, self.harmonics)


_NAMES = "cos", "sin"


class PeriodicModule(Around):
    """What `Periodic` builds, between the scalings."""

    inner: Callable
    # Period and origin of each input, None of those that go through: constants of the network.
    turns: tuple[tuple[float, float] | None, ...] = eqx.field(static=True)
    harmonics: int = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        seen = []
        for i, turn in enumerate(self.turns):
            if turn is None:
                seen.append(x[i : i + 1])
                continue
            period, origin = turn
            for k in range(1, self.harmonics + 1):
                phase = 2 * np.pi * k * ((x[i : i + 1] - origin) / period)
                seen += [jnp.cos(phase), jnp.sin(phase)]
        return self.inner(jnp.concatenate(seen))


def _pairs(periods: Mapping[str | int, float] | Pairs) -> Pairs:
    """`((input, period), …)`; `ConfigError`."""
    try:
        pairs = tuple(dict(periods).items())
        found = tuple((name, float(period)) for name, period in pairs)
    except (TypeError, ValueError):
        found = ()
    if not found:
        raise ConfigError(
            f"periods give each input its period, like {{'x': 2.0}}: got {periods!r}."
        )
    for name, period in found:
        if not 0 < period < np.inf:
            raise ConfigError(
                f"the period of the input {name!r} is a number > 0 in its unit: got {period}."
            )
    return found


def _check_fit(name: str, period: float, side: float) -> None:
    """Refuse a box on which such a function would have to take one value at other places too."""
    turns = side / period
    ratio = max(turns, 1 / turns)
    if abs(ratio - round(ratio)) > FITS * ratio:
        raise ConfigError(
            f"the period {period:g} of '{name}' does not fit the box, whose side is {side:g}: give "
            "a side of whole periods, or a period of whole sides."
        )
