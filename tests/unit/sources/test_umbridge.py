"""A model behind UM-Bridge: answers, number of calls, failures of server and connection."""

import pickle
import re
import socket

import jax.numpy as jnp
import numpy as np
import pytest
from model_server import EVERY, Served, serving

from sobolev import Box, generate
from sobolev.errors import ConfigError, DataError, Diverged, SobolevError
from sobolev.function import of_jax
from sobolev.sources import UMBridge, connection
from sobolev.work import Retries

BOX = Box(("a", "b", "c"), (0.5, 1.0, 0.0), (2.0, 3.0, 1.0), ("mm", "K", ""))
OUTPUTS, UNITS = ("u", "v"), ("N", "")
X = np.array([[0.7, 1.3, 0.4], [1.1, 2.0, 0.9]])


def _traced(x):
    a, b, c = x
    return jnp.stack([a * a * b + jnp.sin(c) * b, b**3 * c + a])


FUNCTION = of_jax(_traced, BOX, OUTPUTS)


def model(supports=EVERY, inputs=(2, 1), outputs=(1, 1), **how):
    return Served(FUNCTION, inputs, outputs, supports, **how)


def source(url, **how):
    return UMBridge(url, "beam", BOX, OUTPUTS, UNITS, **how)


@pytest.mark.parametrize(
    "supports, order",
    [((), 0), (("Gradient",), 1), (("ApplyJacobian",), 1), (("ApplyHessian",), 0), (EVERY, 2)],
)
@pytest.mark.parametrize("inputs, outputs", [((3,), (2,)), ((2, 1), (1, 1))])
def test_it_knows_what_the_server_supports(supports, order, inputs, outputs):
    with serving(model(supports, inputs, outputs)) as url:
        found = source(url)
        assert found.order == order
        for ours, known in zip(
            found.derivatives(X, order), FUNCTION.derivatives(X, order), strict=True
        ):
            np.testing.assert_allclose(ours, known, rtol=1e-14)
        if order < 2:
            with pytest.raises(ConfigError, match=f"up to order {order}: got order={order + 1}"):
                found.derivatives(X, order + 1)


@pytest.mark.parametrize(
    "supports, inputs, outputs, calls",
    [
        (EVERY, (3,), (2,), {"Gradient": 2}),
        (EVERY, (1, 1, 1), (2,), {"ApplyJacobian": 3}),
        (("Gradient",), (2, 1), (1, 1), {"Gradient": 4}),
        (("ApplyJacobian",), (2, 1), (1, 1), {"ApplyJacobian": 6}),
    ],
)
def test_a_jacobian_takes_the_fewest_calls(supports, inputs, outputs, calls):
    server = model(supports, inputs, outputs)
    with serving(server) as url:
        source(url).jacobian(X[0])
    assert {key: n for key, n in server.calls.items() if key in EVERY} == calls
    assert server.calls["Evaluate"] == 1


def test_products_are_asked_as_they_are():
    server = model(outputs=(2,))
    v, w = np.array([[1.0, -2.0, 0.5], [0.0, 0.0, 1.0]]), np.array([[1.0, 2.0], [-1.0, 0.5]])
    with serving(server) as url:
        found = source(url)
        for ask, vector, calls in (
            ("jvp", v, {"ApplyJacobian": 3}), ("vjp", w, {"Gradient": 4}),
            ("hvp", v, {"ApplyJacobian": 6, "ApplyHessian": 12}),
        ):  # fmt: skip
            server.calls.clear()
            for ours, known in zip(
                getattr(found, ask)(X, vector), getattr(FUNCTION, ask)(X, vector), strict=True
            ):
                np.testing.assert_allclose(ours, known, rtol=1e-14)
            assert {key: n for key, n in server.calls.items() if key in EVERY} == calls, ask


def test_a_model_makes_the_same_data_from_any_place():
    with serving(model()) as url, serving(model()) as other:
        assert repr(source(url)) == repr(source(other))  # a journal goes on when the server moved
        data = generate(pickle.loads(pickle.dumps(source(url))), X, order=2)
    assert data.output_units == UNITS and data.outputs == OUTPUTS
    np.testing.assert_allclose(data.hessian, FUNCTION.hessian(X), rtol=1e-14)


def posed(here, **change):
    how = {"url": here, "name": "beam", "box": BOX, "outputs": OUTPUTS} | change
    return UMBridge(**how)


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"name": "plate"}, "has no model 'plate': it has beam."),
        ({"url": "localhost"}, "'localhost' is no address of a server"),
        ({"url": "http://localhost:port"}, "is no address of a server"),
        ({"box": Box(("a",), (0,), (1,))}, "takes [2, 1] numbers, but the box has 1 (a)"),
        ({"box": ("a",)}, "box is of type tuple"),
        ({"outputs": ("u",)}, "gives [1, 1] numbers, but 1 outputs are named (u)"),
    ],
)
def test_a_model_that_is_another_is_refused(change, sentence):
    with serving(model()) as url:
        with pytest.raises(ConfigError, match=re.escape(sentence)):
            posed(url, **change)
        assert posed(url, outputs=()).outputs == ("y1", "y2")


def test_nobody_and_somebody_else_at_the_address(monkeypatch):
    monkeypatch.setattr(connection, "PAUSE", 0.001)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(SobolevError, match=r"no server answers at .*\(Connection refused; asked 4"):
        source(url)
    other = model(fault=lambda what: (200, "<html>my page</html>"))
    with serving(other) as url:
        with pytest.raises(ConfigError, match=r"no UM-Bridge server .*/Info says 'my page'"):
            source(url)


class Once:
    """A fault at the n-th question of a kind."""

    def __init__(self, kind, fault, number=1):
        self.kind, self.fault, self.left = kind, fault, number

    def __call__(self, what):
        self.left -= what == self.kind
        return self.fault if what == self.kind and self.left == 0 else None


@pytest.mark.parametrize("fault", ["drop", (502, "bad gateway"), (503, "")])
def test_a_dropped_connection_is_asked_again(monkeypatch, fault):
    monkeypatch.setattr(connection, "PAUSE", 0.001)
    with serving(model(fault=Once("Gradient", fault))) as url:
        np.testing.assert_allclose(source(url).jacobian(X), FUNCTION.jacobian(X), rtol=1e-14)


@pytest.mark.parametrize(
    "what, fault, kind, sentence",
    [
        ("Evaluate", (500, "<h1>500</h1> Server got itself\nin trouble"), Diverged,
         r"row 0 of x.*failed in Evaluate \(status 500\): 500 Server got itself in trouble"),
        ("Evaluate", (500, '{"error": {"type": "Solver", "message": "no equilibrium"}}'), Diverged,
         r"failed in Evaluate \(status 500\): no equilibrium"),
        ("Evaluate", (400, '{"error": {"type": "InvalidInput", "message": "bad sizes!"}}'),
         DataError, r"refuses Evaluate: bad sizes \(InvalidInput\)"),
        ("Evaluate", (200, '{"output": [[1.0]]}'), DataError,
         r"Evaluate of the model 'beam' gave \[\[1.0\]\], but it says that it gives 2 vectors"),
        ("Gradient", (200, '{"output": [1.0, 2.0, 3.0]}'), DataError,
         r"Gradient of the model 'beam' gave \[1.0, 2.0, 3.0\], but it says that it gives 2 n"),
        ("Gradient", (200, '{"output": null}'), DataError, "gave None, but"),
        ("Evaluate", (200, '{"output": [[nan], [1.0]]}'), DataError, "row 0 of x.*not finite"),
        ("Evaluate", (200, '{"output": [[-inf], [1.0]]}'), DataError, "row 0 of x.*not finite"),
        ("Evaluate", (200, "cut o"), Diverged, r"\(status 200\): cut o"),
        ("Evaluate", 1.0, Diverged, r"did not answer within 0.1 s \(patience\)"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_told(what, fault, kind, sentence):
    with serving(model(fault=Once(what, fault))) as url:
        found = source(url, patience=0.1)
        with pytest.raises(kind, match=sentence) as caught:
            found.jacobian(X)
        assert "\n" not in str(caught.value)


def test_rows_finished_before_a_server_died_are_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(connection, "PAUSE", 0.001)
    journal = tmp_path / "journal"
    with serving(model()) as url:
        found = source(url)
        port = int(url.rpartition(":")[2])
        generate(found, X[:1], journal=tmp_path / "warm")

    class Dies:
        asked = 0

        def __call__(self, what):
            self.asked += what == "Evaluate"
            return "drop" if self.asked > 2 else None  # the first point is asked for its value

    died = r"1 of 2 rows failed.*no server answers at .*The others are kept"
    with serving(model(fault=Dies()), port) as url, pytest.raises(SobolevError, match=died):
        generate(source(url), X, journal=journal)
    server = model()
    with serving(server) as url:
        data = generate(source(url), X, journal=journal, retries=Retries(again="faults"))
    assert server.calls["Evaluate"] == 2  # the first point's value tells whose journal it is
    np.testing.assert_allclose(data.jacobian, FUNCTION.jacobian(X), rtol=1e-14)
