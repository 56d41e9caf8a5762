"""What every format has to do: return the same bits, refuse the rest in one sentence."""

from dataclasses import replace

import numpy as np
import pytest
from data_sets import assert_same, data_sets, everything
from hypothesis import given, settings

from sobolev import read, write
from sobolev._base.checksummed import write_archive
from sobolev.data import (
    Dataset,
    conforms,
    formats,
    read_csv,
    read_parquet,
    read_points,
    register,
    registry,
    write_parquet,
)  # fmt: skip
from sobolev.data.kinds import LABELS
from sobolev.data.npz import NPZ
from sobolev.data.registry import FORMATS
from sobolev.errors import ConfigError, CorruptFile, DataError, OutputError

WHOLE = [s for f in FORMATS if f.write and set(f.kinds) == set(LABELS) for s in f.suffixes]
TABLES = [s for f in FORMATS if f.table for s in f.suffixes]
ONLY_TABLES = ("y", "jacobian", "hessian")
ATOMS = Dataset(
    np.arange(12.0).reshape(2, 6) / 7, np.array([[1.5], [-2.0]]), np.ones((2, 1, 6)) / 3,
    inputs=tuple(f"{atom}.{axis}" for atom in ("O1", "H2") for axis in "xyz"),
    outputs=("energy",), input_units=("Å",) * 6, output_units=("eV",),
)  # fmt: skip
EXAMPLES = {"extended XYZ": [ATOMS]}  # formats that hold data of one sort only


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_every_format_conforms(format):
    found = conforms(format, *EXAMPLES.get(format.name, []))
    assert found.good, str(found)


def test_what_the_contract_reads():
    assert WHOLE == [".npz", ".h5", ".hdf5"] and TABLES == [".csv", ".parquet"]
    suffixes = [suffix for format in FORMATS for suffix in format.suffixes]
    assert list(formats()) == suffixes and len(set(suffixes)) == len(suffixes)


def own(**changes):
    """A format of a user's: NPZ under another suffix, spoilt by `changes`."""
    return replace(NPZ, **{"name": "own", "suffixes": (".own",)} | changes)


def rounded(path):
    data = NPZ.read(path)
    return replace(data, y=np.asarray(data.y, np.float32).astype(float))


def careless(path, data):
    """Writes where it stands, and whatever it is told."""
    np.savez(path, x=data.x)
    return path


def unguarded(path):
    arrays = np.load(path)
    return Dataset(arrays["x"], arrays["x"][:, :1])


@pytest.mark.parametrize(
    ("spoilt", "case"),
    [
        (own(read=rounded), "y alone comes back"),
        (own(kinds=("y", "jacobian")), "hessian alone is refused"),
        (own(write=careless, read=unguarded), "a file that is missing"),
        (own(write=careless, read=unguarded), "cut off or altered"),
    ],
)
def test_the_contract_can_fail(spoilt, case):
    assert conforms(own()).good
    assert any(case in result.case for result in conforms(spoilt).failures)


def test_an_own_format_is_read_and_written(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "FORMATS", list(FORMATS))
    data = everything(0)
    with pytest.raises(DataError, match=r"must end in .csv.*got '.own'"):
        write(tmp_path / "d.own", data)
    register(own())
    assert_same(read(write(tmp_path / "d.own", data)), data)
    register(own(suffixes=(".mine",)))  # takes the place of the first
    with pytest.raises(DataError, match="must end in"):
        read(tmp_path / "d.own")
    for wrong, sentence in (
        ((".csv",), "'.csv' is a suffix of CSV"), ((), "texts like"), (("own",), "texts like"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=sentence):
            register(own(suffixes=wrong))


def again(path, data):
    """Read, with the names where a table does not say them."""
    if path.suffix == ".csv":
        return read(path, data.inputs, data.outputs)
    return read(path)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("suffix", WHOLE)
def test_everything_comes_back(tmp_path, suffix, seed):
    data = everything(seed)
    assert_same(read(write(tmp_path / f"d{suffix}", data)), data)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("suffix", WHOLE)
def test_a_kind_alone_comes_back(tmp_path, suffix, kind):
    data = everything(7, (kind,), group=None)
    assert_same(read(write(tmp_path / f"d{suffix}", data)), data)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("suffix", TABLES)
def test_tables_with_noise_and_marks_come_back(tmp_path, suffix, seed):
    data = everything(seed, ONLY_TABLES, table=True)
    assert_same(again(write(tmp_path / f"d{suffix}", data), data), data)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(data=data_sets())
@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_any_data_set_comes_back(tmp_path_factory, suffix, data):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    assert_same(read(write(path, data)), data)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(data=data_sets(table=True))
@pytest.mark.parametrize("suffix", TABLES)
def test_any_table_comes_back_or_is_refused(tmp_path_factory, suffix, data):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    try:
        write(path, data)
    except DataError as error:
        assert "write .npz or .h5 instead" in str(error)
    else:
        assert_same(again(path, data), data)


@pytest.mark.parametrize("kind", ["jvp", "hvp", "vjp"])
@pytest.mark.parametrize("suffix", TABLES)
def test_a_table_refuses_products_along_vectors(tmp_path, suffix, kind):
    with pytest.raises(DataError, match=rf"no columns for '{kind}' labels: write .npz or .h5"):
        write(tmp_path / f"d{suffix}", everything(0, ("y", kind)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", TABLES)
def test_a_table_refuses_a_curvature_that_would_be_changed(tmp_path, suffix):
    data = everything(0, ONLY_TABLES, table=True)
    for change, word in ((np.nan, "absent in the other"), (1e6, "orders .* differ")):
        hessian = np.where(np.isnan(data.hessian), 1.0, data.hessian)
        hessian[:, 0, 0, 1] = change
        hessian[:, 0, 1, 0] = 2.0
        wrong = everything(0, ONLY_TABLES, hessian=hessian, noise={}, estimated={})
        with pytest.raises(DataError, match=word):
            write(tmp_path / f"d{suffix}", wrong)


def test_round_off_between_the_two_orders_survives(tmp_path):
    hessian = np.full((5, 2, 2, 2), 1 / 3)
    hessian[:, 0, 0, 1] = np.nextafter(1 / 3, 1)
    data = everything(0, ("y", "hessian"), hessian=hessian, estimated={})
    for suffix in TABLES:
        assert_same(again(write(tmp_path / f"d{suffix}", data), data), data)


@pytest.mark.parametrize("suffix", [*WHOLE, ".parquet"])
def test_a_nan_is_a_nan_whatever_its_payload(tmp_path, suffix):
    y = everything(0, ("y", "jacobian")).y
    y.view(np.uint64)[np.isnan(y)] = 0xFFF8DEADBEEF0001
    data = everything(0, ("y", "jacobian"), y=y, noise={}, estimated={})
    assert_same(read(write(tmp_path / f"d{suffix}", data)), data)


def test_the_first_version_of_npz_is_still_read(tmp_path):
    rng = np.random.default_rng(0)
    arrays = dict(x=rng.normal(size=(3, 2)), y=rng.normal(size=(3, 1)),
                  jacobian=rng.normal(size=(3, 1, 2)), group=np.array(["train"] * 3))  # fmt: skip
    names = dict(inputs=["a", "b"], outputs=["η"], input_units=["mm", ""], output_units=[""])
    data = read(write_archive(tmp_path / "old.npz", "dataset", 1, names, arrays))
    assert_same(data, Dataset(**arrays, **{k: tuple(v) for k, v in names.items()}))
    assert data.noise == {}


@pytest.mark.parametrize("suffix", [*WHOLE, ".parquet"])
def test_damage_is_noticed(tmp_path, suffix):
    data = everything(0, ONLY_TABLES, table=True)
    path = write(tmp_path / f"d{suffix}", data)
    good, rng = path.read_bytes(), np.random.default_rng(0)
    damaged = [good[:cut] for cut in rng.choice(len(good), 20, replace=False)]
    damaged += [b"\1\2", b"", good + b"\0", good + good]
    for bit in rng.choice(8 * len(good), 200, replace=False):
        content = bytearray(good)
        content[bit // 8] ^= 1 << bit % 8
        damaged.append(bytes(content))
    wrong = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            found = read(path)
        except DataError as error:
            assert path.name in str(error)
            continue
        try:
            assert_same(found, data)  # a bit of the writer's own notes, or padding
        except AssertionError:
            wrong += 1
    assert wrong == 0


SPELLINGS = {
    "_": "a,b,eta,deta_da,deta_db",
    "__": "a,b,eta,deta__da,deta__db",
    "!": "a,b,eta,eta!a,eta!b",
    ",": 'a,b,eta,"eta,a","eta,b"',
    "mixed": 'a,b,eta,deta/da,"eta,b"',
}


@pytest.mark.parametrize("header", SPELLINGS.values(), ids=SPELLINGS)
def test_other_spellings_of_declared_names(tmp_path, header):
    (tmp_path / "t.csv").write_text(f"{header}\n1,2,3,4,5\n")
    data = read_csv(tmp_path / "t.csv", ("a", "b"), ("eta",))
    assert data.jacobian.tolist() == [[[4, 5]]]


def test_other_spellings_need_declared_names(tmp_path):
    (tmp_path / "t.csv").write_text("a,eta,deta_da\n1,2,3\n")
    with pytest.raises(DataError, match=r"cannot tell inputs from outputs.*declare"):
        read_csv(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text("a,b,eta,deta/da,deta_db,d2eta_dadb\n1,2,3,4,5,6\n")
    with pytest.raises(DataError, match="column 'b' may be"):  # only what / says is inferred
        read_csv(tmp_path / "t.csv")
    data = read_csv(tmp_path / "t.csv", inputs=("a", "b"))
    assert data.jacobian.tolist() == [[[4, 5]]]
    assert data.hessian[0, 0, 1, 0] == 6


BAD = {
    "two meanings": ("a,_da,u,u_d,du_d_da\n1,1,1,1,1", (("a", "_da"), ("u", "u_d")), "in 2 ways"),
    "comma": ('a,"b,a",u,"u,b","u,b,a"\n1,1,1,1,1', (("a", "b,a"), ("u", "u,b")), "in 2 ways"),
    "twice": ("a,u,du/da,du_da\n1,1,1,1", (("a",), ("u",)), "'du/da' and 'du_da' are the same"),
    "noise twice": ("a,u,du/da,sd(du/da),sd(u!a)\n1,1,1,1,1", (("a",), ("u",)), "the same"),
    "unknown noise": ("a,u,sd(v)\n1,1,1", (("a",), ("u",)), r"'sd\(v\)' speaks of 'v'"),
    "noise unit": ("a,u [m],sd(u) [mm]\n1,1,1", (("a",), ("u",)), r"is in \[mm\], but its output"),
    "negative noise": ("a,u,sd(u)\n1,1,-1", (("a",), ("u",)), "noise of row 0 of y .* is -1"),
    "noise of nothing": ("a,u,sd(du/da)\n1,1,1", (("a",), ("u",)), "of which there are no labels"),
    "mark": ("a,u,estimated(u)\n1,1,2", (("a",), ("u",)), "neither 1, an estimate, nor 0"),
    "foreign": ("a,u,u!c\n1,1,1", (("a",), ("u",)), "'u!c' looks like a derivative"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "names", "message"), BAD.values(), ids=BAD)
def test_ambiguous_and_unknown_columns_are_refused(tmp_path, text, names, message):
    (tmp_path / "t.csv").write_text(text + "\n")
    with pytest.raises(DataError, match=rf"t\.csv(?s:.*){message}"):
        read_csv(tmp_path / "t.csv", *names)


def test_gradients_without_values_need_no_column_of_values(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,du/da,sd(du/da)\n1,2,3,0.5\n")
    data = read_csv(tmp_path / "t.csv", ("a", "b"), ("u",))
    assert np.isnan(data.y).all()
    assert data.jacobian[0, 0, 0] == 3
    assert data.noise["jacobian"][0, 0, 0] == 0.5
    assert np.isnan(data.noise["jacobian"][0, 0, 1])


def arrow(columns, **metadata):
    import pyarrow

    return pyarrow.table(columns, metadata=metadata or None)


def test_a_parquet_table_of_somebody_else(tmp_path):
    from pyarrow import parquet

    path = tmp_path / "t.parquet"
    parquet.write_table(arrow({"a [mm]": [1, 2], "u": [1.5, None], "du/da": [None, 3.0]}), path)
    data = read(path)
    assert data.input_units == ("mm",)
    assert data.y[0, 0] == 1.5
    assert np.isnan(data.y[1, 0])
    assert data.jacobian[1, 0, 0] == 3


def test_a_parquet_table_that_was_changed_on_purpose(tmp_path):
    from pyarrow import parquet

    data = everything(0, ("y", "jacobian"))
    path = write(tmp_path / "t.parquet", data)
    parquet.write_table(parquet.read_table(path).slice(1), path)
    with pytest.raises(CorruptFile, match=r"does not hold what sobolev wrote.*on purpose"):
        read(path)
    assert_same(read(path, data.inputs, data.outputs), data.rows(range(1, 5)))


BAD_PARQUET = {
    "text": (dict(a=["x"], u=[1.0], **{"du/da": [1.0]}), {}, "'a' holds string, not numbers"),
    "absent input": (dict(a=[None, 1.0], u=[1.0] * 2, **{"du/da": [1.0] * 2}), {},
                     "row 0, column 'a': nan is not a finite number"),
    "infinite": (dict(a=[1.0], u=[-np.inf], **{"du/da": [1.0]}), {}, "row 0, column 'u': -inf"),
    "no rows": (dict(a=[], u=[], **{"du/da": []}), {}, "no row"),
    "no names": (dict(a=[1.0], u=[1.0]), {}, "cannot tell inputs from outputs"),
    "hostile notes": (dict(a=[1.0]), dict(sobolev='{"version": "x"}'), "metadata is not sobolev's"),
    "newer": (dict(a=[1.0]), dict(sobolev='{"version": 9, "inputs": [], "outputs": []}'), "update"),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "metadata", "message"), BAD_PARQUET.values(), ids=BAD_PARQUET)
def test_bad_parquet_tables_are_refused(tmp_path, columns, metadata, message):
    from pyarrow import parquet

    parquet.write_table(arrow(columns, **metadata), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=rf"t\.parquet(?s:.*){message}"):
        read(tmp_path / "t.parquet")


def test_points_are_read_from_tables(tmp_path):
    from pyarrow import parquet

    (tmp_path / "p.csv").write_text("b,a [mm],note\n1,2,x\n3,4,y\n")
    parquet.write_table(arrow({"b": [1.0, 3.0], "a [mm]": [2.0, 4.0]}), tmp_path / "p.parquet")
    for name, extra in (("p.csv", True), ("p.parquet", False)):
        x = read_points(tmp_path / name, ("a", "b"), ("mm", ""), ignore_extra=extra)
        assert x.tolist() == [[2, 1], [4, 3]]
    with pytest.raises(DataError, match=r"p\.csv: column 'note' is not an input"):
        read_points(tmp_path / "p.csv", ("a", "b"))
    with pytest.raises(DataError, match=r"is in \[mm\], the model was trained in \[m\]"):
        read_points(tmp_path / "p.parquet", ("a", "b"), ("m", ""))


@pytest.mark.parametrize("suffix", [*WHOLE, *TABLES])
def test_paths_that_cannot_be_read_or_written(tmp_path, suffix):
    with pytest.raises(DataError, match="cannot read"):
        read(tmp_path / f"none{suffix}")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write(tmp_path / f"file/d{suffix}", everything(0, ("y",)))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_missing_library_is_one_sentence(tmp_path, monkeypatch):
    import sys

    for module, suffix, extra in (("pyarrow", ".parquet", "parquet"), ("h5py", ".h5", "hdf5")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(DataError, match=rf"{module}.*pip install 'sobolev\[{extra}\]'"):
            write(tmp_path / f"d{suffix}", everything(0, ("y",)))


def test_read_parquet_without_the_notes_of_the_writer_needs_names(tmp_path):
    data = everything(0, ("y",))
    path = write_parquet(tmp_path / "t.parquet", data)
    assert_same(read_parquet(path), data)
