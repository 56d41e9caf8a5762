"""A Tesseract by its protocol; the real package is tried by `make sources`."""

import pickle
import re

import jax.numpy as jnp
import numpy as np
import pytest
from model_server import ServedTesseract, array, serving

from sobolev import Box
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.function import of_jax
from sobolev.sources import Tesseract

BOX = Box(("a", "b", "F"), (1.0, 1.0, 1.0), (2.0, 3.0, 2.0), ("mm", "K", "N"))
X = np.array([[1.3, 1.7, 1.1], [1.9, 2.5, 1.5]])
JVP, VJP = "jacobian_vector_product", "vector_jacobian_product"


def _traced(x):
    a, b, force = x
    return jnp.stack([a * a * force, jnp.sin(b) * force**2, a * b * force])


FUNCTION = of_jax(_traced, BOX, ("u[0]", "u[1]", "w"))


@pytest.mark.parametrize(
    "endpoints, order, calls",
    [
        ((), 0, {}), (("jacobian", VJP), 1, {"jacobian": 1}), ((JVP,), 1, {JVP: 3}),
        ((VJP,), 1, {VJP: 3}), ((JVP, VJP), 1, {VJP: 3}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("looked_at", [False, True])
def test_it_knows_what_there_are_endpoints_for(endpoints, order, calls, looked_at):
    server = ServedTesseract(FUNCTION, endpoints, looked_at)
    with serving(server) as url:
        found = Tesseract(url, BOX)
        assert (found.order, found.outputs) == (order, ("u[0]", "u[1]", "w"))
        server.calls.clear()
        again = pickle.loads(pickle.dumps(found))
        for ours, known in zip(
            again.derivatives(X[0], order), FUNCTION.derivatives(X[0], order), strict=True
        ):
            np.testing.assert_allclose(ours, known, rtol=1e-14)
        assert {key: n for key, n in server.calls.items() if key != "apply"} == calls
        with pytest.raises(ConfigError, match=f"up to order {order}: got order={order + 1}"):
            found.derivatives(X, order + 1)


def test_products_are_asked_as_they_are():
    server = ServedTesseract(FUNCTION, ("jacobian", JVP, VJP))
    v = np.array([[1.0, -2.0, 0.5], [0.0, 0.0, 1.0]])
    with serving(server) as url:
        found = Tesseract(url, BOX)
        for ask in ("jvp", "vjp"):
            pair = getattr(found, ask)(X, v), getattr(FUNCTION, ask)(X, v)
            for ours, known in zip(*pair, strict=True):
                np.testing.assert_allclose(ours, known, rtol=1e-14)
    assert (server.calls[JVP], server.calls[VJP], server.calls.get("jacobian")) == (2, 2, None)


def test_a_part_of_it_with_the_rest_fixed():
    server = ServedTesseract(FUNCTION, ("jacobian",))
    box = Box(("a", "b"), (1, 1), (2, 3))
    with serving(server) as url:
        found = Tesseract(url, box, ("w",), by=("x",), of=("w",), fixed={"load": {"F": 1.1}})
        by_schema = Tesseract(url, box, of={"w": ()}, fixed={"load": {"F": 1.1}})
        for ours in (found, by_schema):
            known = FUNCTION.jacobian(X[0])[2:, :2]
            np.testing.assert_allclose(ours.jacobian(X[0, :2]), known, rtol=1e-14)
        with pytest.raises(ConfigError, match="no endpoint for second derivatives"):
            found.hvp_at(X[0, :2], X[0, :2])


@pytest.mark.parametrize(
    "change, kind, sentence",
    [
        ({"by": ("x", "y")}, ConfigError, "'y' of by is no differentiable array of the Tesseract"),
        ({"of": "u"}, ConfigError, "of is 'u': give a tuple of paths of its schema, of u, w"),
        ({"by": {"x": (None,)}}, ConfigError, "leaves the shape (None,) of 'x' open: give by={'x'"),
        ({"by": ("x",)}, ConfigError, "has 2 numbers (x[0], x[1]), but the box has 3 (a, b, F)"),
        ({"outputs": ("u",)}, DataError, "outputs has 1 names for 3 columns"),
        ({"where": "no/tesseract_api.py"}, ConfigError, "is neither an address, such as"),
        ({"box": ("a",)}, ConfigError, "box is of type tuple"),
    ],
)
def test_what_does_not_fit_is_refused(change, kind, sentence):
    with serving(ServedTesseract(FUNCTION, ("jacobian",))) as url:
        with pytest.raises(kind, match=re.escape(sentence)):
            Tesseract(**({"where": url, "box": BOX} | change))


def fault(kind, given):
    return lambda what: given if what == kind else None


MISSING = '{"detail": [{"loc": ["body", "inputs", "load"], "msg": "Field required"}]}'


@pytest.mark.parametrize(
    "what, given, kind, sentence",
    [
        ("openapi.json", (200, "<p>my page</p>"), ConfigError, "is no Tesseract: .*'my page'"),
        ("apply", (422, MISSING), DataError, "refuses apply: inputs.load: Field required"),
        ("apply", (500, "Internal\nerror"), Diverged, r"apply \(status 500\): Internal error"),
        ("apply", (200, "{}"), DataError, "apply of the Tesseract gave no 'u'"),
        ("jacobian", (200, "{}"), DataError, "jacobian of the Tesseract gave no 'u.x'"),
        ("apply", (200, '{"u": {"object_type": "array"}}'), DataError, "cannot be read"),
        ("apply", (200, '{"u": [1.0, null], "w": 1.0}'), DataError, r"\(object\), but \(2,\)"),
        ("apply", (200, '{"u": [1.0], "w": 1.0}'), DataError, r"shape \(1,\) .*but \(2,\)"),
        ("apply", (200, '{"u": [1.0, NaN], "w": 1.0}'), DataError, "is not finite"),
    ],
)
def test_an_answer_that_is_none_is_told(what, given, kind, sentence):
    with serving(ServedTesseract(FUNCTION, ("jacobian",), fault=fault(what, given))) as url:
        with pytest.raises(kind, match=sentence) as caught:
            Tesseract(url, BOX).jacobian(X)
        assert "\n" not in str(caught.value)


def test_nan_comes_as_bits_and_is_refused():
    import json

    content = json.dumps({"u": array([np.nan, 1.0]), "w": array(1.0)})
    with serving(ServedTesseract(FUNCTION, (), fault=fault("apply", (200, content)))) as url:
        with pytest.raises(DataError, match=r"row 0 of x, \[1.3, 1.7, 1.1\], is not finite"):
            Tesseract(url, BOX).value(X)


def test_a_file_here_needs_the_package(tmp_path):
    (tmp_path / "tesseract_api.py").write_text("")
    try:
        import tesseract_core  # noqa: F401
    except ImportError:
        with pytest.raises(DataError, match=r"needs tesseract_core.*sobolev\[tesseract\]"):
            Tesseract(str(tmp_path / "tesseract_api.py"), BOX)
