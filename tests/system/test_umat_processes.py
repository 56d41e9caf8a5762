"""Compiled routines are verified in a process of their own, which they may break."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from sobolev import fem
from sobolev.errors import ConfigError

SOURCES = Path(__file__).parents[1] / "support" / "umat"
FORTRAN = pytest.mark.skipif(
    shutil.which("gfortran") is None, reason="gfortran is not installed: apt-get install gfortran"
)


def compiled(compiler, source, folder, *more):
    library = folder / f"{source.stem}.so"
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", library, source, *more]
    subprocess.run(command, check=True, capture_output=True)
    return library


@pytest.fixture(scope="module")
def in_c(tmp_path_factory):
    return compiled("gcc", SOURCES / "umat.c", tmp_path_factory.mktemp("c"), "-lm")


@pytest.fixture(scope="module")
def in_fortran(tmp_path_factory):
    return compiled("gfortran", SOURCES / "umat.f", tmp_path_factory.mktemp("f"), "-std=legacy")


def of_c(library, mode, **more):
    return fem.Umat(library, (210e3, 0.3, float(mode)), **more)


@pytest.mark.parametrize("mode", [0, 6])
def test_a_right_routine_is_left_alone(in_c, mode):
    found = fem.verify(of_c(in_c, mode))
    assert found.good, str(found)


FAULTS = {
    1: ("crash", r"it ended its process \(signal 11\)"),
    2: ("time", r"it did not answer within 0.2 s"),
    3: ("memory", "writes before or beyond STATEV, which has 2 numbers: give a larger nstatv"),
    4: ("memory", "it changes PROPS, which all points of a material share"),
    13: ("memory", "it changes NTENS: an input stays as it is"),
    14: ("memory", "it changes DSTRAN: an input"),
    5: ("no stress", "not a number at state 1"),
    7: ("repeat", "it remembers something besides its state"),
    8: ("crash", r"it ended its process \(exit code 0\)"),
    9: ("tangent", "entry ∂σ11/∂γ12 should be zero"),
    10: ("no stress", r"at state 1 .*it asks for a smaller increment there \(PNEWDT = 0.5\), so"),
    12: ("crash", "it ended its process .exit code 3.*It said: error: props are absurd$"),
    11: ("no stress", "beyond its 3 props and 2 statev it reads what is not a number"),
}


@pytest.mark.parametrize("mode", list(FAULTS))
def test_what_a_routine_breaks_is_a_finding(in_c, mode):
    kind, sentence = FAULTS[mode]
    found = fem.verify(of_c(in_c, mode, nstatv=2, timeout=0.2 if mode == 2 else 20.0))
    assert kind in {each.kind for each in found.findings}, str(found)
    (said,) = [each.sentence for each in found.findings if each.kind == kind]
    assert re.search(sentence, said), said


MATERIALS = {
    "ELASTIC": ((210e3, 0.3), 0, False),
    "J2": ((210e3, 0.3, 240.0, 1000.0), 7, False),
    "NEOHOOKE": ((3.8, 5.8), 0, True),
}


def of_fortran(library, name, row=0, column=0, part=0.0, **more):
    props, nstatv, finite = MATERIALS[name]
    how = {"nstatv": nstatv, "finite": finite, "name": name, **more}
    return fem.Umat(library, (*props, row, column, part), **how)


@FORTRAN
@pytest.mark.parametrize("name", list(MATERIALS))
def test_planted_entries_of_fortran_are_named(in_fortran, name):
    assert fem.verify(of_fortran(in_fortran, name)).good
    letters = "D" if MATERIALS[name][2] else "ε"
    for row, column in np.random.default_rng(1).integers(1, 4, (3, 2)):
        found = fem.verify(of_fortran(in_fortran, name, row, column, 1e-3))
        wanted = f"∂σ{row}{row}/∂{letters}{column}{column}"
        assert [each.entry for each in found.findings] == [wanted], str(found)
        assert found.findings[0].factor == pytest.approx(1.001, rel=1e-5)


@FORTRAN
def test_the_rate_of_a_stress_is_told_apart(in_fortran):
    found = fem.verify(of_fortran(in_fortran, "J2", finite=True))
    assert "it is that of the Cauchy stress: σ ⊗ 1 is missing" in found.findings[0].sentence


@FORTRAN
def test_the_stress_of_fortran_is_that_of_the_house(in_fortran):
    """J2 along a path, and neo-Hooke at random F: two codes, one answer."""
    from sobolev.fem.verification.of_law import OfLaw
    from sobolev.fem.verification.umat import OfUmat

    rng = np.random.default_rng(0)
    E, nu = 3.8 * (3 * 5.8 + 2 * 3.8) / (5.8 + 3.8), 5.8 / (5.8 + 3.8) / 2
    pairs = [
        ("J2", fem.J2(210e3, 0.3, 240.0, 1000.0), 3e-3),
        ("NEOHOOKE", fem.NeoHooke(E, nu), 0.2),
    ]
    for name, law, size in pairs:
        one, other = OfUmat(of_fortran(in_fortran, name)), OfLaw(law, 3)
        states = [one.start, other.start]
        for _ in range(3 if name == "J2" else 1):
            strain, said = size * rng.uniform(-1, 1, (3, 3)), []
            for k, subject in enumerate((one, other)):
                point = subject.point(strain, states[k])[None]
                stresses, (states[k],) = subject.respond(point, states[k], 1.0)
                said.append(subject.conjugate(point, stresses)[0] if name != "J2" else stresses)
            mine = one.stress(said[0][0]).ravel() if name == "J2" else said[0][0]
            assert mine == pytest.approx(said[1][0], rel=1e-9, abs=1e-9)
        one.close()


def test_what_is_no_library_is_refused_in_a_sentence(in_c, tmp_path):
    head = in_c.read_bytes()
    files = {
        "no file": (None, "there is no file"),
        "source": (b"      SUBROUTINE UMAT", "is no shared library: compile the source"),
        "windows": (b"MZ" + bytes(60), "for Windows: compile the routine on this machine"),
        "apple": (b"\xcf\xfa\xed\xfe" + bytes(60), "for macOS"),
        "other": (head[:18] + b"\xf3\x00" + head[20:], "is for RISC-V, this machine is"),
        "object": (head[:16] + b"\x01\x00" + head[18:], "is an object or a program"),
        "cut": (head[:600], "cannot be loaded"),
        "empty": (b"", "is no shared library"),
    }
    for name, (content, sentence) in files.items():
        path = tmp_path / f"{name}.so"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigError, match=sentence) as error:
            fem.verify(fem.Umat(path, (1.0, 0.3)))
        assert "\n" not in str(error.value) and str(path) in str(error.value)


@pytest.mark.parametrize(
    "more, sentence",
    [
        ({"symbol": "usermat_"}, "has no symbol usermat_: .* `nm -D` shows"),
        ({"nstatv": -1}, "nstatv must be a whole number"),
        ({"nstatv": 2, "start": (1.0,)}, "start has a number for each of the 2 of STATEV: got 1"),
        ({"timeout": 0}, "timeout must be a positive number of seconds"),
    ],
)
def test_settings_that_do_not_fit_are_refused(in_c, more, sentence):
    with pytest.raises(ConfigError, match=sentence):
        fem.verify(of_c(in_c, 0, **more))


def test_props_are_numbers(in_c):
    for props in ((), ("a",), (np.nan,), 3.0):
        with pytest.raises(ConfigError, match="props are finite numbers"):
            fem.Umat(in_c, props)


def test_a_library_that_lacks_a_routine_of_the_solver_says_which(tmp_path):
    source = tmp_path / "needs.c"
    source.write_text("void xit_(void); void umat_(void) { xit_(); }")
    library = compiled("gcc", source, tmp_path)
    with pytest.raises(ConfigError, match="needs xit_, which it does not hold"):
        fem.verify(fem.Umat(library, (1.0,)))
