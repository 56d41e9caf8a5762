"""A network some of whose outputs are unknown constants: trained with it, the same everywhere."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Architecture, Frame, settle
from sobolev.networks.defaults import DEFAULT
from sobolev.networks.last_layer import Around

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Constants(Architecture):
    """Outputs that do not depend on x: unknown coefficients of an equation, trained as weights are.

    y_k = s_k exp(p_k) where `positive`, else y_k = s_k + |s_k| p_k (s_k = 0: y_k = p_k, in units of
    the output's scale), with parameters p that start at 0; all derivatives are 0. The other outputs
    are those of the `inner` network. Coefficients that vary, k(x), need none of this: they are one
    more output of a network.

    **Arguments:** `inner`; `outputs`, by name or number, at least one, which the inner network has
    not; `start` s, one number or one for each, in the unit of the output; `positive`: whether they
    stay so. `between` is filled in by the surrogate: the scalings of these outputs. Raises
    `ConfigError`.

    ```python
    made = Constants(MLP((20, 20)), ("nu",), start=0.1, positive=True)
    surrogate = Surrogate.on(Box(("x", "t"), (-1, 0), (1, 1)), ("u", "nu"), made)
    fitted = fit(surrogate, [data_of_u, Equation("burgers", burgers, points)])
    ```
    """

    name: ClassVar[str] = "constants"

    inner: Architecture = DEFAULT
    outputs: tuple[str | int, ...] = ()
    start: float | Numbers = 1.0
    positive: bool = False
    between: tuple[tuple[float, float], ...] | None = None

    def __post_init__(self):
        if not isinstance(self.inner, Architecture):
            raise ConfigError(f"Constants lies around an architecture: got {self.inner!r}.")
        names = (self.outputs,) if isinstance(self.outputs, str | int) else tuple(self.outputs)
        if not names or len(set(names)) < len(names):
            raise ConfigError(
                f"Constants needs the outputs that are constant, each once: got {self.outputs!r}."
            )
        start = np.asarray(self.start, float)
        if start.shape not in ((), (len(names),)) or not np.isfinite(start).all():
            raise ConfigError(
                f"start is one finite number, or one for each of {len(names)} constants: got "
                f"{self.start!r}."
            )
        if self.positive and not (start > 0).all():
            raise ConfigError(f"a constant that stays positive starts so: got {self.start!r}.")
        each = tuple(map(float, np.broadcast_to(start, len(names))))
        settle(self, outputs=names, start=each, positive=bool(self.positive))

    def explicit(self, inputs: int, outputs: int) -> "Constants":
        """The inner one with its constants written out."""
        return replace(self, inner=self.inner.explicit(inputs, self._others(outputs)))

    def within(self, frame: Frame) -> "Constants":
        """The same between the scalings, its outputs by number."""
        if self.between is not None:
            return self
        places, _, inner = self._parted(frame)
        self._others(len(frame.outputs))
        shift, scale = frame.y_shift, frame.y_scale
        between = tuple((float(shift[k]), float(scale[k])) for k in places)
        return replace(self, inner=self.inner.within(inner), outputs=places, between=between)

    def held(self, frame: Frame) -> Float[np.ndarray, "d 2 q"] | None:
        """Those of the inner one; none of the constants."""
        _, rest, inner = self._parted(frame)
        own = self.inner.held(inner)
        if own is None:
            return None
        found = np.zeros((len(frame.inputs), 2, len(frame.outputs)))
        found[..., rest] = own
        return found

    def _parted(self, frame: Frame) -> tuple[tuple[int, ...], list[int], Frame]:
        """Which outputs are constants, which are not, and the frame of these."""
        places = tuple(frame.place("output", name) for name in self.outputs)
        if len(set(places)) < len(places):
            raise ConfigError(f"an output is one constant: got {self.outputs}.")
        rest = [k for k in range(len(frame.outputs)) if k not in places]
        inner = replace(
            frame,
            outputs=tuple(frame.outputs[k] for k in rest),
            y_shift=frame.y_shift[rest],
            y_scale=frame.y_scale[rest],
        )
        return places, rest, inner

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "ConstantsModule":
        """The network with weights of the inner one drawn from `key`, and the constants."""
        others = self._others(outputs)
        placed = self.within(Frame.plain(inputs, outputs))
        assert placed.between is not None and isinstance(placed.start, tuple)
        places = [int(k) for k in placed.outputs]
        order = np.argsort([k for k in range(outputs) if k not in places] + places)
        return ConstantsModule(
            placed.inner.build(inputs, others, key),
            jnp.zeros(len(places)),
            tuple(map(int, order)),
            placed.start,
            placed.between,
            placed.positive,
        )

    def _others(self, outputs: int) -> int:
        """How many outputs the inner network has."""
        if outputs <= len(self.outputs):
            raise ConfigError(
                f"a network has at least one output beside its constants {self.outputs}: got "
                f"{outputs} in all."
            )
        return outputs - len(self.outputs)


class ConstantsModule(Around):
    """What `Constants` builds, between the scalings."""

    inner: Callable
    constants: Float[Array, " c"]
    order: tuple[int, ...] = eqx.field(static=True)
    start: Numbers = eqx.field(static=True)
    between: tuple[tuple[float, float], ...] = eqx.field(static=True)
    positive: bool = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        s, (shift, scale) = np.array(self.start), np.array(self.between).T
        # Divided by the scale before, by NumPy: what is trained is of size one in any unit.
        if self.positive:
            found = s / scale * jnp.exp(self.constants) - shift / scale
        else:
            size = np.where(s == 0, 1.0, np.abs(s) / scale)
            found = (s - shift) / scale + size * self.constants
        every = jnp.concatenate([self.inner(x), found.astype(x.dtype)])
        return every[np.array(self.order)]
