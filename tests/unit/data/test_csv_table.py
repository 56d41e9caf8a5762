import os
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sobolev.data import Dataset, read_csv, write_csv
from sobolev.errors import DataError, OutputError

SHORT = "a [mm],b [mm],eta [MPa],deta/da,deta/db,group\n1,2,3,4,5,train\n2,3,4,5,,valid\n"


@pytest.fixture
def table(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def _same(ours, theirs):
    assert ours.labels().keys() == theirs.labels().keys()
    assert ours.x.tobytes() == theirs.x.tobytes()
    for name, array in ours.labels().items():
        assert np.array_equal(array, theirs.labels()[name], equal_nan=True)
    for name in ("inputs", "outputs", "input_units", "output_units"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert (ours.group is None) == (theirs.group is None)
    assert ours.group is None or (ours.group == theirs.group).all()


def _data(n=20, d=2, q=2, seed=0, **changes):
    rng = np.random.default_rng(seed)
    hessian = rng.normal(size=(n, q, d, d)) * 1e-7
    arrays = dict(
        x=10.0 ** rng.uniform(-300, 300, (n, d)),
        y=rng.normal(size=(n, q)),
        jacobian=np.where(rng.random((n, q, d)) < 0.3, np.nan, rng.normal(size=(n, q, d))),
        hessian=hessian + hessian.swapaxes(2, 3),
        inputs=tuple("ab"[:d]),
        outputs=("eta max", "σ_vM, mean")[:q],
        input_units=("mm", "")[:d],
        output_units=("", "N/mm^2")[:q],
        group=np.where(rng.random(n) < 0.5, "train", "valid"),
    )
    return Dataset(**(arrays | changes))


@pytest.mark.parametrize("seed", range(3))
def test_a_round_trip_is_exact(tmp_path, seed):
    data = _data(seed=seed)
    path = write_csv(tmp_path / "t.csv", data)
    _same(read_csv(path, data.inputs, data.outputs), data)
    _same(read_csv(path), data)  # the derivative headers say it all


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4),
    names=st.lists(st.text(min_size=1, max_size=6), min_size=3, max_size=3, unique=True),
    unit=st.text(max_size=4),
)
def test_any_name_comes_back_or_is_refused(tmp_path_factory, numbers, names, unit):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    x, y = np.reshape(numbers, (2, 2)), np.reshape(numbers[:2], (2, 1))
    data = Dataset(
        x, y, y[..., None] * [1, -1], inputs=tuple(names[:2]), outputs=tuple(names[2:]),
        input_units=(unit, ""),
    )  # fmt: skip
    try:
        write_csv(path, data)
    except DataError as error:
        assert "rename it, or write .npz or .h5 instead" in str(error)
    else:
        _same(read_csv(path, data.inputs, data.outputs), data)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    content=st.one_of(
        st.binary(max_size=80),
        st.text(alphabet='a,b;"\n\r\t dety/2 1.eE-_[]', max_size=120).map(str.encode),
        st.text(alphabet='1,2;"\n\r\t d.eE-_[]nif', max_size=60).map(
            lambda t: (SHORT + t).encode()
        ),
    )
)
def test_arbitrary_tables_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(content)
    try:
        assert len(read_csv(path)) > 0
    except DataError as error:
        assert "fuzz.csv" in str(error)


def test_units_gaps_and_groups(table):
    data = read_csv(table(SHORT))
    assert data.inputs == ("a", "b")
    assert data.input_units == ("mm", "mm")
    assert data.output_units == ("MPa",)
    assert data.jacobian[0].tolist() == [[4, 5]]
    assert np.isnan(data.jacobian[1]).tolist() == [[False, True]]
    assert data.group.tolist() == ["train", "valid"]


DIALECTS = {
    "bom": b"\xef\xbb\xbf" + SHORT.encode(),
    "crlf": SHORT.replace("\n", "\r\n").encode(),
    "cr": SHORT.replace("\n", "\r").encode(),
    "semicolon": SHORT.replace(",", ";").encode(),
    "tab": SHORT.replace(",", "\t").encode(),
    "spaces": SHORT.replace(",", " ,  ").encode(),
    "blank lines": ("\n" + SHORT.replace("\n", "\n\n") + "  \n").encode(),
    "quotes": SHORT.replace("eta [MPa]", '"eta [MPa]"').replace("2,3,4", '"2",3,4').encode(),
    "no end of line": SHORT[:-1].encode(),
    "nan": SHORT.replace("5,,", "5,NaN,").encode(),
    "other orders": b"deta/db,group,eta [MPa],b [mm],deta/da,a [mm]\n"
                    b"5,train,3,2,4,1\n,valid,4,3,5,2\n",
    "split": SHORT.replace("group", "split").encode(),
}  # fmt: skip


@pytest.mark.parametrize("content", DIALECTS.values(), ids=DIALECTS)
def test_dialects_give_the_same_data(table, content):
    _same(read_csv(table(content), ("a", "b"), ("eta",)), read_csv(table(SHORT)))


@pytest.mark.parametrize("mixed", ["d2eta/dadb", "d2eta/dbda"])
@pytest.mark.parametrize("pure", ["d2eta/dada", "d2eta/da2"])
def test_one_order_of_a_second_derivative_is_enough(table, mixed, pure):
    data = read_csv(table(f"a,b,eta,{mixed},{pure}\n1,2,3,4,5\n"))
    assert data.jacobian is None
    np.testing.assert_array_equal(data.hessian[0, 0], [[5, 4], [4, np.nan]])


def test_both_orders_may_differ_by_round_off_and_fill_each_other(table):
    head = "a,b,eta,d2eta/dadb,d2eta/dbda\n"
    data = read_csv(table(head + "1,2,3,4.000000000001,4\n1,3,3,,7\n"), ("a", "b"), ("eta",))
    assert data.hessian[0, 0, [0, 1], [1, 0]].tolist() == [4.000000000001, 4]
    assert data.hessian[1, 0, [0, 1], [1, 0]].tolist() == [7, 7]
    with pytest.raises(DataError, match=r"line 3, column 'd2eta/dadb': 5.0 differs from 4.0"):
        read_csv(table(head + "1,2,3,1,1\n1,2,3,5,4\n"))


def test_a_map_names_the_derivatives(table):
    columns = {"eta": {"a": "slope_a", "a, b": "twist"}}
    path = table("a,b,eta,slope_a,twist\n1,2,3,4,5\n")
    for names in ({}, {"inputs": ("a", "b"), "outputs": ("eta",)}):
        data = read_csv(path, **names, columns=columns)
        np.testing.assert_array_equal(data.jacobian[0], [[4, np.nan]])
        assert data.hessian[0, 0, 1, 0] == 5


def test_a_part_of_the_columns_can_be_asked_for(table):
    text = "a,b,eta,zeta,deta/da,dzeta/da,note\n1,2,3,4,5,6,hello\n"
    data = read_csv(table(text), inputs=("a",), outputs=("zeta",))
    assert data.y.tolist() == [[4]]
    assert data.jacobian.tolist() == [[[6]]]


H = "a,b,eta,deta/da\n"
BAD = {
    "empty": ("", {}, "the file is empty: give a header"),
    "blank": ("\n \n", {}, "the file is empty"),
    "header only": (H, {}, "a header but no row"),
    "text": (H + "1,2,3,4\n1,x,3,4\n", dict(inputs=("a", "b"), outputs=("eta",)),
             "line 3, column 'b': 'x' is not a number: correct the cell"),
    "text label": (SHORT.replace("4,5,", "4,hot,"), {},
                   "line 3, column 'deta/da': 'hot' is not.*leave it empty"),
    "absent input": (SHORT.replace("2,3,4", "N/A,3,4"), {}, "line 3, column 'a': 'N/A'.*remove"),
    "overflow": (SHORT.replace("4,5,", "4,****,"), {}, "did not fit the field it was printed in"),
    "underscore": (SHORT.replace("1,2", "1_0,2"), {}, "line 2, column 'a': '1_0' is not"),
    "nan input": (SHORT.replace("1,2", "nan,2"), {}, "line 2, column 'a': 'nan'.*remove the row"),
    "empty input": (SHORT.replace("2,3,4,5", "2,,4,5"), {}, "line 3, column 'b': ''"),
    "inf input": (SHORT.replace("1,2", "1e999,2"), {}, "line 2, column 'a': '1e999' is not a fin"),
    "inf label": (SHORT.replace("3,4,5,t", "3,-inf,5,t"), {}, "line 2, column 'deta/da': '-inf'"),
    "one row short": (SHORT.replace("2,3,4,5,,valid", "2,3,4"), {},
                      "line 3 has 3 cells, the header has 6.*complete the row"),
    "long row": (SHORT.replace("valid", "valid,1"), {}, "line 3 has 7 cells"),
    "line numbers": ('a,b,"deta/\nda",eta\n\n1,2,3,4\n1,2,3\n', {}, "line 5 has 3 cells"),
    "unknown input": (H + "1,2,3,4\n", dict(inputs=("c",), outputs=("eta",)),
                      "inputs names 'c', but the columns are a, b, eta"),
    "unknown output": (H + "1,2,3,4\n", dict(inputs=("a",), outputs=("u",)), "outputs names 'u'"),
    "names as text": (H + "1,2,3,4\n", dict(inputs="ab"), "inputs is the text 'ab'"),
    "input and output": (H + "1,2,3,4\n", dict(inputs=("a", "eta"), outputs=("eta",)),
                         "'eta' is both an input and an output"),
    "input twice": (H + "1,2,3,4\n", dict(inputs=("a", "a"), outputs=("eta",)), "'a' occurs twice"),
    "duplicate": ("a,a,eta,deta/da\n1,1,1,1\n", {}, "column 'a' occurs twice"),
    "duplicate but for the unit": ("a [m],a [mm],eta,deta/da\n1,1,1,1\n", {}, "'a' occurs twice"),
    "nameless": ("a,eta,deta/da,\n1,1,1,7\n", {}, "column 4 has no name.*end of each line"),
    "foreign derivative": ("a,eta,dEta/da\n1,1,1\n", dict(inputs=("a",), outputs=("eta",)),
                           "column 'dEta/da' looks like a derivative, but of none of the outputs"),
    "foreign second": ("a,eta,d2eta/dadc\n1,1,1\n", dict(inputs=("a",), outputs=("eta",)),
                       "'d2eta/dadc' looks like"),
    "undeclared": (H + "1,2,3,4\n", {}, "column 'b' may be an input.*neither: declare"),
    "half declared": (H + "1,2,3,4\n", dict(inputs=("a",)), "column 'b' may be.*outputs"),
    "no derivatives": ("a,b,eta\n1,2,3\n", {}, "cannot tell inputs from outputs.*declare"),
    "chain": ("a,b,c,da/db,db/dc\n1,2,3,4,5\n", {}, "'b' is both.*declare inputs"),
    "ambiguous": ("2y,y,x,xdx,d2y/dxdx,dy/dx\n1,1,1,1,1,1\n",
                  dict(inputs=("x", "xdx"), outputs=("y", "2y")), "'d2y/dxdx' can be read in 2"),
    "unit": (SHORT.replace("deta/da", "deta/da [MPa/m]"), {},
             r"'deta/da' is in \[MPa/m\].*give it in \[MPa/mm\]"),
    "decimal comma": (SHORT.replace(",", ";").replace("2;3;4", "2;3,5;4", 1), {},
                      "line 2, column 'eta': '3,5'.*decimal point instead of the comma"),
    "decimal commas": ("a,eta,deta/da\n1,2,5,3\n2,3,5,4\n", {}, "line 2 has 4.*decimal point"),
    "extra comma": (SHORT.replace("2,3,4", "2,3,5,4", 1), {}, "line 2 has 7.*decimal point"),
    "group": (SHORT.replace("valid", "test"), {}, "line 3, column 'group': 'test' is neither"),
    "group and split": ("a,eta,deta/da,group,split\n1,1,1,train,train\n", {}, "remove one"),
    "cut UTF-16": (SHORT.encode("utf-16")[:-1], {}, "is not UTF-8 text: save"),
    "damaged UTF-8": ((H + "1,2,3,4\n").replace("eta", "ηé").encode()[:-16] + b"\xb7", {},
                      "is not UTF-8 text: save"),
    "no letter": (H.encode() + b"1,2,3,\x81\n", {}, "line 2 is not UTF-8"),
    "comma in a name": ("a,b,eta,x,y,deta/da\n1,2,3,4,5\n1,2,3,4,5\n", {},
                        "header has 6 cells, every row has 5.*in quotes"),
    "two units": ("a [mm],u,du/da\nm,N,\n1,2,3\n", {}, r"in \[mm\] by its header, in \[m\] by"),
    "zero bytes": (SHORT.replace("1,2", "1\0,2"), {}, "zero bytes"),
    "open quote": (SHORT.replace("1,2", '"1,2'), {}, "not a CSV table"),
    "all absent": ("a,eta,deta/da\n1,,\n", {}, "every label is absent"),
    "map: output": (H + "1,2,3,4\n", dict(columns={"u": {"a": "b"}}), "the output 'u'"),
    "map: input": (H + "1,2,3,4\n", dict(columns={"eta": {"c": "b"}}), "the input 'c'"),
    "map: column": (H + "1,2,3,4\n", dict(columns={"eta": {"a": "s"}}), "the column 's'"),
    "map: twice": (H + "1,2,3,4\n", dict(columns={"eta": {"a": "b", "eta": "b"}}), "'b' twice"),
    "map: three": (H + "1,2,3,4\n", dict(columns={"eta": {"a,a,a": "b"}}), "one input or two"),
    "map: shape": (H + "1,2,3,4\n", dict(columns={"eta": "b"}), r"columns\['eta'\] must be a"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "options", "message"), BAD.values(), ids=BAD)
def test_bad_tables_are_refused(table, content, options, message):
    with pytest.raises(DataError, match=f"(?s)table.csv.*({message})"):
        read_csv(table(content), **options)


def test_unreadable_and_unwritable_paths(tmp_path):
    (tmp_path / "file").write_text("")
    for path in ("none.csv", "", "file/below.csv"):
        with pytest.raises(DataError, match=r"cannot read.*Check the path"):
            read_csv(tmp_path / path)
    for path in ("", "file/below.csv"):
        with pytest.raises(OutputError, match=f"cannot write {tmp_path}"):
            write_csv(tmp_path / path, _data())
    assert os.listdir(tmp_path) == ["file"]


UNWRITABLE = {
    "unit": dict(input_units=("m]", "")),
    "space": dict(inputs=("a ", "b")),
    "derivative": dict(inputs=("a", "deta max/da")),
    "group": dict(inputs=("group", "b")),
    "label": dict(group=["test"] * 20),
}


@pytest.mark.parametrize("changes", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_could_not_be_read_back_is_not_written(tmp_path, changes):
    with pytest.raises(DataError, match=r"rename it, or write .npz or .h5 instead"):
        write_csv(tmp_path / "t.csv", _data(**changes))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["a [m]", "b[0]", "a[mm]", "eta\t1", "#1", "%x", "K[0,1]", "a;b"])
def test_names_with_signs_of_a_table_come_back(tmp_path, name):
    data = _data(inputs=(name, "b"))
    path = write_csv(tmp_path / "t.csv", data)
    _same(read_csv(path, data.inputs, data.outputs), data)
    _same(read_csv(path), data)


def test_large_tables_are_quick(tmp_path):
    rng = np.random.default_rng(0)
    n = 20_000
    data = Dataset(rng.normal(size=(n, 2)), rng.normal(size=(n, 2)), rng.normal(size=(n, 2, 2)))
    path = write_csv(tmp_path / "t.csv", data)
    start = time.process_time()
    read_csv(path)
    assert time.process_time() - start < 0.6  # measured 0.1 s
