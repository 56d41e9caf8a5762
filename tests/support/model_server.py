"""A server of one model in a thread, by UM-Bridge 1.0 or as a Tesseract; it can also misbehave."""

import base64
import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np


class Served:
    """A `Function` as a model whose inputs and outputs are cut into vectors of these sizes.

    `supports`: which answers it has; `lie(jacobian [q, d])` what it says instead; `fault(what)` is
    asked before each answer and may return `(status, text)`, or "drop"; `calls` counts.
    """

    def __init__(self, function, inputs, outputs, supports, lie=None, fault=None):
        self.function, self.inputs, self.outputs = function, list(inputs), list(outputs)
        self.supports = {"Evaluate", *supports}
        self.lie, self.fault = lie or (lambda jacobian: jacobian), fault or (lambda what: None)
        self.calls: dict[str, int] = {}

    def answer(self, what, asked):
        self.calls[what] = self.calls.get(what, 0) + 1
        if what == "Info":
            return {"protocolVersion": 1.0, "models": ["beam"]}
        if asked["name"] != "beam":
            return {"error": {"type": "ModelNotFound", "message": "no such model"}}
        if what in ("InputSizes", "OutputSizes"):
            inputs = what == "InputSizes"
            return {f"{what[0].lower()}{what[1:]}": self.inputs if inputs else self.outputs}
        if what == "ModelInfo":
            return {"support": {name: name in self.supports for name in PRODUCTS}}
        x = np.concatenate(asked["input"])
        if what == "Evaluate":
            return {"output": self._cut(self.function.value(x), self.outputs)}
        dy = self.lie(self.function.jacobian(x))
        out = self._part(asked["outWrt"], self.outputs)
        if what == "Gradient":
            return {"output": asked["sens"] @ dy[out, self._part(asked["inWrt"], self.inputs)]}
        if what == "ApplyJacobian":
            return {"output": dy[out, self._part(asked["inWrt"], self.inputs)] @ asked["vec"]}
        one, two = (self._part(asked[f"inWrt{k}"], self.inputs) for k in (1, 2))
        second = np.tensordot(asked["sens"], self.function.hessian(x)[out, one, two], 1)
        return {"output": second @ asked["vec"]}

    def _part(self, number, sizes):
        start = sum(sizes[:number])
        return slice(start, start + sizes[number])

    def _cut(self, vector, sizes):
        return [vector[self._part(k, sizes)].tolist() for k in range(len(sizes))]


PRODUCTS = "Evaluate", "Gradient", "ApplyJacobian", "ApplyHessian"
EVERY = PRODUCTS[1:]


@contextlib.contextmanager
def serving(model, port=0):
    """The address of a server of the model, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._respond({})

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            self._respond(json.loads(self.rfile.read(length)))

        def _respond(self, asked):
            what = self.path.strip("/")
            fault = model.fault(what)
            if fault == "drop":
                return
            if isinstance(fault, float):
                time.sleep(fault)
                fault = None
            status, text = fault or (200, None)
            if text is None:
                found = model.answer(what, asked)
                status = 400 if "error" in found else 200
                text = json.dumps(found, default=lambda array: array.tolist())
            with contextlib.suppress(OSError):  # the client is gone
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class ServedTesseract:
    """The same for Tesseract 1.15: inputs `x [2]`, `load.F`, `mesh`; outputs `u [2]`, `w`.

    `endpoints` besides apply; with `looked_at` the schema leaves the shape of `u` open.
    """

    def __init__(self, function, endpoints, looked_at=False, fault=None):
        self.function, self.endpoints = function, endpoints
        self.looked_at, self.fault = looked_at, fault or (lambda what: None)
        self.calls: dict[str, int] = {}

    def answer(self, what, asked):
        self.calls[what] = self.calls.get(what, 0) + 1
        if what == "openapi.json":
            return self._schema()
        inputs = asked["inputs"]
        x = np.array([*inputs["x"], inputs["load"]["F"]])
        if what == "apply":
            y = self.function.value(x)
            return {"u": array(y[:2]), "w": array(y[2])}
        dy = self.function.jacobian(x)
        places = {"x": slice(0, 2), "load.F": 2, "u": slice(0, 2), "w": 2}
        if what == "jacobian":
            return {
                of: {by: array(dy[places[of], places[by]]) for by in asked["jac_inputs"]}
                for of in asked["jac_outputs"]
            }
        of, by = (
            [*asked[f"{what[0]}{'j' if what[0] == 'v' else 'v'}p_{side}"]]
            for side in ("outputs", "inputs")
        )
        given, whole = asked[f"{'co' if what[0] == 'v' else ''}tangent_vector"], np.zeros(3)
        for name, vector in given.items():
            whole[places[name]] = vector
        found = whole @ dy if what[0] == "v" else dy @ whole
        return {name: array(found[places[name]]) for name in (by if what[0] == "v" else of)}

    def _schema(self):
        def about(arrays, **order):
            shapes = {path: {"shape": shape, "dtype": "float64"} for path, shape in arrays.items()}
            return {"differentiable_arrays": shapes, "field_order": order}

        inputs = about({"load.F": [], "x": [2]}, load=["F"], **{"": ["x", "load", "mesh"]})
        outputs = about({"u": [None] if self.looked_at else [2], "w": []}, **{"": ["u", "w"]})
        schemas = {"ApplyInputSchema": inputs, "ApplyOutputSchema": outputs}
        paths = {f"/{name}": {} for name in ("apply", *self.endpoints)}
        return {"paths": paths, "components": {"schemas": schemas}}


def array(numbers):
    numbers = np.asarray(numbers, float)
    data = {"buffer": base64.b64encode(numbers.tobytes()).decode(), "encoding": "base64"}
    shape = list(numbers.shape)
    return {"object_type": "array", "shape": shape, "dtype": "float64", "data": data}
