"""Damage to x, y and the Jacobian, the doors it is carried to, and what may come back."""

import array
import datetime
import decimal
import fractions
import re
import tempfile
from collections import Counter

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from helpers import net, table

import sobolev as sb

CLEAN = table(6)
VALID = table(6, seed=1)
SURROGATE = net(CLEAN, (3,))


GOOD = {"x": CLEAN.x, "y": CLEAN.y, "jacobian": CLEAN.jacobian}


NAMES = {"inputs": ("a", "b"), "outputs": ("u",)}
DOORS = "Dataset", "fit", "evaluate", "predict"
COUNTS, KINDS = Counter(), set()
REMEDY = r"\b(give|remove|correct|choose|reshape|leave|rename|must be|must differ|train again)\b"


def put(value, dtype=float):
    """One entry replaced: row 2, last column."""

    def change(a):
        a = a.astype(dtype)
        a[(2,) + (-1,) * (a.ndim - 1)] = value
        return a

    return change


def filled(value):
    return lambda a: np.full_like(a, value)


def column(value):
    def change(a):
        a = a.copy()
        a[..., -1] = value
        return a

    return change


def strided(a):
    wide = np.full((2 * a.shape[0], *a.shape[1:-1], 3 * a.shape[-1]), np.nan)
    wide[::2, ..., ::3] = a
    return wide[::2, ..., ::3]


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def unaligned(a):
    raw = np.zeros(a.nbytes + 1, np.uint8)
    found = raw[1:].view(a.dtype).reshape(a.shape)
    found[...] = a
    assert not found.flags.aligned
    return found


class Behaves:
    """Not an array, but it knows how to become one."""

    def __init__(self, a):
        self.a = a

    def __array__(self, dtype=None, copy=None):
        return np.array(self.a, dtype=dtype)


def mapped(a):
    """A memory-mapped file."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, a)
        file.flush()
        return np.load(file.name, mmap_mode="r")


def frame(a):
    if a.ndim != 2:
        return Behaves(a)
    return pd.DataFrame(a, columns=["a", "b"] if a.shape[1] == 2 else ["u"])


# Another layout or type of the same numbers: the same bits as without it.
SAME = {
    "Fortran order": np.asfortranarray,
    "strided": strided,
    "reversed view": lambda a: a[::-1].copy()[::-1],
    "transposed view": lambda a: np.ascontiguousarray(a.T).T,
    "read-only": read_only,
    "unaligned": unaligned,
    "memory-mapped": mapped,
    "big-endian": lambda a: a.astype(">f8"),
    "extended precision": lambda a: a.astype(np.longdouble),
    "list of lists": lambda a: a.tolist(),
    "tuple of arrays": lambda a: tuple(a),
    "list of lists of NumPy numbers": lambda a: [list(row) for row in a],
    "masked array without a mask": np.ma.masked_array,
    "jax array": jnp.asarray,
    "object with __array__": Behaves,
    "memoryview": lambda a: memoryview(np.ascontiguousarray(a)),
    "list of arrays of the standard library": lambda a: (
        [array.array("d", row) for row in a] if a.ndim == 2 else a.tolist()
    ),
    "pandas frame": frame,
    "pandas frame with numbered columns": lambda a: pd.DataFrame(a) if a.ndim == 2 else a,
}


# Fewer digits: the same bits as these numbers in 64-bit.
ROUNDED = {
    "float16": np.float16,
    "float32": np.float32,
    "big-endian float32": ">f4",
    "int8": np.int8,
    "int64": np.int64,
    "big-endian int16": ">i2",
    "bool": bool,
}


# Refused wherever it occurs, with the row and the name of the column.
PLACED = {"inf": put(np.inf), "-inf": put(-np.inf)}


# A gap where a label may be absent, an error where it may not.
GAPS = {
    "nan": put(np.nan),
    "masked entry": lambda a: np.ma.masked_invalid(put(np.nan)(a)),
    "masked number": lambda a: np.ma.masked_array(a, np.isnan(put(np.nan)(a))),
}


# Refused as a whole, with the name of the argument.
REFUSED = {
    "numbers as text": lambda a: a.astype(str),
    "bytes": lambda a: a.astype("S"),
    "one text": lambda a: "1.0",
    "the text nan": lambda a: "nan",
    "complex": put(1j, complex),
    "complex with nothing imaginary": lambda a: a.astype(complex),
    "None among numbers": put(None, object),
    "objects that are numbers": lambda a: a.astype(object),
    "decimals": lambda a: np.vectorize(decimal.Decimal, otypes=[object])(a),
    "fractions": lambda a: np.vectorize(fractions.Fraction, otypes=[object])(a),
    "numbers beyond 64 bit": put(2**70, object),
    "text among numbers": put("?", object),
    "an object": lambda a: object(),
    "a function": lambda a: np.sin,
    "a dictionary": lambda a: {"a": a},
    "a set": lambda a: {1.0, 2.0},
    "a generator": lambda a: (row for row in a),
    "dates": lambda a: np.full(a.shape, datetime.date(2020, 1, 1)),
    "datetime64": lambda a: np.full(a.shape, "2020-01-01", "datetime64[D]"),
    "timedelta64": lambda a: a.astype(int).astype("timedelta64[s]"),
    "structured": lambda a: np.zeros(a.shape, [("a", float), ("b", float)]),
    "sparse": lambda a: scipy.sparse.csr_array(a.reshape(len(a), -1)),
    "ragged": lambda a: [*a.tolist()[:-1], a.tolist()[-1][:-1]],
    "a number": lambda a: 1.0,
    "NumPy number": lambda a: np.float64(1),
    "one axis more": lambda a: a[None],
    "one axis more behind": lambda a: a[..., None],
    "flat": lambda a: a.reshape(-1)[:5],
    "no axes left": lambda a: a[(0,) * a.ndim],
    "swapped axes": lambda a: np.ascontiguousarray(np.moveaxis(a, 0, -1)),
    "pandas series": lambda a: pd.Series(a.reshape(len(a), -1)[:, 0]),
    "empty list": lambda a: [],
    "too many columns": lambda a: np.concatenate([a, a, a], axis=-1),
    "no columns": lambda a: a[..., :0],
}


# Wrong beside the other arrays only, not where to predict.
SHAPES = {
    "one row short": lambda a: a[:-1],
    "one row more": lambda a: np.concatenate([a, a[:1]]),
    "no rows": lambda a: a[:0],
    "one row": lambda a: a[:1],
}


# Of any size and spread: refused or finite.
EXTREME = {
    "one 1e300": put(1e300),
    "one -1e308": put(-1e308),
    "one 1e-300": put(1e-300),
    "one smallest number": put(5e-324),
    "one -0.0": put(-0.0),
    "all 1e300": filled(1e300),
    "all 1e-300": filled(1e-300),
    "all 0": filled(0.0),
    "all the largest number": filled(np.finfo(float).max),
    "±1e308": lambda a: np.sign(a - np.median(a)) * 1e308,
    "±1.7e308": lambda a: np.sign(a - np.median(a)) * 1.7e308,
    "times 1e300": lambda a: a * 1e300,
    "times 1e200": lambda a: a * 1e200,
    "times 1e-300": lambda a: a * 1e-300,
    "plus 1e15": lambda a: a + 1e15,
    "constant column": column(3.0),
    "column of 0": column(0.0),
    "column of 1e300": column(1e300),
    "round-off only": lambda a: 1 + a * 1e-16,
    "duplicate rows": lambda a: np.concatenate([a[:3], a[:3]]),
    "all rows the same": lambda a: np.repeat(a[:1], len(a), axis=0),
    "sorted into another order": lambda a: a[::-1],
}


ALL = SAME | ROUNDED | PLACED | GAPS | REFUSED | SHAPES | EXTREME


def result_of(door, argument, given):
    """What comes out at a door as arrays: of the data, of a training, of errors, predictions."""
    changed = GOOD | {argument: given}
    if door == "predict":
        y, dy = SURROGATE.value(given), SURROGATE.jacobian(given)
        return {"value": y, "jacobian": dy}
    data = sb.Dataset(**changed, **NAMES)
    if door == "Dataset":
        return {"x": data.x} | data.labels()
    if door == "fit":
        found = trained(net(data, (3,)), data, VALID)
        return found | {f"valid {k}": v for k, v in trained(SURROGATE, CLEAN, data).items()}
    found = sb.evaluate(SURROGATE, data)
    return errors_of(found)


def trained(surrogate, train, valid):
    how = {"optimiser": sb.optimisers.Adam(1e-2, batch_size=None), "epochs": 2, "records": 1}
    fitted = sb.fit(surrogate, train, valid, **how, check=False)  # that has tests of its own
    weights = fitted.surrogate.parts()[1]
    history = {} if not fitted.good else {
        name: getattr(fitted.history, name) for name in ("loss", "gradient_norm", "valid_error")
    }  # fmt: skip
    return {k: np.asarray(a) for k, a in (weights | history).items()}


def errors_of(evaluation):
    numbers = [
        [t.rmse, t.largest, t.rows, 0.0 if t.relative == np.inf else t.relative]
        for t in evaluation.terms
    ]
    return {"terms": np.array(numbers), "h1": np.array(evaluation.relative_h1)}


def outcome(door, argument, given):
    """`("refused", sentence)` or `("finite", arrays)`; anything else fails here."""
    try:
        found = result_of(door, argument, given)
    except sb.SobolevError as error:
        said = str(error)
        assert "\n" not in said and said.endswith(".") and len(said) < 400, said
        assert re.search(REMEDY, said, re.IGNORECASE), f"no remedy: {said}"
        return "refused", said
    labels = {"y", "jacobian"} if door == "Dataset" else set()  # there a NaN is an absent label
    for name, a in found.items():
        bad = np.isinf(a) if name in labels else ~np.isfinite(a)
        assert not bad.any(), f"{name} is {a}"
    return "finite", found


def doors_of(argument):
    return DOORS if argument == "x" else DOORS[:-1]


def cases(kinds):
    return [
        pytest.param(kind, argument, id=f"{kind}-{argument}") for kind in kinds for argument in GOOD
    ]


def counted(door, kind, how):
    COUNTS[door, how] += 1
    KINDS.add(kind)


def same_bits(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, a in ours.items():
        assert (a.shape, a.dtype) == (theirs[name].shape, theirs[name].dtype)
        assert a.tobytes() == theirs[name].tobytes(), name
