"""A user's own function as a `Function`: with derivatives that it returns, or by JAX."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sobolev._base.arrays import clean_names, clean_units
from sobolev._base.errors import ConfigError
from sobolev.box import Box
from sobolev.function.derivatives import Derivatives
from sobolev.function.function import Function
from sobolev.function.pointwise import Pointwise, parts


@dataclass(frozen=True, eq=False)
class CallableFunction(Pointwise):
    """A function of one point that returns its value and its derivatives; see `of_callable`."""

    function: Callable[[np.ndarray], object]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_units: tuple[str, ...]
    output_units: tuple[str, ...]
    box: Box | None
    order: int = 2

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Derivatives:
        """What the function returns at one point."""
        return parts(self.function(x), order, len(self.outputs), "the function")


def of_callable(
    function: Callable[[np.ndarray], object],
    inputs: Box | Sequence[str],
    outputs: Sequence[str],
    output_units: Sequence[str] = (),
    order: int = 2,
) -> CallableFunction:
    """A Python or NumPy function that returns its own derivatives, as a `Function`.

    **Arguments:** `function(x)` takes one point `x [d]` and returns `(y, dy)` or `(y, dy, d2y)`
    with `y [q]`, `dy [q, d]`, `d2y [q, d, d]`; for a single response `y` may be a number, `dy [d]`
    and `d2y [d, d]`; it raises `Diverged` where there is no solution. `inputs` is the domain, a
    `Box`, or d names where there is none; `outputs` and `output_units` name the q responses;
    `order` is the highest derivative it returns. Raises `DataError`, `ConfigError`.

    ```python
    parabola = of_callable(lambda x: (x[0] ** 2, [2 * x[0]]), ("a",), ("y",), order=1)
    ```
    """
    if order not in (0, 1, 2):
        raise ConfigError(f"order must be 0, 1 or 2: got {order!r}.")
    return CallableFunction(function, *_names(inputs, outputs, output_units), order=order)


def of_jax(
    function: Callable,
    inputs: Box | Sequence[str],
    outputs: Sequence[str],
    output_units: Sequence[str] = (),
) -> Function:
    """A JAX function of one point `[d]` → `[q]` as a `Function`: everything else is derived.

    Arguments as in `of_callable`. Raises `DataError`, `ConfigError` when its answer has not the
    shape `[q]`, `PrecisionError` when JAX is in 32-bit mode.

    ```python
    bowl = of_jax(lambda x: jnp.array([x @ x]), Box(("a", "b"), (-1, -1), (1, 1)), ("y",))
    ```
    """
    from sobolev.function.by_jax import JaxFunction  # problems and kriging do not wait for JAX

    return JaxFunction(function, *_names(inputs, outputs, output_units))


def _names(inputs: Box | Sequence[str], outputs: Sequence[str], units: Sequence[str]) -> tuple:
    """Names and units of inputs and outputs, and the domain."""
    box = inputs if isinstance(inputs, Box) else None
    given = inputs.names if isinstance(inputs, Box) else inputs
    names = clean_names("inputs", given, len(given), "x")
    outputs = clean_names("outputs", outputs, len(outputs), "y")
    if not names or not outputs:
        raise ConfigError("a function needs names of its inputs and of its outputs: got none.")
    of_inputs = ("",) * len(names) if box is None else box.units
    return names, outputs, of_inputs, clean_units("output_units", units, len(outputs)), box
