"""Every bridge, over every kind of function: what the tool computes is what the function does."""

import importlib
import json
import runpy
import sys
import urllib.request
import warnings
from dataclasses import replace

import casadi
import jax.numpy as jnp
import numpy as np
import openmdao.api as om
import pytest
import umbridge
from helpers import table
from typer.testing import CliRunner

from sobolev import Box, Surrogate, bridges, function, networks, sources
from sobolev.cli import app
from sobolev.errors import ConfigError, DataError, OutputError

NAMES = ("E", "thickness"), ("deflection", "mass")
BOX = Box(NAMES[0], (0.1, -1.0), (2.0, 1.0), ("N/mm^2", "mm"))


def formula(x):
    a, b = x
    return jnp.array([jnp.sin(a) * b**2 + jnp.exp(a - b), a**3 * b + b])


TRUE = function.of_jax(formula, BOX, NAMES[1], ("mm", "kg"))
SLOPES = function.of_callable(lambda x: tuple(TRUE.derivatives(x, 1)), BOX, NAMES[1], order=1)
VALUES = function.of_callable(lambda x: (TRUE.value(x),), BOX, NAMES[1], order=0)
X = np.array([[0.3, 0.4], [1.9, -0.9], [1.0, 0.1]])


def through_umbridge(model, x, outside):
    """With the client of UM-Bridge itself."""
    with bridges.UMBridgeServer(model, port=0, outside=outside) as server:
        client = umbridge.HTTPModel(server.url, "model")
        assert [client.get_input_sizes(), client.get_output_sizes()] == [[2], [2]]
        point, eye = [x.tolist()], np.eye(2).tolist()
        y = client(point)[0]
        backward = [client.gradient(0, 0, point, w) for w in eye]
        forward = np.transpose([client.apply_jacobian(0, 0, point, v) for v in eye])
        assert forward == pytest.approx(np.array(backward), rel=1e-13)
        hessian = [[client.apply_hessian(0, 0, 0, point, w, v) for v in eye] for w in eye]
        return y, backward, hessian


def through_our_client(model, x, outside):
    with bridges.UMBridgeServer(model, port=0, outside=outside) as server:
        return sources.UMBridge(server.url, "model", BOX, NAMES[1]).derivatives(x, 2)


def through_openturns(model, x, outside):
    f = bridges.openturns_function(model, outside)
    assert tuple(f.getInputDescription()) == tuple(model.inputs)
    assert tuple(f.getOutputDescription()) == tuple(model.outputs)
    assert np.array(f(np.stack([x, x]))) == pytest.approx(np.array([f(x), f(x)]), rel=1e-14)
    hessian = np.array(f.hessian(x)).transpose(2, 0, 1)  # its sheets are the outputs
    return f(x), np.array(f.gradient(x)).T, hessian


def through_openmdao(model, x, outside):
    problem = om.Problem(reports=False)
    problem.model.add_subsystem("f", bridges.OpenMDAOComponent(model, 3, outside), promotes=["*"])
    problem.setup(force_alloc_complex=True)
    for name, number in zip(model.inputs, x, strict=True):
        problem.set_val(name, np.full(3, number))
    problem.run_model()
    totals = problem.compute_totals(list(model.outputs), list(model.inputs), return_format="dict")
    y = [problem.get_val(name)[1] for name in model.outputs]
    checked = problem.check_partials(out_stream=None, method="cs")["f"]
    for each in checked.values():
        assert each["J_fd"] == pytest.approx(each["J_fwd"], rel=1e-12, abs=1e-14)
    return y, [[totals[of][by][1, 1] for by in model.inputs] for of in model.outputs], None


def through_scipy(model, x, outside):
    y, dy, d2y = [], [], []
    for name in model.outputs:
        asked = bridges.objective(model, name, outside=outside)
        value, slope = asked["fun"](x)
        y, dy, d2y = [*y, value], [*dy, slope], [*d2y, asked["hess"](x)]
    bound = bridges.constraint(model, 0.0, 1.0, outside=outside)
    assert bound.jac(x) == pytest.approx(np.array(dy), rel=1e-14)
    assert bound.hess(x, np.array([2.0, -1.0])) == pytest.approx(2 * d2y[0] - d2y[1], rel=1e-13)
    fitted = bridges.residuals(model, [np.nan, 1.0], 0.5, outside)
    assert fitted["fun"](x) == pytest.approx([(y[1] - 1) / 0.5])
    assert fitted["jac"](x) == pytest.approx(2 * dy[1][None])
    return y, dy, d2y


def through_cuqi(model, x, outside):
    A = bridges.cuqi_model(model, outside)
    assert list(A.domain_geometry.variables) == list(model.inputs)
    return A(x), [A.gradient(w, x) for w in np.eye(2)], None


def through_casadi(model, x, outside):
    f = bridges.casadi_function(model, outside=outside)
    at = casadi.MX.sym("x", 2)
    jacobian = casadi.Function("j", [at], [casadi.jacobian(f(at), at)])
    hessian = [casadi.Function("h", [at], [casadi.hessian(f(at)[q], at)[0]]) for q in range(2)]
    return np.array(f(x)).ravel(), np.array(jacobian(x)), [np.array(each(x)) for each in hessian]


def through_torch(model, x, outside):
    torch = pytest.importorskip("torch")
    f = bridges.torch_function(model, outside)
    at = torch.tensor(np.stack([x, x]), requires_grad=True)
    jacobian, hessian = [], []
    for q in range(2):
        (slope,) = torch.autograd.grad(f(at)[:, q].sum(), at, create_graph=True)
        jacobian.append(slope[0].detach().numpy())
        rows = [torch.autograd.grad(slope[:, d].sum(), at, retain_graph=True)[0] for d in (0, 1)]
        hessian.append([row[1].numpy() for row in rows])
    assert torch.autograd.gradcheck(f, (at,)) and torch.autograd.gradgradcheck(f, (at,))
    return f(at)[0].detach().numpy(), jacobian, hessian


def through_dakota(model, x, outside, folder=None, active=(7, 7), by=(1, 2)):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as made:
        parameters, results = Path(made, "params.in"), Path(made, "results.out")
        parameters.write_text(dakota_asks(x, model, active, by))
        bridges.answer_dakota(model, parameters, results, outside)
        return dakota_reads(results.read_text(), active, len(by))


BRIDGES = {
    "umbridge": through_umbridge,
    "our client": through_our_client,
    "openturns": through_openturns,
    "openmdao": through_openmdao,
    "scipy": through_scipy,
    "cuqi": through_cuqi,
    "casadi": through_casadi,
    "torch": through_torch,
    "dakota": through_dakota,
}


def dakota_asks(x, model, active, by):
    """As Dakota 6 writes it."""
    pairs = [(f"{number:.16e}", name) for number, name in zip(x, model.inputs, strict=True)]
    lines = [("2", "variables"), *pairs, ("2", "functions")]
    numbered = enumerate(zip(active, model.outputs, strict=True), 1)
    lines += [(str(bits), f"ASV_{k}:{name}") for k, (bits, name) in numbered]
    lines += [(str(len(by)), "derivative_variables")]
    lines += [(str(n), f"DVV_{k}:{model.inputs[n - 1]}") for k, n in enumerate(by, 1)]
    lines += [("0", "analysis_components"), ("1", "eval_id")]
    return "".join(f"{value:>42} {name}\n" for value, name in lines)


def dakota_reads(text, active, width):
    """Values, gradients, Hessians, each of the responses that were asked for them."""
    tokens = text.split()
    y = []
    while tokens and tokens[0][0] != "[":
        y.append(float(tokens.pop(0)))
        tokens.pop(0)
    numbers = [float(token) for token in tokens if token.strip("[]")]
    slopes = width * sum(bits & 2 > 0 for bits in active)
    dy = np.reshape(numbers[:slopes], (-1, width))
    return y, dy, np.reshape(numbers[slopes:], (-1, width, width))


def close(found, known):
    return np.array(found) == pytest.approx(np.array(known), rel=1e-12, abs=1e-12)


@pytest.fixture(scope="module")
def surrogate():
    data = table(12, outputs=2)
    return Surrogate.new(data, networks.MLP((4, 3)), key=0)


@pytest.mark.parametrize("through", BRIDGES.values(), ids=BRIDGES)
def test_what_arrives_is_what_the_function_says(through, surrogate):
    for model, x in ((TRUE, X[0]), (TRUE, X[1]), (surrogate, np.array([0.1, -0.2]))):
        y, dy, d2y = through(model, x, "answer")
        known = model.derivatives(x, 2)
        assert close(y, known[0]) and close(dy, known[1])
        assert d2y is None or close(d2y, known[2])


@pytest.mark.parametrize("through", BRIDGES.values(), ids=BRIDGES)
def test_a_point_outside_of_the_box(through):
    """Answered, with a warning, or refused where it is asked so."""
    out = np.array([2.5, 0.0])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        y, *_ = through(TRUE, out, "warn")
    assert close(y, TRUE.value(out))
    assert any("one has E = 2.5 and the box is [0.1, 2]" in str(each.message) for each in said)
    with pytest.raises(Exception, match=r"(?s)E = 2\.5 and the box"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # CasADi says it twice
        through(TRUE, out, "refuse")


@pytest.mark.parametrize("through", BRIDGES.values(), ids=BRIDGES)
def test_what_is_no_point(through):
    with pytest.raises(Exception, match=r"(?is)finite|nan|JSON"):
        through(TRUE, np.array([np.nan, 0.0]), "warn")
    with pytest.raises(ConfigError, match=r"unknown outside .never.: choose one of warn"):
        through(TRUE, X[0], "never")


def asked(url, what, question=None, **headers):
    """Status and content, as any program asks."""
    body = question if isinstance(question, bytes | None) else json.dumps(question).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/{what}", body, headers)) as got:
            return got.status, json.loads(got.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["error"]


def test_what_umbridge_is_asked_wrongly():
    """Each is a word of the protocol; names, units and box are said beside it."""
    point = {"name": "model", "input": [[0.3, 0.4]], "config": {}}
    gradient = {**point, "outWrt": None, "inWrt": 0, "sens": [1.0, 0.0]}
    with bridges.UMBridgeServer(SLOPES, port=0) as server:
        url = server.url
        assert asked(url, "Names")[1]["input_units"] == ["N/mm^2", "mm"]
        assert asked(url, "Names")[1]["upper"] == [2.0, 1.0]
        assert asked(url, "ModelInfo", point)[1]["support"]["ApplyHessian"] is False
        assert close(asked(url, "Gradient", gradient)[1]["output"], TRUE.jacobian(X[0])[0])
        for what, question, status, kind in (
            ("Evaluate", {**point, "name": "other"}, 400, "ModelNotFound"),
            ("Evaluate", {**point, "input": [[0.3]]}, 400, "InvalidInput"),
            ("Evaluate", {**point, "input": [[0.3, True]]}, 400, "InvalidInput"),
            ("Evaluate", b'{"name": "model", "input": [[NaN, 0.1]]}', 400, "InvalidInput"),
            ("Evaluate", b"[1]", 400, "InvalidInput"),
            ("Gradient", {**gradient, "outWrt": 1}, 400, "InvalidInput"),
            ("Gradient", {**gradient, "sens": [1.0]}, 400, "InvalidInput"),
            ("ApplyHessian", gradient, 400, "UnsupportedFeature"),
            ("Elsewhere", point, 404, "UnsupportedFeature"),
        ):
            code, error = asked(url, what, question)
            assert (code, error["type"]) == (status, kind), question
        assert asked(url, "Info", Host="evil.example")[0] == 403
        with pytest.raises(OutputError, match="cannot listen on port"):
            bridges.UMBridgeServer(SLOPES, port=int(url.rpartition(":")[2]))

    def breaks(x):
        raise ZeroDivisionError("by chance")

    broken = function.of_callable(breaks, BOX, NAMES[1])
    with bridges.UMBridgeServer(broken, port=0) as server:
        assert asked(server.url, "Evaluate", point)[1]["message"] == "ZeroDivisionError: by chance"


def test_what_openmdao_calls_units_and_names():
    units = "N/mm^2", "W/(m*K)", "kg/m3", "°C", "-", "furlong"
    box = Box(tuple("abcdef"), (0,) * 6, (2,) * 6, units)
    model = function.of_callable(lambda x: (x[:1], np.eye(1, 6)), box, ("F.x",), ("kN",), order=1)
    problem = om.Problem(reports=False)
    problem.model.add_subsystem("f", bridges.OpenMDAOComponent(model), promotes=["*"])
    with pytest.warns(RuntimeWarning, match="OpenMDAO knows no unit 'furlong'"):
        problem.setup()
    problem.final_setup()
    about = problem.model.f.list_vars(units=True, desc=True, out_stream=None)
    found = {name: each["units"] for name, each in about}
    known = ["N/mm**2", "W/m/degK", "kg/m**3", "degC", None, None, "kN"]
    assert list(found.values()) == known and list(found)[-1] == "f.F_x"
    assert dict(about)["f.F_x"]["desc"] == "F.x" and problem.get_val("a") == 1.0
    problem.set_val("a", 1.5, units="kN/mm**2")
    problem.set_val("a", 1.5e6, units="Pa")  # converted
    problem.run_model()
    assert problem.get_val("F_x", units="N") == pytest.approx(1500.0)
    two = function.of_callable(lambda x: (x[:1], [[1, 0]]), ("a.b", "a_b"), ("y",), order=1)
    with pytest.raises(ConfigError, match="are the same: call them otherwise"):
        bridges.OpenMDAOComponent(two)


@pytest.mark.parametrize("make", ["OpenMDAOComponent", "cuqi_model"])
def test_a_function_without_derivatives(make):
    """Nobody gets differences without a word."""
    with pytest.raises(ConfigError, match="without derivatives"):
        getattr(bridges, make)(VALUES)


def test_openturns_gets_no_differences():
    f = bridges.openturns_function(SLOPES)
    assert np.array(f.gradient(X[0])).shape == (2, 2)
    with pytest.raises(RuntimeError, match="derivatives up to order 1"):
        f.hessian(X[0])
    with pytest.raises(RuntimeError, match="derivatives up to order 0"):
        bridges.openturns_function(VALUES).gradient(X[0])
    with pytest.raises((RuntimeError, TypeError), match="dimension"):
        f([0.3])


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("openturns", "openturns"), ("openmdao", "openmdao.api"), ("cuqi", "cuqi.geometry"),
        ("casadi", "casadi"), ("torch", "torch"),
    ],
)  # fmt: skip
def test_a_missing_package(module, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"sobolev.bridges.{module}", raising=False)
    with pytest.raises(ImportError, match=rf"pip install 'sobolev\[{module}\]'\.$"):
        importlib.import_module(f"sobolev.bridges.{module}")


def test_outputs_that_are_not_there(tmp_path):
    with pytest.raises(DataError, match="there is no output 'lift': there are deflection, mass"):
        bridges.objective(TRUE, "lift")
    with pytest.raises(DataError, match="there is no output 2"):
        bridges.constraint(TRUE, outputs=[2])
    with pytest.raises(DataError, match="cannot read"):
        bridges.openturns_function(tmp_path / "none.npz")


def test_what_dakota_asks_for(tmp_path):
    """Bits and variables in any choice; FAIL with a sentence."""
    y, dy, d2y = TRUE.derivatives(X[0], 2)
    found = through_dakota(TRUE, X[0], "warn", active=(3, 4), by=(2,))
    assert close(found[0], y[:1]) and close(found[1], dy[:1, 1:])
    assert close(found[2], d2y[1:, 1:, 1:])
    text = dakota_asks(X[0], TRUE, (1, 0), (1, 2))
    for wrong, sentence in (
        (text.replace("functions", "DAKOTA_FNS"), "no parameters file"),
        ("{ DAKOTA_VARS = 2 }\n" + text, "Aprepro"),
        (text.replace("thickness", "width"), "those of the function are E, thickness"),
        (text.replace("ASV_1:deflection", "ASV_1:lift"), "the responses are lift, mass"),
        (text.replace("1 ASV_1", "4 ASV_1"), "derivatives up to order 1"),
        (text.replace("2 DVV", "5 DVV"), "none of the 2 variables"),
    ):
        (tmp_path / "params.in").write_text(wrong)
        with pytest.raises((DataError, ConfigError), match=sentence):
            bridges.answer_dakota(SLOPES, tmp_path / "params.in", tmp_path / "results.out")
        assert (tmp_path / "results.out").read_text().startswith("FAIL\n")


def test_a_tesseract(tmp_path, surrogate):
    """Through its own runtime, as `sources.Tesseract` asks it."""
    pytest.importorskip("tesseract_core")
    bridges.write_tesseract(surrogate, tmp_path)
    box = Box(surrogate.inputs, (-9.0, -9.0), (9.0, 9.0))
    api = sources.Tesseract(f"{tmp_path}/tesseract_api.py", box, surrogate.outputs)
    x, v = np.array([0.1, 0.2]), np.array([1.0, -2.0])
    y, dy = api.derivatives(x, 1)
    assert close(y, surrogate.value(x)) and close(dy, surrogate.jacobian(x))
    assert close(api.jvp(x, v)[1], dy @ v) and close(api.vjp(x, v)[1], v @ dy)


def verb(*words):
    return CliRunner().invoke(app, ["bridge", *map(str, words)])


def test_the_verb(tmp_path, surrogate, monkeypatch, capsys):
    """What it writes runs, in the tool; what it cannot do is a sentence."""
    model, x = tmp_path / "m.npz", np.array([0.1, 0.2])
    replace(surrogate, inputs=("a b", "c")).save(model)
    assert verb("dakota", model, "--outside", "refuse", "--out", tmp_path / "d").exit_code == 0
    deck = (tmp_path / "d" / "study.in").read_text()
    assert "descriptors 'a_b' 'c'" in deck and "analytic_hessians" in deck
    parameters = dakota_asks(x, surrogate, (7, 7), (1, 2))
    for old, new in zip(surrogate.inputs, ("a_b", "c"), strict=True):
        parameters = parameters.replace(f" {old}\n", f" {new}\n")
    (tmp_path / "d" / "params.in").write_text(parameters)
    monkeypatch.setenv("SOBOLEV_CACHE", "off")
    monkeypatch.setattr(sys, "argv", ["", *(f"{tmp_path}/d/{f}" for f in ("params.in", "r.out"))])
    runpy.run_path(f"{tmp_path}/d/driver.py")
    found = dakota_reads((tmp_path / "d" / "r.out").read_text(), (7, 7), 2)
    for ours, known in zip(found, surrogate.derivatives(x, 2), strict=True):
        assert close(ours, known)
    parameters = (tmp_path / "d" / "params.in").read_text()
    (tmp_path / "d" / "params.in").write_text(parameters.replace(f"{x[0]:.16e}", f"{99:.16e}"))
    with pytest.raises(DataError, match="a b = 99 and the box"):
        runpy.run_path(f"{tmp_path}/d/driver.py")
    for tool in ("openmdao", "openturns"):
        script = tmp_path / f"in_{tool}.py"
        assert verb(tool, model, "--outside", "answer", "--out", script).exit_code == 0
        assert "outside='answer')" in script.read_text()
        capsys.readouterr()
        monkeypatch.chdir(tmp_path)
        runpy.run_path(str(script))
        assert "a b" in capsys.readouterr().out
    assert verb("tesseract", model, "--out", tmp_path / "t").exit_code == 0
    compile((tmp_path / "t" / "tesseract_api.py").read_text(), "api", "exec")
    for wrong, sentence in (
        (["matlab", model, "--out", "x.py"], "no tool that there is a bridge to: take umbridge"),
        (["openturns", model], "openturns needs --out"),
        (["umbridge", model, "--out", "x.py"], "serves and writes nothing"),
        (["openturns", model, "--out", "x.txt"], "must end in .py"),
        (["openturns", model, "--out", "openturns.py"], "would be imported in its place"),
        (["umbridge", model, "--port", "-1"], "port must be a whole number"),
        (["dakota", model, "--out", tmp_path, "--outside", "never"], "unknown outside"),
        (["openturns", model, "--out", "x.py", "--outside", "error"], "unknown outside 'error'"),
    ):
        got = verb(*wrong)
        assert got.exit_code == 2 and sentence in " ".join(got.output.split()), got.output
    with pytest.raises(ConfigError, match="is not saved to a file"):
        bridges.write_tesseract(TRUE, tmp_path / "u")
