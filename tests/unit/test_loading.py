"""What was saved is read by what it is, and answers with the same bits."""

import numpy as np
import pytest
from functions import made, some_points
from helpers import net, table, with_gaps

from sobolev import GEK, Ensemble, Laplace, SobolevLoss, Surrogate, evaluate, laplace, load
from sobolev._base import checksummed
from sobolev.errors import ConfigError, CorruptFile, DataError
from sobolev.function import Uncertain
from sobolev.kriging import KERNELS

KINDS = {"surrogate": Surrogate, "ensemble": Ensemble, "kriging": GEK, "laplace": Laplace}


@pytest.mark.parametrize("name", KINDS)
def test_what_was_saved_answers_with_the_same_bits(name, tmp_path):
    model = made(name)
    found = load(model.save(tmp_path / "model.npz"))
    assert type(found) is KINDS[name]
    x = some_points(model)
    for ours, theirs in zip(found.derivatives(x, 2), model.derivatives(x, 2), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    if isinstance(model, Uncertain):
        for ours, theirs in zip(found.spread(x, 1), model.spread(x, 1), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    names = ("inputs", "outputs", "input_units", "output_units", "box")
    assert [getattr(found, n) for n in names] == [getattr(model, n) for n in names]
    data = table(20, outputs=len(model.outputs), seed=4)
    assert evaluate(found, data) == evaluate(model, data)
    again = found.save(tmp_path / "again.npz")
    assert again.read_bytes() == (tmp_path / "model.npz").read_bytes()


@pytest.mark.parametrize("kernel", KERNELS)
def test_kriging_with_gaps_and_either_kernel_is_kept(kernel, tmp_path):
    model = GEK.of(with_gaps(table(12, outputs=2)), kernel=kernel, restarts=1)
    found = GEK.load(model.save(tmp_path / "model.npz"))
    x = some_points(model)
    np.testing.assert_array_equal(found.spread(x, 1)[1], model.spread(x, 1)[1])
    np.testing.assert_array_equal(found.hessian(x), model.hessian(x))


def test_the_noise_of_labels_is_kept(tmp_path):
    model = made("laplace")
    found = Laplace.load(model.save(tmp_path / "model.npz"))
    assert (found.noise, found.settled) == (model.noise, model.settled)
    assert (found.evidence, found.prior_precision) == (model.evidence, model.prior_precision)
    x = some_points(model)
    for ours, theirs in zip(found.interval(x, 0.9, 1), model.interval(x, 0.9, 1), strict=True):
        np.testing.assert_array_equal(ours.upper, theirs.upper)


def test_something_else_is_told_so(tmp_path):
    path = checksummed.write_archive(tmp_path / "a.npz", "dataset", 1, {}, {})
    with pytest.raises(DataError, match=r"holds a dataset, but a surrogate, ensemble, .* or krig"):
        load(path)
    with pytest.raises(DataError, match="cannot read"):
        load(tmp_path / "none.npz")
    made("kriging").save(tmp_path / "k.npz")
    with pytest.raises(DataError, match="holds a kriging model, but a surrogate is needed"):
        Surrogate.load(tmp_path / "k.npz")
    content = bytearray((tmp_path / "k.npz").read_bytes())
    content[100] ^= 1
    (tmp_path / "k.npz").write_bytes(content)
    with pytest.raises(CorruptFile, match="checksum"):
        load(tmp_path / "k.npz")


DAMAGE = {
    "kriging": [
        lambda header, arrays: header.pop("kernel"),
        lambda header, arrays: header.update(kernel="cubic"),
        lambda header, arrays: header.update(outputs=["u"], output_units=[""]),
        lambda header, arrays: header.update(inputs=["a"], input_units=[""]),
        lambda header, arrays: header.update(input_units=["mm"]),
        lambda header, arrays: arrays.pop("process0/alpha"),
        lambda header, arrays: arrays.pop("scaling/x_scale"),
        lambda header, arrays: arrays.update({"process1/factor": np.zeros(4)}),
        lambda header, arrays: arrays.update({"process1/factor": np.zeros(3)}),
        lambda header, arrays: arrays.update({"process1/u": np.zeros(3)}),
        lambda header, arrays: arrays.update({"process1/trend": np.zeros(3, np.float32)}),
        lambda header, arrays: arrays["process0/present"].fill(False),
        lambda header, arrays: arrays.update({"process2/u": np.zeros(3)}),
    ],
    "laplace": [
        lambda header, arrays: header.pop("surrogate"),
        lambda header, arrays: header.update(terms=[]),
        lambda header, arrays: header.update(noise={"w": 1.0}),
        lambda header, arrays: header.update(noise={name: "a" for name in header["noise"]}),
        lambda header, arrays: header.update(surrogate_format="three"),
        lambda header, arrays: arrays.pop("root"),
        lambda header, arrays: arrays.update(root=np.zeros(3)),
        lambda header, arrays: arrays.update(shift=np.zeros(3)),
        lambda header, arrays: arrays.update(more=np.zeros(3)),
    ],
}


@pytest.mark.parametrize("name, damage", [(name, d) for name, many in DAMAGE.items() for d in many])
def test_a_whole_file_with_a_wrong_inside_is_refused(name, damage, tmp_path):
    """The right checksum over contents that no `save` wrote."""
    path = made(name).save(tmp_path / "model.npz")
    kind = checksummed.archive_kind(path)
    version = {"laplace": 2}.get(name, 1)
    header, arrays = checksummed.read_archive(path, kind, version)
    damage(header, arrays)
    checksummed.write_archive(path, kind, version, header, arrays)
    with pytest.raises(CorruptFile, match=f"does not hold a whole {kind}"):
        load(path)


def test_a_surrogate_without_architecture_has_no_file(tmp_path):
    train = table()
    surrogate = net(train)
    bare = Surrogate.of(train, surrogate.network)
    with pytest.raises(ConfigError, match="without an architecture"):
        laplace(bare, train, loss=SobolevLoss.of(train)).save(tmp_path / "model.npz")
