"""FMUs as other tools have them: FMPy, CasADi, a compiler with the standard's own headers."""

import ctypes
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers import table

from sobolev import Box, Surrogate, function
from sobolev.errors import ConfigError
from sobolev.exporters import FMU
from sobolev.networks import MLP

fmpy = pytest.importorskip("fmpy")
build_platform_binary = pytest.importorskip("fmpy.build").build_platform_binary
FMICallException = pytest.importorskip("fmpy.fmi1").FMICallException
if shutil.which("cc") is None:
    pytest.skip("no C compiler: there is no binary to try", allow_module_level=True)

DATA = replace(
    table(12),
    inputs=("E'", "a<b & c"),
    outputs=("größe [-]",),
    input_units=("N/mm^2", "mm"),
    output_units=("furlong",),
)
MODEL = Surrogate.new(DATA, MLP((4, 3)))
VERSIONS = (2, 3)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """One of each version, made in two folders."""
    folder = tmp_path_factory.mktemp("fmus")
    for place in ("one", "two"):
        for fmi in VERSIONS:
            FMU(fmi=fmi).write(MODEL, folder / place / f"wing{fmi}.fmu")
    return folder


@pytest.mark.parametrize("fmi", VERSIONS)
def test_the_archive(fmi, written, tmp_path):
    """The same bytes anywhere, names and units, small, and what the standard's headers declare."""
    one, two = (written / place / f"wing{fmi}.fmu" for place in ("one", "two"))
    assert one.read_bytes() == two.read_bytes() and one.stat().st_size < 25_000
    about = fmpy.read_model_description(str(one))
    found = {v.name: v for v in about.modelVariables if v.causality in ("input", "output")}
    assert list(found) == [*DATA.inputs, *DATA.outputs]
    assert [v.unit for v in found.values()] == ["N/mm^2", "mm", "furlong"]
    limits = [(float(v.min), float(v.max)) for v in found.values() if v.causality == "input"]
    assert limits == list(zip(MODEL.box.lower, MODEL.box.upper, strict=True))
    declared = {
        2: [("ModelExchange", "providesDirectionalDerivative")],
        3: [("CoSimulation", "providesDirectionalDerivatives"),
            ("ModelExchange", "providesAdjointDerivatives")],
    }  # fmt: skip
    root = ElementTree.fromstring(zipfile.ZipFile(one).read("modelDescription.xml"))
    assert all(root.find(where).get(what) == "true" for where, what in declared[fmi])
    with zipfile.ZipFile(one) as archive:
        archive.extractall(tmp_path)
    headers = Path(fmpy.__file__).parent / "c-code"
    sources = sorted(str(file) for file in (tmp_path / "sources").glob("*.c"))
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror", "-fPIC"]
    for more in ([], ["-DSTANDARD_HEADERS", f"-I{headers}"]):
        words = ["cc", *strict, *more, *sources, "-shared", "-o", "again.so", "-lm"]
        subprocess.run(words, cwd=tmp_path, check=True)
    (binary,) = (tmp_path / "binaries").glob("*/*")
    text = (headers / f"fmi{fmi}Functions.h").read_text()
    named = set(re.findall(rf"(fmi{fmi}\w+)TYPE", text))
    library = ctypes.CDLL(str(binary))
    assert len(named) == {2: 44, 3: 75}[fmi]
    assert all(hasattr(library, word) for word in named)


def answers_of(folder, x):
    """Outputs and slopes along (1, -2) at each point, of an unpacked FMU."""
    about = fmpy.read_model_description(str(folder))
    fmu = fmpy.instantiate_fmu(str(folder), about, "ModelExchange")
    two = about.fmiVersion == "2.0"
    put, get = (fmu.setReal, fmu.getReal) if two else (fmu.setFloat64, fmu.getFloat64)
    found = []
    for row in x.tolist():
        put([1, 2], row)
        found.append([*get([3]), *fmu.getDirectionalDerivative([3], [1, 2], [1.0, -2.0])])
    fmu.freeInstance()
    return np.array(found)


@pytest.mark.parametrize("fmi", VERSIONS)
@pytest.mark.parametrize("by", ["cc", "cmake"])
def test_compiled_again_from_its_own_sources(fmi, by, written, tmp_path):
    """As its description says, by a compiler and by FMPy: without its binary it is the same."""
    if shutil.which(by) is None:
        pytest.skip(f"{by} is not installed")
    with zipfile.ZipFile(written / "one" / f"wing{fmi}.fmu") as archive:
        archive.extractall(tmp_path / "kept")
        archive.extractall(tmp_path / "again")
    (binary,) = (tmp_path / "again" / "binaries").glob("*/*")
    binary.unlink()
    if by == "cmake":
        (tmp_path / "build").mkdir()
        build_platform_binary(tmp_path / "again", tmp_path / "build")
    else:
        place = "sources/buildDescription.xml" if fmi == 3 else "modelDescription.xml"
        root = ElementTree.parse(tmp_path / "again" / place).getroot()
        tag = ".//SourceFile" if fmi == 3 else "./ModelExchange/SourceFiles/File"
        files = [each.get("name") for each in root.iterfind(tag)]
        words = ["cc", "-std=c99", "-fPIC", "-shared", *files, "-o", str(binary), "-lm"]
        subprocess.run(words, cwd=tmp_path / "again" / "sources", check=True)
    assert binary.exists()
    x = MODEL.box.from_unit(np.array([[s, 1 - s] for s in (0.1, 0.5, 0.8)]))
    kept, again = (answers_of(tmp_path / place, x) for place in ("kept", "again"))
    np.testing.assert_allclose(again, kept, rtol=0, atol=1e-13 * np.abs(kept).max())
    y, dy = MODEL.derivatives(x, 1)
    known = np.column_stack([y, dy @ [1.0, -2.0]])
    np.testing.assert_allclose(again, known, rtol=0, atol=1e-12 * np.abs(known).max())


def said_to(kept, fmi):
    """A logger that keeps sentences."""
    if fmi == 2:
        return lambda environment, name, status, category, sentence: kept.append(sentence)
    return lambda environment, status, category, sentence: kept.append(sentence)


@pytest.mark.parametrize("fmi", VERSIONS)
@pytest.mark.parametrize("outside", ["refuse", "answer"])
def test_outside_of_the_box(outside, fmi, tmp_path):
    """Refused as an error, the input keeps its value; or answered without a word."""
    (file,) = FMU(fmi=fmi, order=0, outside=outside).write(MODEL, tmp_path / "m.fmu")
    about, said = fmpy.read_model_description(str(file)), []
    fmu = fmpy.instantiate_fmu(fmpy.extract(str(file)), about, "ModelExchange",
                               logger=said_to(said, fmi))  # fmt: skip
    put, get = (fmu.setReal, fmu.getReal) if fmi == 2 else (fmu.setFloat64, fmu.getFloat64)
    kept, beyond = get([1]), MODEL.box.upper[0] + 1.0
    if outside == "refuse":
        with pytest.raises(FMICallException, match="error"):
            put([1], [beyond])
        assert get([1]) == kept and b"cannot be trusted" in said[0]
    else:
        put([1], [beyond])
        assert get([3]) == pytest.approx(MODEL.value([beyond, *get([2])]), rel=1e-12)
        assert said == []
    fmu.freeInstance()


@pytest.mark.parametrize("fmi", VERSIONS)
def test_simulated_and_told_of_bad_input(fmi, written):
    """Model Exchange follows its inputs; NaN is discarded, outside of the box is told of once."""
    file = str(written / "one" / f"wing{fmi}.fmu")
    names = [*DATA.inputs]
    low, high = np.array(MODEL.box.lower), np.array(MODEL.box.upper)
    rows = [(0.0, *(low + 0.2 * (high - low))), (1.0, *(low + 0.7 * (high - low)))]
    signals = np.array(rows, dtype=[("time", float), *((name, float) for name in names)])
    settings = {"fmi_type": "ModelExchange", "input": signals, "stop_time": 1}
    found = fmpy.simulate_fmu(file, output_interval=0.25, output=[*DATA.outputs], **settings)
    x = low + (0.2 + 0.5 * found["time"][:, None]) * (high - low)
    y = np.column_stack([found[name] for name in DATA.outputs])
    np.testing.assert_allclose(y, MODEL.value(x), rtol=0, atol=1e-12)
    about, said = fmpy.read_model_description(file), []
    folder = fmpy.extract(file)
    fmu = fmpy.instantiate_fmu(folder, about, "ModelExchange", logger=said_to(said, fmi))
    put, get = (fmu.setReal, fmu.getReal) if fmi == 2 else (fmu.setFloat64, fmu.getFloat64)
    outside = high[0] + 1.0
    for _ in range(2):
        put([1], [outside])
    assert get([1]) == [outside] and len(said) == 1 and b"cannot be trusted" in said[0]
    with pytest.raises(FMICallException, match="discard"):
        put([1], [np.nan])
    assert get([1]) == [outside]
    with pytest.raises(FMICallException, match="error"):
        put([3], [1.0])  # an output
    with pytest.raises(FMICallException, match="error"):
        get([17])
    fmu.freeInstance()
    about.guid = about.instantiationToken = "another"
    with pytest.raises(Exception, match="nstantiat"):
        fmpy.instantiate_fmu(folder, about, "CoSimulation", logger=said_to([], fmi))


def test_casadi_opens_it(written):
    """With exact slopes, and pattern, units and bounds."""
    ca = pytest.importorskip("casadi")
    x = np.array(MODEL.box.lower) * 0.4 + np.array(MODEL.box.upper) * 0.6
    for fmi in VERSIONS:
        model = ca.DaeBuilder("any", str(written / "one" / f"wing{fmi}.fmu"), {})
        opened, u = model.create("f", ["u"], ["y"]), ca.MX.sym("u", 2)
        slopes = ca.Function("J", [u], [ca.jacobian(opened(u), u)])
        np.testing.assert_allclose(slopes(x).full(), MODEL.jacobian(x), rtol=0, atol=1e-12)
        assert (
            model.unit(model.u()[0]) == "N/mm^2" and model.min(model.u()[1]) == MODEL.box.lower[1]
        )


def test_casadi_has_several_outputs_forwards(tmp_path):
    """Backwards CasADi 3.8 has the last row first and no other; what it is told is right."""
    ca = pytest.importorskip("casadi")
    box = Box(tuple("abcde"), (-1.0,) * 5, (1.0,) * 5)
    many = Surrogate.on(box, ("p", "q", "r"), MLP((4,)))
    x = np.array(many.box.lower) * 0.4 + np.array(many.box.upper) * 0.6
    for fmi, how in ((2, {}), (3, {"enable_reverse": False})):
        (file,) = FMU(fmi=fmi).write(many, tmp_path / f"many{fmi}.fmu")
        opened = ca.DaeBuilder("any", str(file), {}).create("f", ["u"], ["y"], how)
        u = ca.MX.sym("u", 5)
        slopes = ca.Function("J", [u], [ca.jacobian(opened(u), u)])
        np.testing.assert_allclose(slopes(x).full(), many.jacobian(x), rtol=0, atol=1e-12)


def test_outside_as_an_error_orders_and_names(tmp_path, monkeypatch):
    """What is asked for otherwise, and what cannot be."""
    (file,) = FMU(order=0, outside="answer").write(MODEL, tmp_path / "m.fmu")
    assert b"providesDirectional" not in zipfile.ZipFile(file).read("modelDescription.xml")
    for wrong, sentence in (
        ({"order": 2}, "the highest derivative of fmu is 0 or 1"),
        ({"fmi": 1}, "of FMI 2 or 3"),
        ({"outside": "quiet"}, "outside"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            FMU(**wrong)
    with pytest.raises(ConfigError, match="two variables of the model are called 'm'"):
        box = Box(("m", "n"), (0.0, 0.0), (1.0, 1.0))
        FMU().write(function.of_jax(lambda x: x, box, ("y", "m")), tmp_path / "n.fmu")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.warns(RuntimeWarning, match="holds its sources and no binary"):
        (file,) = FMU().write(MODEL, tmp_path / "s.fmu")
    assert not any("binaries" in name for name in zipfile.ZipFile(file).namelist())
