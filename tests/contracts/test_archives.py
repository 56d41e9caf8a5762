"""Files of every kind as commit eb28a9c wrote them: read as long as the policy for formats says.

`support/archives/eb28a9c/answers.json` holds what that commit said: value, Jacobian and Hessian of
each surrogate at two points, and the value of the ensemble's mean.
"""

import json
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

import sobolev as sb
from sobolev import networks
from sobolev.errors import CorruptFile, DataError
from sobolev.optimisers import Adam

FOLDER = Path(__file__).parents[1] / "support" / "archives" / "eb28a9c"
ANSWERS = json.loads((FOLDER / "answers.json").read_text())
POINTS = np.array([[2.0, 3.0], [4.5, 1.5]])
SURROGATES = {
    "mlp": networks.MLP((4, 4)),
    "mixed": networks.MixedMLP((4, 4)),
    "modified-mlp": networks.ModifiedMLP((4, 4)),
    "fourier": networks.FourierMLP((4, 4)).explicit(2, 1),
    "residual": networks.ResidualMLP((4, 4)),
    "sine": networks.SineNetwork((4, 4)),
}


def data():
    """The twelve rows that all these files are about."""
    x = np.random.default_rng(0).uniform(1, 5, (12, 2))
    y = np.sin(x[:, :1]) * x[:, 1:]
    slopes = np.stack([np.cos(x[:, 0]) * x[:, 1], np.sin(x[:, 0])], 1)[:, None]
    names = {"inputs": ("a", "b"), "outputs": ("eta",)}
    return sb.Dataset(x, y, slopes, input_units=("mm", "mm"), output_units=("MPa",), **names)


def same(read, other):
    np.testing.assert_allclose(read.x, other.x, rtol=1e-15)
    for kind, labels in other.labels().items():
        np.testing.assert_allclose(read.labels()[kind], labels, rtol=1e-14)
    assert (read.inputs, read.outputs) == (other.inputs, other.outputs)
    assert (read.input_units, read.output_units) == (other.input_units, other.output_units)


@pytest.mark.parametrize("family", SURROGATES)
def test_a_surrogate_gives_the_same_answers(family, tmp_path):
    name = f"surrogate-{family}.npz"
    surrogate = sb.Surrogate.load(FOLDER / name)
    found = surrogate.derivatives(POINTS, 2)
    for part, known in zip(found[:3], ANSWERS[name], strict=True):
        np.testing.assert_allclose(part, known, rtol=1e-11, atol=1e-13)
    assert surrogate.architecture == SURROGATES[family]
    again = sb.Surrogate.load(surrogate.save(tmp_path / "s.npz"))
    for part, other in zip(again.derivatives(POINTS, 2)[:3], found[:3], strict=True):
        np.testing.assert_array_equal(part, other)
    assert again.architecture == surrogate.architecture


def test_the_arrays_of_a_surrogate_are_those_of_the_seed():
    """What the initialisation draws has not changed since, to the last bit."""
    for family, architecture in SURROGATES.items():
        loaded = sb.Surrogate.load(FOLDER / f"surrogate-{family}.npz")
        header, arrays = sb.Surrogate.new(data(), architecture, key=3).parts()
        for name, array in loaded.parts()[1].items():
            close = {"rtol": 1e-14, "atol": 0} if "scaling" in name else {"rtol": 0, "atol": 0}
            np.testing.assert_allclose(array, arrays[name], err_msg=f"{family} {name}", **close)
        assert header == loaded.parts()[0]


@pytest.mark.parametrize("periodic", [0.0, 0.1, 0.25, 0.5, 0.7, 1.0])
def test_the_share_of_periodic_units_is_found_again(periodic):
    """Format 2 says how many there are in each layer, not the share."""
    from sobolev.networks.formats_1_and_2 import of_format_2

    made = networks.MixedMLP((5, 24, 7), periodic)
    content = {"kind": "mixed", "hidden": [5, 24, 7]}
    found = of_format_2(content, {"waves": np.array(made.waves)})
    assert found.waves == made.waves and found.hidden == made.hidden
    with pytest.raises(ValueError, match="no share"):
        of_format_2(content, {"waves": np.array([5, 0, 7])})


def test_an_ensemble_gives_the_same_answers(tmp_path):
    ensemble = sb.Ensemble.load(FOLDER / "ensemble.npz")
    known = ANSWERS["ensemble.npz"]
    np.testing.assert_allclose(ensemble.value(POINTS), known, rtol=1e-12)
    assert ensemble.seeds == (0, 1) and not ensemble.left_out
    assert ensemble.members[0].architecture == networks.MLP((3,), activation=networks.tanh)
    again = sb.Ensemble.load(ensemble.save(tmp_path / "e.npz"))
    np.testing.assert_array_equal(again.value(POINTS), ensemble.value(POINTS))


@pytest.mark.parametrize("name", ["data.npz", "data.h5", "data.csv", "data.parquet"])
def test_a_table_holds_the_same_rows(name):
    same(sb.read(FOLDER / name), data())


@pytest.mark.parametrize("kind, name", [
    *[(sb.Surrogate, f"surrogate-{family}.npz") for family in SURROGATES],
    (sb.Ensemble, "ensemble.npz"),
])  # fmt: skip
def test_a_flipped_bit_is_noticed(kind, name, tmp_path):
    content, rng = (FOLDER / name).read_bytes(), np.random.default_rng(0)
    for place, bit in rng.integers([len(content), 8], size=(30, 2)):
        broken = bytearray(content)
        broken[place] ^= 1 << bit
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(CorruptFile, match="checksum"):
            kind.load(tmp_path / name)


def test_a_checkpoint_is_continued_or_refused_in_a_sentence(tmp_path):
    """The training of this checkpoint was done; its numbers depend on the program's versions."""
    path = shutil.copy(FOLDER / "training.checkpoint.npz", tmp_path / "t.checkpoint.npz")
    content = Path(path).read_bytes()
    surrogate = sb.Surrogate.mlp(data(), (3,))
    how = {"optimiser": Adam(1e-3, 4), "epochs": 4, "check": False}
    try:
        fitted = sb.fit(surrogate, data(), checkpoint=path, **how)
    except DataError as refusal:
        assert "another" in str(refusal) or "earlier" in str(refusal)
        assert "delete this one to start anew" in str(refusal)
        assert Path(path).read_bytes() == content
    else:
        known = ANSWERS["training.checkpoint.npz"]
        np.testing.assert_allclose(fitted.surrogate.value(POINTS), known, rtol=1e-9)


def test_a_study_and_a_comparison_are_reported(tmp_path):
    for name in ("study", "comparison"):
        shutil.copytree(FOLDER / name, tmp_path / name)
        page = sb.write_report(tmp_path / name)
        assert page.stat().st_size > 10_000 and (tmp_path / name / "report.md").exists()
    assert "twelve rows" in (tmp_path / "study" / "report.html").read_text()


def test_the_tables_and_settings_of_a_comparison_are_read():
    folder = FOLDER / "comparison"
    train, valid = (sb.read(folder / f"table-{part}.npz") for part in ("train", "valid"))
    assert len(train) + len(valid) == 12 and train.inputs == ("a", "b")
    settings = tomllib.loads((folder / "study.config.toml").read_text())
    assert settings["schemes"] == ["relobralo", "config"]
