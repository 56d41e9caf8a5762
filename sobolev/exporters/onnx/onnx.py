"""An ONNX model of a function with its derivatives as further outputs."""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sobolev._base.arguments import one_of
from sobolev._base.errors import ConfigError
from sobolev.exporters.exporter import Exporter, signature
from sobolev.exporters.foreign import asked, farthest, needed
from sobolev.exporters.onnx.graph import OPSET, ROWS, Graph
from sobolev.exporters.ways import entries
from sobolev.function.function import Function

FORMAT = 8  # of the format: what runtimes from 2022 on read
COARSER = float(np.finfo("float32").eps / np.finfo("float64").eps)
OUTPUTS = ("y", "dydx", "d2ydx2")
# All rows at once and each alone; no rows give no rows.
CALLED = """
import sys, numpy as np, onnx, onnxruntime
onnx.checker.check_model(sys.argv[1], full_check=True)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
names = [each.name for each in session.get_outputs()]
x = np.load("given.npz")["x"].astype(sys.argv[2])
run = lambda rows: session.run(names, {"x": rows})
at_once = run(x)
alone = [np.concatenate(each) for each in zip(*(run(row[None]) for row in x))]
for none, some in zip(run(x[:0]), at_once):
    assert none.shape == (0, *some.shape[1:]), none.shape
short = dict(zip(("y", "dydx", "d2ydx2"), ("y", "dy", "d2y")))
found = {short[n]: np.stack([a, b]).astype(float) for n, a, b in zip(names, at_once, alone)}
np.savez("found.npz", **found)
"""


@dataclass(frozen=True)
class ONNX(Exporter):
    """An ONNX model `name.onnx`: `x [N, d]` → `y [N, q]`, `dydx [N, q, d]`, `d2ydx2 [N, q, d, d]`.

    For any number of rows, also none. Names, units and bounds are in its metadata. Only operations
    that onnxruntime has in 64 bits are used, opset 17.

    **Arguments:** `order`: 1, or 0 for `y` alone, 2 for the second derivatives, which cost a call
    that does not ask for them as well; `precision` "float64", or "float32", which agrees to 1e-5,
    and less where inputs vary by less than a hundredth of their size: a warning says it. Raises
    `ConfigError`.

    ```python
    exporters.ONNX(precision="float32").write(surrogate, "wing.onnx")
    ```
    """

    name: ClassVar[str] = "onnx"
    suffix: ClassVar[str] = ".onnx"

    order: int = 1
    precision: str = "float64"

    def __post_init__(self):
        super().__post_init__()
        one_of("precision", self.precision, ("float64", "float32"))

    def agrees(self, function: Function) -> float:
        """1e-5 in 32 bits, of which subtracting what inputs are around takes some.

        And as in 64 bits, sums of terms that are far larger than they.
        """
        if self.precision == "float64":
            return super().agrees(function)
        return max(1e-5 * max(1.0, around(function) / 100), function.rounding * COARSER)

    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """The model."""
        needed("onnx", "to write an ONNX model", "onnx")
        if self.precision == "float32" and function.rounding * COARSER > 1e-2:
            raise ConfigError(
                "the terms of this sum are so much larger than the sum that 32 bits leave nothing "
                "of it, as of kriging with its large weights: export with precision float64."
            )
        from onnx import helper

        wanted = ("value", "jacobian", "hessian")[self.order]
        entry = next(e for e in entries(function, self.order) if e.suffix == wanted)
        program = entry.program()
        graph = Graph(program, "x", np.dtype(self.precision).type)
        d, q = len(function.inputs), len(function.outputs)
        outputs = []
        for k, (view, called) in enumerate(zip(program.results, OUTPUTS, strict=False)):
            graph.result(view, (q, *(d,) * k), called)
            shape = [ROWS, q, *(d,) * k]
            outputs.append(helper.make_tensor_value_info(called, graph.kind, shape))
        given = helper.make_tensor_value_info("x", graph.kind, [ROWS, d])
        constants = [tensor for _, tensor in graph.constants.values()]
        made = helper.make_graph(graph.nodes, name, [given], outputs, constants)
        opset = [helper.make_opsetid("", OPSET)]
        said = {"producer_name": "sobolev", "ir_version": FORMAT, "opset_imports": opset}
        model = helper.make_model(made, **said)
        helper.set_model_props(model, described(function))
        if self.precision == "float32" and around(function) > 100:
            warnings.warn(
                f"an input varies by a {around(function):.0f}th of its size, so that 32 bits keep "
                f"few digits of what changes: {name}.onnx agrees to {self.agrees(function):.0e} "
                "only. Shift that input, or export with precision float64.",
                RuntimeWarning,
                stacklevel=3,
            )
        return {f"{name}.onnx": model.SerializeToString(deterministic=True)}

    def answers(
        self, folder: Path, function: Function, name: str, given: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """What onnxruntime computes: all rows at once, and each alone."""
        needed("onnxruntime", "to try an ONNX model before it is written", "onnx")
        found = asked(CALLED, folder, given, f"{name}.onnx", self.precision)
        return {what: farthest(several) for what, several in found.items()}


def around(function: Function) -> float:
    """How many times farther from zero than wide the box is, for the worst input."""
    if function.box is None:
        return 0.0
    lower, upper = np.array(function.box.lower), np.array(function.box.upper)
    return float(np.max(np.abs(lower / 2 + upper / 2) / (upper / 2 - lower / 2)))


def described(function: Function) -> dict[str, str]:
    """Names, units and bounds, as JSON."""
    kinds = ("inputs", "outputs", "input_units", "output_units")
    texts = {what: json.dumps(list(getattr(function, what))) for what in kinds}
    if function.box is not None:
        for side in ("lower", "upper"):
            texts[side] = json.dumps([float(n) for n in getattr(function.box, side)])
    return {"about": signature(function), **texts}
