"""The same solver as a Tesseract: `pip install "tesseract-core[runtime]"`, then

TESSERACT_API_PATH=tesseract_api.py tesseract-runtime serve --port 8000
"""

import sys
from pathlib import Path

import numpy as np
from pydantic import BaseModel
from tesseract_core.runtime import Array, Differentiable, Float64

sys.path.insert(0, str(Path(__file__).parent))
from fe_model import solve


class InputSchema(BaseModel):
    x: Differentiable[Array[(2,), Float64]]


class OutputSchema(BaseModel):
    y: Differentiable[Array[(1,), Float64]]


def apply(inputs: InputSchema) -> OutputSchema:
    return OutputSchema(y=solve(inputs.x, 0).value)


def jacobian(inputs: InputSchema, jac_inputs: set[str], jac_outputs: set[str]):
    return {"y": {"x": solve(inputs.x, 1).jacobian}}


def jacobian_vector_product(inputs: InputSchema, jvp_inputs: set[str], jvp_outputs: set[str],
                            tangent_vector):  # fmt: skip
    return {"y": solve(inputs.x, 1).jacobian @ np.asarray(tangent_vector["x"])}


def vector_jacobian_product(inputs: InputSchema, vjp_inputs: set[str], vjp_outputs: set[str],
                            cotangent_vector):  # fmt: skip
    return {"x": np.asarray(cotangent_vector["y"]) @ solve(inputs.x, 1).jacobian}
