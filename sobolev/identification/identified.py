"""A law that was read: a function with few terms, and the system that it moves."""

from collections.abc import Sequence
from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev._base.precision import require_x64
from sobolev.box import Box
from sobolev.dynamics.system import System
from sobolev.function.by_jax import ByJax
from sobolev.function.on_box import OnBox
from sobolev.identification.library import Library


@dataclass(frozen=True, eq=False)
class Identified(OnBox, ByJax):
    """y = Ξ Θ(x): what `identify` makes, a `Function` of what the data were a function of.

    `terms` (m) are names, `coefficients [q, m]` zero where a term has gone, `deviations [q, m]`
    their standard deviations for the terms that stay. `print` writes the law.

    ```python
    law.coefficients[0, law.terms.index("x^3")]
    system = law.system([2.0, 0.0])             # its coefficients are parameters of trajectories
    ```
    """

    library: Library
    terms: tuple[str, ...]
    coefficients: Float[np.ndarray, "q m"]
    deviations: Float[np.ndarray, "q m"]
    box: Box  # where the data were
    outputs: tuple[str, ...]
    output_units: tuple[str, ...]

    def __post_init__(self):
        require_x64("a law")

    def pure(self) -> "_Sum":
        """The sum of terms."""
        return _Sum(self.library, jnp.asarray(self.coefficients))

    def system(self, start: Sequence[float]) -> "LawInTime":
        """dx/dt = Ξ Θ(x) from a start `[d]`, a function of its coefficients.

        Their box are four standard deviations about what was found; names are those of an output
        and a term. Raises `ConfigError` unless there is an output for each input, its rate.

        ```python
        Trajectory(law.system([2.0, 0.0]), Sampled([1.0, 2.0]))
        ```
        """
        if len(self.outputs) != len(self.inputs):
            raise ConfigError(
                f"there are {len(self.outputs)} outputs and {len(self.inputs)} inputs: a system "
                "needs the rate of each of its states, in their order."
            )
        x = np.asarray(start, float)
        if x.shape != (len(self.inputs),) or not np.isfinite(x).all():
            raise ConfigError(
                f"the start must be {len(self.inputs)} finite numbers: got {np.shape(start)}, "
                f"{start}."
            )
        where = np.nonzero(self.coefficients)
        ξ, σ = self.coefficients[where], self.deviations[where]
        names = tuple(f"{self.outputs[q]}: {self.terms[j]}" for q, j in zip(*where, strict=True))
        half = np.maximum(4 * σ, 1e-6 * np.abs(ξ))
        box = Box(names, tuple(ξ - half), tuple(ξ + half))
        return LawInTime(box, self.inputs, self.library, x, where, self.coefficients.shape)

    def __str__(self) -> str:
        return "\n".join(
            f"{name} = {_line(ξ, σ, self.terms)}"
            for name, ξ, σ in zip(self.outputs, self.coefficients, self.deviations, strict=True)
        )


class _Sum(eqx.Module):
    library: Library
    coefficients: Float[Array, "q m"]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        return self.coefficients @ self.library.terms(x)


class LawInTime(System):
    """A law that was read as a system; see `Identified.system`."""

    box: Box = eqx.field(static=True)
    states: tuple[str, ...] = eqx.field(static=True)
    library: Library
    begins: np.ndarray
    where: tuple[np.ndarray, ...]
    shape: tuple[int, ...] = eqx.field(static=True)

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """As it was given."""
        return jnp.asarray(self.begins)

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """The sum of the terms that stay."""
        return jnp.zeros(self.shape).at[self.where].set(p) @ self.library.terms(x)


def _line(ξ: np.ndarray, σ: np.ndarray, terms: tuple[str, ...]) -> str:
    """- 0.0999(4) v + 1.000(1) x^3, with the standard deviation of the last digit in brackets."""
    said = [
        (x < 0, _rounded(abs(x), s) + ("" if term == "1" else f" {term}"))
        for x, s, term in zip(ξ, σ, terms, strict=True)
        if x
    ]
    if not said:
        return "0"
    (below, first), *rest = said
    return ("-" if below else "") + first + "".join(f" {'+-'[int(b)]} {text}" for b, text in rest)


def _rounded(number: float, deviation: float) -> str:
    if not deviation > 0:
        return f"{number:.6g}"
    digits = min(max(0, -int(np.floor(np.log10(deviation)))), 12)
    return f"{number:.{digits}f}({max(1, round(deviation * 10**digits))})"
