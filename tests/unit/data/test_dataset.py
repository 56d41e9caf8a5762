import numpy as np
import pytest

from sobolev.data import Dataset
from sobolev.errors import DataError

N, Q, D = 6, 2, 3


def _good(**changes):
    rng = np.random.default_rng(0)
    arrays = dict(
        x=rng.normal(size=(N, D)),
        y=rng.normal(size=(N, Q)),
        jacobian=rng.normal(size=(N, Q, D)),
        hessian=rng.normal(size=(N, Q, D, D)),
    )
    return arrays | changes


def _with(name, index, value):
    array = _good()[name]
    array[index] = value
    return {name: array}


BAD = {
    "nan input": (_with("x", (2, 1), np.nan), "row 2 of input 'x2' is nan.*Remove the row"),
    "inf input": (_with("x", (3, 0), np.inf), "row 3 of input 'x1' is inf"),
    "masked input": ({"x": np.ma.masked_greater(_good()["x"], 1)}, "row 2 of input 'x1' is nan"),
    "inf label": (_with("y", (4, 1), -np.inf), r"row 4 of y \(output 'y2'\) is -inf.*NaN where"),
    "inf slope": (
        _with("jacobian", (1, 0, 2), np.inf),
        r"row 1 of jacobian \(output 'y1', input 'x3'\) is inf",
    ),
    "inf curvature": (
        _with("hessian", (0, 1, 0, 2), np.inf),
        r"row 0 of hessian \(output 'y2', input 'x1', input 'x3'\)",
    ),
    "too large": ({"y": np.full((N, Q), 1e300, np.longdouble) ** 2}, r"y \(output.*is inf"),
    "text": ({"y": np.full((N, Q), "1.0")}, "y holds text: give real numbers"),
    "complex": ({"y": np.ones((N, Q), complex)}, "y holds complex numbers"),
    "None": ({"x": [[None] * D] * N}, "x holds mixed objects"),
    "ragged": ({"y": [[1.0]] * 3 + [[1.0, 2.0]] * 3}, "y has rows of different lengths"),
    "rank of x": ({"x": np.ones(N)}, r"x has shape \(6,\), but 2 axes.*\[:, None\]"),
    "rank of y": ({"y": np.ones(N)}, r"y has shape \(6,\), but 2 axes.*\[:, None\]"),
    "rank of jacobian": ({"jacobian": np.ones((N, D))}, r"jacobian.*\(6, 3\), but 3 axes"),
    "one row short": ({"y": np.ones((N - 1, Q))}, r"y has shape \(5, 2\).*x has 6 rows"),
    "swapped axes": ({"jacobian": np.ones((N, D, Q))}, r"\(6, 3, 2\), but \(6, 2, 3\).*last"),
    "swapped curvature": ({"hessian": np.ones((N, D, D, Q))}, r"but \(6, 2, 3, 3\) is needed"),
    "no rows": ({"x": np.ones((0, D))}, "x is empty.*at least one row"),
    "no inputs": ({"x": np.ones((N, 0))}, "x is empty"),
    "no responses": ({"y": np.ones((N, 0))}, "y has no columns"),
    "all absent": (
        dict(y=np.full((N, Q), np.nan), jacobian=None, hessian=None),
        "every label is absent",
    ),
    "few names": ({"inputs": ("a",)}, "inputs has 1 names for 3 columns"),
    "repeated name": ({"inputs": ("a", "b", "a")}, "'a' occurs twice in inputs"),
    "clash": ({"inputs": ("a", "b", "c"), "outputs": ("u", "b")}, "'b' is both an input and"),
    "names as text": ({"outputs": "uv"}, "outputs is the text 'uv': give a tuple"),
    "units as text": ({"input_units": "mmm"}, "input_units is the text 'mmm': give a tuple"),
    "few units": ({"output_units": ("m",)}, "output_units has 1 units for 2 columns"),
    "short group": ({"group": ["train"] * 5}, r"group has shape \(5,\), but \(6,\)"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(DataError, match=message):
        Dataset(**_good(**changes))


def _readonly(array):
    array.setflags(write=False)
    return array


HARMLESS = {
    "lists": np.ndarray.tolist,
    "fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=0)[::2],
    "read-only": _readonly,
    "big-endian": lambda a: a.astype(">f8"),
    "object layout": lambda a: np.ma.masked_invalid(a),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_harmless_layouts_give_the_same_bits(change):
    good = _good()
    given = Dataset(**{name: change(array.copy()) for name, array in good.items()})
    for name, array in {"x": given.x, **given.labels()}.items():
        assert array.tobytes() == good[name].tobytes()
        assert array.flags.c_contiguous
        assert array.flags.writeable


def test_masked_labels_are_absent():
    labels = np.ma.masked_array(np.arange(12.0).reshape(N, Q), mask=np.eye(N, Q, dtype=bool))
    y = Dataset(_good()["x"], labels).y
    assert np.isnan(y[[0, 1], [0, 1]]).all()
    assert np.isnan(y).sum() == 2


def test_the_data_are_a_copy_of_what_was_given():
    given = _good()
    data = Dataset(**given)
    given["x"][:] = 0
    assert (data.x != 0).all()


def test_rows_keep_everything_aligned():
    data = Dataset(**_good(), group=["train", "valid"] * 3, outputs=("u", "v"))
    picked = data.rows([4, 1])
    assert (picked.hessian == data.hessian[[4, 1]]).all()
    assert picked.group.tolist() == ["train", "valid"]
    assert picked.outputs == ("u", "v")


def test_split_by_group():
    data = Dataset(**_good(), group=["train", "valid", "train"] * 2)
    train, valid = data.split()
    assert (train.x == data.x[[0, 2, 3, 5]]).all()
    assert (valid.y == data.y[[1, 4]]).all()


def test_random_split_is_a_partition_and_the_seed_decides():
    data = Dataset(**_good())
    train, valid = data.split(0.34, seed=5)
    assert (len(train), len(valid)) == (4, 2)
    assert sorted(np.concatenate([train.x, valid.x])[:, 0]) == sorted(data.x[:, 0])
    assert (data.split(0.34, seed=5)[1].x == valid.x).all()
    assert any((data.split(0.34, seed=s)[1].x != valid.x).any() for s in range(4))


BAD_SPLITS = {
    "no group": (None, None, "which rows are for training: give split"),
    "unknown group": (["train", "test"] * 3, None, "got 'test'. Correct it"),
    "one-sided": (["train"] * 6, None, "no row is left for validation"),
    "nothing": (None, 0.0, "between 0 and 1: got 0"),
    "everything": (None, 0.99, "no row is left for training: 6 rows"),
    "nan": (None, np.nan, "between 0 and 1: got nan"),
}


@pytest.mark.parametrize(("group", "fraction", "message"), BAD_SPLITS.values(), ids=BAD_SPLITS)
def test_impossible_splits_are_refused(group, fraction, message):
    with pytest.raises(DataError, match=message):
        Dataset(**_good(), group=group).split(fraction)
