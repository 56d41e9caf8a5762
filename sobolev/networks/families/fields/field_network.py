"""What networks of fields share: the grid, one scaling for each field, lifting and projection."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from sobolev._base.arguments import whole
from sobolev._base.errors import ConfigError
from sobolev.networks.activations import Activation, gelu
from sobolev.networks.architecture import Architecture, Frame, settle
from sobolev.networks.families.dense import Dense, Initialisation, Shapes, glorot
from sobolev.networks.families.fields.local_convolution import at_points
from sobolev.networks.families.layered import of_kind
from sobolev.networks.last_layer import WithLastLayer

# Shift and factor of each component, of the inputs and of the outputs.
Between = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class FieldNetwork(Architecture):
    """Fields on a uniform periodic grid → fields on it: u ↦ Q(body(P u)), P and Q at each point.

    The inputs are the values of the fields, one field after the other: (u(x_1), …, u(x_n), v(x_1),
    …), the outputs likewise on the same grid. P lifts the fields linearly to `channels`, the body
    is the family's, Q is a linear layer, the activation, and a last linear one. No layer sees where
    a point is, so a shifted input gives the shifted output, to rounding.

    A surrogate scales each component by its own rows, which would break that. Those scalings are
    taken out here, and one shift and one length for a whole field, their means over its points, put
    in their place: it holds in physical units, whatever the data.

    **Arguments:** `channels`, `layers` ≥ 1; `modes` ≥ 1, how many waves a spectral convolution
    keeps, the constant one among them, and at most (n + 1)/2; `fields`, how many there are among
    inputs and outputs; `activation`, `init` as in `MLP`. `between` is filled in by the surrogate.
    Raises `ConfigError`, from `build` for inputs that are not so many fields.
    """

    plain = True

    channels: int = 24
    layers: int = 4
    modes: int = 12
    fields: tuple[int, int] = (1, 1)
    activation: Activation = gelu
    init: Initialisation = glorot
    between: Between | None = None

    def __post_init__(self):
        for what in ("channels", "layers", "modes"):
            settle(self, **{what: whole(what, getattr(self, what), 1)})
        if not (isinstance(self.fields, Sequence) and len(self.fields) == 2):
            raise ConfigError(f"fields are two numbers, of inputs and outputs: got {self.fields}.")
        settle(self, fields=tuple(whole("a number of fields", n, 1) for n in self.fields))
        of_kind("activation", self.activation, Activation, "networks.gelu")
        of_kind("init", self.init, Initialisation, "networks.glorot")

    @abstractmethod
    def inside(self, modes: int) -> Shapes:
        """Shapes of the dense layers that the body is made of, for so many waves."""

    @abstractmethod
    def body(self, drawn: list[Dense]) -> Callable:
        """The module `[n, channels]` → `[n, channels]` of dense layers of these shapes."""

    def within(self, frame: Frame) -> "FieldNetwork":
        """The same with one scaling for each field in place of one for each of its points."""
        if self.between is not None:
            return self
        n = self._points(len(frame.inputs), len(frame.outputs))
        x0, x1, y0, y1 = (
            a.reshape(-1, n) for a in (frame.x_shift, frame.x_scale, frame.y_shift, frame.y_scale)
        )
        of_input = (x0 - _mean(x0)) / _mean(x1), x1 / _mean(x1)
        of_output = (_mean(y0) - y0) / y1, _mean(y1) / y1
        flat = (tuple(map(float, part.reshape(-1))) for part in (*of_input, *of_output))
        return replace(self, between=tuple(flat))

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "FieldModule":
        """The network with weights drawn from `key`."""
        n, c, (into, out) = self._points(inputs, outputs), self.channels, self.fields
        between = self.within(Frame.plain(inputs, outputs)).between
        assert between is not None
        shapes = self.inside(min(self.modes, (n + 1) // 2))
        lift, *drawn, wide, last = self.init(key, ((c, into), *shapes, (2 * c, c), (out, 2 * c)))
        return FieldModule(lift, self.body(drawn), (wide, last), self.activation, between)

    def _points(self, inputs: int, outputs: int) -> int:
        into, out = self.fields
        n = inputs // into
        if n < 1 or (inputs, outputs) != (n * into, n * out):
            raise ConfigError(
                f"a network of fields takes {into} and gives {out} of them on one grid, whose "
                f"numbers of values are {into}·n and {out}·n: got {inputs} inputs and {outputs} "
                f"outputs, say how many fields they are by fields=(…, …)."
            )
        return n


def _mean(part: Float[np.ndarray, "f n"]) -> Float[np.ndarray, "f 1"]:
    return part.mean(axis=1, keepdims=True)


class FieldModule(WithLastLayer):
    """What a `FieldNetwork` builds."""

    lift: Dense
    body: Callable
    projection: tuple[Dense, Dense]
    # Static, as constants that no optimiser sees.
    activation: Activation = eqx.field(static=True)
    between: Between = eqx.field(static=True)

    @property
    def last_layer(self) -> PyTree:
        """The last layer of the projection."""
        return self.projection[-1]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        x0, x1, y0, y1 = (jnp.asarray(part, x.dtype) for part in self.between)
        u = (x0 + x1 * x).reshape(self.lift.weight.shape[1], -1).T
        wide, last = self.projection
        h = self.activation(at_points(wide, self.body(at_points(self.lift, u))))
        return y0 + y1 * at_points(last, h).T.reshape(-1)
