"""A network whose values on a boundary are given, whatever its weights."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Architecture, Frame, settle
from sobolev.networks.as_json import Saved
from sobolev.networks.defaults import DEFAULT
from sobolev.networks.wrappers.boundaries import Boundary

Rows = tuple[tuple[float, ...], ...]


def _nested(array: np.ndarray) -> Any:
    """An array as a number or as tuples."""
    return tuple(_nested(part) for part in array) if np.ndim(array) else float(array)


@dataclass(frozen=True)
class Affine(Saved):
    """g(x) = c + S x.

    **Arguments:** `constant`, c: one number for all outputs, or `[q]`; `slope`, S `[q][d]`, () for
    none. Both in the units of outputs and inputs. Raises `ConfigError`.

    ```python
    Affine(0.0, ((0.0, 2.0),))   # 2 times the second of two inputs
    ```
    """

    name: ClassVar[str] = "affine"

    constant: float | tuple[float, ...] = 0.0
    slope: Rows = ()

    def __post_init__(self):
        constant, slope = np.asarray(self.constant, float), np.asarray(self.slope, float)
        if constant.ndim > 1 or not np.isfinite(constant).all() or not np.isfinite(slope).all():
            raise ConfigError(
                f"an affine function has finite numbers [q] and [q][d]: got {self!r}."
            )
        settle(self, constant=_nested(constant), slope=_nested(slope) if slope.size else ())

    def arrays(self, inputs: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
        """`(constant [q], slope [q, d])`; `ConfigError` when they have another shape."""
        slope = self.slope or np.zeros((outputs, inputs))
        fits = np.shape(self.constant) in ((), (outputs,)) and np.shape(slope) == (outputs, inputs)
        if not fits:
            raise ConfigError(
                f"{self!r} does not fit {inputs} inputs and {outputs} outputs: give a constant for "
                "all or for each output, and a slope for each output and input."
            )
        return np.broadcast_to(np.asarray(self.constant, float), (outputs,)), np.asarray(slope)

    def within(self, frame: Frame) -> "Affine":
        """The same from scaled inputs to scaled outputs."""
        constant, slope = self.arrays(len(frame.inputs), len(frame.outputs))
        moved = (constant + slope @ frame.x_shift - frame.y_shift) / frame.y_scale
        return Affine(_nested(moved), _nested(slope * frame.x_scale / frame.y_scale[:, None]))


@dataclass(frozen=True)
class HardBoundary(Architecture):
    """u(x) = g(x) + φ(x) N(x): u = g where φ = 0, to rounding, before and after any training.

    φ is the product of the distances of all `boundaries`, N the `inner` network; derivatives of u
    along a boundary are therefore those of g too. Everything is given in physical units and by
    names; the surrogate that is made of it knows its scalings. Source: Lagaris, Likas & Fotiadis,
    IEEE Trans. Neural Networks 9, 1998, arXiv physics/9705023; Sukumar & Srivastava, Comput.
    Methods Appl. Mech. Eng. 389, 2022, arXiv 2104.08426.

    **Arguments:** `inner`; `boundaries`, at least one; `value` g; `outputs` by name or number that
    are bound, None for all, the others are N as it is. Another g for another output: a
    `HardBoundary` in a `HardBoundary`. Raises `ConfigError`.

    ```python
    walls = Between("x", 0.0, 1.0), Between("y", 0.0, 1.0)
    surrogate = Surrogate.new(data, HardBoundary(MLP((16, 16)), walls))   # 0 on four walls
    ```
    """

    name: ClassVar[str] = "hard-boundary"

    inner: Architecture = DEFAULT
    boundaries: tuple[Boundary, ...] = ()
    value: Affine = Affine()
    outputs: tuple[str | int, ...] | None = None

    def __post_init__(self):
        if not isinstance(self.inner, Architecture) or not isinstance(self.value, Affine):
            raise ConfigError(
                "HardBoundary lies around an architecture, with its value as an Affine: got "
                f"{self.inner!r} and {self.value!r}."
            )
        boundaries = tuple(self.boundaries) if isinstance(self.boundaries, tuple | list) else ()
        if not boundaries or not all(isinstance(part, Boundary) for part in boundaries):
            raise ConfigError(
                "HardBoundary needs a tuple of boundaries, like (networks.Face('x', 0.0),): got "
                f"{self.boundaries!r}."
            )
        settle(self, boundaries=boundaries)
        if self.outputs is not None:
            settle(self, outputs=tuple(self.outputs))

    def within(self, frame: Frame) -> "HardBoundary":
        """The same between the scalings."""
        names = range(len(frame.outputs)) if self.outputs is None else self.outputs
        return replace(
            super().within(frame),
            boundaries=tuple(part.within(frame) for part in self.boundaries),
            value=self.value.within(frame),
            outputs=tuple(frame.place("output", name) for name in names),
        )

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "HardBoundaryModule":
        """The network with weights of the inner one drawn from `key`."""
        plain = self.within(Frame.plain(inputs, outputs))  # by number, and in what range
        constant, slope = self.value.arrays(inputs, outputs)
        bound = tuple(number in (plain.outputs or ()) for number in range(outputs))
        return HardBoundaryModule(
            self.inner.build(inputs, outputs, key), plain.boundaries, _nested(constant),
            _nested(slope), bound,
        )  # fmt: skip


class HardBoundaryModule(eqx.Module):
    """What `HardBoundary` builds, between the scalings."""

    inner: Callable
    # Static, as constants that no optimiser sees.
    boundaries: tuple[Boundary, ...] = eqx.field(static=True)
    constant: tuple[float, ...] = eqx.field(static=True)
    slope: Rows = eqx.field(static=True)
    bound: tuple[bool, ...] = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        free = self.inner(x)
        φ = jnp.asarray(1.0, x.dtype)
        for part in self.boundaries:
            φ = φ * part.distance(x)
        g = jnp.asarray(self.constant, x.dtype) + jnp.asarray(self.slope, x.dtype) @ x
        return jnp.where(jnp.asarray(self.bound), g + φ * free, free)
