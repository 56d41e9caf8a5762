"""What is answered by NumPy, and what is left to those who read the whole file."""

import numpy as np
import pytest

from sobolev import plain_network as asked
from sobolev._base import checksummed
from sobolev.errors import CorruptFile, DataError

SWISH = {"kind": "mlp", "hidden": [3], "activation": {"kind": "swish"}, "init": {"kind": "glorot"}}


def written(path, kind="surrogate", version=asked.FORMAT, network=SWISH, **other):
    rng = np.random.default_rng(0)
    names = {"inputs": ["a", "b"], "input_units": ["", "mm"]}
    names |= {"outputs": ["y"], "output_units": [""]}
    arrays = {"scaling/x_shift": rng.normal(size=2), "scaling/x_scale": np.ones(2)}
    arrays |= {"scaling/y_shift": np.zeros(1), "scaling/y_scale": np.ones(1)}
    arrays |= {"layer0/weight": rng.normal(size=(3, 2)), "layer0/bias": np.zeros(3)}
    arrays |= {"layer1/weight": rng.normal(size=(1, 3)), "layer1/bias": np.zeros(1)} | other
    return checksummed.write_archive(path, kind, version, {"network": network, **names}, arrays)


def test_rows_are_asked_some_at_a_time(tmp_path, monkeypatch):
    function = asked.plain_network(written(tmp_path / "s.npz"))
    x = np.random.default_rng(1).normal(size=(7, 2))
    whole = function.derivatives(x, 2)
    assert function.input_units == ("", "mm") and whole.hessian.shape == (7, 1, 2, 2)
    monkeypatch.setattr(asked, "AT_ONCE", 25)  # two rows of 3 × 2 × 2
    for part, known in zip(function.derivatives(x, 2), whole, strict=True):
        np.testing.assert_allclose(part, known, rtol=1e-14)
    assert [len(part) for part in function.derivatives(x[:0], 1)] == [0, 0]


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "ensemble"},
        {"version": 2},
        {"network": {**SWISH, "kind": "residual"}},
        {"network": {**SWISH, "activation": {"kind": "own"}}},
        {"network": {**SWISH, "hidden": []}},
        {"network": {"kind": "mlp"}},
        {"layer0/bias": np.zeros(4)},
        {"layer0/bias": np.zeros(3, np.float32)},
        {"layer2/bias": np.zeros(3)},
    ],
    ids=str,
)
def test_another_file_is_left_to_others(other, tmp_path):
    assert asked.plain_network(written(tmp_path / "s.npz", **other)) is None


def test_what_is_broken_or_infinite_is_refused(tmp_path):
    path = written(tmp_path / "s.npz", **{"layer1/bias": np.array([np.inf])})
    with pytest.raises(DataError, match="weights are not finite"):
        asked.plain_network(path).value(np.zeros(2))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptFile):
        asked.plain_network(path)
