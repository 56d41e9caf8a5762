"""An artefact of `jax.export`: compiled code of another machine's JAX, without this package."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import jax
import numpy as np

from sobolev.exporters.exporter import Exporter
from sobolev.exporters.foreign import asked, farthest, needed
from sobolev.function.by_jax import orders
from sobolev.function.function import Function

PLATFORMS = ("cpu", "cuda")
CALLED = """
import sys, numpy as np, jax
from jax import export
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")
exported = export.deserialize(bytearray(open(sys.argv[1], "rb").read()))
x = np.load("given.npz")["x"]
at_once = [np.asarray(each) for each in exported.call(x)]
few = [np.asarray(each) for each in exported.call(x[:3])]
both = [np.stack([whole, np.concatenate([some, whole[3:]])]) for whole, some in zip(at_once, few)]
np.savez("found.npz", **dict(zip(("y", "dy", "d2y"), both)))
"""


@dataclass(frozen=True)
class JAX(Exporter):
    """An artefact `name.jaxexport` of `jax.export`, for CPUs and CUDA, for one row or more.

        x [N, d] → y [N, q], dydx [N, q, d], d2ydx2 [N, q, d, d]    as far as `order` says

    It is called without this package; what takes a network apart is not in it. It keeps JAX's own
    promise: six months of later versions can read it.

    **Arguments:** `order`: 1, or 0 or 2. Raises `ConfigError`, without flatbuffers too.

    ```python
    exporters.JAX().write(surrogate, "wing.jaxexport")
    y, dydx = jax.export.deserialize(bytearray(file.read_bytes())).call(x)
    ```

    Source: JAX documentation, Exporting and serializing staged-out computations.
    """

    name: ClassVar[str] = "jax"
    suffix: ClassVar[str] = ".jaxexport"

    order: int = 1

    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """The artefact."""
        needed("flatbuffers", "an artefact of JAX", "jax-export")
        from jax import export

        pure, order = function.as_function(), self.order
        rows = jax.vmap(lambda x: orders(pure, x, order))
        rows.__name__ = name
        (size,) = export.symbolic_shape("rows")
        x = jax.ShapeDtypeStruct((size, len(function.inputs)), np.float64)
        with _without_paths():
            made = export.export(jax.jit(rows), platforms=PLATFORMS)(x)
        return {f"{name}.jaxexport": bytes(made.serialize())}

    def answers(
        self, folder: Path, function: Function, name: str, given: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """What JAX computes with it, of all rows and of three."""
        found = asked(CALLED, folder, given, f"{name}.jaxexport")
        return {what: farthest(several) for what, several in found.items()}


@contextmanager
def _without_paths() -> Iterator[None]:
    """What is exported says otherwise in which files of this machine each step was written."""
    before = jax.config.jax_traceback_in_locations_limit  # type: ignore[attr-defined]
    jax.config.update("jax_traceback_in_locations_limit", 0)
    try:
        yield
    finally:
        jax.config.update("jax_traceback_in_locations_limit", before)
