"""Responses to a load history that remember: a state-space network with knobs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import positive, whole
from sobolev._base.errors import ConfigError
from sobolev.networks.activations import Activation, tanh
from sobolev.networks.architecture import Architecture, Frame, settle
from sobolev.networks.families.dense import (
    Dense,
    Initialisation,
    chain,
    glorot,
    hidden_widths,
    widths,
)
from sobolev.networks.families.layered import forward, of_kind

SPEED = 1e-2  # below which |v| is round, so that slopes exist where a motion turns back
SMALL = 0.1  # of what is drawn, for last layers

# Shift and factor of each component, of the inputs and of the outputs.
Between = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class HistoryNetwork(Architecture):
    """A load u at n instants and parameters p → the response r at the same instants, from rest.

    Internal variables s follow a motion e by s' = A e' + B |e'| + C − s/τ and say with it how large
    the force is, R = a e + b e' + Σ c_i s_i. Without `inertia` the load is the motion, such as a
    strain, and R the response; with it the response is the motion, e'' = c u − R, of a mass on what
    is unknown. A, B, C are a network of s and p; a, b, c_i, τ_i one of p alone. A is even in s, B
    and C are odd, so that the opposite load has the opposite response, and no load none. Between
    instants the load is a line; a step is one of Runge and Kutta's, order 4.

    The inputs are u(t_1) … u(t_n), then the parameters; there are as many outputs as instants. A
    surrogate scales each by its own rows; here the instants share one length, without a shift.

    **Arguments:** `step`: between instants, as a part of the time in which the response changes: a
    period over 2π, a relaxation time; `states` ≥ 1; `hidden` widths of both networks; `inertia`;
    `activation`, `init` as in `MLP`. `between` is filled in by the surrogate. Raises `ConfigError`,
    from `build` for fewer inputs than outputs. Source: the rate-independent part is Duhem's model
    of hysteresis, J. W. Macki, P. Nistri, P. Zecca, SIAM Review 35 (1993) 94; C is what relaxes.

    ```python
    made = HistoryNetwork(step=0.3, inertia=True)                  # of [200 + 5] -> [200]
    surrogate = Surrogate.new(data, made)
    ```
    """

    name: ClassVar[str] = "history"
    plain = True

    step: float = 0.3
    states: int = 1
    hidden: tuple[int, ...] = (16, 16)
    inertia: bool = False
    activation: Activation = tanh
    init: Initialisation = glorot
    between: Between | None = None

    def __post_init__(self):
        positive("the step", self.step)
        settle(self, states=whole("the number of states", self.states, 1))
        settle(self, hidden=hidden_widths(self.hidden))
        of_kind("activation", self.activation, Activation, "networks.tanh")
        of_kind("init", self.init, Initialisation, "networks.glorot")

    def within(self, frame: Frame) -> "HistoryNetwork":
        """The same with one length for all instants of the load, and one for the response."""
        if self.between is not None:
            return self
        n = _instants(len(frame.inputs), len(frame.outputs))
        x0, x1, y0, y1 = frame.x_shift[:n], frame.x_scale[:n], frame.y_shift, frame.y_scale
        parts = x0 / x1.mean(), x1 / x1.mean(), -y0 / y1, y1.mean() / y1
        return replace(self, between=tuple(tuple(map(float, part)) for part in parts))

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "HistoryModule":
        """The network with weights drawn from `key`."""
        n, k = _instants(inputs, outputs), self.states
        between = self.within(Frame.plain(inputs, outputs)).between
        assert between is not None
        p = inputs - n
        moved = 2 + k  # e, e' and s
        sizes = (max(p, 1), moved + k), (k + p, 3 * k)
        shapes = [chain(widths(ins, self.hidden, outs)) for ins, outs in sizes]
        drawn = list(self.init(key, tuple(shape for part in shapes for shape in part)))
        size = len(self.hidden) + 1
        gains, memory = tuple(drawn[:size]), tuple(drawn[size:])
        start = jnp.concatenate([jnp.ones(1), jnp.full(1, 0.1), jnp.ones(k), jnp.full(k, -1.0)])
        return HistoryModule(
            _damped(gains, start), _damped(memory), jnp.ones(()),
            self.step, k, self.inertia, self.activation, between,
        )  # fmt: skip


def _instants(inputs: int, outputs: int) -> int:
    if outputs < 1 or inputs < outputs:
        raise ConfigError(
            "a network of histories takes the load at each instant, then parameters, and gives the "
            f"response at each instant: got {inputs} inputs and {outputs} outputs."
        )
    return outputs


def _damped(layers: tuple[Dense, ...], bias: Array | None = None) -> tuple[Dense, ...]:
    """With a last layer that begins small, at a bias."""
    *first, last = layers
    bias = last.bias if bias is None else bias
    return (*first, Dense(SMALL * last.weight, bias))


class HistoryModule(eqx.Module):
    """What a `HistoryNetwork` builds."""

    gains: tuple[Dense, ...]
    memory: tuple[Dense, ...]
    push: Float[Array, ""]
    # Static, as constants that no optimiser sees.
    step: float = eqx.field(static=True)
    states: int = eqx.field(static=True)
    inertia: bool = eqx.field(static=True)
    activation: Activation = eqx.field(static=True)
    between: Between = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        x0, x1, y0, y1 = (jnp.asarray(part, x.dtype) for part in self.between)
        n = len(x0)
        ends, p = x0 + x1 * x[:n], x[n:]
        rate, respond = self._laws(p)
        loads = jnp.stack([jnp.concatenate([jnp.zeros(1, x.dtype), ends[:-1]]), ends], axis=1)

        def forwards(state: Array, load: Array) -> tuple[Array, Array]:
            state = _stepped(rate, state, load, self.step)
            return state, respond(state, load, self.step)

        rest = jnp.zeros(self.states + 2 * self.inertia, x.dtype)
        return y0 + y1 * jax.lax.scan(forwards, rest, loads)[1]

    def _laws(self, p: Float[Array, " p"]) -> tuple[Callable, Callable]:
        """Rate of the state (e, e', s) or (s), and the response, for these parameters."""
        k = self.states
        knobs = p if len(p) else jnp.zeros(1, p.dtype)
        gains = forward(self.gains, self.activation, knobs)
        line, relaxes = gains[: 2 + k], jnp.exp(2 * gains[2 + k :])

        of_memory = self._both_ways(self.memory, p)

        def follow(s: Array, v: Array) -> Array:
            there, opposite = of_memory(s).reshape(2, 3, k)
            even, odd = there[0] + opposite[0], there[1:] - opposite[1:]
            speed = jnp.sqrt(v**2 + SPEED**2)
            return (1 + even) * v + odd[0] * speed + odd[1] - relaxes * s

        def moves(state: Array, u: Array, slope: Array) -> Array:
            if not self.inertia:
                return follow(state, slope)
            v, s = state[1], state[2:]
            return jnp.concatenate([jnp.stack([v, self.push * u - line @ state]), follow(s, v)])

        def respond(state: Array, load: Array, step: float) -> Array:
            if self.inertia:
                return state[0]
            slope = (load[1] - load[0]) / step
            return line @ jnp.concatenate([jnp.stack([load[1], slope]), state])

        return moves, respond

    def _both_ways(self, layers: tuple[Dense, ...], p: Float[Array, " p"]) -> Callable:
        """w ↦ f(w, p), f(−w, p), whose part of p is found once for all instants."""
        first, *rest = layers
        signs = jnp.array([[1.0], [-1.0]], p.dtype)
        offset = first.bias if not len(p) else first.weight[:, -len(p) :] @ p + first.bias
        moved = first.weight[:, : first.weight.shape[1] - len(p)]

        def both(w: Float[Array, " w"]) -> Float[Array, "2 out"]:
            h = signs * (moved @ w)[None] + offset[None]
            for layer in rest:
                h = self.activation(h) @ layer.weight.T + layer.bias[None]
            return h

        return both


def _stepped(rate: Callable, state: Array, load: Array, step: float) -> Array:
    """One step of Runge and Kutta's along a line of load."""
    slope = (load[1] - load[0]) / step
    middle = load.mean()
    k1 = rate(state, load[0], slope)
    k2 = rate(state + step / 2 * k1, middle, slope)
    k3 = rate(state + step / 2 * k2, middle, slope)
    k4 = rate(state + step * k3, load[1], slope)
    return state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
