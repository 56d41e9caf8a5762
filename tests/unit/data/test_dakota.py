"""Dakota's text files: written by hand as its manual shows them, and by our own writers."""

import numpy as np
import pytest
from data_sets import assert_same, everything
from hypothesis import given, settings
from hypothesis import strategies as st

from sobolev.data import Dataset
from sobolev.data.foreign.dakota import read_dakota, read_results, write_results, write_tabular
from sobolev.errors import DataError

TABULAR = """%eval_id   interface   x1     x2   f   g
       1       NO_ID   -2     -2.5     3609  1
       2       NO_ID   -1.5   -2     1812.5  2
"""
RESULTS = """3.609D+03 f
1 g
[ 1.5d0 -2E+00 ]
[3 4]
[[ 1 2
   3 4 ]]
[[5.0 6 7 8.]]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "t.dat").write_text(TABULAR)
    (tmp_path / "results.out.1").write_text(RESULTS)
    (tmp_path / "params.in.1").write_text("2 variables")
    return tmp_path


def test_points_and_derivatives_come_together(folder):
    data = read_dakota(folder / "t.dat", folder, inputs=("x1", "x2"))
    assert (data.inputs, data.outputs) == (("x1", "x2"), ("f", "g"))
    assert data.x.tolist() == [[-2, -2.5], [-1.5, -2]]
    assert data.y.tolist() == [[3609, 1], [1812.5, 2]]
    assert data.jacobian[0].tolist() == [[1.5, -2], [3, 4]]
    assert data.hessian[0].tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    assert np.isnan(data.jacobian[1]).all()
    alone = read_dakota(folder / "t.dat", inputs=("x1", "x2"), outputs=("g",))
    assert alone.jacobian is None
    assert alone.y.tolist() == [[1], [2]]


def test_a_failed_evaluation_has_no_labels(folder):
    (folder / "results.out.2").write_text("FAIL\n")
    data = read_dakota(folder / "t.dat", folder, inputs=("x1", "x2"))
    assert np.isnan(data.y[1]).all()
    assert data.y[0].tolist() == [3609, 1]


@pytest.mark.parametrize("seed", range(3))
def test_what_we_write_comes_back(tmp_path, seed):
    names = dict(inputs=("a", "b"), outputs=("η", "σ"), input_units=(), output_units=())
    data = everything(seed, ("y", "jacobian", "hessian"), **names, group=None)
    full = {k: np.where(np.isnan(v), 0.1, v) for k, v in data.labels().items()}
    data = Dataset(data.x, **full, inputs=("a", "b"), outputs=("η", "σ"))
    write_tabular(tmp_path / "t.dat", data)
    for row in range(len(data)):
        write_results(tmp_path / f"results.out.{row + 1}", data, row)
    assert_same(read_dakota(tmp_path / "t.dat", tmp_path, inputs=("a", "b")), data)
    files = [tmp_path / f"results.out.{row + 1}" for row in range(len(data))]
    assert_same(read_dakota(tmp_path / "t.dat", files, inputs=("a", "b")), data)


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("FAIL\n", True), ("  \nFailure of the mesh\n", True), ("fail: 3\n1 f\n", True),
        ("1 failure_index\n2 mass\n[1 2]\n[3 4]\n", False), ("1 mass\n2 fail\n", False),
    ],
)  # fmt: skip
def test_a_failure_is_a_file_that_begins_with_it(tmp_path, text, failed):
    (tmp_path / "r.1").write_text(text)
    assert (len(read_results(tmp_path / "r.1").values) == 0) == failed


def test_brackets_in_labels_are_no_gradients(tmp_path):
    (tmp_path / "r.1").write_text("3.5 s[7]\n1 sig[MPa]\n2 s[0] [1 2][3 4]\n[5 6]\n[[1 2 3 4]]")
    found = read_results(tmp_path / "r.1")
    assert found.labels == ("s[7]", "sig[MPa]", "s[0]")
    assert found.gradients.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert found.hessians.tolist() == [[[1, 2], [3, 4]]]


WILD = st.text(alphabet="fail[]()7.e-d_%# nas²", min_size=1, max_size=7)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(names=st.lists(WILD, min_size=4, max_size=4, unique=True))
def test_labels_of_any_kind_come_back(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("wild")
    rng = np.random.default_rng(0)
    data = Dataset(
        rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), rng.normal(size=(2, 2, 2)),
        inputs=tuple(names[:2]), outputs=tuple(names[2:]),
    )  # fmt: skip
    for row in range(2):
        write_results(folder / f"results.out.{row + 1}", data, row)
    try:
        write_tabular(folder / "t.dat", data)
    except DataError as error:
        assert "has a space" in str(error)
        found = read_results(folder / "results.out.1")
        assert np.array_equal(found.values, data.y[0])
        assert np.array_equal(found.gradients, data.jacobian[0])
    else:
        assert_same(read_dakota(folder / "t.dat", folder, data.inputs, data.outputs), data)


def test_columns_that_are_not_asked_for_are_said(folder):
    data = read_dakota(folder / "t.dat", inputs=("x1", "x2"), outputs=("g",))
    assert data.unused.line == "columns not used: f."


BAD_RESULTS = {
    "open": ("1 f\n[ 1 2", "a bracket is open"),
    "text": ("1 f\n[ 1 x ]", "'x' in brackets is not a number"),
    "word": ("f 1\n", "'f' is where a value is expected"),
    "ragged": ("1 f\n[1 2]\n[1]", "gradients of"),
    "no square": ("1 f\n[[1 2 3]]", "3 entries, which is no square"),
    "binary": (b"\xff\xfe\x00", "not UTF-8"),
}


@pytest.mark.parametrize(("content", "message"), BAD_RESULTS.values(), ids=BAD_RESULTS)
def test_bad_results_are_refused(tmp_path, content, message):
    path = tmp_path / "r.1"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=rf"r\.1.*{message}"):
        read_results(path)


BAD = {
    "no header": ("1 2 3\n", RESULTS, {}, "does not begin with '%eval_id'"),
    "no row": ("%eval_id interface x1 x2 f g\n", RESULTS, {}, "no row"),
    "short": (TABULAR + "3 NO_ID 1\n", RESULTS, {}, "line 4 has 3 cells"),
    "text": (TABULAR.replace("-2.5", "hot"), RESULTS, {}, "line 2: 'hot' is not a number"),
    "no inputs": (TABULAR, RESULTS, dict(inputs=None), "does not say which"),
    "unknown": (TABULAR, RESULTS, dict(inputs=("x3",)), "'x3' is none of the columns"),
    "other rows": (TABULAR.replace("3609", "3600"), RESULTS, {}, "belong to other rows"),
    "too few": (TABULAR, RESULTS.replace("[3 4]\n", ""), {}, r"gradients of shape \(1, 2\)"),
    "values": (TABULAR, RESULTS.replace("1 g\n", ""), {}, "1 values for f, g"),
    "order": (TABULAR, RESULTS.replace(" f", " h").replace(" g", " f"), {}, "'f' where 'g'"),
    "infinite": (TABULAR.replace("-2.5", "inf"), RESULTS, {}, "is inf: inputs must"),
}  # fmt: skip


@pytest.mark.parametrize(("tabular", "results", "options", "message"), BAD.values(), ids=BAD)
def test_files_that_do_not_fit_are_refused(folder, tabular, results, options, message):
    (folder / "t.dat").write_text(tabular)
    (folder / "results.out.1").write_text(results)
    with pytest.raises(DataError, match=message):
        read_dakota(folder / "t.dat", folder, **(dict(inputs=("x1", "x2")) | options))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(text=st.text(alphabet="[]1.5 dDe-+\nfg%x", max_size=80))
def test_arbitrary_files_are_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.1"
    path.write_text(text)
    for call in (read_results, lambda p: read_dakota(p, inputs=("x",))):
        try:
            call(path)
        except DataError as error:
            assert "any.1" in str(error)
