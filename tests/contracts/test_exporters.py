"""Every kind of file, of every kind of function: what it computes is what the function does."""

import dataclasses
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import table
from jax import lax
from jax.scipy.special import erf, erfc
from typer.testing import CliRunner

from sobolev import Box, Dataset, Ensemble, Surrogate, designs, function, generate, networks
from sobolev.cli import app
from sobolev.dynamics import Duffing, Sampled, Trajectory
from sobolev.errors import ConfigError, OutputError
from sobolev.exporters import (
    C99,
    EXPORTERS,
    FMU,
    JAX,
    CasADi,
    Fortran,
    LaTeX,
    Matlab,
    Python,
    Umat,
)
from sobolev.exporters.entrywise import OPERATIONS
from sobolev.exporters.fortran import body
from sobolev.identification import identify
from sobolev.kriging import GEK
from sobolev.networks import MLP

if shutil.which("cc") is None:
    pytest.skip("no C compiler: exported files cannot be tried", allow_module_level=True)

# As they are meant to be compiled by others: silent under everything.
STRICT = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror"]
CHECKED = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
DATA = replace(
    table(12, outputs=2),
    inputs=("E'", "thickness"),
    outputs=("größe", "m"),
    input_units=("N/mm^2", "mm"),
)
BOX = Box(("a", "b"), (0.1, -1.0), (2.0, 1.0))


def fields_of(member):
    return {field.name for field in dataclasses.fields(member)}


def made(architecture, seed=0):
    return Surrogate.new(DATA, architecture, key=seed)


def potential(cell=None):
    """Three atoms, alone or repeated."""
    rattled = np.random.default_rng(0).normal(size=(12, 9)) / 20
    x = np.array([0.0, 0, 0, 1.1, 0, 0, 0.4, 1, 0.2]) + rattled
    names = tuple(f"X{i}.{axis}" for i in range(3) for axis in "xyz")
    data = Dataset(x, np.sum(x**2, axis=1, keepdims=True), inputs=names, outputs=("energy",))
    seen = networks.Surroundings(cutoff=1.8, nearest=0.7, radial=3, angular=())
    return Surrogate.new(data, networks.AtomicEnergies(MLP((3,)), seen, cell=cell))


def formula(x):
    """Steps that no network takes."""
    a, b = x
    rows = jnp.stack([jnp.sort(jnp.array([3.0, 1.0])), jnp.array([2.0, 5.0])]) @ x
    picked = jnp.where(a > b, jnp.arctan2(a, b), jnp.sqrt(1 + b**2))
    picked += jnp.round(jnp.floor(9 * a) + 0.5) + jax.lax.round(jnp.floor(7 * b) + 0.5)
    return jnp.array([picked + jnp.max(rows), (a + 2) ** b - jnp.log1p(a) * a**-3])


def energy():
    """Of a strain, with invariants of it."""
    box = Box(("E11", "E22", "E33", "2E23", "2E13", "2E12"), (-0.1,) * 6, (0.2,) * 6)
    x = box.from_unit(np.random.default_rng(0).random((9, 6)))
    data = Dataset(x, np.sum(x**2, 1, keepdims=True), inputs=box.names, outputs=("W",))
    return Surrogate.new(data, networks.Potential(MLP((4,))), box=box)


def kriged():
    """Kriging of such an energy."""
    box = energy().box
    x = box.from_unit(np.random.default_rng(1).random((12, 6)))
    data = Dataset(x, np.sum(x**2, 1, keepdims=True), inputs=box.names, outputs=("W",))
    return GEK.of(data, kernel="squared-exponential", restarts=1)


def cubic(x):
    """A law of few terms."""
    a, b = x
    return jnp.array([a**3 - 2 * a * b + b / 3, b**2 * a + 1.0])


def operations(x):
    """Each step that there is, away from where it jumps."""
    a, b = x[0] + 0.5, 0.7 * x[1]
    smooth = [
        jnp.expm1(a), jnp.log1p(b), jnp.asinh(b), jnp.acosh(a + 1.5), jnp.atanh(b), jnp.exp2(b),
        jnp.cbrt(a), erf(b), erfc(a), lax.rsqrt(a), jnp.tan(b), jnp.arcsin(b), jnp.arctan(a),
        jnp.arccos(b), jnp.sinh(a), jnp.cosh(b), a**b, jnp.abs(b), jnp.logaddexp(a, b),
        1e9 * jnp.expm1(1e-9 * a), 1e9 * jnp.log1p(1e-9 * b), 1e9 * jnp.asinh(1e-9 * b),
        jnp.asinh(1e9 * b),
    ]  # fmt: skip
    steps = [
        jnp.sign(b) * a, jnp.floor(7 * a) * b, jnp.ceil(7 * b), jnp.round(7 * b), lax.round(7 * a),
        jnp.where((a > b) & ~(b >= 0) | (a == b), a, b), jnp.maximum(a, b), jnp.minimum(a, b),
        jnp.where(jnp.isfinite(a / b), a, b), jnp.where(a != b, a * a, b),
    ]  # fmt: skip
    return jnp.stack(smooth + steps)


FUNCTIONS = {
    "mlp": made(MLP((4, 3))),
    "tanh": made(MLP((5,), activation=networks.tanh)),
    "modified": made(networks.ModifiedMLP((4, 4))),
    "waves": made(networks.MixedMLP((4, 4))),
    "fourier": made(networks.FourierMLP((4, 4))),
    "sine": made(networks.SineNetwork((4,))),
    "gaussian": made(networks.GaussianFeatures((6,), covariance="full")),
    "convex": made(networks.ConvexMLP((4, 3))),
    "hard": made(networks.HardBoundary(MLP((3,)), (networks.Face(0, -1.5),), outputs=(0,))),
    "periodic": made(networks.Periodic(MLP((4,)), {1: 1.7}, harmonics=2)),
    "regular": made(networks.Regular(MLP((4,)), 1, power=1)),
    "constants": made(networks.Constants(MLP((4,)), (1,), start=2.0)),
    "ensemble": Ensemble(tuple(made(MLP((3,)), seed) for seed in range(2)), (0, 1)),
    "atoms": potential(),
    "crystal": potential(np.diag([5.0, 5.2, 5.4])),
    "energy": energy(),
    "operations": function.of_jax(operations, BOX, tuple(f"y{n}" for n in range(33))),
    "kriging": GEK.of(table(6), kernel="matern52", restarts=1),
    "smooth": GEK.of(table(6), kernel="squared-exponential", restarts=1),
    "kriged energy": kriged(),
    "law": identify(generate(function.of_jax(cubic, BOX, ("y", "z")), designs.sobol(16), order=1)),
    "formula": function.of_jax(formula, BOX, ("y", "z")),
}


# Of an energy a material is made, and of nothing else.
MATERIALS = {
    "umat": {"psi", "stress", "moduli"},
    "umat-calculix": {"psi", "stress", "moduli"},
    "vumat": {"psi", "stress"},
}
# C is what most are made from, or made as: of the others, those with the steps that they write.
FEW = {
    "fortran": ("mlp", "convex", "hard", "formula", "operations"),
    "casadi": ("mlp", "hard", "formula", "energy"),
    "python": ("tanh", "hard", "convex", "energy"),
    "matlab": ("hard",),
    "latex": ("hard",),
    "jax": ("mlp",),
    "onnx": ("mlp", "hard", "waves", "ensemble"),
    **{m: ("energy", "kriged energy") for m in MATERIALS},
}
# What is no network goes to every kind, or is told why it cannot.
OTHERS = ("kriging", "smooth", "ensemble", "law")
CANNOT = {
    ("kriging", "matlab"): "a formula as text cannot hold 'gt'",
    ("kriging", "latex"): "a formula as text cannot hold 'gt'",
    ("smooth", "latex"): "with the six digits of a formula in print y is off by .* as python or c",
}
PAIRS = [
    (of, kind)
    for kind in EXPORTERS
    for of in (FUNCTIONS if kind == "c" else FEW.get(kind, ("mlp", "hard", "formula")))
]
PAIRS += [
    (of, kind)
    for kind in EXPORTERS
    for of in OTHERS
    if kind not in MATERIALS and (of, kind) not in PAIRS
]


@pytest.mark.filterwarnings("ignore:there is no Octave")
@pytest.mark.parametrize(("of", "kind"), PAIRS)
def test_what_it_computes_is_what_the_function_does(kind, of, tmp_path):
    """`write` says so, or writes nothing; and it asks for value and slopes."""
    without = "gfortran" if kind in {"fortran", *MATERIALS} else "cc"
    if shutil.which(without) is None:
        pytest.skip(f"{without} is not installed")
    exporter, asked = EXPORTERS[kind](), set()
    stem = "a_name_of_20_letters" if kind in MATERIALS else "model"
    path = tmp_path / f"{stem}{exporter.suffix}"
    if (of, kind) in CANNOT:
        with pytest.raises(ConfigError, match=CANNOT[of, kind]):
            exporter.write(FUNCTIONS[of], path)
        return
    answers = exporter.answers

    def noted(*args):
        found = answers(*args)
        asked.update(found)
        return found

    object.__setattr__(exporter, "answers", noted)
    assert exporter.write(FUNCTIONS[of], path)[0] == path
    assert {file.stem for file in tmp_path.iterdir()} == {stem}
    assert asked >= MATERIALS.get(kind, {"y", "dy"})


@pytest.mark.parametrize("order", [0, 1])
def test_orders_and_bytes(order, tmp_path):
    """Lower orders leave functions out; the same function is the same bytes anywhere."""
    exporter = C99(order)
    texts = []
    for folder in ("one", "two"):
        written = exporter.write(FUNCTIONS["mlp"], tmp_path / folder / "m.c")
        texts.append([path.read_bytes() for path in written])
    assert texts[0] == texts[1]
    assert ("m_jacobian" in texts[0][0].decode()) == (order == 1)
    assert "m_hessian" not in texts[0][0].decode()
    assert str(tmp_path).encode() not in b"".join(texts[0])


@pytest.mark.parametrize("kind", [k for k, e in EXPORTERS.items() if "order" in fields_of(e)])
def test_orders_that_there_are_not(kind):
    """Each kind has a highest derivative."""
    highest = EXPORTERS[kind].highest
    for wrong, sentence in (
        (highest + 1, rf"the highest derivative of {kind} is .*0.* or {highest}"),
        (0.5, "order must be a whole number"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            EXPORTERS[kind](order=wrong)


def test_two_of_them_in_one_program_with_names_and_units(tmp_path):
    """Compiled as strictly as can be, with sanitizers, and in C++."""
    for name, of in (("wing", "tanh"), ("flap", "hard")):
        C99().write(FUNCTIONS[of], tmp_path / f"{name}.c")
    (tmp_path / "main.c").write_text(
        r"""
#include <stdio.h>
#include "wing.h"
#include "flap.h"
int main(void)
{
  double x[2] = {0.3, 0.4}, v[2] = {1.0, 2.0}, w[2] = {1.0, -1.0};
  double y[2], dy[4], d2y[8], a[2], b[2];
  wing_hessian(x, y, dy, d2y); wing_jvp(x, v, y, a); wing_vjp(x, w, y, a);
  wing_hvp(x, w, v, a, b);
  printf("%.17g %.17g\n", y[0], d2y[7]);
  flap_value(x, y); flap_jacobian(x, y, dy); flap_hessian(x, y, dy, d2y);
  printf("%.17g %.17g\n", y[0], d2y[7]);
  printf("%s|%s|%s|%d|%.17g\n", wing_inputs[0], wing_outputs[0], wing_input_units[0],
         WING_OUTPUTS, flap_upper[1]);
  return 0;
}
"""
    )
    words = ["cc", *STRICT, *CHECKED, "main.c", "wing.c", "flap.c", "-lm", "-o", "main"]
    subprocess.run(words, cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "main"], capture_output=True, check=True).stdout.decode()
    numbers = [[float(n) for n in line.split()] for line in said.splitlines()[:2]]
    for found, of in zip(numbers, ("tanh", "hard"), strict=True):
        y, _, d2y = FUNCTIONS[of].derivatives([0.3, 0.4], 2)
        assert found == pytest.approx([y[0], d2y[1, 1, 1]], rel=1e-12)
    upper = FUNCTIONS["hard"].box.upper[1]
    assert said.splitlines()[2].split("|") == ["E'", "größe", "N/mm^2", "2", f"{upper:.17g}"]
    if shutil.which("c++"):
        header = ["c++", "-fsyntax-only", "-Wall", "-Werror", "-x", "c++", "wing.h"]
        subprocess.run(header, cwd=tmp_path, check=True)


def test_formulas_are_written_as_people_do(tmp_path):
    """Constants first, nothing that adds nothing, minus where there is one."""
    cubed = function.of_jax(lambda x: cubic(x)[:1], BOX, ("y",))
    text = LaTeX().write(cubed, tmp_path / "m.tex")[0].read_text().splitlines()
    assert text[5:9] == [
        r"z_{1} &= 2\, x_{1} \\",
        r"y_{1} &= {x_{1}}^{3} - z_{1}\, x_{2} + \frac{x_{2}}{3} \\",
        r"\frac{\partial y_{1}}{\partial x_{1}} &= 2\, \left(-x_{2}\right) + 3\, {x_{1}}^{2} \\",
        r"\frac{\partial y_{1}}{\partial x_{2}} &= 0.333333 - z_{1}",
    ]
    (file,) = Python(0).write(cubed, tmp_path / "m.py")
    assert "return y\n" in file.read_text() and "x[0]**3 - " in file.read_text()


def test_languages_know_the_same_operations():
    assert set(body.OPERATIONS) == set(OPERATIONS)


@pytest.mark.skipif(shutil.which("gfortran") is None, reason="gfortran is not installed")
def test_fortran_is_one_text_for_all_forms(tmp_path):
    """Old and new, in 72 and 132 columns; silent, and clean under checks of bounds."""
    Fortran().write(FUNCTIONS["formula"], tmp_path / "model.f")
    lines = (tmp_path / "model.f").read_text().splitlines()
    assert max(map(len, lines)) <= 72
    assert all(line.startswith(("!", "      ")) for line in lines if line)
    for words in (
        "-ffixed-form -std=f95",
        "-ffixed-form -ffixed-line-length-132 -std=legacy",
        "-ffree-form -std=f2018 -fcheck=all",
    ):
        command = ["gfortran", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *words.split()]
        subprocess.run([*command, "model.f"], cwd=tmp_path, check=True)


def test_a_file_that_computes_something_else_is_not_written(tmp_path):
    class Wrong(C99):
        def files(self, function, name):
            found = super().files(function, name)
            text = found[f"{name}.c"].decode()
            return {**found, f"{name}.c": text.replace("tanh(", "sin(").encode()}

    with pytest.raises(OutputError, match=r"computes y with an error of .* not written"):
        Wrong().write(FUNCTIONS["tanh"], tmp_path / "m.c")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("what", "path", "sentence"),
    [
        ("mlp", "2wing.c", "no function can be called '2wing'"),
        ("mlp", "double.c", "no function can be called 'double'"),
        ("mlp", "wing.txt", "has to end with .c"),
        ("spectral", "w.c", "no exported file can hold"),
        ("rounded", "w.c", "hold, 'convert_element_type'"),
        ("trajectory", "w.c", "no exported file can hold"),
        ("wide", "w.c", "export with a lower order, or a smaller network"),
        ("mlp", "a_name_of_21_letters_.f", "too long for subroutines"),
        ("formula", "w.m", "a formula as text cannot hold 'gt'"),
        ("ensemble_of_many", "w.py", "a formula as text at most 2000"),
        ("mlp", "material.f", "a UMAT is made of a strain energy"),
        ("mlp", "math.c", "a file of c that is called math hides"),
        ("mlp", "Fmi3_Absent.fmu", "a file of fmu that is called Fmi3_Absent hides"),
        ("mlp", "numpy.py", "a file of python that is called numpy hides"),
        ("tanh", "tanh.m", "'tanh' means something else inside of the file"),
        ("mlp", "jac.casadi", "CasADi keeps the name 'jac' for itself"),
        ("nowhere", "w.c", "not answer everywhere in its own box.* Train again, or take a box"),
    ],
)
def test_what_cannot_be_written(what, path, sentence, tmp_path):
    others = {
        "spectral": lambda: function.of_jax(
            lambda x: jnp.abs(jnp.fft.rfft(jnp.tile(x, 2)))[:1], BOX, ("y",)
        ),
        "rounded": lambda: function.of_jax(lambda x: x.astype(int).astype(float), BOX, ("y", "z")),
        "trajectory": lambda: Trajectory(Duffing(), Sampled([1.0])),
        "ensemble_of_many": lambda: made(MLP((30, 30))),
        "nowhere": lambda: function.of_jax(lambda x: jnp.log(x - 1), BOX, ("y", "z")),
        "wide": lambda: made(MLP((9000,))),
    }
    that = others[what]() if what in others else FUNCTIONS[what]
    with pytest.raises(ConfigError, match=sentence):
        by_ending = {".casadi": CasADi, ".fmu": FMU, ".m": Matlab, ".py": Python, ".f": Fortran}
        kind = Umat if path == "material.f" else by_ending.get(Path(path).suffix, C99)
        kind().write(that, tmp_path / path)
    assert list(tmp_path.iterdir()) == []


def test_a_function_that_ends_at_its_box(tmp_path):
    """A root is nothing below zero: then it is compared inside of its box alone."""
    root = function.of_jax(jnp.sqrt, Box(("a",), (0.0,), (1.0,)), ("y",))
    assert Python().write(root, tmp_path / "root.py") == (tmp_path / "root.py",)


def test_without_a_compiler(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(ConfigError, match="no C compiler was found"):
        C99().write(FUNCTIONS["mlp"], tmp_path / "m.c")


def test_the_verb(tmp_path):
    FUNCTIONS["mlp"].save(tmp_path / "m.npz")
    run = CliRunner().invoke
    words = ["export", str(tmp_path / "m.npz"), "--as", "c", "--out", str(tmp_path / "m.c")]
    done = run(app, [*words, "--order", "1"])
    assert done.exit_code == 0, done.output
    assert "value, Jacobian, verified" in done.output
    record = next(tmp_path.glob("*export*.json"), None) or next(tmp_path.glob("*export*"))
    assert json.loads(record.read_text()) if record.suffix == ".json" else record.exists()
    wrong = run(app, [*words[:3], "pascal", *words[4:]])
    assert wrong.exit_code == 2 and re.search("--as pascal is not known: take c", wrong.output)
    wrong = run(app, [*words, "--kappa", "3"])
    assert wrong.exit_code == 2 and "kappa = 3.0 has no meaning with --as c" in wrong.output
    wrong = run(app, [*words, "--fmi", "2"])
    assert wrong.exit_code == 2 and "fmi = 2 has no meaning with --as c" in wrong.output


@pytest.mark.skipif(shutil.which("gfortran") is None, reason="gfortran is not installed")
def test_the_verb_makes_materials(tmp_path):
    """With a bulk modulus, of which half is a number of the file."""
    FUNCTIONS["kriged energy"].save(tmp_path / "w.npz")
    words = ["export", str(tmp_path / "w.npz"), "--as", "vumat", "--out", str(tmp_path / "w.f")]
    done = CliRunner().invoke(app, [*words, "--kappa", "86.5"])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "w.f").read_text()
    assert "SUBROUTINE VUMAT(" in text and "43.25D0" in text


def test_numbers_that_only_look_alike(tmp_path):
    """Weights from 1e-300 to 1e300 are the same after they were written and read."""
    from sobolev.exporters.c.numbers import literal

    rng = np.random.default_rng(0)
    numbers = rng.normal(size=300) * 10.0 ** rng.integers(-300, 300, 300)
    assert [float(literal(n)) for n in numbers] == numbers.tolist()
    assert [literal(n) for n in (1.0, -0.0, np.inf, np.nan)] == ["1.0", "-0.0", "INFINITY", "NAN"]


def test_expressions_and_artefacts_of_others(tmp_path):
    """CasADi differentiates inside of its own graphs; JAX's artefact has no paths."""
    ca = pytest.importorskip("casadi")
    model, x = FUNCTIONS["hard"], np.array([0.3, 0.4])
    for symbols in ("MX", "SX"):
        (file,) = CasADi(symbols).write(model, tmp_path / f"{symbols}.casadi")
        opened = ca.Function.load(str(file))
        assert opened.name_in() == ["x"] and opened.name_out() == ["y"]
        v = ca.MX.sym("v", 2)
        whole = ca.Function("h", [v], [ca.hessian(opened(v)[1], v)[0]])
        right = model.hessian(x)[1]
        np.testing.assert_allclose(whole(x).full(), right, rtol=0, atol=1e-12 * abs(right).max())
    with pytest.raises(ConfigError, match="symbols"):
        CasADi("DM")
    made = [JAX(2).files(model, "m")["m.jaxexport"] for _ in range(2)]
    assert made[0] == made[1] and b".py" not in made[0]
