"""u(x, t) from a network on characteristics: where is what began at X, and what is u there?"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base import checksummed
from sobolev._base.arguments import positive, shown
from sobolev._base.errors import ConfigError, DataError, Diverged
from sobolev._base.precision import require_x64
from sobolev._base.types import Points
from sobolev.box import Box
from sobolev.data.learnt import Learnt
from sobolev.data.scaling import Scaling
from sobolev.equations.followed import LEAST, Followed, judged_at
from sobolev.function.by_jax import ByJax, padded
from sobolev.networks.architecture import Architecture
from sobolev.networks.registry import with_own
from sobolev.surrogate import FORMAT as SURROGATE
from sobolev.surrogate import Surrogate, made_of

KIND, FORMAT = "transported field", 1
POINTS, NEAR = 8192, 64  # where J is looked at; around so many of them once more
PERIODIC = 1e-6  # of the scale of an output


@dataclass(frozen=True, eq=False)
class Eulerian(ByJax, Learnt):
    """u(x, t) = u(X, t) with x = X + d(X, t): what is here now, of a surrogate that follows it.

    The `surrogate` knows the displacement d of what began at X, and its state u, both as functions
    of the label X and of the other inputs, such as time (Lagrange's description; d = 0 at t = 0 is
    best a hard condition). This is the same state as a function of the place x (Euler's): X is
    found by Newton's method in a bracket, all derivatives by the implicit function theorem:
    ∂u/∂x = u_X/J, J = ∂x/∂X = 1 + d_X. Asked, compared and saved like a `Surrogate`.

    **Arguments:** `displacement` d, by the name of its output; `input`, the name of X, which is
    that of x; `period` of d and u in X, in its unit, None where they have none; `box`: where it is
    asked, by default that of the surrogate. Without a period X must be in the surrogate's box: let
    it begin so far upstream that what flows in has a label there.

    Raises `Diverged` where characteristics cross: if J falls below 1e-2 at any of 16384 points,
    half of them around the least ones of the others, none of them trained on; and for a row whose
    X does not exist. `least_stretch` is the least J that was found. Raises `ConfigError`,
    `DataError`. Source: Mojgani, Balajewicz & Hassanzadeh, Comput. Methods Appl. Mech. Engrg. 404
    (2023) 115810, arXiv 2205.02902; here d is learnt, which is periodic where x is not.

    ```python
    @by_names(box, ("d", "u"))
    def burgers(d, u):
        J = 1 + d.x
        return d.t - u, J**3 * u.t - ν * (J * u.xx - d.xx * u.x)   # u_t = ν/J (u_X/J)_X, J³ times

    fitted = fit(surrogate, Equation(("characteristic", "state"), burgers, points))
    u = Eulerian(fitted.surrogate, "d", "x", period=2 * np.pi)
    u.value(np.array([[1.0, 0.5]])), u.least_stretch
    ```
    """

    surrogate: Surrogate
    displacement: str = "d"
    input: str = "x"
    period: float | None = None
    # Any, because it is the domain of every `Function`, which is a property elsewhere.
    box: Box | None = None  # type: ignore[assignment]

    def __post_init__(self):
        self._check_names()
        if self.period is not None:
            object.__setattr__(self, "period", positive("the period", self.period))
        object.__setattr__(self, "box", self._domain())
        self._check_period()
        object.__setattr__(self, "least_stretch", self._checked_stretch())

    @property
    def inputs(self) -> tuple[str, ...]:
        """Those of the surrogate, with the place for the label."""
        return self.surrogate.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Those of the surrogate without the displacement."""
        return tuple(self.surrogate.outputs[k] for k in self._states)

    @property
    def input_units(self) -> tuple[str, ...]:
        """Those of the surrogate."""
        return self.surrogate.input_units

    @property
    def output_units(self) -> tuple[str, ...]:
        """Those of the surrogate without the displacement's."""
        return tuple(self.surrogate.output_units[k] for k in self._states)

    @property
    def scaling(self) -> Scaling:
        """That of the surrogate's states, over the domain."""
        lower, upper, states = *_ends(self.box), list(self._states)
        of = self.surrogate.scaling
        y_shift, y_scale = of.y_shift[states], of.y_scale[states]
        return Scaling((lower + upper) / 2, (upper - lower) / 2, y_shift, y_scale)

    def pure(self) -> "Followed":
        """u of one point, not a number where no label leads there."""
        labels, box = _ends(self.surrogate.box), _ends(self.box)
        labels = tuple(float(end[self._place]) for end in labels)
        return Followed(
            self.surrogate.pure(),
            self._place,
            self.surrogate.outputs.index(self.displacement),
            self.period is not None,
            jnp.array([*labels, labels[1] - labels[0] if self.period is None else self.period]),
            jnp.stack(box),
        )

    def save(self, path: str | os.PathLike) -> Path:
        """Write one `.npz` with format version and checksum, no pickle.

        Raises `OutputError`, and `ConfigError` for a network without an architecture.
        """
        header, arrays = self.surrogate.parts()
        lower, upper = _ends(self.box)
        about = {
            "surrogate": header, "surrogate_format": SURROGATE, "input": self.input,
            "displacement": self.displacement, "period": self.period,
            "lower": lower.tolist(), "upper": upper.tolist(),
        }  # fmt: skip
        return checksummed.write_archive(path, KIND, FORMAT, about, arrays)

    @classmethod
    def load(
        cls, path: str | os.PathLike, architectures: Sequence[type[Architecture]] = ()
    ) -> "Eulerian":
        """Read what `save` wrote, as `Surrogate.load` does.

        Raises `CorruptFile` when a bit has changed, `DataError`.
        """
        require_x64("a transported field")
        known = with_own(tuple(architectures))
        header, arrays = checksummed.read_archive(path, KIND, FORMAT)
        with made_of(path, KIND):
            version = int(header["surrogate_format"])
            surrogate = Surrogate.of_parts(header["surrogate"], arrays, version, known)
            lower, upper = (tuple(map(float, header[name])) for name in ("lower", "upper"))
            box = Box(surrogate.inputs, lower, upper, surrogate.input_units)
            displacement, place = str(header["displacement"]), str(header["input"])
            return cls(surrogate, displacement, place, header["period"], box)

    @property
    def _place(self) -> int:
        return self.surrogate.inputs.index(self.input)

    @property
    def _states(self) -> tuple[int, ...]:
        names = self.surrogate.outputs
        return tuple(k for k, name in enumerate(names) if name != self.displacement)

    def _check_names(self) -> None:
        if not isinstance(self.surrogate, Surrogate):
            raise DataError(
                "Eulerian lies around a Surrogate of the displacement and the state: got a "
                f"{type(self.surrogate).__name__}."
            )
        inputs, outputs = self.surrogate.inputs, self.surrogate.outputs
        if self.displacement not in outputs or len(outputs) < 2:
            raise ConfigError(
                f"the displacement {shown(self.displacement)} is one output beside a state at "
                f"least: the surrogate has {', '.join(outputs)}."
            )
        if self.input not in inputs:
            raise ConfigError(
                f"there is no input {shown(self.input)} that is displaced: the surrogate has "
                f"{', '.join(inputs)}."
            )

        unit = self.surrogate.output_units[outputs.index(self.displacement)]
        other = self.surrogate.input_units[self._place]
        if unit and other and unit != other:
            raise ConfigError(
                f"{self.displacement} is in {unit} and {self.input} in {other}: they are added, so "
                "give both one unit."
            )

    def _domain(self) -> Box:
        """The box, which the surrogate knows but for the place."""
        whole = self.surrogate.box
        if self.box is None:
            return whole
        if not isinstance(self.box, Box) or self.box.names != self.inputs:
            raise ConfigError(
                f"the box of an Eulerian is one of {', '.join(self.inputs)}: got {shown(self.box)}."
            )
        (lower, upper), (low, high) = _ends(whole), _ends(self.box)
        room = 1e-12 * (upper - lower)
        for i, name in enumerate(self.inputs):
            if i != self._place and (low[i] < lower[i] - room[i] or high[i] > upper[i] + room[i]):
                raise ConfigError(
                    f"the surrogate was made for {name} in [{lower[i]:g}, {upper[i]:g}]: got a box "
                    f"with [{low[i]:g}, {high[i]:g}]."
                )
        return replace(self.box, units=self.input_units)

    def _labels(self) -> tuple[np.ndarray, np.ndarray]:
        """The ends of labels and other inputs."""
        (lower, upper), i = _ends(self.box), self._place
        low, high = (float(end[i]) for end in _ends(self.surrogate.box))
        # A box may be a part of a period; labels are all of it.
        lower[i], upper[i] = low, high if self.period is None else low + self.period
        return lower, upper

    def _check_period(self) -> None:
        if self.period is None:
            return
        lower, upper = self._labels()
        rows = lower + np.random.default_rng(1).random((16, len(lower))) * (upper - lower)
        here = self.surrogate.value(rows)
        rows[:, self._place] += self.period
        off = np.abs(self.surrogate.value(rows) - here) / self.surrogate.scaling.y_scale
        if off.max() > PERIODIC:
            raise ConfigError(
                f"{self.surrogate.outputs[int(off.max(0).argmax())]} changes when {self.input} "
                f"grows by the period {self.period:g}: put Periodic around the network, or give "
                "no period."
            )

    def _checked_stretch(self) -> float:
        """The least J, nowhere below the bound."""
        lower, upper = self._labels()
        rng, d = np.random.default_rng(0), len(lower)
        rows = lower + rng.random((POINTS, d)) * (upper - lower)
        nearest = rows[np.argsort(self._stretch(rows))[:NEAR]]
        cell = 2 * POINTS ** (-1 / d) * (upper - lower)
        around = np.repeat(nearest, POINTS // NEAR, axis=0)
        around = np.clip(around + cell * rng.uniform(-1, 1, around.shape), lower, upper)
        rows = np.concatenate([nearest, around])[:POINTS]
        J = self._stretch(rows)
        worst = rows[J.argmin()]
        if J.min() < LEAST:
            began = worst[self._place]
            shift = self.surrogate.value(worst)[self.surrogate.outputs.index(self.displacement)]
            there = worst.copy()
            there[self._place] += shift if self.period is None else _folded(shift, self.period)
            raise Diverged(_crossing(J.min(), self.inputs, there, f"what began at {began:.4g}"))
        return float(J.min())

    def _stretch(self, rows: Points) -> Float[np.ndarray, " n"]:
        along = np.zeros_like(rows)
        along[:, self._place] = 1.0
        _, moved = self.surrogate.jvp(rows, along)
        return 1 + moved[:, self.surrogate.outputs.index(self.displacement)]

    def _check_finite(self, rows: Points, arrays: Sequence[np.ndarray]) -> None:
        """Say of the first row without an answer why there is none."""
        bad = {int(place[0]) for array in arrays for place in np.argwhere(~np.isfinite(array))}
        if bad:
            row = min(bad)
            raise Diverged(f"row {row} of x, {rows[row].tolist()}: {self._why(rows[row])}")

    def _why(self, x: Float[np.ndarray, " d"]) -> str:
        found = judged_at(self.pure(), padded(x[None]))
        X, J, met, known = (np.asarray(array)[0] for array in found)
        if not known:
            (lower, upper), others = _ends(self.box), np.arange(len(x)) != self._place
            i = int(np.flatnonzero(others & ((x < lower) | (x > upper)))[0])
            return (
                f"characteristics were followed for {self.inputs[i]} in [{lower[i]:g}, "
                f"{upper[i]:g}] only: give a larger box."
            )
        if met:
            return _crossing(J, self.inputs, x, f"what began at {X:.4g}")
        low, high = (float(end[self._place]) for end in _ends(self.surrogate.box))
        return (
            f"what is there began outside of {self.input} in [{low:g}, {high:g}], where the "
            "surrogate knows characteristics: make its box larger."
        )


def _ends(box: Box | None) -> tuple[np.ndarray, np.ndarray]:
    assert box is not None
    return np.array(box.lower, float), np.array(box.upper, float)


def _folded(shift: float, period: float) -> float:
    """The same shift to the nearest place."""
    return float(shift - period * np.round(shift / period))


def _crossing(J: float, inputs: tuple[str, ...], x: Float[np.ndarray, " d"], who: str) -> str:
    at = ", ".join(f"{name} = {number:.4g}" for name, number in zip(inputs, x, strict=True))
    return (
        f"characteristics cross, or nearly: {who} arrives at {at} with J = {J:.2g}, which must be "
        f"{LEAST:g} or more. Give a box that ends before, or solve for the state itself as a "
        "function of the place."
    )
