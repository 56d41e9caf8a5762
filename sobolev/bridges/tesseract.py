"""A folder with a `tesseract_api.py` beside the model: served, or built into a container."""

import os
from pathlib import Path

from sobolev._base.atomic import write_atomically
from sobolev.bridges.dakota import saved
from sobolev.bridges.watched import watched
from sobolev.function.function import Function

API = '''"""A surrogate as a Tesseract, which needs tesseract-core[runtime] and sobolev.

TESSERACT_API_PATH=tesseract_api.py tesseract-runtime serve --port 8000
"""

from pathlib import Path

import numpy as np
from pydantic import BaseModel, Field
from tesseract_core.runtime import Array, Differentiable, Float64

from sobolev.bridges import Watched
from sobolev.cli.start import start_jax
from sobolev.loading import load

start_jax()
MODEL = Watched(load(Path(__file__).with_name("model.npz")), {outside!r})


class InputSchema(BaseModel):
    """One point."""

    x: Differentiable[Array[({d},), Float64]] = Field(description={inputs!r})


class OutputSchema(BaseModel):
    """What the surrogate says there."""

    y: Differentiable[Array[({q},), Float64]] = Field(description={outputs!r})


def apply(inputs: InputSchema) -> OutputSchema:
    return OutputSchema(y=MODEL.value(inputs.x))


def jacobian(inputs: InputSchema, jac_inputs: set[str], jac_outputs: set[str]):
    return {{"y": {{"x": MODEL.jacobian(inputs.x)}}}}


def jacobian_vector_product(
    inputs: InputSchema, jvp_inputs: set[str], jvp_outputs: set[str], tangent_vector
):
    return {{"y": MODEL.jvp(inputs.x, np.asarray(tangent_vector["x"]))[1]}}


def vector_jacobian_product(
    inputs: InputSchema, vjp_inputs: set[str], vjp_outputs: set[str], cotangent_vector
):
    return {{"x": MODEL.vjp(inputs.x, np.asarray(cotangent_vector["y"]))[1]}}


def abstract_eval(abstract_inputs):
    return {{"y": {{"shape": ({q},), "dtype": "float64"}}}}
'''
CONFIG = """name: sobolev_model
version: "1.0"
description: A surrogate with its derivatives.
build_config:
  package_data:
    - ["model.npz", "model.npz"]
"""


def write_tesseract(
    model: Function | str | os.PathLike, folder: str | os.PathLike, outside: str = "warn"
) -> tuple[Path, ...]:
    """Write `tesseract_api.py`, its configuration and the model to a folder.

    Endpoints: apply, jacobian, jvp, vjp of x `[d]` → y `[q]`; names, units and box are in the
    descriptions of the schema. Served by `tesseract-runtime` or asked through
    `sobolev.sources.Tesseract("tesseract_api.py", box)`. Arguments as in `write_dakota`.
    """
    function, folder = watched(model, outside), Path(folder)
    saved(function.inner, folder / "model.npz")
    about = {"d": len(function.inputs), "q": len(function.outputs), "outside": outside}
    api = API.format(inputs=_inputs(function), outputs=_outputs(function), **about)
    return (
        write_atomically(folder / "tesseract_api.py", api.encode()),
        write_atomically(folder / "tesseract_config.yaml", CONFIG.encode()),
        write_atomically(folder / "tesseract_requirements.txt", b"sobolev\n"),
        folder / "model.npz",
    )


def _inputs(function: Function) -> str:
    box = function.box
    ends = [""] * len(function.inputs)
    if box is not None:
        pairs = zip(box.lower, box.upper, strict=True)
        ends = [f" in [{low:g}, {high:g}]" for low, high in pairs]
    names = zip(_named(function.inputs, function.input_units), ends, strict=True)
    return "; ".join(name + end for name, end in names)


def _outputs(function: Function) -> str:
    return "; ".join(_named(function.outputs, function.output_units))


def _named(names: tuple[str, ...], units: tuple[str, ...]) -> list[str]:
    pairs = zip(names, units, strict=True)
    return [f"{name} [{unit}]" if unit else name for name, unit in pairs]
