"""A network whose values on a boundary are given, whatever its weights."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Architecture, Frame, settle
from sobolev.networks.defaults import DEFAULT
from sobolev.networks.last_layer import Around
from sobolev.networks.wrappers.hard.boundary import Boundary
from sobolev.networks.wrappers.hard.given import Affine, Given
from sobolev.networks.wrappers.hard.traces import repeats, zeros_on_sides

ZERO = Affine()


@dataclass(frozen=True)
class HardBoundary(Architecture):
    """u(x) = g(x) + φ(x) N(x): u = g where φ = 0, to rounding, before and after any training.

    φ is the product of the distances of all `boundaries`, N the `inner` network; derivatives of u
    along a boundary are therefore those of g too. Everything is given in physical units and by
    names; the surrogate that is made of it knows its scalings. Source: Lagaris, Likas & Fotiadis,
    IEEE Trans. Neural Networks 9, 1998, arXiv physics/9705023; Sukumar & Srivastava, Comput.
    Methods Appl. Mech. Eng. 389, 2022, arXiv 2104.08426.

    **Arguments:** `inner`; `boundaries`, at least one; `value` g, an `Affine`, a `Formula` or a
    `Transfinite` of one for each boundary; `outputs` by name or number that are bound, None for
    all, the others are N as it is. Other boundaries for another output: a `HardBoundary` in a
    `HardBoundary`. Raises `ConfigError`.

    ```python
    walls = Between("x", 0.0, 1.0), Between("y", 0.0, 1.0)
    surrogate = Surrogate.new(data, HardBoundary(MLP((16, 16)), walls))   # 0 on four walls
    ```
    """

    name: ClassVar[str] = "hard-boundary"

    inner: Architecture = DEFAULT
    boundaries: tuple[Boundary, ...] = ()
    value: Given = ZERO
    outputs: tuple[str | int, ...] | None = None

    def __post_init__(self):
        if not isinstance(self.inner, Architecture) or not isinstance(self.value, Given):
            raise ConfigError(
                "HardBoundary lies around an architecture, with its value as an Affine, a Formula "
                f"or another Given: got {self.inner!r} and {self.value!r}."
            )
        boundaries = tuple(self.boundaries) if isinstance(self.boundaries, tuple | list) else ()
        if not boundaries or not all(isinstance(part, Boundary) for part in boundaries):
            raise ConfigError(
                "HardBoundary needs a tuple of boundaries, like (networks.Face('x', 0.0),): got "
                f"{self.boundaries!r}."
            )
        settle(self, boundaries=boundaries)
        if self.outputs is not None:
            named = isinstance(self.outputs, str)
            settle(self, outputs=(self.outputs,) if named else tuple(self.outputs))
            if not self.outputs:
                raise ConfigError("outputs are those that are bound, None for all: got none.")

    def explicit(self, inputs: int, outputs: int) -> "HardBoundary":
        """The inner one with its constants written out; refuses an output that is bound twice."""
        inner: object = self.inner
        while isinstance(inner, HardBoundary):
            if _share(self.outputs, inner.outputs) and (self.value, inner.value) != (ZERO, ZERO):
                raise ConfigError(
                    "an output is bound by two HardBoundary, one around the other, so that the "
                    "values of the inner one would not hold: give one HardBoundary both "
                    "boundaries, and Transfinite((g1, g2)) for their values."
                )
            inner = inner.inner
        return super().explicit(inputs, outputs)

    def within(self, frame: Frame) -> "HardBoundary":
        """The same between the scalings."""
        names = range(len(frame.outputs)) if self.outputs is None else self.outputs
        outputs = tuple(frame.place("output", name) for name in names)
        boundaries = tuple(part.within(frame) for part in self.boundaries)
        with jax.ensure_compile_time_eval():  # of a boundary of one's own, while shapes are traced
            self.value.check(boundaries, frame, outputs)
        return replace(
            super().within(frame),
            boundaries=boundaries,
            value=self.value.within(frame),
            outputs=outputs,
        )

    def held(self, frame: Frame) -> Float[np.ndarray, "d 2 q"] | None:
        """As often as φ is zero on a side, beside those of the inner one; None in another body.

        A period of the inner one is that of g + φN only where g and φ have it; else at most the
        values on both sides are the same, one condition of both together.
        """
        found = self.inner.held(frame)
        parts = [part.within(frame) for part in self.boundaries]
        if found is None or not all(part.levels() for part in parts):
            return None
        names = range(len(frame.outputs)) if self.outputs is None else self.outputs
        bound = [frame.place("output", name) for name in names]
        for i, k in ((i, k) for i in range(len(found)) for k in bound):
            if np.isinf(found[i, :, k]).all():
                values, all_ = repeats(self.value.within(frame), parts, i, k, len(found))
                found[i, :, k] = np.inf if all_ else values / 2
        found[..., bound] += zeros_on_sides(parts, len(frame.inputs))[..., None]
        return found

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "HardBoundaryModule":
        """The network with weights of the inner one drawn from `key`."""
        plain = self.within(Frame.plain(inputs, outputs))  # by number, and in what range
        bound = tuple(number in (plain.outputs or ()) for number in range(outputs))
        inner = self.inner.build(inputs, outputs, key)
        return HardBoundaryModule(inner, plain.boundaries, plain.value, bound)


def _share(one: tuple | None, other: tuple | None) -> bool:
    """Whether both bind an output, as far as names or numbers tell."""
    return one is None or other is None or bool(set(one) & set(other))


class HardBoundaryModule(Around):
    """What `HardBoundary` builds, between the scalings."""

    inner: Callable
    # Static, as constants that no optimiser sees.
    boundaries: tuple[Boundary, ...] = eqx.field(static=True)
    value: Given = eqx.field(static=True)
    bound: tuple[bool, ...] = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        free = self.inner(x)
        distances = [part.distance(x) for part in self.boundaries]
        φ = prod(distances, start=jnp.asarray(1.0, x.dtype))
        return jnp.where(jnp.asarray(self.bound), self.value.at(x, distances) + φ * free, free)
