"""Names, units and scaling of a learnt function, as every archive holds them."""

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np

from sobolev.data.learnt import Learnt
from sobolev.data.scaling import Scaling

NAMES = "inputs", "outputs", "input_units", "output_units"
SCALES = "x_shift", "x_scale", "y_shift", "y_scale"


def packed(function: Learnt) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """`(header, arrays)` of the names and of the scaling."""
    f, scaling = function, function.scaling
    names = zip(NAMES, (f.inputs, f.outputs, f.input_units, f.output_units), strict=True)
    scales = (scaling.x_shift, scaling.x_scale, scaling.y_shift, scaling.y_scale)
    header: dict[str, Any] = {name: list(texts) for name, texts in names}
    # Where there is nothing to say, files are as those of version 0.1.
    if scaling.constant:
        header["constant"] = list(scaling.constant)
    if f.undetermined:
        header["undetermined"] = list(f.undetermined)
    return (
        header,
        {f"scaling/{name}": array for name, array in zip(SCALES, scales, strict=True)},
    )


def unpacked(
    header: Mapping[str, Any], arrays: MutableMapping[str, np.ndarray]
) -> tuple[Scaling, tuple[tuple[str, ...], ...]]:
    """The scaling and the four tuples of names and units; what it takes, it pops from `arrays`.

    Raises `KeyError` and `ValueError` for what `packed` has not made.
    """
    names = tuple(tuple(header[name]) for name in NAMES)
    d, q = len(names[0]), len(names[1])
    scales = {name: arrays.pop(f"scaling/{name}") for name in SCALES}
    for name, scale in scales.items():
        if scale.shape != (d if name[0] == "x" else q,) or scale.dtype != np.float64:
            raise ValueError("its scaling is not that of its inputs and outputs")
    if (len(names[2]), len(names[3])) != (d, q):
        raise ValueError("it has not as many units as names")
    constant = tuple(int(place) for place in header.get("constant", ()))
    if any(not 0 <= place < d for place in constant):
        raise ValueError("its constant inputs are none of its inputs")
    return Scaling(**scales, constant=constant), names


def undetermined_of(header: Mapping[str, Any]) -> tuple[str, ...]:
    """What `packed` has written about what no label decides."""
    return tuple(str(name) for name in header.get("undetermined", ()))
