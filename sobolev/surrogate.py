"""A network inside its scaling, with names and units: what is trained, saved and asked."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base import checksummed
from sobolev._base.errors import ConfigError, CorruptFile, DataError
from sobolev._base.precision import require_x64
from sobolev.box import Box
from sobolev.data import packed_names
from sobolev.data.dataset import Dataset
from sobolev.data.hdf5.stream import HDF5Rows
from sobolev.data.learnt import Learnt
from sobolev.data.scaling import Scaling
from sobolev.data.variation import half_range
from sobolev.function.by_jax import ByJax
from sobolev.networks.activations import Activation
from sobolev.networks.architecture import Architecture, Frame
from sobolev.networks.arrays_by_name import alike, arrays_of, filled
from sobolev.networks.as_before import Remembering, as_activation, of_call
from sobolev.networks.as_json import UnknownKind, packed, unpacked
from sobolev.networks.defaults import DEFAULT, TALK
from sobolev.networks.formats_1_and_2 import of_format_2
from sobolev.networks.registry import with_own
from sobolev.plain_network import FORMAT, PlainNetwork


@dataclass(frozen=True, eq=False)
class Surrogate(ByJax, Learnt):
    """A function of named inputs, in physical units and 64-bit, that knows its derivatives.

    Every method takes one point `[d]` or rows `[n, d]` and returns NumPy arrays with the matching
    leading axis. Made by `Surrogate.new` or `Surrogate.of`, trained by `fit`, kept by `save` and
    `load`.

    ```python
    surrogate = Surrogate.new(data, networks.MLP((16, 16)), key=0)
    y, dydx = surrogate.value(x), surrogate.jacobian(x)
    ```
    """

    network: Any
    scaling: Scaling
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_units: tuple[str, ...]
    output_units: tuple[str, ...]
    architecture: Architecture | None = None
    undetermined: tuple[str, ...] = ()

    remedy = PlainNetwork.remedy

    @classmethod
    def new(
        cls,
        data: Dataset | HDF5Rows,
        architecture: Architecture | str = DEFAULT,
        *before,
        key: int | PRNGKeyArray = 0,
        box: Box | None = None,
        **settings,
    ) -> "Surrogate":
        """An untrained network for these data, initialised from the seed `key`.

        `box` says over what range the inputs go to [−1, 1], where that of the data does not: the
        initial values of an equation know nothing of time.
        `architecture` is a value of `sobolev.networks`; without one it is `MLP((24, 24))` with
        swish (`docs/networks.md` says why). Raises `ConfigError` for a wrong architecture,
        `DataError` for data that cannot be scaled, `PrecisionError` when JAX is in 32-bit mode.
        The name of an architecture with its settings is taken for one version more.
        """
        require_x64("a surrogate")
        if isinstance(architecture, str) or before or settings:
            architecture, key = of_call(architecture, before, key, settings, DEFAULT)
        if isinstance(data, Dataset):
            scaling = Scaling.of(data, box)
        elif box is None:
            scaling = data.scaling()
        else:
            raise ConfigError("a file that is read in parts has the range of its rows: no box.")
        names = (data.inputs, data.outputs, data.input_units, data.output_units)
        return cls.framed(architecture, scaling, *names, key=key, of_box=box is not None)

    @classmethod
    def framed(
        cls,
        architecture: Architecture,
        scaling: Scaling,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        input_units: tuple[str, ...],
        output_units: tuple[str, ...],
        *,
        key: int | PRNGKeyArray = 0,
        of_box: bool = False,
    ) -> "Surrogate":
        """An untrained network between these scalings, which may be of a box; `ConfigError`."""
        if not isinstance(architecture, Architecture):
            raise ConfigError(
                f"architecture is {architecture!r}: give a value of sobolev.networks, like "
                "networks.MLP((16, 16)); a network that is built already goes to Surrogate.of."
            )
        explicit = architecture.explicit(len(inputs), len(outputs))
        network = _build(explicit, scaling, inputs, outputs, key, of_box)
        _check_outputs(network, len(inputs), len(outputs))
        return cls(network, scaling, inputs, outputs, input_units, output_units, explicit)

    @classmethod
    def on(
        cls,
        box: Box,
        outputs: Sequence[str],
        architecture: Architecture = DEFAULT,
        *,
        key: int | PRNGKeyArray = 0,
        output_scale: float | Sequence[float] = 1.0,
        output_shift: float | Sequence[float] = 0.0,
        output_units: Sequence[str] | None = None,
    ) -> "Surrogate":
        """An untrained network on a box, without any data: for equations alone.

        **Arguments:** `box` names the inputs and says over what range they go to [−1, 1];
        `output_scale` > 0 what counts as 1 in each output, in its unit, around `output_shift`; the
        others as in `new`. Raises `ConfigError`, `PrecisionError`.

        ```python
        surrogate = Surrogate.on(Box(("x", "t"), (-1, 0), (1, 1)), ("u",), networks.MLP((20, 20)))
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
        middle, half = lower / 2 + upper / 2, upper / 2 - lower / 2  # ±1e308 would overflow
        if not half_range(lower, upper).all():
            raise ConfigError(f"a side of the box is no longer than round-off: got {box}.")
        scaling = Scaling(middle, half, y_shift, y_scale)
        names = (box.names, outputs, box.units, units)
        return cls.framed(architecture, scaling, *names, key=key, of_box=True)

    @classmethod
    def mlp(
        cls,
        data: Dataset | HDF5Rows,
        hidden: Sequence[int] = TALK.hidden,
        key: int = 0,
        activation: Activation | str = TALK.activation,
    ) -> "Surrogate":
        """An untrained multilayer perceptron as in the talk: tanh, 10-5-5-3 unless you say more."""
        made = replace(TALK, hidden=hidden, activation=as_activation(activation))
        return cls.new(data, made, key=key)

    @classmethod
    def of(
        cls,
        data: Dataset | HDF5Rows,
        network: Callable,
        architecture: Architecture | None = None,
    ) -> "Surrogate":
        """Any Equinox module x̂ `[d]` → ŷ `[q]` between the scalings of these data.

        Give the `architecture` that builds such modules, if it is to be saved or initialised anew.
        Raises `ConfigError` when its output has not the shape `[q]` or when it is not built so,
        `DataError`, `PrecisionError`.
        """
        require_x64("a surrogate")
        if isinstance(network, Remembering):
            network, architecture = network.network, network.architecture
        names = (data.inputs, data.outputs, data.input_units, data.output_units)
        sizes = data.dimension, len(data.outputs)
        _check_outputs(network, *sizes)
        scaling = Scaling.of(data) if isinstance(data, Dataset) else data.scaling()
        if architecture is not None:
            architecture = architecture.explicit(*sizes)
        made = cls(network, scaling, *names, architecture)
        if architecture is not None:
            made._check_built()
        return made

    def redrawing(self) -> Callable[[int], "Surrogate"]:
        """The function seed ↦ the same architecture and scaling, initialised anew; `ConfigError`.

        ```python
        other = surrogate.redrawing()(7)
        ```
        """
        self._architecture("it cannot be initialised anew")
        return self._redrawn

    def _redrawn(self, seed: int) -> "Surrogate":
        architecture = self._architecture("it cannot be initialised anew")
        network = _build(architecture, self.scaling, self.inputs, self.outputs, seed)
        return replace(self, network=network)

    def pure(self) -> Callable[[Float[Array, " d"]], Float[Array, " q"]]:
        """The network between the two scalings, as a pytree."""
        return eqx.Partial(_physical_function, self.network, _constants(self.scaling))

    def save(self, path: str | os.PathLike) -> Path:
        """Write one `.npz` with format version and checksum, no pickle.

        Raises `OutputError`, and `ConfigError` for a network without an architecture.
        """
        header, arrays = self.parts()
        return checksummed.write_archive(path, "surrogate", FORMAT, header, arrays)

    def parts(self) -> tuple[dict, dict[str, np.ndarray | Array]]:
        """`(header, arrays)`: everything, as an archive holds it. Raises `ConfigError`."""
        made = packed(self._architecture("a file could not say how to make it again"))
        self._check_built()
        names, scales = packed_names.packed(self)
        return {"network": made, **names}, scales | arrays_of(self.network)

    @classmethod
    def load(
        cls, path: str | os.PathLike, architectures: Sequence[type[Architecture]] = ()
    ) -> "Surrogate":
        """Read what `save` wrote.

        **Arguments:** `architectures` of your own that the file may hold; those that are registered
        with `networks.register` need not be named. Raises `CorruptFile` when a bit has changed,
        `DataError`, also for an architecture that is not known here.
        """
        require_x64("a surrogate")
        known = with_own(tuple(architectures))
        header, arrays = checksummed.read_archive(path, "surrogate", FORMAT)
        with made_of(path, "surrogate"):
            return cls.of_parts(header, arrays, int(header["version"]), known)

    @classmethod
    def of_parts(
        cls, header: dict, arrays: dict[str, np.ndarray], version: int, known: Mapping[str, Any]
    ) -> "Surrogate":
        """The surrogate of these `parts`; raises what is in its way: `ValueError`, `KeyError`.

        `known` architectures by name, as `networks.registry` has them.
        """
        arrays = dict(arrays)
        scaling, names = packed_names.unpacked(header, arrays)
        if version < 3:
            architecture = of_format_2(header["network"], arrays)
        else:
            architecture = unpacked(header["network"], known)
        if not isinstance(architecture, Architecture):
            raise ValueError("its network is no architecture")
        network = filled(_blank(architecture, scaling, *names[:2]), arrays)
        open_ = packed_names.undetermined_of(header)
        return cls(network, scaling, *names, architecture=architecture, undetermined=open_)

    def _architecture(self, otherwise: str) -> Architecture:
        if self.architecture is None:
            raise ConfigError(
                f"the network, a {type(self.network).__name__}, was given without an architecture, "
                f"so {otherwise}: make the surrogate with Surrogate.new(data, architecture), or "
                "keep it with your own code."
            )
        return self.architecture

    def _check_built(self) -> None:
        """Refuse a network that the architecture does not build: a file would not be readable."""
        architecture = self._architecture("")
        blank = _blank(architecture, self.scaling, self.inputs, self.outputs)
        if not alike(blank, self.network):
            raise ConfigError(
                f"the network is not one that {architecture!r} builds for {len(self.inputs)} "
                f"inputs and {len(self.outputs)} outputs: give the architecture that it was built "
                "by, or None."
            )


def _for_each(name: str, value: float | Sequence[float], outputs: int) -> np.ndarray:
    """A number for each output."""
    numbers = np.asarray(value, float)
    if numbers.shape not in ((), (outputs,)) or not np.isfinite(numbers).all():
        raise ConfigError(
            f"{name} must be one finite number, or one for each of {outputs} outputs: got {value}."
        )
    return np.broadcast_to(numbers, outputs).copy()


@contextmanager
def made_of(path: str | os.PathLike, what: str) -> Iterator[None]:
    """What stands in the way of making something from a file with the right checksum."""
    try:
        yield
    except UnknownKind as error:
        raise DataError(f"{path} cannot be read here: {error}") from error
    except (ConfigError, DataError, KeyError, TypeError, ValueError) as error:
        raise CorruptFile(f"{path} does not hold a whole {what} ({error}).") from error


def _build(
    architecture: Architecture, scaling: Scaling, inputs, outputs, key, of_box: bool = False
) -> Callable:
    scales = (getattr(scaling, name) for name in packed_names.SCALES)
    place = Frame(tuple(inputs), tuple(outputs), *scales, of_box=of_box)
    key = jax.random.key(int(key)) if isinstance(key, Integral) else key
    return architecture.within(place).build(len(inputs), len(outputs), key)


def _blank(architecture: Architecture, scaling: Scaling, inputs, outputs) -> Callable:
    """Shapes alone: drawing weights would compile."""
    return eqx.filter_eval_shape(lambda: _build(architecture, scaling, inputs, outputs, 0))


def _check_outputs(network: Callable, d: int, q: int) -> None:
    got = eqx.filter_eval_shape(network, jax.ShapeDtypeStruct((d,), np.float64))
    if getattr(got, "shape", None) != (q,):
        raise ConfigError(
            f"the network gives {got} for one point of {d} inputs, but the data have {q} "
            f"outputs: it must return an array of shape ({q},)."
        )


def _constants(scaling: Scaling) -> tuple[Array, ...]:
    return tuple(jnp.asarray(getattr(scaling, name)) for name in packed_names.SCALES)


def _physical_function(network: Callable, constants: tuple[Array, ...], x: Array) -> Array:
    scaling = Scaling(*constants)  # type: ignore[arg-type]  # traced, not constant
    return scaling.unscale_y(network(scaling.scale_x(x)))
