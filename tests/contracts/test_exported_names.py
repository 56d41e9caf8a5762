"""Names of files, inputs and units that mean something to a language, or that it cannot read."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import table

from sobolev import Surrogate, networks
from sobolev.errors import ConfigError
from sobolev.exporters import C99, LaTeX, Matlab, Python
from sobolev.exporters.ways import printable

if shutil.which("cc") is None:
    pytest.skip("no C compiler: exported files cannot be tried", allow_module_level=True)

NAMED = replace(table(12, outputs=2), inputs=("σ", "b"), outputs=("größe", "m"))
MODEL = Surrogate.new(NAMED, networks.MLP((3,), activation=networks.tanh), key=0)


@pytest.mark.parametrize(
    ("kind", "file", "sentence"),
    [
        (Python, "tanh.py", "'tanh' means something else inside of the file"),
        (Matlab, "zeros.m", "'zeros' means something else inside of the file"),
        (Matlab, "dy.m", "'dy' means something else inside of the file"),
        (Matlab, "otherwise.m", "no function can be called 'otherwise'"),
    ],
)
def test_names_that_mean_something_in_the_file(kind, file, sentence, tmp_path):
    with pytest.raises(ConfigError, match=sentence):
        kind().write(MODEL, tmp_path / file)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:there is no Octave")
@pytest.mark.parametrize("file", ["zlib.c", "i.m", "asked.m", "formula.py", "exp.tex"])
def test_names_that_others_have(file, tmp_path):
    """What asks the file is not led astray: a library zlib.so, a loop of Octave over i."""
    kind = {".c": C99, ".m": Matlab, ".py": Python, ".tex": LaTeX}[Path(file).suffix]
    assert kind().write(MODEL, tmp_path / file)[0] == tmp_path / file


def test_letters_that_a_compiler_may_not_read(tmp_path):
    """Spelt out, so that one sees which input is which."""
    names = {"σ_max": "sigma_max", "Δλ₁": "Deltalambda1", "größe": "grosse", "·/": "* /", "中": "?"}
    units = {"µm/m²": "um/m^2", "s⁻¹": "s^-1", "°C": "degC", "½": "1/2", "a\nb": "a b"}
    for text, plain in (names | units).items():
        assert printable(text) == plain
    lines = Python(0).write(MODEL, tmp_path / "m.py")[0].read_text().splitlines()
    assert lines[3] == "#   y_1 = grosse"
