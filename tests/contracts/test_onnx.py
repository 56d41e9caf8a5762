"""ONNX models as onnxruntime has them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers import table

from sobolev import Box, Surrogate, function
from sobolev.errors import ConfigError
from sobolev.exporters import ONNX
from sobolev.kriging import GEK
from sobolev.networks import MLP

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

DATA = replace(table(12), inputs=("E'", "a b"), outputs=("größe",), input_units=("N/mm^2", "mm"))
MODEL = Surrogate.new(DATA, MLP((4, 3)))


@pytest.mark.parametrize(("precision", "agrees"), [("float64", 1e-12), ("float32", 1e-5)])
def test_any_number_of_rows_and_all_orders(precision, agrees, tmp_path):
    """With names, units and bounds; a row of NaN is one; a wrong width is told of."""
    (file,) = ONNX(2, precision).write(MODEL, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_outputs()] == ["y", "dydx", "d2ydx2"]
    x = np.random.default_rng(0).uniform(MODEL.box.lower, MODEL.box.upper, (1000, 2))
    x = x.astype(precision)
    for rows in (0, 1, 7, 1000):
        found = session.run(None, {"x": x[:rows]})
        right = MODEL.derivatives(x[:rows].astype(float), 2)
        for one, other in zip(found, right, strict=True):
            size = np.abs(other).max(initial=0.0)
            np.testing.assert_allclose(one, other, rtol=0, atol=agrees * size)
    blank = session.run(["y"], {"x": np.array([[np.nan, 0.0], x[0]], precision)})[0]
    assert np.isnan(blank[0]).all() and np.isfinite(blank[1]).all()
    with pytest.raises(Exception, match="Got: 3 Expected: 2"):
        session.run(None, {"x": np.zeros((1, 3), precision)})
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["inputs"]) == [*DATA.inputs]
    assert json.loads(said["input_units"]) == [*DATA.input_units]
    assert json.loads(said["upper"]) == list(MODEL.box.upper)


def test_graphs_stay_small_and_bytes_the_same(tmp_path):
    """A layer is one product with its weights."""
    written = [ONNX(0).write(MODEL, tmp_path / place / "m.onnx")[0] for place in ("a", "b")]
    assert written[0].read_bytes() == written[1].read_bytes()
    kinds = [node.op_type for node in onnx.load(written[0]).graph.node]
    assert kinds.count("MatMul") == 3 and not {"Gather", "Reshape"} & set(kinds)


def test_what_onnxruntime_does_not_compute(tmp_path):
    box = Box(("a",), (0.1,), (0.9,))
    from jax import numpy as jnp

    angle = function.of_jax(jnp.arcsin, box, ("y",))
    with pytest.raises(ConfigError, match="asin in 64 bits: export with precision float32"):
        ONNX().write(angle, tmp_path / "m.onnx")
    ONNX(precision="float32").write(angle, tmp_path / "m.onnx")
    elementary = function.of_jax(
        lambda x: jnp.cbrt(jnp.expm1(x)) + jnp.arcsinh(x) + jnp.sinh(x) * jnp.tan(x)
        + jnp.arctanh(x) * jnp.arccosh(1 + x) + jnp.cosh(x) * jnp.exp2(x) + jnp.log1p(x),
        box, ("y",),
    )  # fmt: skip
    ONNX(2).write(elementary, tmp_path / "e.onnx")
    far = function.of_jax(lambda x: x**2, Box(("T",), (293.14,), (293.16,)), ("y",))
    with pytest.warns(RuntimeWarning, match="32 bits keep few digits"):
        ONNX(precision="float32").write(far, tmp_path / "far.onnx")
    kriged = GEK.of(table(6), kernel="squared-exponential", restarts=1)
    with pytest.raises(ConfigError, match="32 bits leave nothing of it"):
        ONNX(precision="float32").write(kriged, tmp_path / "kriged.onnx")
    for wrong in ({"order": 3}, {"precision": "float16"}):
        with pytest.raises(ConfigError):
            ONNX(**wrong)
