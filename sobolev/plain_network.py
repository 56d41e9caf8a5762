"""Saved plain networks asked by NumPy: a few rows are answered before JAX would be imported.

The one place in which a derivative is written by hand; `tests/contracts/test_networks.py` holds it
to what JAX computes.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sobolev._base import checksummed
from sobolev._base.types import Points
from sobolev.data import packed_names
from sobolev.data.learnt import Learnt
from sobolev.data.scaling import Scaling

FORMAT = 3  # 1 and 2 described networks by a kind and settings, 1 knew no kind but "mlp"
AT_ONCE = 1 << 21  # numbers in the largest array of a layer: 16 MB
Jet = tuple[np.ndarray, np.ndarray, np.ndarray]  # σ(z), σ′(z), σ″(z)


class Layer(NamedTuple):
    """z = W h + b, then σ with its derivatives; none after the last one."""

    weight: np.ndarray
    bias: np.ndarray
    jet: Callable[[np.ndarray], Jet] | None


@dataclass(frozen=True, eq=False)
class PlainNetwork(Learnt):
    """Dense layers between two scalings; see `plain_network`."""

    layers: tuple[Layer, ...]
    scaling: Scaling
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_units: tuple[str, ...]
    output_units: tuple[str, ...]
    undetermined: tuple[str, ...] = ()

    remedy = (
        "the point lies too far from the training data, or the network's weights are not finite. "
        "Leave the row out, or train again."
    )

    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """Forwards through the layers, so many rows at once that memory stays bounded."""
        widest = max(len(layer.bias) for layer in self.layers)
        some = max(1, AT_ONCE // (widest * rows.shape[1] ** order))
        parts = [rows[i : i + some] for i in range(0, len(rows), some)] or [rows]
        with np.errstate(all="ignore"):  # what is not finite is refused with a sentence
            found = [self._forwards(part, order) for part in parts]
        return [np.concatenate(arrays) for arrays in zip(*found, strict=True)]

    def _forwards(self, rows: Points, order: int) -> tuple[np.ndarray, ...]:
        """h ↦ σ(z), J ↦ σ′ Z, H ↦ σ″ Z Z + σ′ ∂Z, where z = W h + b and Z = W J, ∂Z = W H."""
        n, d = rows.shape
        h = self.scaling.scale_x(rows)
        J = np.broadcast_to(np.eye(d), (n, d, d)) if order > 0 else h
        H = np.zeros((n, d, d * d)) if order > 1 else h
        for weight, bias, jet in self.layers:
            h = h @ weight.T + bias
            J = weight @ J if order > 0 else J
            H = weight @ H if order > 1 else H
            if jet is not None:
                h, slope, bend = jet(h)
                if order > 1:
                    outer = (J[..., None] * J[..., None, :]).reshape(H.shape)
                    H = bend[..., None] * outer + slope[..., None] * H
                J = slope[..., None] * J if order > 0 else J
        H = H.reshape(*J.shape, d) if order > 1 else H
        return self.scaling.unscaled([h, J, H][: order + 1])


def plain_network(path: str | os.PathLike) -> PlainNetwork | None:
    """What a file holds if it is a surrogate of an `MLP` or a `MixedMLP`, for questions alone.

    None for any other file, also one in which something is wrong: who reads the whole says what.
    Raises `CorruptFile` when a bit has changed, `DataError` for no file.

    ```python
    function = plain_network("wing.npz") or load("wing.npz")
    ```
    """
    if checksummed.archive_kind(path) != "surrogate":
        return None
    try:
        header, arrays = checksummed.read_archive(path, "surrogate", FORMAT)
        if header["version"] != FORMAT:
            return None
        scaling, names = packed_names.unpacked(header, arrays)
        layers = _layers(header["network"], arrays, len(names[0]), len(names[1]))
        undetermined = packed_names.undetermined_of(header)
    except (KeyError, TypeError, ValueError):
        return None
    return (
        None if layers is None else PlainNetwork(layers, scaling, *names, undetermined=undetermined)
    )


def _layers(
    network: Mapping[str, Any], arrays: dict[str, np.ndarray], d: int, q: int
) -> tuple[Layer, ...] | None:
    """The layers of these arrays, none where the network is another one."""
    if not network["hidden"]:
        return None
    sizes = d, *network["hidden"], q
    wanted = {f"layer{i}/bias": (o,) for i, o in enumerate(sizes[1:])}
    wanted |= {f"layer{i}/weight": (o, sizes[i]) for i, o in enumerate(sizes[1:])}
    if network["kind"] == "mixed" and network.keys() == {"kind", "hidden", "periodic"}:
        waves = arrays.pop("waves")
        jets = [_mixed(int(count)) for count in waves]
    elif network["kind"] == "mlp" and network.keys() == {"kind", "hidden", "activation", "init"}:
        jets = [JETS[network["activation"]["kind"]] for _ in network["hidden"]]
    else:
        return None
    if len(jets) != len(sizes) - 2 or {n: a.shape for n, a in arrays.items()} != wanted:
        return None
    if any(array.dtype != np.float64 for array in arrays.values()):
        return None
    return tuple(
        Layer(arrays[f"layer{i}/weight"], arrays[f"layer{i}/bias"], jet)
        for i, jet in enumerate([*jets, None])
    )


def _tanh(z: np.ndarray) -> Jet:
    t = np.tanh(z)
    slope = 1 - t**2
    return t, slope, -2 * t * slope


def _logistic(z: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1 + e)


def _softplus(z: np.ndarray) -> Jet:
    s = _logistic(z)
    return np.logaddexp(z, 0.0), s, s * (1 - s)


def _sin(z: np.ndarray) -> Jet:
    y = np.sin(z)
    return y, np.cos(z), -y


def _swish(z: np.ndarray) -> Jet:
    s = _logistic(z)
    slope = s * (1 - s)
    return z * s, s + z * slope, slope * (2 + z * (1 - 2 * s))


def _gelu(z: np.ndarray) -> Jet:
    """z (1 + tanh u)/2 with u = √(2/π) (z + 0.044715 z³)."""
    c = (2 / np.pi) ** 0.5
    t, slope, bend = _tanh(c * (z + 0.044715 * z**3))
    du, ddu = c * (1 + 3 * 0.044715 * z**2), c * 6 * 0.044715 * z
    dt, ddt = slope * du, bend * du**2 + slope * ddu
    return z * (1 + t) / 2, (1 + t + z * dt) / 2, dt + z * ddt / 2


def _relu(z: np.ndarray) -> Jet:
    return np.maximum(z, 0.0), np.where(z > 0, 1.0, 0.0), np.zeros_like(z)


JETS: dict[str, Callable[[np.ndarray], Jet]] = {
    "tanh": _tanh, "softplus": _softplus, "sin": _sin, "swish": _swish, "gelu": _gelu,
    "relu": _relu,
}  # fmt: skip


def _mixed(waves: int) -> Callable[[np.ndarray], Jet]:
    """z + sin² z of the first units, swish of the others."""

    def jet(z: np.ndarray) -> Jet:
        periodic = z + np.sin(z) ** 2, 1 + np.sin(2 * z), 2 * np.cos(2 * z)
        first = np.arange(z.shape[1]) < waves
        return tuple(np.where(first, *both) for both in zip(periodic, _swish(z), strict=True))  # type: ignore[return-value]

    return jet
