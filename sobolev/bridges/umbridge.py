"""A server of UM-Bridge 1.0, from the standard library, on this machine only.

The protocol: see `sources/umbridge.py`, which asks such servers. Its gradient is `sensᵀ ∂F/∂θ`, its
applied Hessian `∂²(sensᵀ F)/∂θ² · vec`.
"""

import json
import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import numpy as np

from sobolev._base.arguments import whole
from sobolev._base.errors import OutputError, SobolevError
from sobolev.bridges.watched import watched
from sobolev.function.function import Function

MOST = 1 << 24  # bytes of a question: 16 MB are half a million numbers
HERE = "localhost", "127.0.0.1", "[::1]"


class Refused(Exception):
    """What the protocol has a word for: `(status, type, message)`."""


class UMBridgeServer:
    """A function served to every client of UM-Bridge: Python, C++, R, MATLAB, Julia, MUQ, PyMC.

    Evaluate, Gradient and ApplyJacobian, ApplyHessian as far as the function's order; one vector of
    all inputs and one of all outputs. Names, units and box, for which the protocol has no place,
    are answered to GET /Names. It listens on 127.0.0.1 alone and refuses other names of a host
    (DNS rebinding); questions are answered one after the other. NaN and ∞ are refused as input,
    and an output that is not finite is an error, since JSON has no word for them.

    **Arguments:** `model`: a `Function` or the file of a saved one; `name` that clients ask for;
    `port`, 0 for any that is free; `outside` as in `openturns_function`. Raises `OutputError` when
    the port is taken.

    ```python
    with UMBridgeServer(surrogate, port=0) as server:
        beam = umbridge.HTTPModel(server.url, "model")
        beam([[0.3, 0.4]]), beam.gradient(0, 0, [[0.3, 0.4]], [1.0])
    ```
    """

    def __init__(
        self,
        model: Function | str | os.PathLike,
        name: str = "model",
        port: int = 4242,
        outside: str = "warn",
    ):
        self.function, self.name = watched(model, outside), name
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"answer": self.answer})
        try:
            self.server = ThreadingHTTPServer(("127.0.0.1", whole("port", port)), handler)
        except (OSError, OverflowError) as error:
            raise OutputError(
                f"cannot listen on port {port}: {str(error).rstrip('.')}. Give another one, or 0."
            ) from error
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def serve_forever(self) -> None:
        """Answer until the process is stopped."""
        try:
            self.server.serve_forever()
        finally:
            self.server.server_close()

    def answer(self, what: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The content of an answer; raises `Refused`."""
        function = self.function
        if what == "Info":
            return {"protocolVersion": 1.0, "models": [self.name]}
        if what == "Names":
            return _names(function)
        if asked.get("name") != self.name:
            raise Refused(400, "ModelNotFound", f"there is no such model: take {self.name!r}.")
        if what == "InputSizes":
            return {"inputSizes": [len(function.inputs)]}
        if what == "OutputSizes":
            return {"outputSizes": [len(function.outputs)]}
        if what == "ModelInfo":
            return {"support": {name: order <= function.order for name, order in NEEDS.items()}}
        if what not in NEEDS:
            raise Refused(404, "UnsupportedFeature", f"there is no {what} in the protocol 1.0.")
        if NEEDS[what] > function.order:
            raise Refused(400, "UnsupportedFeature", f"{what} is not known of this function.")
        with self.lock:
            found = ANSWERS[what](function, _input(asked, function), asked)
        if not np.all(np.isfinite(found)):
            raise Refused(500, "InvalidOutput", "the answer is not finite.")
        return {"output": found.tolist()}


def _input(asked: dict, function: Function) -> np.ndarray:
    given = asked.get("input")
    if not isinstance(given, list) or len(given) != 1:
        raise Refused(400, "InvalidInput", "input must be a list of one vector of all inputs.")
    return _vector("input", given[0], function.inputs)


def _vector(what: str, given: Any, names: tuple[str, ...]) -> np.ndarray:
    numbers = isinstance(given, list) and all(type(each) in (int, float) for each in given)
    if not numbers or len(given) != len(names) or not np.all(np.isfinite(np.array(given, float))):
        wanted = f"{what} must be {len(names)} finite numbers, for {', '.join(names)}."
        raise Refused(400, "InvalidInput", wanted)
    return np.array(given, float)


def _zero(asked: dict, *keys: str) -> None:
    """There is one vector each; `null` stands for it too, as some clients say it."""
    for key in keys:
        if asked.get(key) not in (0, None):
            raise Refused(400, "InvalidInput", f"{key} must be 0: there is one vector.")


def _evaluate(function: Function, x: np.ndarray, asked: dict) -> np.ndarray:
    return function.value(x)[None]


def _gradient(function: Function, x: np.ndarray, asked: dict) -> np.ndarray:
    _zero(asked, "outWrt", "inWrt")
    return function.vjp(x, _vector("sens", asked.get("sens"), function.outputs))[1]


def _jacobian(function: Function, x: np.ndarray, asked: dict) -> np.ndarray:
    _zero(asked, "outWrt", "inWrt")
    return function.jvp(x, _vector("vec", asked.get("vec"), function.inputs))[1]


def _hessian(function: Function, x: np.ndarray, asked: dict) -> np.ndarray:
    _zero(asked, "outWrt", "inWrt1", "inWrt2")
    sens = _vector("sens", asked.get("sens"), function.outputs)
    return sens @ function.hvp(x, _vector("vec", asked.get("vec"), function.inputs))[1]


NEEDS = {"Evaluate": 0, "Gradient": 1, "ApplyJacobian": 1, "ApplyHessian": 2}
ANSWERS: dict[str, Callable[[Function, np.ndarray, dict], np.ndarray]] = dict(
    zip(NEEDS, (_evaluate, _gradient, _jacobian, _hessian), strict=True)
)


def _names(function: Function) -> dict[str, Any]:
    box = function.box
    limits = {} if box is None else {"lower": list(box.lower), "upper": list(box.upper)}
    keys = "inputs", "outputs", "input_units", "output_units"
    return {key: list(getattr(function, key)) for key in keys} | limits


class _Handler(BaseHTTPRequestHandler):
    """HTTP around `answer`."""

    answer: Callable[[str, dict], dict]
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds a silent client keeps its thread

    def do_GET(self) -> None:
        self._respond({})

    do_HEAD = do_GET

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isdecimal() and int(length) <= MOST):
            self.close_connection = True  # what follows is not read
            self._send(413, _error("InvalidInput", f"a question has at most {MOST} bytes."))
            return
        try:
            asked = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            asked = None
        if isinstance(asked, dict):
            self._respond(asked)
        else:
            self._send(400, _error("InvalidInput", "the question is no JSON object."))

    def _respond(self, asked: dict) -> None:
        if self.headers.get("Host", "localhost").rpartition(":")[0] not in HERE:
            if self.headers.get("Host", "localhost") not in HERE:
                self._send(403, _error("InvalidInput", "ask this machine by its own name."))
                return
        try:
            self._send(200, type(self).answer(self.path.strip("/"), asked))
        except Refused as error:
            status, kind, message = error.args
            self._send(status, _error(kind, message))
        except SobolevError as error:
            self._send(400, _error("InvalidInput", str(error)))
        except Exception as error:  # whatever a user's own function raises is not ours to judge
            self._send(500, _error("InvalidOutput", f"{type(error).__name__}: {error}"))

    def _send(self, status: int, content: dict) -> None:
        body = json.dumps(content, allow_nan=False).encode()
        head = (
            f"HTTP/1.1 {status} {self.responses[status][0]}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{'Connection: close' if self.close_connection else ''}"
        ).rstrip("\r\n")
        # One write: of two, the second waits 40 ms for the client to acknowledge the first.
        self.wfile.write(f"{head}\r\n\r\n".encode() + (b"" if self.command == "HEAD" else body))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}}
