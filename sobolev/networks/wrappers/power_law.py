"""Products of powers, times what a network says: for logarithms of what has many decades."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Architecture, Frame, settle
from sobolev.networks.defaults import DEFAULT
from sobolev.networks.last_layer import WithLastLayer

LN = "ln "


class Between(NamedTuple):
    """c/max c = exp(`scale` x̂ − `scale`) at `places`; the `powers` of each output, if given."""

    scale: tuple[float, ...]
    places: tuple[int, ...]
    powers: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class PowerLaw(Architecture):
    """ŷ = A x̂ + N(z): of y = ln q, a product of powers of c with a factor that a network says.

    Some inputs are logarithms, x = ln c. The network N sees z = c/max c of these, and of the others
    x̂. So rates of reactions are learnt: orders are in A, for all decades alike, and N has what is
    not a power (bodies that only take part, density, temperature), which changes where c is large
    and nowhere else. A network of the logarithms would have to bend sharply there.

    A is learnt, from zero, where no powers are given. Give them where they are known: an order of
    1.001 that should be 1 is nothing in a rate, but in the slope of its reverse, whose order is the
    difference to 1, it is 0.001 y/c, which is large where c is nearly none.

    **Arguments:** `inner`, the network N; `logarithms`, the inputs that are some, by name or
    number, by default those whose names begin with "ln "; `powers`, for each output pairs of such
    an input and its exponent. `between` is filled in by the surrogate. Raises `ConfigError`.

    ```python
    data = sb.generate(progress, design)   # a sources.Progress
    made = networks.PowerLaw(networks.MLP((16,)), powers=progress.orders)
    surrogate = sb.Surrogate.new(data, made)
    ```
    """

    name: ClassVar[str] = "power law"

    inner: Architecture = DEFAULT
    logarithms: tuple[str | int, ...] = ()
    powers: tuple[tuple[tuple[str | int, float], ...], ...] = ()
    between: Between | None = None

    def __post_init__(self):
        if not isinstance(self.inner, Architecture):
            raise ConfigError(f"PowerLaw lies around an architecture: got {self.inner!r}.")
        try:
            powers = tuple(tuple((n, float(e)) for n, e in pairs) for pairs in self.powers)
        except (TypeError, ValueError) as error:
            raise ConfigError(
                "powers are pairs of an input and an exponent for each output, like "
                f"((('ln a', 2.0),),): got {self.powers!r}."
            ) from error
        settle(self, logarithms=tuple(self.logarithms), powers=powers)

    def explicit(self, inputs: int, outputs: int) -> "PowerLaw":
        """The inner one with its constants written out."""
        return replace(self, inner=self.inner.explicit(inputs, outputs))

    def within(self, frame: Frame) -> "PowerLaw":
        """The same between the scalings."""
        if self.between is not None:
            return self
        named = [name for name in frame.inputs if name.startswith(LN)]
        places = [frame.place("input", name) for name in self.logarithms or named]
        if not places:
            raise ConfigError(
                "PowerLaw has inputs that are logarithms: name some of "
                f"{', '.join(frame.inputs)}, or call them 'ln …'."
            )
        if self.powers and len(self.powers) != len(frame.outputs):
            raise ConfigError(
                f"PowerLaw has powers for {len(self.powers)} outputs, but there are "
                f"{len(frame.outputs)}: give those of each."
            )
        powers = np.zeros((len(self.powers), len(frame.inputs)))
        for row, pairs in zip(powers, self.powers, strict=True):
            for name, exponent in pairs:
                row[frame.place("input", name)] = exponent
        powers = powers * frame.x_scale / frame.y_scale[: len(powers), None]
        # N sees numbers between 0 and 1, and x̂ of the others.
        scale, x_shift, x_scale = 0 * frame.x_scale, frame.x_shift.copy(), frame.x_scale.copy()
        scale[places] = frame.x_scale[places]
        x_shift[places], x_scale[places] = 0.0, np.exp(frame.x_shift + frame.x_scale)[places]
        inner = self.inner.within(replace(frame, x_shift=x_shift, x_scale=x_scale, of_box=False))
        numbers = tuple(tuple(map(float, row)) for row in powers)
        between = Between(tuple(map(float, scale)), tuple(places), numbers)
        return replace(self, inner=inner, between=between)

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "PowerLawModule":
        """The network with weights of the inner one drawn from `key`."""
        placed = self if self.between else replace(self, logarithms=self.logarithms or (0,))
        placed = placed.within(Frame.plain(inputs, outputs))
        assert placed.between is not None
        inner = placed.inner.build(inputs, outputs, key)
        between = Between(*placed.between)  # a file has no names
        orders = None if between.powers else jnp.zeros((outputs, inputs), float)
        return PowerLawModule(inner, orders, between)


class PowerLawModule(WithLastLayer):
    """What `PowerLaw` builds, between the scalings."""

    inner: Callable
    orders: Float[Array, "q d"] | None
    between: Between = eqx.field(static=True)  # constants that no optimiser sees

    @property
    def last_layer(self) -> Any:
        """The orders, and that of the inner one."""
        inner = self.inner
        return (self.orders, inner.last_layer) if isinstance(inner, WithLastLayer) else self.orders

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        scale, places = jnp.asarray(self.between.scale, x.dtype), np.array(self.between.places)
        seen = x.at[places].set(jnp.exp(scale * x - scale)[places])
        orders = jnp.asarray(self.between.powers, x.dtype) if self.orders is None else self.orders
        return orders @ x + self.inner(seen)
