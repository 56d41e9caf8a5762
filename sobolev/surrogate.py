"""A network inside its scaling, with names and units: what is trained, saved and asked."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base import files as _files
from sobolev._base.errors import ConfigError, CorruptFile, DataError
from sobolev._base.precision import require_x64
from sobolev._base.types import Hessians, Jacobians, Points, Values
from sobolev.box import Box
from sobolev.data.arrays import points
from sobolev.data.dataset import Dataset
from sobolev.data.hdf5.stream import HDF5Rows
from sobolev.data.scaling import Scaling, input_scale
from sobolev.networks.derivatives import Prediction, predict
from sobolev.networks.families import describe, make

FORMAT = 2  # 1 knew no network but "mlp"; such a surrogate is still written as 1


@dataclass(frozen=True, eq=False)
class Surrogate:
    """A function of named inputs, in physical units and 64-bit, that knows its derivatives.

    Every method takes one point `[d]` or rows `[n, d]` and returns NumPy arrays with the matching
    leading axis. Made by `Surrogate.new` or `Surrogate.of`, trained by `fit`, kept by `save` and
    `load`.

    ```python
    surrogate = Surrogate.new(data, "mlp", hidden=(10, 5, 5, 3), key=0)
    y, dydx = surrogate.value(x), surrogate.jacobian(x)
    ```
    """

    network: Any
    scaling: Scaling
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_units: tuple[str, ...]
    output_units: tuple[str, ...]

    @classmethod
    def new(
        cls,
        data: Dataset | HDF5Rows,
        network: str = "mlp",
        hidden: Sequence[int] = (24, 24),
        key: int = 0,
        **settings,
    ) -> "Surrogate":
        """An untrained network of a family for these data, initialised from the seed `key`.

        `network` is "mlp", "mixed", "modified-mlp", "fourier", "residual" or "sine"; `settings` are
        those of its class in `sobolev.networks`, like `activation="tanh"`; without one it is
        swish (`docs/networks.md` says why). Raises `ConfigError` for a wrong
        architecture, `DataError` for data that cannot be scaled, `PrecisionError` when JAX is in
        32-bit mode.
        """
        require_x64("a surrogate")
        made = _network(network, data.dimension, hidden, len(data.outputs), key, settings)
        return cls.of(data, made)

    @classmethod
    def on(
        cls,
        box: Box,
        outputs: Sequence[str],
        network: str = "mlp",
        hidden: Sequence[int] = (24, 24),
        key: int = 0,
        *,
        output_scale: float | Sequence[float] = 1.0,
        output_shift: float | Sequence[float] = 0.0,
        output_units: Sequence[str] | None = None,
        **settings,
    ) -> "Surrogate":
        """An untrained network on a box, without any data: for equations alone.

        **Arguments:** `box` names the inputs and says over what range they go to [−1, 1];
        `output_scale` > 0 what counts as 1 in each output, in its unit, around `output_shift`; the
        others as in `new`. Raises `ConfigError`, `PrecisionError`.

        ```python
        surrogate = Surrogate.on(Box(("x", "t"), (-1, 0), (1, 1)), ("u",), hidden=(20, 20, 20))
        ```
        """
        require_x64("a surrogate")
        outputs = (outputs,) if isinstance(outputs, str) else tuple(outputs)
        units = ("",) * len(outputs) if output_units is None else tuple(output_units)
        if not outputs or len(set(outputs)) != len(outputs) or len(units) != len(outputs):
            raise ConfigError(
                f"a surrogate needs outputs of different names, with a unit each: got {outputs} "
                f"and {units}."
            )
        y_shift, y_scale = (
            _for_each(name, value, len(outputs))
            for name, value in (("output_shift", output_shift), ("output_scale", output_scale))
        )
        if not (y_scale > 0).all():
            raise ConfigError(f"output_scale must be positive: got {output_scale}.")
        lower, upper = np.array(box.lower), np.array(box.upper)
        x_scale = input_scale(box.names, lower, upper)
        scaling = Scaling(lower / 2 + upper / 2, x_scale, y_shift, y_scale)
        made = _network(network, box.dimension, hidden, len(outputs), key, settings)
        return cls(made, scaling, box.names, outputs, box.units, units)

    @classmethod
    def mlp(
        cls,
        data: Dataset | HDF5Rows,
        hidden: Sequence[int] = (10, 5, 5, 3),
        key: int = 0,
        activation="tanh",
    ) -> "Surrogate":
        """An untrained multilayer perceptron as in the talk: tanh, 10-5-5-3 unless you say more."""
        return cls.new(data, "mlp", hidden, key, activation=activation)

    @classmethod
    def of(cls, data: Dataset | HDF5Rows, network: Callable) -> "Surrogate":
        """Any Equinox module x̂ `[d]` → ŷ `[q]` between the scalings of these data.

        Only the families of `sobolev.networks` can be saved. Raises `ConfigError` when its output
        has not the shape `[q]`, `DataError`, `PrecisionError`.
        """
        require_x64("a surrogate")
        d, q = data.dimension, len(data.outputs)
        got = eqx.filter_eval_shape(network, jax.ShapeDtypeStruct((d,), np.float64))
        if getattr(got, "shape", None) != (q,):
            raise ConfigError(
                f"the network gives {got} for one point of {d} inputs, but the data have {q} "
                f"outputs: it must return an array of shape ({q},)."
            )
        names = (data.inputs, data.outputs, data.input_units, data.output_units)
        scaling = Scaling.of(data) if isinstance(data, Dataset) else data.scaling()
        return cls(network, scaling, *names)

    def value(self, x: Float[np.ndarray, "... d"]) -> Values:
        """y(x): `[d]` → `[q]`, `[n, d]` → `[n, q]`, in `output_units`."""
        return self.derivatives(x, 0)[0]

    def jacobian(self, x: Float[np.ndarray, "... d"]) -> Jacobians:
        """∂y/∂x: `[d]` → `[q, d]`, `[n, d]` → `[n, q, d]`."""
        return self.derivatives(x, 1)[1]

    def hessian(self, x: Float[np.ndarray, "... d"]) -> Hessians:
        """∂²y/∂x²: `[d]` → `[q, d, d]`, `[n, d]` → `[n, q, d, d]`."""
        return self.derivatives(x, 2)[2]

    def derivatives(self, x: Float[np.ndarray, "... d"], order: int = 1) -> tuple:
        """`(value, jacobian, hessian)` up to `order` (0, 1 or 2), in one pass."""
        rows, single = self._rows(x)
        prediction = _predict(self.network, _constants(self.scaling), _padded(rows), order)
        arrays = [np.asarray(a)[: len(rows)] for a in prediction if a is not None]
        self._check_finite(rows, arrays)
        return tuple(a[0] if single else a for a in arrays)

    def jvp(
        self, x: Float[np.ndarray, "... d"], direction: Float[np.ndarray, "... d"]
    ) -> tuple[Values, Values]:
        """`(y, ∂y/∂x · v)` for one direction v per point, shaped like x."""
        rows, single = self._rows(x)
        v, _ = self._rows(direction, "direction")
        if v.shape != rows.shape:
            raise DataError(
                f"direction has shape {v.shape[-2:]}, x has {rows.shape}: give one each."
            )
        padded = _padded(rows), _padded(v)
        y, dy = _jvp(self.network, _constants(self.scaling), *padded)
        y, dy = np.asarray(y)[: len(rows)], np.asarray(dy)[: len(rows)]
        self._check_finite(rows, (y, dy))
        return (y[0], dy[0]) if single else (y, dy)

    def as_function(self) -> Callable[[Float[Array, " d"]], Float[Array, " q"]]:
        """The same as a pure JAX function of one point, to be composed and differentiated."""
        constants = _constants(self.scaling)
        return lambda x: _physical_function(self.network, constants, x)

    def inside(self, x: Float[np.ndarray, "... d"]) -> np.ndarray:
        """Whether each point lies in the range of the training data; outside it, do not trust."""
        rows, single = self._rows(x)
        with np.errstate(over="ignore"):  # as far outside as a number can be
            scaled = self.scaling.scale_x(rows)
        inside = np.all(np.abs(scaled) <= 1 + 1e-12, axis=1)
        return inside[0] if single else inside

    def save(self, path: str | os.PathLike) -> Path:
        """Write one `.npz` with format version and checksum, no pickle.

        Raises `OutputError`, and `ConfigError` for a network that is of no family.
        """
        header, arrays = self.parts()
        version = 1 if header["network"]["kind"] == "mlp" else FORMAT
        return _files.write_archive(path, "surrogate", version, header, arrays)

    def parts(self) -> tuple[dict, dict[str, np.ndarray | Array]]:
        """`(header, arrays)`: everything, as an archive holds it. Raises `ConfigError`."""
        made = describe(self.network)
        header = {"network": made, **{name: list(getattr(self, name)) for name in _NAMES}}
        arrays = {f"scaling/{name}": getattr(self.scaling, name) for name in _SCALING}
        arrays |= dict(zip(_places(self.network), jax.tree.leaves(self.network), strict=True))
        return header, arrays

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Surrogate":
        """Read what `save` wrote. Raises `CorruptFile` when a bit has changed, `DataError`."""
        require_x64("a surrogate")
        header, arrays = _files.read_archive(path, "surrogate", FORMAT)
        try:
            return cls.of_parts(header, arrays)
        except (ConfigError, KeyError, TypeError, ValueError) as error:
            raise CorruptFile(f"{path} does not hold a whole surrogate ({error}).") from error

    @classmethod
    def of_parts(cls, header: dict, arrays: dict[str, np.ndarray]) -> "Surrogate":
        """The surrogate of these `parts`; raises what is in its way: `ValueError`, `KeyError`."""
        inputs, outputs, *units = names = [tuple(header[name]) for name in _NAMES]
        made = dict(header["network"])
        kind, hidden = made.pop("kind"), made.pop("hidden")
        blank = eqx.filter_eval_shape(  # shapes alone: drawing weights would compile
            lambda: make(kind, len(inputs), hidden, len(outputs), key=jax.random.key(0), **made)
        )
        if describe(blank).keys() != header["network"].keys():
            raise ValueError("its settings are not those of its network")
        leaves, structure = jax.tree.flatten(blank)
        places = _places(blank)
        shapes = dict(zip(places, (leaf.shape for leaf in leaves), strict=True))
        types = dict(zip(places, (leaf.dtype for leaf in leaves), strict=True))
        shapes |= {f"scaling/{n}": (len(inputs if n[0] == "x" else outputs),) for n in _SCALING}
        if {name: array.shape for name, array in arrays.items()} != shapes or any(
            array.dtype != types.get(name, np.float64) for name, array in arrays.items()
        ):
            raise ValueError("its arrays are not those of its network")
        if [len(unit) for unit in units] != [len(inputs), len(outputs)]:
            raise ValueError("it has not as many units as names")
        network = jax.tree.unflatten(structure, [jnp.asarray(arrays[place]) for place in places])
        return cls(network, Scaling(**{n: arrays[f"scaling/{n}"] for n in _SCALING}), *names)

    def _check_finite(self, rows: Points, arrays: Sequence[np.ndarray]) -> None:
        """Refuse what leaves the range of 64-bit numbers far outside the training data."""
        bad = {int(place[0]) for a in arrays for place in np.argwhere(~np.isfinite(a))}
        if bad:
            row = min(bad)
            raise DataError(
                f"the prediction for row {row} of x, {rows[row].tolist()}, is not finite: the "
                "point lies too far from the training data, or the network's weights are not "
                "finite. Leave the row out, or train again."
            )

    def _rows(self, x, what: str = "x") -> tuple[Points, bool]:
        return points(what, x, self.inputs)


_NAMES = ("inputs", "outputs", "input_units", "output_units")
_SCALING = ("x_shift", "x_scale", "y_shift", "y_scale")


def _network(
    family: str, inputs: int, hidden: Sequence[int], outputs: int, key: int, settings: dict
) -> Callable:
    if family not in ("mixed", "sine"):
        settings = {"activation": "swish", **settings}
    return make(family, inputs, hidden, outputs, key=jax.random.key(key), **settings)


def _for_each(name: str, value: float | Sequence[float], outputs: int) -> np.ndarray:
    """A number for each output."""
    numbers = np.asarray(value, float)
    if numbers.shape not in ((), (outputs,)) or not np.isfinite(numbers).all():
        raise ConfigError(
            f"{name} must be one finite number, or one for each of {outputs} outputs: got {value}."
        )
    return np.broadcast_to(numbers, outputs).copy()


def _places(network: eqx.Module) -> list[str]:
    """A name for each array of a network: `.layers[0].weight` is kept as "layer0/weight"."""
    paths = (path for path, _ in jax.tree_util.tree_leaves_with_path(network))
    names = (jax.tree_util.keystr(path) for path in paths)
    return [re.sub(r"s\[(\d+)\]", r"\1", name).strip(".").replace(".", "/") for name in names]


def _constants(scaling: Scaling) -> tuple[Array, ...]:
    return tuple(jnp.asarray(getattr(scaling, name)) for name in _SCALING)


def _physical_function(network: Callable, constants: tuple[Array, ...], x: Array) -> Array:
    scaling = Scaling(*constants)  # type: ignore[arg-type]  # traced, not constant
    return scaling.unscale_y(network(scaling.scale_x(x)))


def _padded(rows: np.ndarray) -> Array:
    """Rows repeated up to a power of two: then a new number of rows seldom compiles anew."""
    size = 1 << max(0, len(rows) - 1).bit_length()
    return jnp.asarray(np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), axis=0)]))


@eqx.filter_jit
def _predict(network: Callable, constants: tuple[Array, ...], x: Array, order: int) -> Prediction:
    return predict(lambda row: _physical_function(network, constants, row), x, order)


@eqx.filter_jit
def _jvp(
    network: Callable, constants: tuple[Array, ...], x: Array, v: Array
) -> tuple[Array, Array]:
    function = jax.vmap(lambda row: _physical_function(network, constants, row))
    return jax.jvp(function, (x,), (v,))
