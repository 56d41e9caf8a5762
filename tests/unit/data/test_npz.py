import numpy as np
import pytest

from sobolev._base.checksummed import write_archive
from sobolev.data import Dataset, read, read_npz, write, write_npz
from sobolev.errors import CorruptFile, DataError, OutputError


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    jacobian = rng.normal(size=(9, 1, 2))
    jacobian[3] = np.nan
    return Dataset(
        rng.normal(size=(9, 2)),
        rng.normal(size=(9, 1)),
        jacobian,
        inputs=("a", "b"),
        outputs=("η",),
        input_units=("mm", "mm"),
        group=["train"] * 6 + ["valid"] * 3,
    )


def _same(ours, theirs):
    assert ours.labels().keys() == theirs.labels().keys()
    assert ours.x.tobytes() == theirs.x.tobytes()
    for name, array in ours.labels().items():
        assert array.tobytes() == theirs.labels()[name].tobytes()
    for name in ("inputs", "outputs", "input_units", "output_units"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert (ours.group == theirs.group).all()


@pytest.mark.parametrize("suffix", [".csv", ".npz", ".NPZ"])
def test_the_suffix_chooses_the_format(tmp_path, data, suffix):
    path = write(tmp_path / f"data{suffix}", data)
    _same(read(path), data)


def test_unknown_suffixes_are_refused(tmp_path, data):
    for name in ("data.pkl", "data", "csv"):
        with pytest.raises(DataError, match=r"must end in .csv, .*: got"):
            write(tmp_path / name, data)
        with pytest.raises(DataError, match=r"must end in .csv, .*: got"):
            read(tmp_path / name)


def test_an_npz_names_its_own_columns(tmp_path, data):
    with pytest.raises(DataError, match="leave out inputs"):
        read(write(tmp_path / "data.npz", data), inputs=("a",))


def test_every_damage_is_noticed(tmp_path, data):
    path = write_npz(tmp_path / "data.npz", data)
    good, rng = path.read_bytes(), np.random.default_rng(0)
    damaged = [good[:cut] for cut in rng.choice(len(good), 200, replace=False)]
    damaged += [good + rng.bytes(n) for n in range(1, 100)]
    damaged += [good + good, good[:100] + good[101:], good[:-79], bytes(len(good))]
    for bit in rng.choice(8 * len(good), 2000, replace=False):
        content = bytearray(good)
        content[bit // 8] ^= 1 << bit % 8
        damaged.append(bytes(content))
    accepted = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            read_npz(path)
            accepted += 1
        except CorruptFile as error:
            assert "data.npz" in str(error)
            assert "restore it from a copy or make it again" in str(error)
    assert len(damaged) > 2300
    assert accepted == 0


INCOMPLETE = {
    "no x": ({"y": np.ones((2, 1))}, {}),
    "short y": ({"x": np.ones((2, 1)), "y": np.ones((1, 1))}, {}),
    "text": ({"x": np.array([["a"]]), "y": np.ones((1, 1))}, {}),
    "no names": ({"x": np.ones((1, 1)), "y": np.ones((1, 1))}, {"inputs": None}),
    "number for names": ({"x": np.ones((1, 1)), "y": np.ones((1, 1))}, {"inputs": 3}),
}


@pytest.mark.parametrize(("arrays", "changes"), INCOMPLETE.values(), ids=INCOMPLETE)
def test_incomplete_datasets_are_refused(tmp_path, arrays, changes):
    names = {key: [] for key in ("inputs", "outputs", "input_units", "output_units")}
    header = {name: value for name, value in (names | changes).items() if value is not None}
    write_archive(tmp_path / "d.npz", "dataset", 1, header, arrays)
    with pytest.raises(CorruptFile, match=r"d.npz does not hold a whole dataset"):
        read_npz(tmp_path / "d.npz")


def test_other_kinds_and_paths_are_refused(tmp_path, data):
    write_archive(tmp_path / "m.npz", "model", 1, {}, {})
    with pytest.raises(DataError, match="holds a model, but a dataset is needed"):
        read_npz(tmp_path / "m.npz")
    with pytest.raises(DataError, match="cannot read"):
        read_npz(tmp_path)
    with pytest.raises(OutputError, match="cannot write"):
        write_npz(tmp_path, data)


def test_arguments_turned_round(data, tmp_path):
    with pytest.raises(DataError, match=r"a path of a file is needed first, not a Dataset"):
        write(data, tmp_path / "data.npz")
    with pytest.raises(DataError, match="not a Dataset"):
        read(data)
